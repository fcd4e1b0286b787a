"""Guards and guarded runs as people read them in a terminal. Formats; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from seawall.guarded_run import GuardedRun
from seawall.guards import Changes, Status
from seawall.guards.definition import PREFIX
from seawall.render import count, say, visible

_STYLES = {"harmed": "bold red", "unseen": "bold red", "stopped": "yellow", "unharmed": "green"}
_VERDICTS = {
    "harmed": "harm got through",
    "unseen": "it cannot be said whether users’ rows stand",
    "stopped": "the guards stopped it; every user’s row is as it was",
    "unharmed": "every user’s row is as it was, and means what it meant",
}
_NAMED = 20


def status(console: Console, seen: Status) -> None:
    """Print, table by table, how the guards stand."""
    table = _grid("table", "guards", "")
    for name in dict.fromkeys(guard.table for guard in seen.guards):
        of_table = [guard for guard in seen.guards if guard.table == name]
        wrong = [guard for guard in of_table if guard.state != "in force"]
        kinds = [guard.trigger.removeprefix(PREFIX) for guard in of_table]
        state = "in force" if not wrong else "not guarded"
        if any(guard.state != "not guarded" for guard in wrong):
            state = "not in force"
        notes = "; ".join(guard.words for guard in wrong) if state == "not in force" else ""
        table.add_row(
            visible(name),
            Text(state, style="green" if not wrong else "bold red"),
            visible(notes or ", ".join(kinds)),
        )
    console.print(table)


def changes(console: Console, made: Changes, verb: str) -> None:
    """Print what was put up or taken away, and what could not be."""
    for table in dict.fromkeys(table for table, _ in made.done):
        kinds = [trigger.removeprefix(PREFIX) for each, trigger in made.done if each == table]
        say(console, f"{verb}  {table}: {', '.join(kinds)}")
    for table, why in made.failed.items():
        say(console, ("not done  ", "bold red"), f"{table}: {why}")


def listed(console: Console, heading: str, places: Iterable[tuple[str, str]]) -> None:
    """Print triggers that are to be made or dropped."""
    say(console, heading)
    for table, trigger in places:
        say(console, f"  {trigger} on {table}")


def guarded_run(console: Console, report: GuardedRun) -> None:
    """Print what a guarded command did."""
    console.print()
    say(
        console,
        (f"{report.verdict}  ", _STYLES[report.verdict]),
        f"{_VERDICTS[report.verdict]}   (guards {report.guards}; the command ended with "
        f"{report.command_exit_code} after {report.seconds:.1f} s)",
    )
    table = _grid("users’ rows", "before", "after", "tried", "lost", "changed", "added")
    for name, users in report.users.items():
        numbers = (users.rows_before, users.rows_after, users.tried)
        got_through = (users.lost, users.changed, users.added)
        table.add_row(visible(name), *(_number(n) for n in (*numbers, *got_through)))
    console.print(table)
    _named(console, [row for users in report.users.values() for row in users.named])
    if report.references:
        table = _grid("references", "checked", "left dangling", "retargeted", "dangling before")
        for label, found in report.references.items():
            numbers = (found.checked, found.dangling, found.retargeted, found.dangling_before)
            table.add_row(visible(label), *(_number(n) for n in numbers))
        console.print(table)
        _named(console, [row for found in report.references.values() for row in found.named])
    for words in report.unseen:
        say(console, ("not seen  ", "yellow"), words)


def _named(console: Console, rows: Sequence[str]) -> None:
    for row in rows[:_NAMED]:
        say(console, f"  {row}")
    if len(rows) > _NAMED:
        say(console, f"  … and more (--json names up to {_NAMED} of each)")


def _grid(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right" if len(others) > 2 else "left")
    return table


def _number(number: int) -> Text:
    return Text(count(number), style="" if number else "dim")
