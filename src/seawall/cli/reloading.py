"""Commands around a reload: check, plan, apply."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from seawall import options, render
from seawall.cli.target import engine_for
from seawall.errors import ExitCode
from seawall.manifest import Notify
from seawall.plan import Plan
from seawall.terminal import Terminal, acceptances, default_plan_path, notification, run_feed


@click.command(epilog="Example: seawall check --manifest app.toml")
@options.target
def check(manifest: Path | None, database: str | None, json: bool) -> None:
    """Judge the manifest against the database, before any feed."""
    terminal = Terminal(json=json)
    with terminal.exits():
        engine = engine_for(terminal, manifest, database)
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


@click.command(epilog="Example: seawall plan scrapes/2025-06-30 --out plan.json")
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
        engine = engine_for(terminal, manifest, database)
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


@click.command(epilog="Example: seawall apply scrapes/2025-06-30 --yes")
@click.argument("plan_or_feed", type=options.PATH, required=False)
@options.staged
@options.as_of
@options.decision
@options.notify
@options.target
def apply(
    plan_or_feed: Path | None,
    staged: str | None,
    as_of: datetime.datetime | None,
    yes: bool,
    accept: tuple[str, ...],
    reason: tuple[str, ...],
    notify_command: str | None,
    notify_always: bool,
    manifest: Path | None,
    database: str | None,
    json: bool,
) -> None:
    """Do what a saved plan says, in one transaction; or plan a feed first, and ask."""
    terminal = Terminal(json=json)
    with terminal.exits():
        terminal.notification = notification(notify_command, notify_always, Notify())
        accepted = acceptances(accept, reason)
        engine = engine_for(terminal, manifest, database)
        terminal.notification = notification(notify_command, notify_always, engine.manifest.notify)

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
