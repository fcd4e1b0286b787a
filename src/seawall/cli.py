"""The command ``seawall``."""

from __future__ import annotations

import datetime
import subprocess
from pathlib import Path

import click
import msgspec

from seawall import embedded, options, render
from seawall.engine import Engine, recorded_manifest
from seawall.errors import ExitCode, UsageError
from seawall.manifest import Manifest
from seawall.plan import Plan
from seawall.terminal import (
    Terminal,
    acceptances,
    database_url,
    default_plan_path,
    run_feed,
)


@click.group()
@click.version_option(package_name="seawall")
def app() -> None:
    """Reload imported data into a live PostgreSQL database, and prove that users’ rows stand."""


DEFAULT_MANIFEST = Path("seawall.toml")


def _engine(terminal: Terminal, manifest: Path | None, database: str | None) -> Engine:
    """The engine for a manifest file, or for the manifest that the database has on record."""
    if manifest is None and DEFAULT_MANIFEST.is_file():
        manifest = DEFAULT_MANIFEST
    if manifest is not None:
        loaded = Manifest.load(manifest)
        return Engine(
            loaded, database_url(database, loaded.database.name), progress=terminal.progress
        )
    url = database_url(database)
    recorded = recorded_manifest(url)
    if recorded is None:
        raise UsageError(
            f"there is no {DEFAULT_MANIFEST}, and the database has no manifest on record",
            why="Without a manifest nobody knows which rows are the users’.",
            fix="Name it with --manifest FILE; docs/manifest.md shows a small one.",
        )
    return Engine(recorded, url, progress=terminal.progress)


@app.command(epilog="Example: seawall check --manifest app.toml")
@options.target
def check(manifest: Path | None, database: str | None, json: bool) -> None:
    """Judge the manifest against the database, before any feed."""
    terminal = Terminal(json=json)
    with terminal.exits():
        engine = _engine(terminal, manifest, database)
        found = engine.check()
        refused = any(finding.stops for finding in found)
        if json:
            terminal.print_json({"findings": found})
        else:
            render.findings(terminal.console, found, "seawall apply FEED")
            if not refused:
                said = engine.manifest
                terminal.console.print(
                    f"ok: {len(said.imported())} imported tables can be reloaded, "
                    f"{len(said.user_tables())} user tables are out of reach"
                )
        terminal.exit(ExitCode.REFUSED if refused else ExitCode.DONE)


@app.command(epilog="Example: seawall plan scrapes/2025-06-30 --out plan.json")
@click.argument("feed", type=options.PATH, required=False)
@options.staged
@options.as_of
@click.option("--out", type=options.PATH, help="Where to save the plan. Default: .seawall/plans/.")
@click.option("--exit-code", is_flag=True, help="End with 4 when something would be written.")
@options.target
def plan(
    feed: Path | None,
    staged: str | None,
    as_of: datetime.datetime | None,
    out: Path | None,
    exit_code: bool,
    manifest: Path | None,
    database: str | None,
    json: bool,
) -> None:
    """Say what a run would do, exactly, and save it. Writes nothing outside seawall’s schemas."""
    terminal = Terminal(json=json)
    with terminal.exits():
        engine = _engine(terminal, manifest, database)
        with terminal.working():
            made = engine.plan(feed, staged_schema=staged, as_of=as_of.date() if as_of else None)
        path = out or default_plan_path(made)
        try:
            made.save(path)
        except OSError:
            engine.discard(made)
            raise
        if json:
            click.echo(made.to_json(), nl=False)
        else:
            render.plan(terminal.console, made, f"seawall apply {path}")
            terminal.console.print()
            render.say(terminal.console, f"saved {path}; to do it: seawall apply {path}")
        if made.refusals:
            terminal.exit(ExitCode.REFUSED)
        terminal.exit(ExitCode.CHANGES_PENDING if exit_code and made.writes else ExitCode.DONE)


@app.command(epilog="Example: seawall apply scrapes/2025-06-30 --yes")
@click.argument("plan_or_feed", type=options.PATH, required=False)
@options.staged
@options.as_of
@options.decision
@options.target
def apply(
    plan_or_feed: Path | None,
    staged: str | None,
    as_of: datetime.datetime | None,
    yes: bool,
    accept: tuple[str, ...],
    reason: tuple[str, ...],
    manifest: Path | None,
    database: str | None,
    json: bool,
) -> None:
    """Do what a saved plan says, in one transaction; or plan a feed first, and ask."""
    terminal = Terminal(json=json)
    with terminal.exits():
        accepted = acceptances(accept, reason)
        engine = _engine(terminal, manifest, database)

        saved = plan_or_feed is not None and plan_or_feed.is_file()

        def make_plan() -> Plan:
            if plan_or_feed is not None and saved:
                return Plan.load(plan_or_feed)
            day = as_of.date() if as_of else None
            return engine.plan(plan_or_feed, staged_schema=staged, as_of=day)

        again = f"seawall apply {plan_or_feed or f'--staged {staged}'}"
        terminal.exit(
            run_feed(
                terminal,
                engine,
                make_plan,
                command=again,
                yes=yes,
                accepted=accepted,
                saved=saved,
            )
        )


