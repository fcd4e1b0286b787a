"""Commands around the history of users' rows: backup, restore, forget."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from seawall import options, render_history
from seawall.cli.target import engine_for
from seawall.errors import ExitCode, UsageError
from seawall.terminal import Terminal


@click.command(epilog="Example: seawall backup")
@options.target
def backup(manifest: Path | None, database: str | None, json: bool) -> None:
    """Keep users’ rows as they are now, without a run, and read them back."""
    terminal = Terminal(json=json)
    with terminal.exits():
        engine = engine_for(terminal, manifest, database)
        with terminal.working():
            made = engine.backup()
        if json:
            terminal.print_json(msgspec.to_builtins(made))
        else:
            render_history.backup(terminal.console, made)


@click.command(epilog='Example: seawall restore 12 --table answers --where "user_id = 43"')
@click.argument("run", type=int, required=False)
@click.option("--backup", "number", type=int, help="A backup by its own number, in place of RUN.")
@click.option("--table", "tables", multiple=True, help="Which table; several may be named.")
@click.option("--where", metavar="SQL", help="Which rows of the backup: a condition in SQL.")
@click.option("--overwrite-newer", is_flag=True, help="Also put back rows that changed since.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.target
def restore(
    run: int | None,
    number: int | None,
    tables: tuple[str, ...],
    where: str | None,
    overwrite_newer: bool,
    yes: bool,
    manifest: Path | None,
    database: str | None,
    json: bool,
) -> None:
    """Put back users’ rows as they were before run RUN: show them first, and ask."""
    terminal = Terminal(json=json)
    with terminal.exits():
        engine = engine_for(terminal, manifest, database)
        with terminal.working():
            plan = engine.plan_restore(
                run, backup=number, tables=tables, where=where, overwrite_newer=overwrite_newer
            )
        if not json:
            render_history.restore_plan(terminal.console, plan)
        if not plan.writes:
            if json:
                terminal.print_json({"plan": plan.shown(), "report": None})
            terminal.exit(ExitCode.DONE)
        if not yes:
            _ask(terminal, "put these rows back?", {"plan": plan.shown()})
        with terminal.working():
            report = engine.restore(plan)
        if json:
            terminal.print_json({"plan": plan.shown(), "report": msgspec.to_builtins(report)})
        else:
            render_history.restored(terminal.console, report)
        terminal.exit(report.exit_code)


@click.command(epilog='Example: seawall forget answers --where "user_id = 43"')
@click.argument("table")
@click.option("--where", metavar="SQL", required=True, help="Which rows: a condition in SQL.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.target
def forget(
    table: str,
    where: str,
    yes: bool,
    manifest: Path | None,
    database: str | None,
    json: bool,
) -> None:
    """Take rows of TABLE out of all backups. The table itself is not touched."""
    terminal = Terminal(json=json)
    with terminal.exits():
        engine = engine_for(terminal, manifest, database)
        plan = engine.plan_forget(table, where)
        if not json:
            render_history.forget_plan(terminal.console, plan)
        if not plan.versions:
            if json:
                terminal.print_json({"table": table, "rows": 0, "versions": 0})
            terminal.exit(ExitCode.DONE)
        if not yes:
            counts = {"rows": plan.rows, "versions": plan.versions, "still_there": plan.still_there}
            _ask(terminal, "forget them for good?", {"plan": {"table": table, **counts}})
        report = engine.forget(plan)
        if json:
            terminal.print_json(msgspec.to_builtins(report))
        else:
            render_history.forgotten(terminal.console, report)


def _ask(terminal: Terminal, question: str, shown: dict[str, object]) -> None:
    """Ask a person, and end the command where nobody agrees."""
    if terminal.json or not sys.stdin.isatty():
        error = UsageError(
            "nothing was written: nobody confirmed it",
            why="There is no terminal to ask at.",
            fix="Add --yes to do it without a question.",
        )
        terminal.print_error(error)
        if terminal.json:
            terminal.print_json({**shown, "error": error.as_dict()})
        terminal.exit(ExitCode.USAGE)
    terminal.console.print()
    terminal.console.print(f"{question} [y/N] ", end="")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        terminal.console.print("nothing was written")
        terminal.exit(ExitCode.USAGE)
