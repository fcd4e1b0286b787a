"""The whole picture, what of it is worth a warning, and what is unhealthy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import msgspec
import psycopg

from seawall import guards, queries
from seawall.catalog.model import Catalogue
from seawall.guards.definition import guarded
from seawall.health import drift, sequences
from seawall.health.declared import what_stands
from seawall.health.drift import Structure
from seawall.health.imported import ImportedTableHealth, imported_table
from seawall.health.sequences import SequenceRoom
from seawall.health.users import UserTableHealth, user_table
from seawall.history import standing
from seawall.history.standing import Standing
from seawall.ledger.ledger import Ledger
from seawall.manifest import Manifest
from seawall.naming import shapes
from seawall.references import user_references

_SQL = queries.load("seawall.health")

_WRITTEN = ("changed", "new", "retired", "deleted")


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One run, as health speaks of it."""

    run: int
    outcome: str | None
    """None: under way, or its process died."""
    feed: str
    certified: bool
    started_at: str
    ended_at: str | None
    seconds: float | None
    written: int
    """Rows of imported tables that it changed, added, retired or deleted."""


class GuardsHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How the guards stand."""

    state: str
    """``in force``, ``not installed``, ``incomplete`` (a table has none) or ``broken``."""
    broken: list[str]
    """Guards on record that are gone, disabled or altered, in words."""
    not_guarded: list[str]
    """Tables and partitions that lack one."""
    tried: dict[str, int]
    """Table → writes that its guards have refused since they were installed."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The whole picture."""

    healthy: bool
    limit_percent: float
    users: dict[str, UserTableHealth]
    imported: dict[str, ImportedTableHealth]
    last_run: RunSummary | None
    last_success: RunSummary | None
    """The latest run that was done or unchanged."""
    runs: dict[str, int]
    """Outcome → how many runs ended with it."""
    stale_staging: int
    """Loads that were staged more than an hour ago and never applied."""
    unfinished_runs: list[int]
    backup: Standing | None
    """The last backup, compared with the tables as they are; None before the first."""
    guards: GuardsHealth
    structure: Structure
    sequences: list[SequenceRoom]
    faults: list[str]
    """Why it is unhealthy, in words; empty where it is healthy."""
    warnings: list[str]
    """All that a person should look at, in words: the faults, then what does no harm yet."""


def examine(
    connection: psycopg.Connection[Any], manifest: Manifest, catalogue: Catalogue
) -> Health:
    """Look at every table of the manifest, the ledger, the guards and staging. Writes nothing.

    Raises:
        ManifestError: an imported table of the manifest is not there, or not as it says.
    """
    limits = manifest.health
    manifest, gone = what_stands(manifest, catalogue)
    known = shapes(manifest, catalogue)
    references = user_references(manifest, catalogue)
    book = Ledger(connection)
    latest = next(iter(book.runs(limit=1)), None)
    success = book.last_success()
    stale = connection.execute(_SQL["stale_loads"]).fetchone()
    seen = Health(
        healthy=True,
        limit_percent=round(limits.stable_share * 100, 2),
        users={
            name: user_table(connection, name, references, catalogue, known)
            for name in manifest.user_tables()
        },
        imported={
            name: imported_table(connection, shape, references, catalogue)
            for name, shape in known.items()
        },
        last_run=_summary(latest) if latest else None,
        last_success=_summary(success) if success else None,
        runs=book.outcomes(),
        stale_staging=stale[0] if stale else 0,
        unfinished_runs=[row["id"] for row in book.unfinished()],
        backup=standing.look(connection, manifest, catalogue),
        guards=_guards(connection, manifest, catalogue),
        structure=_structure(book, catalogue),
        sequences=sequences.look(connection, catalogue),
        faults=[],
        warnings=[],
    )
    faults = [*gone, *_faults(seen, manifest, catalogue)]
    return msgspec.structs.replace(
        seen,
        healthy=not faults,
        faults=faults,
        warnings=[*faults, *_warnings(seen, manifest)],
    )


def _summary(run: Mapping[str, Any]) -> RunSummary:
    report = run["report"] or {}
    applied = run["outcome"] in ("done", "unchanged", "unverified")
    return RunSummary(
        run=run["id"],
        outcome=run["outcome"],
        feed=run["feed"],
        certified=run["certified"],
        started_at=run["started_at"].isoformat(),
        ended_at=run["ended_at"].isoformat() if run["ended_at"] else None,
        seconds=report.get("seconds"),
        written=sum(table[word] for table in report.get("tables", {}).values() for word in _WRITTEN)
        if applied
        else 0,
    )


