"""adopted-rows, scope-not-carried: what the feed cannot judge, and says so."""

from __future__ import annotations

from typing import Any

import pytest
from league_fixtures import MakeReload
from reload_case import Reload, Rows, counts

from seawall.apply import Apply

SCHEMA = """
CREATE TABLE leagues (id serial PRIMARY KEY, code text NOT NULL UNIQUE);
CREATE TABLE teams (id serial PRIMARY KEY, league_id integer NOT NULL REFERENCES leagues,
                    name text NOT NULL, UNIQUE (league_id, name));
"""
MANIFEST = """
[limits]
vanished_share = 1.0
exchanged_share = 1.0
shrunk_share = 1.0
[scope]
table = "leagues"
column = "code"
[tables.leagues]
owner = "feed"
key = ["code"]
[tables.teams]
owner = "feed"
key = ["league_id", "name"]
scope = "league_id"
[tables.teams.parents.league_id]
table = "leagues"
by = { code = "league" }
"""


def feed(*leagues: str, teams: int = 3) -> dict[str, Rows]:
    return {
        "leagues": [{"code": code} for code in leagues],
        "teams": [{"league": code, "name": f"t{n}"} for code in leagues for n in range(teams)],
    }


def told(report: dict, check: str) -> list[tuple[str, str]]:
    return [(f["table"], f["scope"]) for f in report["findings"] if f["check"] == check]


def adopted(make: MakeReload) -> Reload:
    """Tables that another loader filled before seawall came."""
    made = make(SCHEMA, MANIFEST)
    made.execute(
        "INSERT INTO leagues (code) VALUES ('A'), ('B');"
        "INSERT INTO teams (league_id, name) SELECT l.id, t FROM leagues l,"
        " unnest(ARRAY['t0', 't1', 'old']) t"
    )
    return made


def test_what_a_run_fed_is_on_record_though_it_died_after_its_commit(
    make: MakeReload, monkeypatch: pytest.MonkeyPatch
):
    made = make(SCHEMA, MANIFEST)
    run = Apply.run

    def run_and_die(self: Apply, *said: Any) -> None:
        run(self, *said)
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Apply, "run", run_and_die)
        with pytest.raises(SystemExit):
            made.run(**feed("A", teams=3))
    report = made.run(**feed("A", teams=2))
    assert counts(report, "teams") == {"staged": 2, "same": 2, "vanished": 1, "retired": 1}
    assert told(report, "adopted-rows") == []


def test_nothing_vanishes_in_the_first_load_of_an_adopted_table(make: MakeReload):
    made = adopted(make)
    report = made.run(**feed("A", "B", teams=2))
    assert report["outcome"] == "unchanged"
    assert told(report, "adopted-rows") == [("leagues", ""), ("teams", "A"), ("teams", "B")]
    assert made.rows("SELECT table_name, scope FROM seawall.fed_scopes ORDER BY 1, 2") == [
        ("leagues", ""),
        ("teams", ""),
        ("teams", "A"),
        ("teams", "B"),
    ]
    again = made.run(**feed("A", "B", teams=2))
    assert told(again, "adopted-rows") == []
    assert counts(again, "teams")["retired"] == 2


def test_a_scope_that_is_fed_for_the_first_time_later(make: MakeReload):
    made = adopted(make)
    made.run(**feed("A", teams=2))
    report = made.run(**feed("A", "B", teams=2))
    assert told(report, "adopted-rows") == [("teams", "B")]
    assert (
        made.value(
            "SELECT count(*) FROM seawall.retired r JOIN teams t ON t.id::text = r.row_id"
            " JOIN leagues l ON l.id = t.league_id WHERE r.table_name = 'teams' AND l.code = 'B'"
        )
        == 0
    )


def test_an_empty_table_is_not_adopted(make: MakeReload):
    made = make(SCHEMA, MANIFEST)
    assert told(made.run(**feed("A")), "adopted-rows") == []


def test_a_refused_run_feeds_nothing(make: MakeReload):
    made = adopted(make)
    report = made.run(leagues=[], teams=[])
    assert report["outcome"] == "refused"
    assert made.value("SELECT count(*) FROM seawall.fed_scopes") == 0


def test_a_renamed_scope_leaves_the_old_one_and_says_so(make: MakeReload):
    made = make(SCHEMA, MANIFEST)
    made.load(**feed("A", "B"))
    report = made.run(**{**feed("A", "B2"), "leagues": [{"code": "A"}, {"code": "B2"}]})
    assert told(report, "scope-not-carried") == [("leagues", "B")]
    (finding,) = [f for f in report["findings"] if f["check"] == "scope-not-carried"]
    assert "3 teams" in finding["message"]
    assert not finding["refuses"]


def test_every_scope_is_carried(make: MakeReload):
    made = make(SCHEMA, MANIFEST)
    made.load(**feed("A", "B"))
    assert made.run(**feed("A", "B"))["findings"] == []
