"""Health as people read it in a terminal. Formats; decides nothing."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from seawall.health import GuardsHealth, Health, RunSummary, Structure, UserTableHealth
from seawall.history.standing import Standing
from seawall.render import count, rows_of, visible

_SHOWN_CHANGES = 20


def health(console: Console, seen: Health) -> None:
    """Print how users' rows stand, how the rest does, and what to look at."""
    console.print(_users(seen))
    kept = {name: table for name, table in seen.imported.items() if table.retired}
    if kept:
        table = _grid("imported rows", "total", "retired", "held")
        for name, numbers in kept.items():
            counts = (numbers.rows, numbers.retired, numbers.held)
            table.add_row(visible(name), *map(count, counts))
        console.print()
        console.print(table)
    console.print()
    console.print(_facts(seen))
    for warning in seen.warnings:
        fault = warning in seen.faults
        label = Text("fault" if fault else "warning", style="bold red" if fault else "bold yellow")
        line = Table.grid(padding=(0, 2))
        line.add_column(width=_LABEL_WIDTH)
        line.add_row(label, visible(warning))
        console.print(line)
    console.print(
        Text("healthy", style="bold green") if seen.healthy else Text("unhealthy", style="bold red")
    )


_LABEL_WIDTH = len("unfinished")


def _users(seen: Health) -> Table:
    table = _grid("users’ rows", "total", "stable", "share", "")
    for name, users in seen.users.items():
        low = users.stable_percent < seen.limit_percent
        table.add_row(
            visible(name),
            count(users.total),
            count(users.stable),
            Text(f"{_tenths(users.stable_percent)} %", style="bold red" if low else ""),
            visible("; ".join(_broken(users))),
        )
    return table


def _broken(users: UserTableHealth) -> Iterator[str]:
    for label, number in users.orphans.items():
        yield f"{count(number)} point at nothing: {label}"
    for label, number in users.retargeted.items():
        yield f"{count(number)} mean another row than recorded: {label}"


def _facts(seen: Health) -> Table:
    """One line each for what is no table's own."""
    table = Table.grid(padding=(0, 2))
    table.add_column(width=_LABEL_WIDTH)
    last, success = seen.last_run, seen.last_success
    facts = [("last run", _run(last) if last else "none")]
    if success and last and success.run != last.run:
        facts.append(("last good", _run(success)))
    facts += [
        ("backup", _backup(seen.backup) if seen.backup else "none"),
        ("guards", _guards(seen.guards)),
        ("structure", _structure(seen.structure)),
        ("sequences", _sequences(seen)),
        ("staging", f"{seen.stale_staging} loads left over"),
        ("unfinished", f"{len(seen.unfinished_runs)} runs"),
    ]
    for label, words in facts:
        table.add_row(label, visible(words))
        if label == "structure":
            changes = seen.structure.changes
            for change in changes[:_SHOWN_CHANGES]:
                table.add_row("", visible(change.words))
            if len(changes) > _SHOWN_CHANGES:
                table.add_row("", f"… and {len(changes) - _SHOWN_CHANGES} more (--json has all)")
    return table


def _run(run: RunSummary) -> str:
    started = datetime.datetime.fromisoformat(run.started_at).astimezone(datetime.UTC)
    return f"{run.run} {run.outcome or 'under way'}, feed {run.feed}, {started:%Y-%m-%d %H:%M} UTC"


def _backup(backup: Standing) -> str:
    rows = sum(each.rows for each in backup.tables.values())
    gone = sum(each.gone for each in backup.tables.values())
    read = "read back" if backup.read_back_at else "never read back"
    return (
        f"{backup.backup}, {backup.age_seconds / 3600:.1f} hours old, {read}, "
        f"{rows_of(rows)}, {count(gone)} of them gone now"
    )


def _guards(guards: GuardsHealth) -> str:
    tried = sum(guards.tried.values())
    refused = f", {count(tried)} writes refused since they were installed" if tried else ""
    return guards.state + refused


def _structure(structure: Structure) -> str:
    if structure.since_run is None:
        return "nothing to compare with: no run yet"
    if not structure.known:
        return f"what run {structure.since_run} found is not on record"
    if not structure.changes:
        return f"as run {structure.since_run} found it"
    number = len(structure.changes)
    return f"{number} {'change' if number == 1 else 'changes'} since run {structure.since_run}"


def _sequences(seen: Health) -> str:
    known = [room for room in seen.sequences if room.used_percent is not None]
    if not known:
        return "none" if not seen.sequences else "this role may not look"
    fullest = max(known, key=lambda room: room.used_share)
    hidden = len(seen.sequences) - len(known)
    return f"{len(known)}, the fullest {fullest.used_percent:g} % used: {fullest.column}" + (
        f"; {hidden} that this role may not look at" if hidden else ""
    )


def _tenths(percent: float) -> str:
    """A percentage that is never rounded up: 99.99 does not read as all."""
    return f"{math.floor(percent * 10) / 10:.1f}"


def _grid(first: str, *others: str) -> Table:
    """A table without lines: names at the left, numbers at the right, notes without a heading."""
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    table.add_column(first)
    for heading in others:
        if heading:
            table.add_column(heading, justify="right", no_wrap=True)
        else:
            table.add_column(heading)
    return table
