"""reference-cycle: imported tables refer to one another in a circle."""

from __future__ import annotations

from judging import found
from league import MANIFEST
from reload_case import Reload


def test_no_circle(league: Reload):
    assert found(league) == {}


def test_a_circle_is_named(league: Reload):
    league.execute("ALTER TABLE clubs ADD best_team_id integer REFERENCES teams")
    finding = found(league)["reference-cycle"]
    assert "clubs" in finding.message
    assert "teams" in finding.message
    assert not finding.acceptable


def test_a_circle_through_a_column_that_users_own_is_none(league: Reload):
    league.execute("ALTER TABLE clubs ADD best_team_id integer REFERENCES teams")
    league.declare(MANIFEST.replace('["address"]', '["address", "best_team_id"]'))
    assert found(league) == {}
