"""empty-feed: a file is there and holds no record."""

from __future__ import annotations

from judging import EVERY_TABLE
from league import FEED
from reload_case import Reload, checks_of, counts


def test_a_missing_file_says_nothing(league: Reload):
    assert checks_of(league.plan(clubs=FEED["clubs"])) == set()


def test_an_empty_file_is_refused(league: Reload):
    before = league.image(*EVERY_TABLE)
    report = league.run(**{**FEED, "games": []})
    assert (report["outcome"], checks_of(report)) == ("refused", {"empty-feed"})
    assert league.image(*EVERY_TABLE) == before


def test_a_file_of_bad_records_alone_is_refused(league: Reload):
    report = league.run(**{**FEED, "clubs": [{"name": 5}, {"name": 6}, {"name": 7}]})
    assert report["outcome"] == "refused"


def test_accepted_the_rows_vanish(league: Reload):
    accept = {"empty-feed:games": "the season is over"}
    report = league.run(**{**FEED, "games": []}, accept=accept)
    assert counts(report, "games")["vanished"] == 2