@app.command(epilog="Example: seawall runs --limit 5")
@click.option("--limit", type=int, default=20, show_default=True, help="How many, newest first.")
@options.target
def runs(limit: int, manifest: Path | None, database: str | None, json: bool) -> None:
    """List the latest runs."""
    terminal = Terminal(json=json)
    with terminal.exits():
        rows = _engine(terminal, manifest, database).runs(limit)
        if json:
            terminal.print_json(
                [row["report"] or {"run": row["id"], "outcome": None} for row in rows]
            )
        else:
            render.runs(terminal.console, rows)


@app.command(epilog="Example: seawall show 12 --set-aside")
@click.argument("run", type=int)
@click.option("--set-aside", is_flag=True, help="Print the records that were set aside.")
@options.target
def show(
    run: int, set_aside: bool, manifest: Path | None, database: str | None, json: bool
) -> None:
    """Show one run: what it did, and the proof."""
    terminal = Terminal(json=json)
    with terminal.exits():
        engine = _engine(terminal, manifest, database)
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


@app.command(epilog="Example: seawall health --json")
@options.target
def health(manifest: Path | None, database: str | None, json: bool) -> None:
    """Say how users’ rows stand: how many still mean what they meant."""
    terminal = Terminal(json=json)
    with terminal.exits():
        seen = _engine(terminal, manifest, database).health()
        if json:
            terminal.print_json(msgspec.to_builtins(seen))
        else:
            render.health(terminal.console, seen)
        terminal.exit(ExitCode.DONE if seen.healthy else ExitCode.UNHEALTHY)


@app.group()
def db() -> None:
    """The bundled PostgreSQL."""


def _data(option: Path | None) -> Path:
    return option or embedded.default_data_directory()


def _running(data: Path | None) -> embedded.Server:
    server = embedded.running(_data(data))
    if server is None:
        raise UsageError(
            f"no bundled PostgreSQL runs on {_data(data)}", fix="Start it: seawall db start"
        )
    return server


@db.command(epilog="Example: seawall db start --data /srv/postgres")
@options.data
@options.json
def start(data: Path | None, json: bool) -> None:
    """Start the bundled PostgreSQL, or attach to it, and print its URL."""
    terminal = Terminal(json=json)
    with terminal.exits():
        server = embedded.start(_data(data))
        if json:
            terminal.print_json({"url": server.url(), "data": str(server.data)})
        else:
            click.echo(server.url())


@db.command(epilog="Example: seawall db stop")
@options.data
@options.json
def stop(data: Path | None, json: bool) -> None:
    """Stop the bundled PostgreSQL."""
    terminal = Terminal(json=json)
    with terminal.exits():
        stopped = embedded.stop(_data(data))
        if json:
            terminal.print_json({"stopped": stopped})
        else:
            click.echo("stopped" if stopped else "it was not running")


@db.command(epilog='Example: psql "$(seawall db url)"')
@options.data
@click.option("--name", default="postgres", show_default=True, help="Which database.")
@options.json
def url(data: Path | None, name: str, json: bool) -> None:
    """Print the URL of the bundled PostgreSQL, which must be running."""
    terminal = Terminal(json=json)
    with terminal.exits():
        server = _running(data)
        if json:
            terminal.print_json({"url": server.url(name)})
        else:
            click.echo(server.url(name))


@db.command(
    epilog='Example: seawall db psql --name courtside -- -c "TABLE seawall.runs"',
)
@options.data
@click.option("--name", default="postgres", show_default=True, help="Which database.")
@click.argument("psql_arguments", nargs=-1, type=click.UNPROCESSED)
def psql(data: Path | None, name: str, psql_arguments: tuple[str, ...]) -> None:
    """Open psql on the bundled PostgreSQL; what follows -- goes to psql."""
    terminal = Terminal()
    with terminal.exits():
        server = _running(data)
        command = [str(embedded.binary(server, "psql")), server.url(name), *psql_arguments]
        raise SystemExit(subprocess.run(command, check=False).returncode)


def main() -> None:
    """The console script."""
    app()
