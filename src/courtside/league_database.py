"""The league database: its manifest, and its schema brought up to date."""

from __future__ import annotations

from functools import cache
from importlib import resources

import psycopg

from courtside.migrations import migrate, state
from seawall import Engine, Manifest
from seawall.errors import DatabaseError


@cache
def manifest() -> Manifest:
    """Whose rows are whose in courtside's database; read once, for it comes with courtside."""
    text = resources.files("courtside").joinpath("manifest.toml").read_text(encoding="utf-8")
    return Manifest.parse(text, origin="courtside’s manifest")


def prepare(url: str) -> list[str]:
    """Migrate an empty database; refuse one of another version.

    Returns:
        The migrations applied now.

    Raises:
        DatabaseError: the database cannot be reached, belongs to something else, or needs
            ``courtside migrate`` or another courtside.
    """
    with _connected(url) as connection:
        found = state(connection)
        if found == "empty":
            return migrate(connection)
        if found != "current":
            problem = {
                "older": ("was migrated by an older courtside", "Run: courtside migrate"),
                "newer": ("was migrated by a newer courtside", "Upgrade courtside."),
                "foreign": (
                    "holds tables that courtside did not make",
                    "Name courtside’s own database with --database.",
                ),
            }[found]
            raise DatabaseError(
                f"the database {problem[0]}",
                why="An import into another schema could go wrong in ways no check foresees.",
                fix=problem[1],
            )
    return []


def bring_up_to_date(url: str) -> list[str]:
    """Apply the migrations that are missing; returns their names.

    Raises:
        DatabaseError: the database cannot be reached, or belongs to something else.
    """
    with _connected(url) as connection:
        return migrate(connection)


def guard(url: str) -> dict[str, str]:
    """Put on record whose tables are whose, and guards on the users': no script can write them
    in a run, whatever triggers or cascades somebody adds.

    Returns:
        Table → why it could not be guarded.
    """
    engine = Engine(manifest(), url)
    engine.check()
    return engine.install_guards().failed


def _connected(url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(url, autocommit=True)
    except psycopg.Error as error:
        raise DatabaseError(
            f"cannot connect: {str(error).strip()}",
            fix="Check --database or DATABASE_URL; “seawall db start” starts the bundled server.",
        ) from None
