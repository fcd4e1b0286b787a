"""wrong-scope: the rows of one scope are another's."""

from __future__ import annotations

import pytest
from league_fixtures import MakeReload
from reload_case import Reload, Rows, checks_of
from test_adopted import MANIFEST, SCHEMA


def teams(league: str, *names: str) -> Rows:
    return [{"league": league, "name": name} for name in names]


NORTH = [f"north {n}" for n in range(20)]
SOUTH = [f"south {n}" for n in range(20)]
LEAGUES: Rows = [{"code": "N"}, {"code": "S"}]


@pytest.fixture
def two(make: MakeReload) -> Reload:
    made = make(SCHEMA, MANIFEST)
    made.load(leagues=LEAGUES, teams=teams("N", *NORTH) + teams("S", *SOUTH))
    return made


def test_one_scopes_file_in_place_of_another(two: Reload):
    before = two.image("teams")
    report = two.run(leagues=LEAGUES, teams=teams("N", *NORTH) + teams("S", *NORTH))
    assert (report["outcome"], checks_of(report)) == ("refused", {"wrong-scope"})
    said = next(f for f in report["findings"] if f["refuses"])
    assert (said["table"], said["scope"]) == ("teams", "S")
    assert "20 of 20 rows of teams in S are rows of N" in said["message"]
    assert two.image("teams") == before


def test_a_renamed_scope(two: Reload):
    leagues: Rows = [{"code": "N"}, {"code": "South"}]
    report = two.run(leagues=leagues, teams=teams("N", *NORTH) + teams("South", *SOUTH))
    assert "wrong-scope" in checks_of(report)


def test_names_that_some_scopes_share_pass(two: Reload):
    shared = SOUTH + NORTH[:12]
    report = two.run(leagues=LEAGUES, teams=teams("N", *NORTH) + teams("S", *shared))
    assert report["outcome"] == "done"
