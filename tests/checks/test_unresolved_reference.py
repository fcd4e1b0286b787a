"""unresolved-reference: records name a parent that neither the feed nor the database has."""

from __future__ import annotations

from league import FEED, GAMES, changed
from reload_case import Reload, checks_of

STRANGE = {**FEED, "games": changed(GAMES, {"away": "22"}, away="99")}


def test_every_parent_is_known(league: Reload):
    assert league.plan(**FEED).findings == ()


def test_it_is_told_and_stops_nothing(league: Reload):
    plan = league.plan(**STRANGE)
    [finding] = plan.findings
    assert (finding.check, finding.table) == ("unresolved-reference", "games")
    assert checks_of(plan) == set()
    assert league.engine.apply(plan)["outcome"] == "unchanged"


def test_a_reference_that_is_known_already_stays(league: Reload):
    before = league.rows("SELECT away_id FROM games WHERE away_id IS NOT NULL")
    league.run(**STRANGE)
    assert league.rows("SELECT away_id FROM games WHERE away_id IS NOT NULL") == before
