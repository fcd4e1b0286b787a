"""Commands for the bundled PostgreSQL."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click

from seawall import embedded, options
from seawall.errors import UsageError
from seawall.terminal import Terminal


@click.group()
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
