"""Commands for guards: install, status, remove, run."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from seawall import options
from seawall.cli import guard_words
from seawall.cli.target import engine_for
from seawall.errors import ExitCode, UsageError
from seawall.terminal import Terminal


@click.group()
def guard() -> None:
    """Triggers by which the database itself refuses writes to users’ rows."""


@guard.command(epilog="Example: seawall guard install --database postgresql://localhost/league")
@options.target
def install(manifest: Path | None, database: str | None, json: bool) -> None:
    """Put up every guard that is missing. Makes triggers; changes no row."""
    terminal = Terminal(json=json)
    with terminal.exits():
        engine = engine_for(terminal, manifest, database)
        if not json:
            lacking = [g for g in engine.guards_status().guards if g.state != "in force"]
            if lacking:
                guard_words.listed(
                    terminal.console,
                    "to be put up, or taken away where nothing asks for them any more:",
                    [(g.table, g.trigger) for g in lacking],
                )
        made = engine.install_guards()
        status = engine.guards_status()
        if json:
            terminal.print_json({"done": made.done, "failed": made.failed, "guards": status.guards})
        else:
            guard_words.changes(terminal.console, made, "done")
            if not made.done and not made.failed:
                terminal.console.print("every guard stands already")
        terminal.exit(ExitCode.DONE if status.in_force and not made.failed else ExitCode.FAILED)


@guard.command(epilog="Example: seawall guard status --json")
@options.target
def status(manifest: Path | None, database: str | None, json: bool) -> None:
    """Say how every guard stands. Ends with 5 where one that should stand does not."""
    terminal = Terminal(json=json)
    with terminal.exits():
        seen = engine_for(terminal, manifest, database).guards_status()
        if json:
            terminal.print_json({"in_force": seen.in_force, "guards": seen.guards})
        else:
            guard_words.status(terminal.console, seen)
        terminal.exit(ExitCode.DONE if seen.in_force else ExitCode.UNHEALTHY)


@guard.command(epilog="Example: seawall guard remove --yes")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.target
def remove(yes: bool, manifest: Path | None, database: str | None, json: bool) -> None:
    """Take every guard away, and what is on record of them."""
    terminal = Terminal(json=json)
    with terminal.exits():
        engine = engine_for(terminal, manifest, database)
        standing = [
            (g.table, g.trigger) for g in engine.guards_status().guards if g.state != "not guarded"
        ]
        if not json:
            guard_words.listed(terminal.console, "to be taken away:", standing)
        if standing and not yes:
            _ask(terminal)
        made = engine.remove_guards()
        if json:
            terminal.print_json({"done": made.done, "failed": made.failed})
        else:
            guard_words.changes(terminal.console, made, "done")
        terminal.exit(ExitCode.FAILED if made.failed else ExitCode.DONE)


def _ask(terminal: Terminal) -> None:
    """Ask a person; where there is none, or the answer is no, nothing happens."""
    if terminal.json or not sys.stdin.isatty():
        raise UsageError(
            "nothing was taken away: nobody confirmed it",
            why="There is no terminal to ask at.",
            fix="Add --yes to do it without a question.",
        )
    terminal.console.print("nobody’s script is stopped then. Take them away? [y/N] ", end="")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        terminal.console.print("nothing was taken away")
        terminal.exit(ExitCode.USAGE)


@guard.command(
    name="run",
    epilog="Example: seawall guard run -- psql --file nightly_import.sql",
    context_settings={"allow_interspersed_args": False},
)
@options.target
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run_command(
    manifest: Path | None, database: str | None, json: bool, command: tuple[str, ...]
) -> None:
    """Run COMMAND with the guards armed, and say what it did to users’ rows."""
    terminal = Terminal(json=json)
    with terminal.exits():
        engine = engine_for(terminal, manifest, database)
        report = engine.run_guarded(command, output_to_errors=json)
        if json:
            terminal.print_json(msgspec.to_builtins(report))
        else:
            # Standard output belongs to the command.
            guard_words.guarded_run(terminal.errors, report)
        raise SystemExit(report.exit_code)
