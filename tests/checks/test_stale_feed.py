"""stale-feed: the feed is older than one that was loaded before."""

from __future__ import annotations

from judging import EVERY_TABLE
from league import FEED, TEAMS, changed
from reload_case import Reload, checks_of

OLDER = {**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=2)}


def test_the_same_day_and_later_days_pass(league: Reload):
    for day in ("2031-02-03", "2031-02-03", "2031-02-04"):
        assert league.run(day, **FEED)["outcome"] == "unchanged"


def test_an_older_day_is_refused(league: Reload):
    league.run("2031-02-03", **FEED)
    before = league.image(*EVERY_TABLE)
    report = league.run("2031-02-02", **OLDER)
    assert (report["outcome"], checks_of(report)) == ("refused", {"stale-feed"})
    assert "2031-02-03" in report["findings"][0]["message"]
    assert league.image(*EVERY_TABLE) == before


def test_accepted_it_goes_back(league: Reload):
    league.run("2031-02-03", **FEED)
    report = league.run("2031-02-02", accept={"stale-feed:feed": "on purpose"}, **OLDER)
    assert report["outcome"] == "done"
    # The newest day counts, not the last one.
    assert checks_of(league.run("2031-02-02", **FEED)) == {"stale-feed"}


def test_a_feed_that_was_refused_does_not_count(league: Reload):
    assert league.run("2031-02-05", **{**FEED, "games": []})["outcome"] == "refused"
    assert league.run("2031-02-04", **FEED)["outcome"] == "unchanged"


def test_a_feed_without_a_day_is_not_judged(league: Reload):
    league.run("2031-02-03", **FEED)
    assert league.run(**FEED)["outcome"] == "unchanged"
