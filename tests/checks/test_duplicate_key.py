"""duplicate-key: two records of the feed have the same key and say different things."""

from __future__ import annotations

from league import CLUBS, FEED
from reload_case import Reload, checks_of


def test_exact_repeats_are_no_contradiction(league: Reload):
    report = league.run(**{**FEED, "clubs": [*CLUBS, *CLUBS]})
    assert report["outcome"] == "unchanged"
    assert report["files"]["clubs.json"]["repeated"] == 2


def test_a_contradiction_is_refused_and_accepted(league: Reload):
    twice = {**FEED, "clubs": [*CLUBS, {"name": "Tennaqua", "city": "Elsewhere"}]}
    refused = league.run(**twice)
    assert (refused["outcome"], checks_of(refused)) == ("refused", {"duplicate-key"})
    assert "Tennaqua" in refused["findings"][0]["message"]
    accepted = league.run(**twice, accept={"duplicate-key:clubs": "the first is right"})
    assert accepted["outcome"] == "unchanged"
    assert league.value("SELECT city FROM clubs WHERE name = 'Tennaqua'") == "Deerfield"


def test_a_record_without_its_key_is_set_aside(league: Reload):
    report = league.run(**{**FEED, "clubs": [*CLUBS, {"city": "Nowhere"}]})
    assert report["outcome"] == "unchanged"
    assert report["files"]["clubs.json"]["reasons"] == {"no key for clubs": 1}
