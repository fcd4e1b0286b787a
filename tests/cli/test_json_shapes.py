"""What ``--json`` prints, key by key, and that nothing else stands on standard output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import seawall, seawall_json
from league import FEED, TEAMS, changed
from reload_case import Reload

CHANGED = {**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=4)}

# What the documents promise; more may stand beside it.
RUN = {
    "run",
    "outcome",
    "certified",
    "tables",
    "examples",
    "files",
    "users",
    "findings",
    "seconds",
}
TABLE = {
    "staged",
    "same",
    "changed",
    "new",
    "vanished",
    "retired",
    "reinstated",
    "deleted",
    "held",
}
FILE = {"read", "used", "repeated", "set_aside"}
USERS = {"rows_before", "rows_after", "changed_by_run", "orphans", "retargeted"}
FINDING = {"check", "table", "scope", "message", "fix"}


def assert_run(report: dict) -> None:
    assert set(report) >= RUN
    for table in report["tables"].values():
        assert set(table) == TABLE
        assert table["staged"] == table["same"] + table["changed"] + table["new"]
    for file in report["files"].values():
        assert set(file) >= FILE
        assert file["read"] == file["used"] + file["repeated"] + file["set_aside"]
    for users in report["users"].values():
        assert set(users) == USERS
        assert all(isinstance(number, int) for number in users.values())
    for finding in report["findings"]:
        assert set(finding) >= FINDING
    assert report["seconds"] > 0


@pytest.mark.parametrize(
    ("feed", "outcome"),
    [(CHANGED, "done"), (FEED, "unchanged"), ({**FEED, "games": []}, "refused")],
)
def test_apply_and_show_print_the_same_run(league: Reload, feed: dict, outcome: str):
    _, report = seawall_json(league, "apply", league.feed(**feed), "--yes")
    assert report["outcome"] == outcome
    assert_run(report)
    code, shown = seawall_json(league, "show", str(report["run"]))
    assert code == 0
    assert_run(shown)
    assert {key: shown[key] for key in RUN} == {key: report[key] for key in RUN}


def test_a_failed_run_keeps_the_rows_that_it_named(league: Reload):
    league.execute(
        "CREATE RULE gone AS ON UPDATE TO teams DO ALSO DELETE FROM answers WHERE id = 1"
    )
    seen = ("--accept", "unknown-rule:teams", "--reason", "seen")
    _, report = seawall_json(league, "apply", league.feed(**CHANGED), "--yes", *seen)
    assert_run(report)
    _, shown = seawall_json(league, "show", str(report["run"]))
    assert "answers 1 lost" in json.dumps(shown)


def test_health(league: Reload):
    code, value = seawall_json(league, "health")
    assert code == 0
    assert set(value) == {
        "healthy",
        "limit_percent",
        "users",
        "imported",
        "last_run",
        "last_success",
        "runs",
        "stale_staging",
        "unfinished_runs",
        "backup",
        "guards",
        "structure",
        "sequences",
        "faults",
        "warnings",
    }
    for users in value["users"].values():
        assert set(users) >= {"total", "stable", "stable_percent", "orphans"}
    assert value["users"]["answers"]["stable_percent"] == 100.0
    assert value["last_run"]["outcome"] == "unchanged"


def test_health_below_its_limit(league: Reload):
    league.execute("UPDATE favourites SET club_id = 999 WHERE user_id = 1")
    code, value = seawall_json(league, "health")
    assert (code, value["healthy"]) == (5, False)
    assert value["users"]["favourites"]["orphans"] == {"favourites.club_id → clubs": 1}
    assert value["users"]["favourites"]["stable_percent"] == 50.0
    assert any("favourites" in warning for warning in value["warnings"])
    assert seawall(league, "health").exit_code == 5


def test_runs(league: Reload):
    code, value = seawall_json(league, "runs", "--limit", "1")
    assert code == 0
    [run] = value
    assert_run(run)


def test_show_a_run_that_is_not(league: Reload):
    code, value = seawall_json(league, "show", "999")
    assert (code, value["error"]["code"]) == (2, "usage")


def test_records_that_were_set_aside(league: Reload):
    feed = {**FEED, "teams": [*TEAMS, {"club": "Nowhere", "name": "1"}]}
    _, report = seawall_json(league, "apply", league.feed(**feed), "--yes")
    code, [record] = seawall_json(league, "show", str(report["run"]), "--set-aside")
    assert code == 0
    assert set(record) >= {"file", "position", "reason", "record"}
    assert (record["file"], record["position"]) == ("teams.json", 3)
    assert "Nowhere" in record["record"]
    assert "Nowhere" in seawall(league, "show", str(report["run"]), "--set-aside").stdout


def test_check(league: Reload):
    code, value = seawall_json(league, "check")
    assert code == 0
    assert not any(finding["refuses"] for finding in value["findings"])
    league.execute("CREATE TABLE strange (team_id integer REFERENCES teams)")
    code, value = seawall_json(league, "check")
    assert code == 3
    assert set(value["findings"][0]) >= {"check", "table", "message", "why", "fix"}
    assert "strange" in seawall(league, "check").stdout


def test_a_database_that_is_not_there(league: Reload, tmp_path: Path):
    league.url = f"postgresql://nobody@/nothing?host={tmp_path}"
    for command in (["check"], ["runs"], ["health"], ["plan", str(league.feed(**FEED))]):
        code, value = seawall_json(league, *command)
        assert (code, value["error"]["code"]) == (1, "database-unusable")
        assert value["error"]["fix"]


def test_a_manifest_that_is_not_there(league: Reload):
    league.manifest_text = "manifest_version = 1\n[databse]\nname = 'x'\n"
    code, value = seawall_json(league, "check")
    assert (code, value["error"]["code"]) == (2, "manifest-invalid")
    assert "“database”" in value["error"]["fix"]
