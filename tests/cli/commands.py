"""Runs ``seawall`` as a person or a script would, without a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from reload_case import Reload

from seawall.cli import app


def seawall(reload: Reload, *arguments: str | Path) -> Result:
    """Run a command on the reload's database."""
    command = [*map(str, arguments), "--database", reload.url]
    return CliRunner().invoke(app, [*command, "--manifest", str(reload.manifest_path)])


def seawall_json(reload: Reload, *arguments: str | Path) -> tuple[int, Any]:
    """Run a command with ``--json``: its exit code, and the one value on standard output."""
    result = seawall(reload, *arguments, "--json")
    return result.exit_code, json.loads(result.stdout)
