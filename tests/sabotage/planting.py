"""What a sabotage is, who may notice one, and SQL from which several are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from victim import CHANGED, MANIFEST, Victim

WITNESSES = {
    "checks": "rules that judge manifest, database and feed before anything is written, and again "
    "when the plan is applied",
    "digests": "the plan’s seal, and its digests of manifest, catalogue and imported rows",
    "lock": "one run at a time: an advisory lock and a unique index",
    "database": "PostgreSQL’s own constraints, while the run is at work",
    "guards": "triggers on users’ tables, and whether they stand as installed and stay armed",
    "structure": "what each table is: its oid, storage, columns, constraints, triggers; sequences; "
    "whether foreign keys are enforced",
    "counters": "PostgreSQL’s count of rows that the transaction wrote",
    "fingerprints": "counts and sums of row hashes, before and after",
    "meanings": "the key behind every reference, before and after",
    "row counts": "what each statement reported, against the plan",
    "second match": "the match, asked again after the merge",
    "certificate": "whether the transaction has a number, asked just before the outcome is written",
    "second look": "guards and tables as another connection sees them at the end",
    "read-back": "the history of users’ rows, read again and compared with its sum",
}

Plant = str | Callable[[Victim], None]


@dataclass(frozen=True, kw_only=True)
class Sabotage:
    """One planted fault."""

    what: str
    """In words, for people."""
    stopped: str
    """The run’s outcome with the guards up."""
    seen: str
    """Who notices: with the guards up, and in the same run without guards."""
    before: Plant = ""
    """Planted before the plan is made."""
    trigger: str = ""
    """Done in the run, by a trigger of an imported table that somebody accepted."""
    after: Plant = ""
    """Planted when the plan is made and the run has not begun."""
    during: tuple[str, str] | None = None
    """(stage of the run, what another session does then)."""
    bug: Callable[[pytest.MonkeyPatch], None] | None = None
    """A fault in seawall’s own code."""
    feed: dict[str, Any] = field(default_factory=lambda: CHANGED)
    accepted: bool = True
    """Triggers and rules were accepted."""
    blamed: bool = True
    """False where the run did no harm: what happened is others’ doing."""
    superuser: bool = False
    """Only a superuser can plant it."""
    needs_guards: bool = False
    """It is done to the guards."""

    @property
    def witnesses(self) -> set[str]:
        """Who notices."""
        return {name for name in self.seen.split(", ") if name}


def declare(old: str, new: str) -> Callable[[Victim], None]:
    """Change the manifest."""
    assert old in MANIFEST, old

    def plant(victim: Victim) -> None:
        victim.declare(MANIFEST.replace(old, new))

    return plant


FLIP = (
    "ALTER TABLE answers DROP CONSTRAINT answers_game_id_fkey,"
    " ADD FOREIGN KEY (game_id) REFERENCES games ON DELETE "
)
REARM = "PERFORM set_config('seawall.armed', 'on', true)"
DISARM = "PERFORM set_config('seawall.armed', 'off', true)"
WRITE_AND_UNDO = (
    "UPDATE answers SET answer = 'no' WHERE id = 1; UPDATE answers SET answer = 'yes' WHERE id = 1"
)
LEAF = "votes_2024"
A_FUNCTION = (
    "CREATE FUNCTION {name}() RETURNS {returns} LANGUAGE plpgsql AS $f$BEGIN {body} END$f$;"
)


def function(name: str, body: str, returns: str = "trigger") -> str:
    """CREATE FUNCTION."""
    return A_FUNCTION.format(name=name, body=body, returns=returns)