def _guards(
    connection: psycopg.Connection[Any], manifest: Manifest, catalogue: Catalogue
) -> GuardsHealth:
    status = guards.read_status(connection, manifest, catalogue)
    state = "in force"
    if not status.installed:
        state = "not installed"
    elif status.broken:
        state = "broken"
    elif status.not_guarded:
        state = "incomplete"
    return GuardsHealth(
        state=state,
        broken=[guard.words for guard in status.broken],
        not_guarded=status.not_guarded,
        tried=guards.tries(connection, guarded(manifest)),
    )


def _structure(book: Ledger, catalogue: Catalogue) -> Structure:
    found = book.applied_catalogue()
    if found is None:
        return Structure(since_run=None, known=False, changes=[])
    run, was = found
    changes = drift.compare(was, catalogue) if was else []
    return Structure(since_run=run, known=was is not None, changes=changes)


def _faults(seen: Health, manifest: Manifest, catalogue: Catalogue) -> Iterator[str]:
    """Users' rows are harmed, or nothing would stop or show it if they were."""
    share = Fraction(str(manifest.health.stable_share))
    for name, table in seen.users.items():
        if table.stable < share * table.total:
            yield (
                f"{name}: {table.stable} of {table.total} rows are stable "
                f"({table.stable_percent:g} %); the limit is {seen.limit_percent:g} %"
            )
    yield from _lost(seen.backup, Fraction(str(manifest.health.gone_share)))
    if manifest.health.backup_age_hours is not None:
        yield from _too_old(seen.backup, manifest.health.backup_age_hours)
    for words in seen.guards.broken:
        yield f"guards: {words}; “seawall guard install” mends it"
    for key in catalogue.foreign_keys:
        if key.disabled and key.table in seen.users:
            yield f"{key.table}: foreign key {key.name} is switched off, so it keeps nothing"
    for room in seen.sequences:
        if room.used_share >= sequences.LIMIT_SHARE:
            yield f"{room.words}; when none is left, inserts fail"


def _too_old(history: Standing | None, limit_hours: float) -> Iterator[str]:
    """Nobody reloads any more, and nobody runs “seawall backup” either."""
    how = f"the limit is {limit_hours:g} hours; “seawall backup” takes one"
    if history is None:
        yield f"there is no backup; {how}"
    elif history.age_seconds > limit_hours * 3600:
        yield f"backup {history.backup} is {history.age_seconds / 3600:.1f} hours old; {how}"


def _lost(history: Standing | None, share: Fraction) -> Iterator[str]:
    """Rows that the last backup has and the table no longer; and altered backups."""
    if history is None:
        return
    back = f"--backup {history.backup}" if history.run is None else str(history.run)
    for name, table in history.tables.items():
        if table.gone > max(1, int(table.rows * share)):
            yield (
                f"{name}: {table.gone} of the {table.rows} rows in backup {history.backup} are "
                f"gone; “seawall restore {back} --table {name}” shows them"
            )
    for name in history.altered:
        yield f"{name}: backup {history.backup} was altered after it was read back"


def _warnings(seen: Health, manifest: Manifest) -> Iterator[str]:
    """What does no harm yet."""
    for run in seen.unfinished_runs:
        yield f"run {run} has not finished: under way, or its process died"
    last = seen.last_run
    if last and last.outcome in ("refused", "failed", "unverified"):
        yield f"run {last.run} was {_SAID[last.outcome]}; “seawall show {last.run}” says why"
    if seen.guards.state in ("incomplete", "broken") and seen.guards.not_guarded:
        tables = ", ".join(seen.guards.not_guarded)
        yield f"guards: not on {tables}; “seawall guard install” puts them up"
    touched = [change for change in seen.structure.changes if change.table in manifest.tables]
    if touched:
        tables = ", ".join(dict.fromkeys(change.table for change in touched))
        yield f"structure: {tables} changed since run {seen.structure.since_run}"
    for room in seen.sequences:
        if sequences.WARNING_SHARE <= room.used_share < sequences.LIMIT_SHARE:
            yield f"{room.words}"


_SAID = {"refused": "refused", "failed": "rolled back", "unverified": "committed unverified"}
