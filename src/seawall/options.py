"""Options that several commands share, for ``seawall`` and for programs built on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def _all(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


DAY = click.DateTime(formats=["%Y-%m-%d"])
PATH = click.Path(path_type=Path)

json = click.option("--json", is_flag=True, help="Print JSON.")
database = click.option(
    "--database",
    metavar="URL",
    help="The database. Default: DATABASE_URL, else the bundled server in .seawall/.",
)
manifest = click.option(
    "--manifest",
    type=PATH,
    envvar="SEAWALL_MANIFEST",
    help="Who owns which table. Default: seawall.toml, else what the database has on record.",
)
target = _all(manifest, database, json)
as_of = click.option(
    "--as-of",
    type=DAY,
    metavar="DAY",
    help="The day the feed speaks of. Default: the date in the directory’s name.",
)
staged = click.option(
    "--staged", metavar="SCHEMA", help="A schema whose tables another tool has filled."
)
decision = _all(
    click.option("--yes", is_flag=True, help="Do not ask."),
    click.option(
        "--accept",
        multiple=True,
        metavar="CHECK:TABLE[@SCOPE]",
        help="A refusal to overrule, this once.",
    ),
    click.option("--reason", multiple=True, metavar="TEXT", help="Why; it is kept in the ledger."),
)
notify = _all(
    click.option(
        "--notify-command",
        metavar="COMMAND",
        envvar="SEAWALL_NOTIFY_COMMAND",
        help="A shell command that gets the JSON of a refused, failed or unverified run.",
    ),
    click.option("--notify-always", is_flag=True, help="It hears of every run."),
)
data = click.option("--data", type=PATH, help="Its data directory. Default: .seawall/postgres.")
