"""What a feed's reader noticed becomes a finding; the JSON reader names files it does not know."""

from __future__ import annotations

from league import FEED
from reload_case import Reload, checks_of


def test_nothing_noticed(league: Reload):
    assert league.plan(**FEED).findings == ()


def test_a_file_that_is_named_after_no_table(league: Reload):
    plan = league.plan(**FEED, answers=[{"id": 1}])
    [finding] = plan.findings
    assert finding.check == "unknown-file"
    assert "answers.json" in finding.message
    assert checks_of(plan) == set()
