"""Commands that only look: runs, show, health, metrics."""

from __future__ import annotations

import os
from pathlib import Path

import click
import msgspec

from seawall import metrics as open_metrics
from seawall import options, render, render_health
from seawall.cli.target import engine_for
from seawall.errors import ExitCode, UsageError
from seawall.terminal import Terminal


@click.command(epilog="Example: seawall runs --limit 5")
@click.option("--limit", type=int, default=20, show_default=True, help="How many, newest first.")
@options.target
def runs(limit: int, manifest: Path | None, database: str | None, json: bool) -> None:
    """List the latest runs."""
    terminal = Terminal(json=json)
    with terminal.exits():
        rows = engine_for(terminal, manifest, database).runs(limit)
        if json:
            terminal.print_json(
                [row["report"] or {"run": row["id"], "outcome": None} for row in rows]
            )
        else:
            render.runs(terminal.console, rows)


@click.command(epilog="Example: seawall show 12 --set-aside")
@click.argument("run", type=int)
@click.option("--set-aside", is_flag=True, help="Print the records that were set aside.")
@options.target
def show(
    run: int, set_aside: bool, manifest: Path | None, database: str | None, json: bool
) -> None:
    """Show one run: what it did, and the proof."""
    terminal = Terminal(json=json)
    with terminal.exits():
        engine = engine_for(terminal, manifest, database)
        row = engine.run(run)
        if row is None:
            raise UsageError(f"there is no run {run}", fix="“seawall runs” lists them.")
        if set_aside:
            records = engine.set_aside(run)
            if json:
                terminal.print_json(records)
            else:
                render.set_aside(terminal.console, records)
        elif json:
            terminal.print_json(row["report"] or {"run": run, "outcome": None})
        else:
            render.shown_run(terminal.console, row)


@click.command(epilog="Example: seawall health --json")
@options.target
def health(manifest: Path | None, database: str | None, json: bool) -> None:
    """Say how users’ rows stand: how many still mean what they meant."""
    terminal = Terminal(json=json)
    with terminal.exits():
        seen = engine_for(terminal, manifest, database).health()
        if json:
            terminal.print_json(msgspec.to_builtins(seen))
        else:
            render_health.health(terminal.console, seen)
        terminal.exit(ExitCode.DONE if seen.healthy else ExitCode.UNHEALTHY)


@click.command(epilog="Example: seawall metrics --out /var/lib/node_exporter/seawall.prom")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write this file, whole or not at all, in place of standard output.",
)
@options.target
def metrics(out: Path | None, manifest: Path | None, database: str | None, json: bool) -> None:
    """Print health as OpenMetrics text. Ends with 0 also where it is not well."""
    terminal = Terminal(json=json)
    with terminal.exits():
        text = open_metrics.exposition(engine_for(terminal, manifest, database).health())
        if out is not None:
            _replace(out, text)
        if json:
            terminal.print_json({"metrics": text})
        elif out is None:
            click.echo(text, nl=False)


def _replace(path: Path, text: str) -> None:
    """Put a file in place of the one before; who reads it never sees half of it."""
    # A name that collectors pass over: they read *.prom.
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
