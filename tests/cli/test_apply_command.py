"""``seawall plan`` and ``seawall apply``: who decides, and what the exit code says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import seawall, seawall_json
from league import FEED, TEAMS, USER_TABLES, changed
from reload_case import Reload, said

ALL = (*USER_TABLES, "clubs", "teams", "games")
CHANGED = {**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=4)}
REFUSED = {**FEED, "games": []}
ACCEPT = ("--accept", "empty-feed:games", "--reason", "no games yet")


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # Plans are saved below the working directory.
    monkeypatch.chdir(tmp_path)


def staged(league: Reload) -> int:
    """Loads, and tables that hold one."""
    return league.value(
        "SELECT (SELECT count(*) FROM seawall_stage.loads) + (SELECT count(*) FROM pg_tables"
        " WHERE schemaname = 'seawall_stage' AND tablename NOT IN ('loads', 'set_aside'))"
    )


def runs(league: Reload) -> int:
    return league.value("SELECT count(*) FROM seawall.runs")


def test_without_a_terminal_nobody_has_confirmed(league: Reload):
    before, known = league.image(*ALL), runs(league)
    result = seawall(league, "apply", league.feed(**CHANGED))
    assert result.exit_code == 2
    assert "--yes" in said(result.stderr)
    assert league.image(*ALL) == before
    assert runs(league) == known
    assert staged(league) == 0


def test_without_a_terminal_as_json(league: Reload):
    code, value = seawall_json(league, "apply", league.feed(**CHANGED))
    assert code == 2
    assert set(value) == {"error"}
    assert set(value["error"]) == {"code", "what", "why", "fix"}


def test_yes_applies(league: Reload):
    result = seawall(league, "apply", league.feed(**CHANGED), "--yes")
    assert result.exit_code == 0, result.output
    assert league.value("SELECT max(wins) FROM teams") == 4
    assert staged(league) == 0
    text = said(result.stdout)
    assert "answers 2 rows" in text
    assert "0 changed by this run" in text


def test_an_unchanged_feed(league: Reload):
    result = seawall(league, "apply", league.feed(**FEED), "--yes")
    assert result.exit_code == 0
    assert "unchanged" in result.stdout


def test_a_refusal_is_recorded_and_writes_nothing_else(league: Reload):
    before = league.image(*ALL)
    code, report = seawall_json(league, "apply", league.feed(**REFUSED), "--yes")
    assert (code, report["outcome"]) == (3, "refused")
    assert league.image(*ALL) == before
    assert league.rows("SELECT outcome FROM seawall.runs ORDER BY id DESC LIMIT 1") == [
        ("refused",)
    ]
    assert staged(league) == 0


def test_a_refusal_says_how_to_accept_it(league: Reload):
    feed = league.feed(**REFUSED)
    result = seawall(league, "apply", feed, "--yes")
    command = f"seawall apply {feed} --accept empty-feed:games --reason"
    assert command in result.stdout, "it is one line, to be copied"


def test_an_acceptance_by_its_exact_name(league: Reload):
    result = seawall(league, "apply", league.feed(**REFUSED), "--yes", *ACCEPT)
    assert result.exit_code == 0, result.output
    accepted = league.value("SELECT acceptances FROM seawall.runs ORDER BY id DESC LIMIT 1")
    assert list(accepted) == ["empty-feed:games"]
    said_of_it = accepted["empty-feed:games"]
    assert (said_of_it["kind"], said_of_it["reason"]) == ("once", "no games yet")


@pytest.mark.parametrize(
    "options",
    [
        ("--accept", "empty-feed:teams", "--reason", "x"),
        ("--accept", "empty-feed:games"),
        ("--accept", "empty-feed:games", "--reason", " "),
        ("--accept", "empty-feed:games", "--reason", "x", "--reason", "y"),
        ("--reason", "x"),
    ],
    ids=["another name", "no reason", "blank reason", "two reasons", "reason alone"],
)
def test_an_acceptance_that_is_none(league: Reload, options: tuple[str, ...]):
    known = runs(league)
    code, value = seawall_json(league, "apply", league.feed(**REFUSED), "--yes", *options)
    assert (code, value["error"]["code"]) == (2, "usage")
    assert runs(league) == known
    assert staged(league) == 0


def test_a_run_that_fails(league: Reload):
    league.execute(
        "CREATE RULE gone AS ON UPDATE TO teams DO ALSO DELETE FROM answers WHERE id = 1"
    )
    before = league.image(*ALL)
    seen = ("--accept", "unknown-rule:teams", "--reason", "seen")
    code, report = seawall_json(league, "apply", league.feed(**CHANGED), "--yes", *seen)
    assert (code, report["outcome"]) == (1, "failed")
    assert league.image(*ALL) == before
    result = seawall(league, "apply", league.feed(**CHANGED), "--yes", *seen)
    assert result.exit_code == 1
    assert "answers 1 lost" in said(result.output)


def test_a_run_that_could_not_be_verified(league: Reload):
    database = league.value("SELECT current_database()")
    league.execute(f'ALTER DATABASE "{database}" SET track_counts = off')
    code, report = seawall_json(league, "apply", league.feed(**CHANGED), "--yes")
    assert (code, report["outcome"]) == (6, "unverified")


def test_a_saved_plan(league: Reload, tmp_path: Path):
    path = tmp_path / "plan.json"
    result = seawall(league, "plan", league.feed(**CHANGED), "--out", path)
    assert result.exit_code == 0, result.output
    assert "teams" in result.stdout
    assert seawall(league, "apply", path).exit_code == 2
    # Whoever forgot --yes has not lost the plan.
    assert seawall(league, "apply", path, "--yes").exit_code == 0
    assert league.value("SELECT max(wins) FROM teams") == 4
    assert seawall(league, "apply", path, "--yes").exit_code == 3


def test_a_saved_plan_that_is_refused_can_be_accepted(league: Reload, tmp_path: Path):
    path = tmp_path / "plan.json"
    assert seawall(league, "plan", league.feed(**REFUSED), "--out", path).exit_code == 3
    assert seawall(league, "apply", path, "--yes").exit_code == 3
    assert seawall(league, "apply", path, "--yes", *ACCEPT).exit_code == 0


def test_a_plan_is_saved_where_the_command_says(league: Reload, tmp_path: Path):
    result = seawall(league, "plan", league.feed(**CHANGED))
    [path] = (tmp_path / ".seawall" / "plans").iterdir()
    assert path.name in said(result.stdout)


@pytest.mark.parametrize(("feed", "code"), [(CHANGED, 4), (FEED, 0), (REFUSED, 3)])
def test_plan_with_exit_code(league: Reload, feed: dict, code: int):
    assert seawall(league, "plan", league.feed(**feed), "--exit-code").exit_code == code


def test_plan_as_json_is_the_plan(league: Reload, tmp_path: Path):
    path = tmp_path / "plan.json"
    code, plan = seawall_json(league, "plan", league.feed(**CHANGED), "--out", path)
    assert code == 0
    assert plan == json.loads(path.read_text())
    assert plan["tables"]["teams"]["changed"] == 1


def test_a_tampered_plan(league: Reload, tmp_path: Path):
    path = tmp_path / "plan.json"
    seawall(league, "plan", league.feed(**CHANGED), "--out", path)
    path.write_text(path.read_text().replace('"changed": 1', '"changed": 0'))
    code, value = seawall_json(league, "apply", path, "--yes")
    assert (code, value["error"]["code"]) == (2, "plan-invalid")


def test_two_feeds_or_none(league: Reload):
    assert seawall_json(league, "plan")[1]["error"]["code"] == "usage"
    both = seawall_json(league, "plan", league.feed(**FEED), "--staged", "public")
    assert (both[0], both[1]["error"]["code"]) == (2, "usage")


def test_as_of_is_the_day_of_the_feed(league: Reload):
    _, report = seawall_json(
        league, "apply", league.feed(**CHANGED), "--as-of", "2031-02-03", "--yes"
    )
    assert report["as_of"] == "2031-02-03"
    code, stale = seawall_json(league, "apply", league.feed(day="2031-02-02", **CHANGED), "--yes")
    assert code == 3
    assert [f["check"] for f in stale["findings"]] == ["stale-feed"]
