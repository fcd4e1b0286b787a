"""The command ``seawall``."""

from __future__ import annotations

import datetime
import os
import subprocess
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from seawall import embedded, render
from seawall.engine import Engine
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

app = typer.Typer(
    name="seawall",
    help="Reload imported data into a live PostgreSQL database, and prove that users’ rows stand.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db = typer.Typer(help="The bundled PostgreSQL.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(db, name="db")

ManifestOption = Annotated[
    Path, typer.Option("--manifest", envvar="SEAWALL_MANIFEST", help="Who owns which table.")
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        help="URL of the database. Default: DATABASE_URL, else the bundled server in .seawall/.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsOfOption = Annotated[
    datetime.datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d"],
        help="The day the feed speaks of. Default: the date in the directory’s name.",
        show_default=False,
    ),
]
StagedOption = Annotated[
    str | None,
    typer.Option("--staged", help="A schema whose tables another tool has filled."),
]
AcceptOption = Annotated[
    list[str] | None,
    typer.Option("--accept", help="CHECK:TABLE[@SCOPE] of a refusal to overrule, once."),
]
ReasonOption = Annotated[
    list[str] | None, typer.Option("--reason", help="Why; kept in the ledger.")
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Its data directory. Default: .seawall/postgres."),
]
DEFAULT_MANIFEST = Path("seawall.toml")


def _engine(terminal: Terminal, manifest: Path, database: str | None) -> Engine:
    loaded = Manifest.load(manifest)
    url = database_url(database, loaded.database.name)
    return Engine(loaded, url, progress=terminal.progress)


@app.command(epilog="Example: seawall check --manifest app.toml")
def check(
    manifest: ManifestOption = DEFAULT_MANIFEST,
    database: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
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
            tables = engine.manifest
            if not refused:
                terminal.console.print(
                    f"ok: {len(tables.imported())} imported tables can be reloaded, "
                    f"{len(tables.user_tables())} user tables are out of reach"
                )
        terminal.exit(ExitCode.REFUSED if refused else ExitCode.DONE)


@app.command(epilog="Example: seawall plan scrapes/2025-06-30 --out plan.json")
def plan(
    feed: Annotated[Path | None, typer.Argument(help="The feed’s directory.")] = None,
    staged: StagedOption = None,
    as_of: AsOfOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where to save the plan.")] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 4 when something would be written.")
    ] = False,
    manifest: ManifestOption = DEFAULT_MANIFEST,
    database: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Say what a run would do, exactly, and save it. Writes nothing outside seawall’s schemas."""
    terminal = Terminal(json=json)
    with terminal.exits():
        engine = _engine(terminal, manifest, database)
        with terminal.working():
            made = engine.plan(feed, staged_schema=staged, as_of=as_of.date() if as_of else None)
        path = out or default_plan_path(made)
        made.save(path)
        if json:
            terminal.console.file.write(made.to_json().decode())
        else:
            render.plan(terminal.console, made, f"seawall apply {path}")
            terminal.console.print()
            terminal.console.print(f"saved {path}; to do it: seawall apply {path}")
        if made.refusals:
            terminal.exit(ExitCode.REFUSED)
        terminal.exit(ExitCode.CHANGES_PENDING if exit_code and made.writes else ExitCode.DONE)


@app.command(epilog="Example: seawall apply scrapes/2025-06-30 --yes")
def apply(
    what: Annotated[
        Path | None, typer.Argument(help="A saved plan, or a feed’s directory.")
    ] = None,
    staged: StagedOption = None,
    as_of: AsOfOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    accept: AcceptOption = None,
    reason: ReasonOption = None,
    manifest: ManifestOption = DEFAULT_MANIFEST,
    database: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Do what a plan says, in one transaction; or plan a feed first and ask."""
    terminal = Terminal(json=json)
    with terminal.exits():
        accepted = acceptances(accept or [], reason or [])
        engine = _engine(terminal, manifest, database)

        def make_plan() -> Plan:
            if what is not None and what.is_file():
                return Plan.load(what)
            return engine.plan(what, staged_schema=staged, as_of=as_of.date() if as_of else None)

        again = f"seawall apply {what}" if what else f"seawall apply --staged {staged}"
        terminal.exit(
            run_feed(terminal, engine, make_plan, command=again, yes=yes, accepted=accepted)
        )


