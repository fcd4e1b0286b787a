"""Plans and runs as people read them in a terminal. Formats; decides nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seawall.plan import Finding, Plan, TablePlan
from seawall.report import Report

_SHOWN_COLUMNS = 3
_SHOWN_EXAMPLES = 3
_SHOWN_FINDINGS = 12

_AFTER_COMMIT = ("concurrent-orphan", "after-commit")
"""Findings that only a committed run can have: no plan has shown them."""

_OUTCOME_STYLES = {
    "done": "green",
    "unchanged": "green",
    "refused": "yellow",
    "failed": "red",
    "unverified": "red",
}


# Control characters, and marks that change lines or the direction of writing: what a feed or a
# database says must not move the cursor, end a line or pass for seawall's own words. Halves of
# surrogate pairs stand for bytes of a file's name that are no UTF-8; no terminal can write them.
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: object) -> str:
    """What was said elsewhere, in one line: control characters stand as escapes (``\\x1b``)."""
    return _INVISIBLE.sub(lambda found: ascii(found[0])[1:-1], str(text))


def say(console: Console, *parts: str | tuple[str, str]) -> None:
    """Print one line of parts, each text or (text, style), exactly as it reads."""
    console.print(_line(*parts))


def _line(*parts: str | tuple[str, str]) -> Text:
    return Text.assemble(
        *(visible(part) if isinstance(part, str) else (visible(part[0]), part[1]) for part in parts)
    )


def _add(table: Table, *cells: str | Text) -> None:
    """Add a row; a cell that is no ``Text`` is taken as it reads, never as markup."""
    table.add_row(*(Text(visible(cell)) if isinstance(cell, str) else cell for cell in cells))


def count(number: int) -> str:
    """A number with thousands separators."""
    return f"{number:,}"


def rows_of(number: int) -> str:
    """A number of rows, in words."""
    return "1 row" if number == 1 else f"{count(number)} rows"


def plan(console: Console, made: Plan, command: str, *, examples: bool = True) -> None:
    """Print what a run would do.

    Args:
        command: how the person would call it again, for the fixes.
        examples: also print example rows, column by column.
    """
    console.print(_feed_line(made))
    if made.tables:
        console.print()
        console.print(_tables(made))
        _print_not_judged(console, made)
        if examples:
            _print_examples(console, made)
        console.print()
        console.print(_users(made))
    findings(console, made.findings, command)


def _feed_line(made: Plan) -> Text:
    read = sum(file.read for file in made.files)
    used = sum(file.used for file in made.files)
    repeated = sum(file.repeated for file in made.files)
    aside = sum(file.set_aside for file in made.files)
    scopes = len({file.scope for file in made.files if file.scope})
    line = _line(("feed ", "bold"), (made.feed.feed, "bold"))
    if made.files:
        where = f"{scopes} scopes, " if scopes else ""
        line.append(
            f"   {where}{len(made.files)} files, {count(read)} records: {count(used)} used, "
            f"{count(repeated)} repeated, {count(aside)} set aside"
        )
    return line


def _grid(*columns: tuple[str, str]) -> Table:
    """A table without lines; columns are (heading, justification)."""
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    for heading, justify in columns:
        table.add_column(heading, justify=justify, no_wrap=justify == "right")  # pyright: ignore[reportArgumentType]
    return table


def _tables(made: Plan) -> Table:
    numbers = ("staged", "same", "changed", "new", "vanished")
    table = _grid(("table", "left"), *((name, "right") for name in numbers), ("", "left"))
    for name, planned in made.tables.items():
        _add(
            table,
            name,
            *(_muted(getattr(planned, number)) for number in numbers),
            _vanishing(planned),
        )
    return table


def _muted(number: int) -> Text:
    return Text(count(number), style="" if number else "dim")


def _vanishing(planned: TablePlan) -> str:
    parts = []
    if planned.retire:
        parts.append(f"retire {count(planned.retire)}")
    if planned.delete:
        parts.append(f"delete {count(planned.delete)}")
    if planned.vanished and not parts:
        parts.append(planned.policy)
    if planned.reinstated:
        parts.append(f"{count(planned.reinstated)} reinstated")
    if planned.held:
        parts.append(f"{count(planned.held)} held: users refer to them")
    return ", ".join(parts)


def _print_not_judged(console: Console, made: Plan) -> None:
    partial = set(made.feed.incomplete)
    missing = {
        f"{scope or 'this feed'}: {' and '.join(kinds)} "
        f"not {'whole' if {(scope, kind) for kind in kinds} & partial else 'in this feed'}"
        for planned in made.tables.values()
        for scope, kinds in planned.not_judged.items()
    }
    for line in sorted(missing):
        say(console, (f"not judged  {line}, so nothing of it vanishes", "dim"))


def _print_examples(console: Console, made: Plan) -> None:
    table = Table.grid(padding=(0, 2))
    for name, planned in made.tables.items():
        shown = [e for e in planned.examples if e.action in ("changed", "reinstated")]
        shown += [e for e in planned.examples if e.action == "vanished"]
        for example in shown[:_SHOWN_EXAMPLES]:
            changes = [
                f"{column} {_cell(old)} → {_cell(new)}"
                for column, (old, new) in example.columns.items()
            ]
            what = ", ".join(changes[:_SHOWN_COLUMNS])
            if len(changes) > _SHOWN_COLUMNS:
                what += f" and {len(changes) - _SHOWN_COLUMNS} more"
            _add(table, name, example.action, example.key, what)
    if table.row_count:
        console.print()
        say(console, ("for example", "dim"))
        console.print(table)


def _cell(value: str | None) -> str:
    return "NULL" if value is None else value if len(value) <= 40 else value[:39] + "…"


def _users(made: Plan) -> Table:
    table = _grid(("users’ rows", "left"), ("rows", "right"), ("touched", "right"), ("", "left"))
    for name, impact in made.users.items():
        notes = [
            f"{count(rows)} refer to what vanishes ({label.split('.', 1)[1]}): both stay"
            for label, rows in impact.vanishing.items()
        ]
        if impact.orphans:
            notes.append(f"{count(impact.orphans)} refer to nothing already")
        _add(table, name, count(impact.rows), "none", "; ".join(notes))
    return table


def findings(console: Console, found: Iterable[Finding], command: str) -> None:
    """Print findings: those that stop first, each with why and fix."""
    ordered = sorted(found, key=lambda finding: not finding.stops)
    for finding in ordered[:_SHOWN_FINDINGS]:
        if finding.stops:
            label = Text("refused", style="bold yellow")
        elif finding.accepted is not None:
            label = Text("accepted", style="green")
        else:
            label = Text("notice", style="dim")
        table = Table.grid(padding=(0, 2))
        table.add_column(min_width=9)
        table.add_column()
        copied: dict[str, str] = {}
        _add(table, label, _line((finding.check, "bold"), "  ", finding.message))
        if finding.accepted is not None:
            where = " (in the manifest)" if finding.acceptance == "standing" else ""
            _add(table, "", f"because “{finding.accepted}”{where}")
        elif finding.stops:
            if finding.why:
                _add(table, Text("    why", style="dim"), finding.why)
            if finding.fix:
                _add(table, Text("    fix", style="dim"), finding.fix)
            if finding.acceptable:
                copied[" accept"] = f'{command} --accept {finding.subject} --reason "…"'
            if finding.acceptable and finding.hash:
                copied[" always"] = (
                    f'[[accept]] finding = "{finding.subject}" hash = "{finding.hash}" '
                    'reason = "…" (in the manifest)'
                )
        console.print()
        console.print(table)
        for label, words in copied.items():
            # One line, however long: a person copies it.
            console.print(_line((label.ljust(11), "dim"), words), soft_wrap=True)
    if len(ordered) > _SHOWN_FINDINGS:
        console.print()
        console.print(f"… and {len(ordered) - _SHOWN_FINDINGS} more findings (--json lists all)")


def run(console: Console, report: Report, findings_shown: bool = False) -> None:
    """Print what a run did, and the evidence: one line for each thing that was asked for."""
    outcome = report["outcome"]
    seconds = f" in {report['seconds']:.1f} s" if report.get("seconds") is not None else ""
    head = _line(
        (f"run {report['run']} {outcome}", f"bold {_OUTCOME_STYLES.get(outcome, '')}"), seconds
    )
    console.print()
    if outcome in ("refused", "failed"):
        console.print(head)
        if not findings_shown or outcome == "failed":
            _print_recorded(console, report["findings"])
        console.print()
        console.print("nothing was written: every row is as it was")
        return
    written = {
        word: sum(table[word] for table in report["tables"].values())
        for word in ("changed", "new", "retired", "reinstated", "deleted")
    }
    said = ", ".join(f"{count(n)} {word}" for word, n in written.items() if n)
    head.append(f": {said or 'nothing to write'}")
    console.print(head)
    console.print(_proof(report))
    _print_later(console, report["findings"], findings_shown)


def _proof(report: Report) -> Table:
    table = Table.grid(padding=(0, 2))
    meanwhile = report.get("meanwhile", {})
    for name, user in report["users"].items():
        more = meanwhile.get(name, 0)
        while_running = f"   ({abs(more):,} {'more' if more > 0 else 'fewer'} meanwhile, by users)"
        kept = f"{rows_of(user['rows_after'])}, {count(user['changed_by_run'])} changed"
        _add(table, "protected", name, f"{kept} by this run{while_running if more else ''}")
    orphans = sum(user["orphans"] for user in report["users"].values())
    moved = sum(user["retargeted"] for user in report["users"].values())
    meaning = "every one means what it meant"
    if any(finding["check"] in _AFTER_COMMIT for finding in report["findings"]):
        meaning = "but see below what was found after the commit"
    elif orphans or moved:
        meaning = f"{count(orphans)} point at nothing, {count(moved)} at another row than recorded"
    _add(
        table,
        "reloaded",
        f"{len(report['tables'])} tables",
        f"{count(report.get('references_checked', 0))} references checked, {meaning}",
    )
    held = {name: t["held"] for name, t in report["tables"].items() if t["held"]}
    if held:
        listed = ", ".join(f"{count(number)} in {name}" for name, number in held.items())
        _add(table, "held", rows_of(sum(held.values())), f"users refer to them: {listed}")
    witnesses = [_guards(report["guards"])] if "guards" in report else []
    if report["proof"]["counters"] is not None:
        written = sum(user["changed_by_run"] for user in report["users"].values())
        witnesses.append(f"counters {written}")
    witnesses.append("fingerprints equal")
    if report["certified"]:
        witnesses.append("certificate: the transaction wrote nothing")
    _add(table, "witnesses", "", ", ".join(witnesses))
    kept = report.get("backup")
    if kept:
        _add(
            table,
            "backup",
            "",
            f"history of run {report['run']} read back, {rows_of(kept['rows'])}",
        )
        for name in kept["altered"]:
            altered = f"{name}: an earlier backup was altered; “seawall health” looks at the last"
            _add(table, Text("backup", style="bold yellow"), "", altered)
    for reason in report["unverified"]:
        _add(table, Text("unverified", style="bold red"), "", reason)
    return table


def _guards(said: Mapping[str, Any]) -> str:
    """What the guards say, in a few words."""
    words = f"guards {said['state']}"
    if said["not_guarded"]:
        words += f" but not on {', '.join(said['not_guarded'])}"
    tried = sum(said["tried"].values())
    if tried:
        words += f" ({count(tried)} writes refused: {', '.join(said['tried'])})"
    return words


def _print_later(
    console: Console, recorded: Sequence[Mapping[str, Any]], findings_shown: bool
) -> None:
    """Findings of a run that was committed; of those shown with the plan none is repeated."""
    later = [
        finding for finding in recorded if not findings_shown or finding["check"] in _AFTER_COMMIT
    ]
    findings(console, [msgspec.convert(finding, Finding) for finding in later], "seawall apply")


def _print_recorded(console: Console, recorded: Sequence[Mapping[str, Any]]) -> None:
    for finding in recorded:
        if not finding.get("refuses", True):
            continue
        table = Table.grid(padding=(0, 2))
        _add(table, _line((finding["check"], "bold")), finding["message"])
        for word in ("why", "fix"):
            if finding.get(word):
                _add(table, Text(f"    {word}", style="dim"), finding[word])
        console.print()
        console.print(table)


def shown_run(console: Console, row: Mapping[str, Any]) -> None:
    """Print one recorded run in full."""
    report = row["report"]
    console.print(_line((f"run {row['id']}", "bold"), f"   feed {row['feed']}"))
    who = row["who"]
    say(console, f"{row['started_at']:%Y-%m-%d %H:%M:%S} UTC   by {who['user']} on {who['host']}")
    if report is None:
        console.print("under way, or its process died")
        return
    if report["tables"]:
        words = ("staged", "same", "changed", "new", "vanished", "retired", "reinstated")
        words = (*words, "deleted", "held")
        table = _grid(("table", "left"), *((word, "right") for word in words))
        for name, numbers in report["tables"].items():
            _add(table, name, *(_muted(numbers[word]) for word in words))
        console.print()
        console.print(table)
    if report["files"]:
        words = ("read", "used", "repeated", "set_aside")
        table = _grid(
            ("file", "left"), *((w.replace("_", " "), "right") for w in words), ("", "left")
        )
        for name, numbers in report["files"].items():
            notes = {**numbers.get("reasons", {}), **numbers.get("notes", {})}
            _add(
                table,
                name,
                *(_muted(numbers[word]) for word in words),
                ", ".join(f"{count(n)} {what}" for what, n in notes.items()),
            )
        console.print()
        console.print(table)
    for subject, said in row["acceptances"].items():
        where = "in the manifest" if said["kind"] == "standing" else "for this run"
        say(console, f"accepted    {subject} {where} because “{said['reason']}”")
    run(console, report)


def runs(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the latest runs, newest first."""
    if not rows:
        console.print("no runs yet")
        return
    table = _grid(
        ("run", "right"), ("started (UTC)", "left"), ("feed", "left"), ("outcome", "left"),
        ("written", "right"), ("seconds", "right"),
    )  # fmt: skip
    for row in rows:
        report = row["report"] or {}
        written = sum(
            numbers[word]
            for numbers in report.get("tables", {}).values()
            for word in ("changed", "new", "retired", "deleted")
            if row["outcome"] in ("done", "unchanged", "unverified")
        )
        outcome = row["outcome"] or "under way"
        label = "unchanged, certified" if row["certified"] else outcome
        seconds = report.get("seconds")
        _add(
            table,
            str(row["id"]),
            f"{row['started_at']:%Y-%m-%d %H:%M:%S}",
            row["feed"],
            Text(label, style=_OUTCOME_STYLES.get(outcome, "")),
            _muted(written),
            f"{seconds:.1f}" if seconds is not None else "",
        )
    console.print(table)


def set_aside(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print records that a run set aside, each with its place, reason and text."""
    if not rows:
        console.print("no records were set aside")
    for row in rows:
        why = f"{row['reason']}: {row['detail']}" if row["detail"] else row["reason"]
        say(console, f"{row['file']} record {row['position']}   {why}")
        say(console, (f"    {row['record']}", "dim"))
