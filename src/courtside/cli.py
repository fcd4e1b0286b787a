"""The command ``courtside``."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from courtside import league_database, site_commands
from seawall import Engine, options
from seawall.errors import UsageError
from seawall.plan import Plan
from seawall.terminal import Terminal, acceptances, database_url, notification, run_feed


@click.group()
@click.version_option(package_name="seawall")
def app() -> None:
    """The league site: imports leagues’ scraped feeds around what players have answered."""


@app.command(epilog="Example: courtside migrate --database postgresql://localhost/courtside")
@options.database
@options.json
def migrate(database: str | None, json: bool) -> None:
    """Bring the schema up to date, record whose tables are whose, and guard users’ rows."""
    terminal = Terminal(json=json)
    with terminal.exits():
        said = league_database.manifest()
        url = database_url(database, said.database.name)
        applied = league_database.bring_up_to_date(url)
        unguarded = league_database.guard(url)
        if json:
            terminal.print_json({"applied": applied, "unguarded": unguarded})
        else:
            for name in applied:
                terminal.console.print(f"applied {name}")
            terminal.console.print("the schema is current")
            for table, why in unguarded.items():
                terminal.console.print(f"not guarded: {table}: {why}")


@app.command(name="import", epilog="Example: courtside import scrapes/2025-06-30 --yes")
@click.argument("directory", type=options.PATH)
@options.as_of
@options.decision
@options.notify
@options.database
@options.json
def import_feed(
    directory: Path,
    as_of: datetime.datetime | None,
    yes: bool,
    accept: tuple[str, ...],
    reason: tuple[str, ...],
    notify_command: str | None,
    notify_always: bool,
    database: str | None,
    json: bool,
) -> None:
    """Reload the leagues from a scrape (DIRECTORY/LEAGUE/KIND.json), and prove no answer moved."""
    terminal = Terminal(json=json)
    with terminal.exits():
        said = league_database.manifest()
        terminal.notification = notification(notify_command, notify_always, said.notify)
        accepted = acceptances(accept, reason)
        url = database_url(database, said.database.name)
        engine = Engine(said, url, progress=terminal.progress, forks=True)

        def make_plan() -> Plan:
            with engine.open(directory, as_of=as_of.date() if as_of else None) as feed:
                league_database.prepare(url)
                return engine.plan(feed)

        again = f"courtside import {directory}"
        terminal.exit(
            run_feed(terminal, engine, make_plan, command=again, yes=yes, accepted=accepted)
        )


@app.command(
    name="sample-feeds",
    epilog="Example: courtside sample-feeds scrapes --date 2026-01-15 --size 5000 --versions 3",
)
@click.argument("directory", type=options.PATH)
@click.option("--date", type=options.DAY, metavar="DAY", help="Day of the first. Default: today.")
@click.option("--size", default=5000, show_default=True, help="Records in each version.")
@click.option("--versions", default=2, show_default=True, help="How many, a week apart.")
@click.option("--seed", default=1, show_default=True, help="Another number, other people.")
@options.json
def sample_feeds(
    directory: Path,
    date: datetime.datetime | None,
    size: int,
    versions: int,
    seed: int,
    json: bool,
) -> None:
    """Write made-up scrapes that look like real ones, quirks included, a directory a day."""
    # Only this command needs the generator; an import should not wait for it to load.
    from courtside.sample_feeds import SMALLEST_SIZE, write_sample_feeds

    terminal = Terminal(json=json)
    with terminal.exits():
        if size < SMALLEST_SIZE or versions < 1:
            raise UsageError(
                f"--size {size} --versions {versions} is too little",
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
                click.echo(path)


app.add_command(site_commands.serve)
app.add_command(site_commands.users)


def main() -> None:
    """The console script."""
    app()
