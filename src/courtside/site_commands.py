"""Commands of the site: ``courtside serve`` and ``courtside users …``.

The site's packages are an extra and take half a second to load, so the commands import them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from courtside import league_database
from seawall import options
from seawall.errors import DatabaseError, UsageError
from seawall.terminal import Terminal, database_url

if TYPE_CHECKING:
    from courtside.site.database import Connection

_EXTRA_MISSING = "the site’s packages are not installed"


@click.command(epilog="Example: COURTSIDE_PORT=8080 courtside serve")
@options.database
def serve(database: str | None) -> None:
    """Serve the site until it is stopped; COURTSIDE_… variables configure it (docs/deploy.md)."""
    terminal = Terminal()
    with terminal.exits():
        try:
            from courtside.site import configuration, serve
        except ImportError as error:
            raise UsageError(
                f"{_EXTRA_MISSING}: {error.name}", fix="Run: pip install 'seawall[courtside]'"
            ) from None
        said = configuration.load()
        url = database_url(database, league_database.manifest().database.name)
        league_database.prepare(url)
        for table, why in league_database.guard(url).items():
            terminal.errors.print(f"not guarded: {table}: {why}")
        terminal.errors.print(f"courtside listens on {said.base_url}")
        serve.serve(said, url)


@click.group()
def users() -> None:
    """Accounts of the site."""


@users.command(name="reset-link", epilog="Example: courtside users reset-link ann@example.org")
@click.argument("email")
@options.database
@options.json
def reset_link(email: str, database: str | None, json: bool) -> None:
    """Print a link with which the owner of EMAIL can choose a new password, once."""
    terminal = Terminal(json=json)
    with terminal.exits():
        from courtside.accounts import accounts
        from courtside.site import configuration

        said = configuration.load()
        with _connected(database) as connection:
            user_id = _user(connection, email)
            token = accounts.make_reset_token(connection, user_id, said.reset_link_hours)
        link = f"{said.base_url}/new-password/{token}"
        if json:
            terminal.print_json({"link": link, "hours": said.reset_link_hours})
        else:
            click.echo(link)
            terminal.errors.print(
                f"It works once, within {said.reset_link_hours} hours. Earlier links are void."
            )


@users.command(
    name="make-operator", epilog="Example: courtside users make-operator ann@example.org"
)
@click.argument("email")
@options.database
@options.json
def make_operator(email: str, database: str | None, json: bool) -> None:
    """Let the user with EMAIL run imports and look after accounts."""
    terminal = Terminal(json=json)
    with terminal.exits():
        from courtside.accounts.people import SQL

        with _connected(database) as connection:
            made = connection.execute(SQL["make_operator"], [_user(connection, email)]).rowcount
        if json:
            terminal.print_json({"changed": bool(made)})
        else:
            click.echo(f"{email} is an operator" + ("" if made else " already"))


def _connected(database: str | None) -> Connection:
    import psycopg
    from psycopg.rows import namedtuple_row

    url = database_url(database, league_database.manifest().database.name)
    league_database.prepare(url)
    try:
        return psycopg.connect(url, row_factory=namedtuple_row)
    except psycopg.Error as error:
        raise DatabaseError(f"cannot connect: {str(error).strip()}") from None


def _user(connection: Connection, email: str) -> int:
    from courtside.accounts.people import SQL

    row = connection.execute(SQL["user_by_email"], [email.strip().lower()]).fetchone()
    if row is None:
        raise UsageError(
            f"nobody has an account with the email {email}",
            fix="Check the spelling, or have them register first.",
        )
    return row.id
