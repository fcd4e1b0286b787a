"""At a terminal a person is asked, and only yes is yes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from league import FEED, TEAMS, USER_TABLES, changed
from reload_case import Reload

ALL = (*USER_TABLES, "clubs", "teams", "games")
CHANGED = {**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=4)}


def answered(league: Reload, answer: str) -> subprocess.CompletedProcess[str]:
    """Run ``seawall apply`` with a terminal at its standard input."""
    person, terminal = os.openpty()
    try:
        os.write(person, answer.encode())
        return subprocess.run(
            [
                *(sys.executable, "-c", "from seawall.cli import main; main()"),
                *("apply", str(league.feed(**CHANGED)), "--database", league.url),
                *("--manifest", str(league.manifest_path)),
            ],
            stdin=terminal,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(person)
        os.close(terminal)


@pytest.mark.parametrize("answer", ["n\n", "\n", "yess\n", "\x04"])
def test_anything_else_is_no(league: Reload, answer: str):
    before = league.image(*ALL)
    result = answered(league, answer)
    assert result.returncode == 2, result.stderr
    assert "apply this plan?" in result.stdout
    assert "nothing was written" in result.stdout
    assert league.image(*ALL) == before
    assert league.value("SELECT count(*) FROM seawall_stage.loads") == 0


@pytest.mark.parametrize("answer", ["y\n", "YES\n"])
def test_yes_is_yes(league: Reload, answer: str):
    result = answered(league, answer)
    assert result.returncode == 0, result.stderr
    assert league.value("SELECT max(wins) FROM teams") == 4
