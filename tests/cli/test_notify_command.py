"""``--notify-command``: who is not at the terminal hears of runs that need a person."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from commands import seawall
from league import FEED, TEAMS, changed
from reload_case import Reload

CHANGED = {**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=4)}
REFUSED = {**FEED, "games": []}


@pytest.fixture
def heard(tmp_path: Path) -> Path:
    return tmp_path / "heard.json"


def listen(heard: Path) -> tuple[str, str]:
    return "--notify-command", f"cat > {heard}; echo $SEAWALL_OUTCOME $SEAWALL_RUN >> {heard}"


def what_was_heard(heard: Path) -> tuple[dict[str, Any], str]:
    said, environment = heard.read_text().strip().split("\n")
    return json.loads(said), environment


def test_a_refused_run_is_told(league: Reload, heard: Path):
    result = seawall(league, "apply", league.feed(**REFUSED), "--yes", *listen(heard))
    assert result.exit_code == 3
    said, environment = what_was_heard(heard)
    assert said["outcome"] == "refused"
    assert [f["check"] for f in said["findings"] if f["refuses"]] == ["empty-feed"]
    assert environment == f"refused {said['run']}"


def test_a_failed_run_is_told(league: Reload, heard: Path):
    league.execute(
        "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN DELETE FROM answers; RETURN NULL; END$$;"
        "CREATE TRIGGER lose AFTER UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION lose()"
    )
    result = seawall(league, "apply", league.feed(**CHANGED), "--yes", *listen(heard))
    assert result.exit_code in (1, 3)
    said, _ = what_was_heard(heard)
    assert said["outcome"] in ("failed", "refused")
    assert said["findings"]


def test_a_run_that_went_well_is_told_only_if_asked(league: Reload, heard: Path):
    seawall(league, "apply", league.feed(**CHANGED), "--yes", *listen(heard))
    assert not heard.exists()
    feed = league.feed(**CHANGED)
    seawall(league, "apply", feed, "--yes", *listen(heard), "--notify-always")
    assert what_was_heard(heard)[0]["outcome"] == "unchanged"


def test_what_kept_a_run_from_beginning_is_told(league: Reload, heard: Path, tmp_path: Path):
    result = seawall(league, "apply", tmp_path / "nowhere", "--yes", *listen(heard))
    assert result.exit_code == 3
    said, environment = what_was_heard(heard)
    assert said["run"] is None
    assert said["error"]["code"] == "feed-unreadable"
    assert environment == "refused"


def test_the_manifest_may_name_the_command(league: Reload, heard: Path):
    league.declare(
        league.manifest_text.replace('manifest_version = 1\n[database]\nname = "league"\n', "")
        + f"\n[notify]\ncommand = 'cat > {heard}'\nevery_run = true\n"
    )
    seawall(league, "apply", league.feed(**CHANGED), "--yes")
    assert json.loads(heard.read_text())["outcome"] == "done"


def test_no_command_is_taken_from_the_database(league: Reload, heard: Path):
    """Whoever may write to a table must not thereby run commands on the operator's machine."""
    league.declare(
        league.manifest_text.replace('manifest_version = 1\n[database]\nname = "league"\n', "")
        + f"\n[notify]\ncommand = 'cat > {heard}'\n"
    )
    league.engine.check()
    with psycopg.connect(league.url) as connection:
        kept = connection.execute("SELECT said FROM seawall.manifests").fetchall()
    assert not any("cat >" in said for (said,) in kept)


@pytest.mark.parametrize("command", ["exit 7", "cat > /dev/null; exit 7"])
def test_a_command_that_fails_does_not_change_the_outcome(league: Reload, command: str):
    feed = league.feed(**REFUSED)
    result = seawall(league, "apply", feed, "--yes", "--notify-command", command)
    assert result.exit_code == 3
    assert "notification-failed" in result.stderr
    assert "ended with code 7" in result.stderr


def test_what_the_command_prints_stays_out_of_the_json(league: Reload):
    feed = league.feed(**REFUSED)
    command = [sys.executable, "-c", "from seawall.cli import main; main()", "apply", str(feed)]
    command += ["--yes", "--json", "--database", league.url]
    command += ["--manifest", str(league.manifest_path), "--notify-command", "echo sent"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["outcome"] == "refused"
    assert "sent" in done.stderr
