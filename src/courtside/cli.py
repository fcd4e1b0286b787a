"""The command ``courtside``."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from courtside import league_database
from seawall import Engine
from seawall.cli import (
    AcceptOption,
    AsOfOption,
    DatabaseOption,
    JsonOption,
    ReasonOption,
)
from seawall.errors import ExitCode, UsageError
from seawall.plan import Plan
from seawall.terminal import Terminal, acceptances, database_url, run_feed

app = typer.Typer(
    name="courtside",
    help="The league site: imports leagues’ scraped feeds around what players have answered.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _commands() -> None:
    """Keep subcommands, however few there are."""


@app.command(epilog="Example: courtside migrate --database postgresql://localhost/courtside")
def migrate(database: DatabaseOption = None, json: JsonOption = False) -> None:
    """Bring the database’s schema up to date."""
    terminal = Terminal(json=json)
    with terminal.exits():
        said = league_database.manifest()
        url = database_url(database, said.database.name)
        applied = league_database.bring_up_to_date(url)
        Engine(said, url).check()
        if json:
            terminal.print_json({"applied": applied})
        else:
            for name in applied:
                terminal.console.print(f"applied {name}")
            terminal.console.print("the schema is current")


@app.command(name="import", epilog="Example: courtside import scrapes/2025-06-30 --yes")
def import_feed(
    directory: Annotated[Path, typer.Argument(help="A scrape: DIRECTORY/LEAGUE/KIND.json.")],
    as_of: AsOfOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    accept: AcceptOption = None,
    reason: ReasonOption = None,
    database: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Reload the leagues from a scrape, and prove that no answer moved."""
    terminal = Terminal(json=json)
    with terminal.exits():
        accepted = acceptances(accept or [], reason or [])
        said = league_database.manifest()
        url = database_url(database, said.database.name)
        league_database.prepare(url)
        engine = Engine(said, url, progress=terminal.progress)

        def make_plan() -> Plan:
            return engine.plan(directory, as_of=as_of.date() if as_of else None)

        again = f"courtside import {directory}"
        terminal.exit(
            run_feed(terminal, engine, make_plan, command=again, yes=yes, accepted=accepted)
        )


@app.command(
    name="sample-feeds",
    epilog="Example: courtside sample-feeds scrapes --date 2026-01-15 --size 5000 --versions 3",
)
def sample_feeds(
    directory: Annotated[Path, typer.Argument(help="Where to write; a directory a day in it.")],
    date: Annotated[
        datetime.datetime | None,
        typer.Option(
            "--date",
            formats=["%Y-%m-%d"],
            help="Day of the first. Default: today.",
            show_default=False,
        ),
    ] = None,  # fmt: skip
    size: Annotated[int, typer.Option("--size", help="Records in each version.")] = 5000,
    versions: Annotated[int, typer.Option("--versions", help="Scrapes, a week apart.")] = 2,
    seed: Annotated[int, typer.Option("--seed", help="Another number, other people.")] = 1,
    json: JsonOption = False,
) -> None:
    """Write made-up scrapes that look like real ones, quirks included."""
    # Only this command needs the generator; an import should not wait for it to load.
    from courtside.sample_feeds import SMALLEST_SIZE, write_sample_feeds

    terminal = Terminal(json=json)
    with terminal.exits():
        if size < SMALLEST_SIZE or versions < 1:
            raise UsageError(
                f"--size {size} --versions {versions}",
                fix=f"The smallest size is {SMALLEST_SIZE}, and there is at least one version.",
            )
        day = date.date() if date else datetime.date.today()
        with terminal.working():
            written = write_sample_feeds(
                directory, date=day, size=size, versions=versions, seed=seed
            )
        if json:
            terminal.print_json([str(path) for path in written])
        else:
            for path in written:
                terminal.console.print(str(path))
        terminal.exit(ExitCode.DONE)


def main() -> None:
    """The console script."""
    app()
