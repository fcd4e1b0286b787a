"""Backups, restores and what is forgotten, as people read them in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from seawall.history.backup import Backup
from seawall.history.forget import ForgetPlan, ForgetReport
from seawall.history.restore import RestoreReport
from seawall.history.restore_plan import RestorePlan, RowRestore
from seawall.render import count, rows_of, say

_SHOWN_ROWS = 5

_WORDS = {
    "missing": "missing",
    "changed": "changed since",
    "reentered": "entered again, in another row: kept",
    "parent_gone": "not put back: what it refers to is gone",
    "parent_differs": "not put back: what it refers to is another thing now",
    "incomplete": "not put back: the table demands a value that the backup has not",
    "unfit": "not put back: a value does not fit today’s column",
}


def backup(console: Console, made: Backup) -> None:
    """Print a backup that was made by hand."""
    table = Table.grid(padding=(0, 2))
    for name, rows in made.tables.items():
        table.add_row(Text("kept"), Text(name), Text(rows_of(rows)))
    console.print(table)
    say(
        console,
        f"backup {made.id} read back, {rows_of(made.rows)} in {made.seconds:.1f} s; "
        f"{count(made.written)} new or changed since the last",
    )
    for name in made.altered:
        say(console, ("warning     ", "bold yellow"), f"{name}: an earlier backup was altered")


def restore_plan(console: Console, plan: RestorePlan) -> None:
    """Print what a restore would do, table by table, with examples of every kind."""
    origin = f"run {plan.run}" if plan.run is not None else "made by hand"
    say(
        console,
        (f"backup {plan.backup}", "bold"),
        f"   {origin}, {plan.taken_at:%Y-%m-%d %H:%M:%S} UTC"
        + (f", rows where {plan.where}" if plan.where else ""),
    )
    console.print()
    columns = ("missing", "changed", "same", "put back", "kept as they are")
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    table.add_column("table")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for name, each in plan.tables.items():
        written = each.insert + each.overwrite
        kept = each.reentered + each.parent_gone + each.parent_differs
        kept += each.incomplete + each.unfit + each.missing + each.changed - written
        numbers = (each.missing, each.changed, each.same, written, kept)
        table.add_row(Text(name), *(Text(count(n), style="" if n else "dim") for n in numbers))
    console.print(table)
    for name, each in plan.tables.items():
        for status, words in _WORDS.items():
            rows = [row for row in each.rows if row.status == status]
            if rows:
                _print_rows(console, name, words, rows, getattr(each, status))
    console.print()
    if not plan.writes:
        say(console, "nothing to put back")
    elif not plan.overwrite_newer and any(each.changed for each in plan.tables.values()):
        say(console, ("rows that changed since stay as they are; --overwrite-newer puts them "
                      "back too", "dim"))  # fmt: skip


def _print_rows(
    console: Console, table: str, words: str, rows: list[RowRestore], total: int
) -> None:
    console.print()
    say(console, (f"{table}: {words}", "bold"))
    for row in rows[:_SHOWN_ROWS]:
        if row.status == "changed":
            said = [f"{c} {_cell(now)} ← {_cell(was)}" for c, (was, now) in row.columns.items()]
        elif row.status == "missing":
            said = [f"{c} {_cell(was)}" for c, (was, _) in row.columns.items()]
        else:
            said = [row.detail]
        say(console, f"    {row.key}   {', '.join(said)}")
    if total > _SHOWN_ROWS:
        say(console, (f"    … and {count(total - _SHOWN_ROWS)} more", "dim"))


def _cell(value: str | None) -> str:
    return "NULL" if value is None else value if len(value) <= 40 else value[:39] + "…"


def restored(console: Console, report: RestoreReport) -> None:
    """Print what a restore did, and the evidence."""
    console.print()
    say(
        console,
        (f"restore {report.restore} {report.outcome}", "bold green"),
        f" in {report.seconds:.1f} s",
    )
    table = Table.grid(padding=(0, 2))
    for name, done in report.tables.items():
        words = f"{count(done.inserted)} inserted, {count(done.overwritten)} overwritten"
        if done.kept_meanwhile:
            words += f"; {count(done.kept_meanwhile)} written by their users meanwhile, kept"
        table.add_row(Text("put back"), Text(name), Text(words))
    table.add_row(Text("witnesses"), Text(""), Text("counters as planned, all other rows equal"))
    table.add_row(
        Text("backup"), Text(""), Text(f"what stood before is backup {report.saved_as}, read back")
    )
    for reason in report.unverified:
        table.add_row(Text("unverified", style="bold red"), Text(""), Text(reason))
    console.print(table)


def forget_plan(console: Console, plan: ForgetPlan) -> None:
    """Print how much a person's rows are in the history."""
    say(
        console,
        f"{plan.table}: {rows_of(plan.rows)} in {count(plan.versions)} versions, in the history",
    )
    if plan.still_there:
        say(
            console,
            f"{count(plan.still_there)} of them still stand in the table itself, which is not "
            "touched: the next backup keeps them again",
        )


def forgotten(console: Console, report: ForgetReport) -> None:
    """Print what was forgotten."""
    say(
        console,
        f"forgotten   {rows_of(report.rows)} of {report.table}, {count(report.versions)} versions",
    )
