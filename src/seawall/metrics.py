"""Health as OpenMetrics text, for Prometheus’ textfile collector or any scraper.

Only gauges and counters, so that collectors which read Prometheus’ older text format read it too.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping

from seawall.health import Health, RunSummary

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

OUTCOMES = ("done", "unchanged", "refused", "failed", "unverified")
GUARD_STATES = ("in force", "not installed", "incomplete", "broken")

Labels = Mapping[str, str]
Samples = Iterable[tuple[Labels, float | int]]


def exposition(seen: Health) -> str:
    """The whole text, with ``# EOF`` at its end.

    A metric of which nothing is known (no run yet, no backup) is left out, never 0.
    """
    lines: list[str] = []
    for name, kind, unit, said, samples in _families(seen):
        full = f"seawall_{name}"
        found = list(samples)
        if not found:
            continue
        lines.append(f"# TYPE {full} {kind}")
        if unit:
            lines.append(f"# UNIT {full} {unit}")
        lines.append(f"# HELP {full} {_escaped(said, quotes=False)}")
        suffix = "_total" if kind == "counter" else ""
        lines += [f"{full}{suffix}{_labels(labels)} {value}" for labels, value in found]
    return "\n".join([*lines, "# EOF", ""])


def _families(seen: Health) -> Iterator[tuple[str, str, str, str, Samples]]:
    """Yield (name, type, unit, help, samples); a unit is the last word of its name."""
    users, imported, backup = seen.users, seen.imported, seen.backup
    yield "healthy", "gauge", "", "1 where nothing is at fault.", [({}, int(seen.healthy))]
    yield "warnings", "gauge", "", "Things to look at, faults included.", [({}, len(seen.warnings))]
    yield from (
        ("user_rows", "gauge", "", "Rows of a user table.",
         [({"table": name}, table.total) for name, table in users.items()]),
        ("user_rows_stable", "gauge", "",
         "Rows of a user table whose every reference means what it meant.",
         [({"table": name}, table.stable) for name, table in users.items()]),
        ("orphans", "gauge", "", "Rows of a user table whose reference points at nothing.",
         [({"table": name}, sum(table.orphans.values())) for name, table in users.items()]),
        ("retargeted", "gauge", "", "Rows of a user table whose reference means another row.",
         [({"table": name}, sum(table.retargeted.values())) for name, table in users.items()]),
        ("imported_rows", "gauge", "", "Rows of an imported table, retired ones included.",
         [({"table": name}, table.rows) for name, table in imported.items()]),
        ("retired_rows", "gauge", "", "Rows that the feed no longer has.",
         [({"table": name}, table.retired) for name, table in imported.items()]),
        ("held_rows", "gauge", "", "Retired rows that users refer to.",
         [({"table": name}, table.held) for name, table in imported.items()]),
        ("runs", "counter", "", "Runs by outcome.",
         [({"outcome": outcome}, seen.runs.get(outcome, 0)) for outcome in OUTCOMES]),
        ("runs_unfinished", "gauge", "", "Runs under way, or whose process died.",
         [({}, len(seen.unfinished_runs))]),
    )  # fmt: skip
    yield from _run("last_run", "The latest run", seen.last_run)
    yield from _run("last_success", "The latest run that was done or unchanged", seen.last_success)
    if backup:
        yield from (
            ("backup_age_seconds", "gauge", "seconds", "Age of the last backup.",
             [({}, backup.age_seconds)]),
            ("backup_read_back_timestamp_seconds", "gauge", "seconds",
             "When the last backup was read back, in Unix time.",
             [({}, _unix(backup.read_back_at))] if backup.read_back_at else []),
            ("backup_rows", "gauge", "", "Rows of a user table in the last backup.",
             [({"table": name}, table.rows) for name, table in backup.tables.items()]),
            ("backup_rows_gone", "gauge", "", "Of them, rows that the table no longer has.",
             [({"table": name}, table.gone) for name, table in backup.tables.items()]),
            ("backup_tables_altered", "gauge", "",
             "Tables whose last backup was altered since.", [({}, len(backup.altered))]),
        )  # fmt: skip
    yield from (
        ("guards_state", "gauge", "", "1 for the state in which the guards are, 0 for the others.",
         [({"state": state}, int(state == seen.guards.state)) for state in GUARD_STATES]),
        ("guard_refusals", "counter", "", "Writes that a table’s guards refused.",
         [({"table": name}, number) for name, number in seen.guards.tried.items()]),
        ("structure_changes", "gauge", "", "Changes of the structure since the last run.",
         [({}, len(seen.structure.changes))] if seen.structure.known else []),
        ("sequence_used_ratio", "gauge", "ratio", "Share of a sequence’s room that is used.",
         [({"sequence": room.sequence, "column": room.column}, room.used_share)
          for room in seen.sequences if room.used_percent is not None]),
        ("staging_left_over", "gauge", "", "Staged loads that nobody applied for an hour.",
         [({}, seen.stale_staging)]),
    )  # fmt: skip


def _run(
    name: str, words: str, run: RunSummary | None
) -> Iterator[tuple[str, str, str, str, Samples]]:
    if run is None:
        return
    yield f"{name}_number", "gauge", "", f"{words}: its number.", [({}, run.run)]
    if name == "last_run":
        yield (
            *(f"{name}_outcome", "gauge", "", f"{words}: 1 for its outcome, 0 for the others."),
            [({"outcome": outcome}, int(outcome == run.outcome)) for outcome in OUTCOMES],
        )
    started = f"{name}_started_timestamp_seconds"
    yield started, "gauge", "seconds", f"{words}: its start.", [({}, _unix(run.started_at))]
    if run.seconds is not None:
        took = f"{name}_duration_seconds"
        yield took, "gauge", "seconds", f"{words}: how long it took.", [({}, run.seconds)]
    yield (
        f"{name}_rows_written",
        "gauge",
        "",
        f"{words}: imported rows written.",
        [({}, run.written)],
    )


def _unix(moment: str) -> float:
    return datetime.datetime.fromisoformat(moment).timestamp()


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    said = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + said + "}"


def _escaped(text: str, *, quotes: bool = True) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quotes else text