@app.command(epilog="Example: seawall runs --limit 5")
def runs(
    limit: Annotated[int, typer.Option("--limit", help="How many, newest first.")] = 20,
    manifest: ManifestOption = DEFAULT_MANIFEST,
    database: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """List the latest runs."""
    terminal = Terminal(json=json)
    with terminal.exits():
        rows = _engine(terminal, manifest, database).runs(limit)
        if json:
            terminal.print_json([row["report"] or {"run": row["id"]} for row in rows])
        else:
            render.runs(terminal.console, rows)


@app.command(epilog="Example: seawall show 12 --set-aside")
def show(
    run: Annotated[int, typer.Argument(help="The run’s number.")],
    set_aside: Annotated[
        bool, typer.Option("--set-aside", help="Print the records that were set aside.")
    ] = False,
    manifest: ManifestOption = DEFAULT_MANIFEST,
    database: DatabaseOption = None,
    json: JsonOption = False,
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
def health(
    manifest: ManifestOption = DEFAULT_MANIFEST,
    database: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Say how users’ rows stand: how many still mean what they meant."""
    terminal = Terminal(json=json)
    with terminal.exits():
        seen = _engine(terminal, manifest, database).health()
        if json:
            terminal.print_json(msgspec.to_builtins(seen))
        else:
            render.health(terminal.console, seen)
        terminal.exit(ExitCode.DONE if seen.healthy else ExitCode.UNHEALTHY)


def _data(option: Path | None) -> Path:
    return option or embedded.default_data_directory()


@db.command(epilog="Example: seawall db start --data /srv/postgres")
def start(data: DataOption = None, json: JsonOption = False) -> None:
    """Start the bundled PostgreSQL, or attach to it, and print its URL."""
    terminal = Terminal(json=json)
    with terminal.exits():
        server = embedded.start(_data(data))
        if json:
            terminal.print_json({"url": server.url(), "data": str(server.data)})
        else:
            typer.echo(server.url())


@db.command(epilog="Example: seawall db stop")
def stop(data: DataOption = None, json: JsonOption = False) -> None:
    """Stop the bundled PostgreSQL."""
    terminal = Terminal(json=json)
    with terminal.exits():
        stopped = embedded.stop(_data(data))
        if json:
            terminal.print_json({"stopped": stopped})
        else:
            typer.echo("stopped" if stopped else "it was not running")


@db.command(epilog='Example: psql "$(seawall db url)"')
def url(
    data: DataOption = None,
    name: Annotated[str, typer.Option("--name", help="Which database.")] = "postgres",
    json: JsonOption = False,
) -> None:
    """Print the URL of the bundled PostgreSQL, which must be running."""
    terminal = Terminal(json=json)
    with terminal.exits():
        server = _running(data)
        if json:
            terminal.print_json({"url": server.url(name)})
        else:
            typer.echo(server.url(name))


@db.command(
    epilog='Example: seawall db psql --name courtside -- -c "TABLE seawall.runs"',
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def psql(
    context: typer.Context,
    data: DataOption = None,
    name: Annotated[str, typer.Option("--name", help="Which database.")] = "postgres",
) -> None:
    """Open psql on the bundled PostgreSQL; what follows -- goes to psql."""
    terminal = Terminal()
    with terminal.exits():
        server = _running(data)
        command = [str(embedded.binary(server, "psql")), server.url(name), *context.args]
        raise SystemExit(subprocess.run(command, env=os.environ, check=False).returncode)


def _running(data: Path | None) -> embedded.Server:
    server = embedded.running(_data(data))
    if server is None:
        raise UsageError(
            f"no bundled PostgreSQL runs on {_data(data)}", fix="Start it: seawall db start"
        )
    return server


def main() -> None:
    """The console script."""
    app()
