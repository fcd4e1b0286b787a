"""The command ``seawall``."""

from __future__ import annotations

import click

from seawall.cli.backup import backup, forget, restore
from seawall.cli.bundled_server import db
from seawall.cli.guard import guard
from seawall.cli.inspection import health, metrics, runs, show
from seawall.cli.reloading import apply, check, plan


@click.group()
@click.version_option(package_name="seawall")
def app() -> None:
    """Reload imported data into a live PostgreSQL database, and prove that users’ rows stand."""


for command in (
    *(check, plan, apply, runs, show, health, metrics),
    *(backup, restore, forget, guard, db),
):
    app.add_command(command)


def main() -> None:
    """The console script."""
    app()
