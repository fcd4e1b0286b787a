"""The real commands, in this process or in one of their own, and what they said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg
from click.testing import CliRunner

from courtside.cli import app as courtside_app
from seawall.cli import app as seawall_app

PROGRAMS = Path(sys.executable).parent
MANIFEST = Path(str(resources.files("courtside").joinpath("manifest.toml")))
COMMANDS = {"courtside": courtside_app, "seawall": seawall_app}
TIMEOUT_SECONDS = 150
NAMES_ANOTHER_DATABASE = ("DATABASE_URL", "SEAWALL_MANIFEST")


@dataclass(frozen=True)
class Ended:
    """A command that ended: its code, the one JSON object it printed, and standard error."""

    exit_code: int
    report: dict[str, Any]
    errors: str

    @property
    def outcome(self) -> str:
        return self.report["outcome"]

    def refusals(self) -> list[str]:
        """``CHECK:TABLE@SCOPE`` of each finding that stands in the way, in order."""
        return sorted(
            f"{finding['check']}:{finding['table']}"
            + (f"@{finding['scope']}" if finding["scope"] else "")
            for finding in self.report["findings"]
            if finding["refuses"] and finding["accepted"] is None
        )

    def message(self, check: str, table: str, scope: str = "") -> str:
        """The message of one finding, which is there once."""
        wanted = (check, table, scope)
        (found,) = [
            finding["message"]
            for finding in self.report["findings"]
            if (finding["check"], finding["table"], finding["scope"]) == wanted
        ]
        return found


def command(program: str, *arguments: str | Path) -> list[str]:
    return [str(PROGRAMS / program), *map(str, arguments)]


def environment() -> dict[str, str]:
    """The environment without what would name another database."""
    return {k: v for k, v in os.environ.items() if k not in NAMES_ANOTHER_DATABASE}


def run(program: str, *arguments: str | Path) -> Ended:
    """A command as its console script runs it, but in this process: a start costs half a second.
    Demos, the incident, the guarded loader and the killed import start the scripts themselves."""
    done = CliRunner().invoke(
        COMMANDS[program],
        [*map(str, arguments)],
        env=dict.fromkeys(NAMES_ANOTHER_DATABASE),
        catch_exceptions=False,
    )
    return Ended(done.exit_code, json.loads(done.stdout), done.stderr)


def start(program: str, *arguments: str | Path) -> Ended:
    """The console script as a process of its own, and its end."""
    done = subprocess.run(
        command(program, *arguments),
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ended(done.returncode, json.loads(done.stdout), done.stderr)


def import_feed(url: str, directory: Path, *options: str) -> Ended:
    """``courtside import DIRECTORY --yes --json``."""
    return run("courtside", "import", directory, "--yes", "--json", "--database", url, *options)


def apply_feed(url: str, directory: Path, manifest: Path, *options: str) -> Ended:
    """``seawall apply DIRECTORY --yes --json`` with another manifest than courtside's."""
    return run(
        "seawall", "apply", directory, "--yes", "--json",
        "--manifest", manifest, "--database", url, *options,
    )  # fmt: skip


def show(url: str, run_id: int) -> dict[str, Any]:
    """``seawall show RUN --json``."""
    shown = run("seawall", "show", str(run_id), "--json", "--manifest", MANIFEST, "--database", url)
    assert shown.exit_code == 0, shown.errors
    return shown.report


def health(url: str) -> dict[str, Any]:
    """``seawall health --json``, which must say that all is well."""
    seen = run("seawall", "health", "--json", "--manifest", MANIFEST, "--database", url)
    assert seen.exit_code == 0, seen.report
    return seen.report


def run_in(directory: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a directory, with nothing of ours but what is said; a warning is an error."""
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "COLUMNS")}
    return subprocess.run(
        command,
        cwd=directory,
        env={**kept, "PYTHONWARNINGS": "error", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def query(url: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement.encode(), values or None).fetchall()


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
