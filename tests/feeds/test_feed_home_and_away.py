"""Home and away: decided by evidence, else as before, else as written."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from courtside.feeds import home_and_away
from courtside.feeds.home_and_away import HomeAndAway, Outcome, is_at_club_of

DAY = datetime.date(2030, 10, 2)


def _weigh(
    *,
    as_written: int = 0,
    swapped: int = 0,
    both: int = 0,
    at_home: int = 0,
    at_away: int = 0,
    previous: Any = None,
) -> Outcome:
    evidence = HomeAndAway()
    for number in range(as_written + swapped + both):
        evidence.add_played(DAY, f"H{number}", f"A{number}")
    for number in range(both):
        evidence.add_played(DAY, f"A{number}", f"H{number}")
    for number in range(as_written + swapped + both):
        home, away = f"H{number}", f"A{number}"
        if number < both or number >= both + swapped:
            evidence.add_scheduled(DAY, home, away, "")
        if number < both + swapped:
            evidence.add_scheduled(DAY, away, home, "")
    for _ in range(at_home):
        evidence.add_scheduled(DAY, "Peak - 1", "Quince - 1", "Peak")
    for _ in range(at_away):
        evidence.add_scheduled(DAY, "Peak - 1", "Quince - 1", "Quince")
    return evidence.decide(previous)


SAID_SWAPPED = {"decision": "swapped"}


@pytest.mark.parametrize(
    ("counts", "decision", "basis"),
    [
        ({"swapped": 10}, "swapped", "match_history"),
        ({"as_written": 10}, "as written", "match_history"),
        ({"swapped": 90, "as_written": 10}, "swapped", "match_history"),
        ({"swapped": 89, "as_written": 11}, "as written", "none"),
        ({"swapped": 20, "at_home": 500}, "swapped", "match_history"),
        ({"swapped": 9, "as_written": 1, "at_away": 10}, "swapped", "match_history"),
        ({"at_away": 10}, "swapped", "location"),
        ({"at_home": 10}, "as written", "location"),
        ({"at_away": 500, "previous": {"decision": "as written"}}, "swapped", "location"),
        ({"both": 50}, "as written", "none"),
        ({"both": 50, "previous": SAID_SWAPPED}, "swapped", "previous run"),
        ({"as_written": 9, "previous": SAID_SWAPPED}, "swapped", "previous run"),
        ({"swapped": 3}, "swapped", "match_history"),
        ({"swapped": 2}, "as written", "none"),
        ({"swapped": 8, "as_written": 1}, "as written", "none"),
        ({"at_away": 3}, "swapped", "location"),
        ({}, "as written", "none"),
        ({"previous": SAID_SWAPPED}, "swapped", "previous run"),
        ({"previous": {"decision": "sideways"}}, "as written", "none"),
    ],
)
def test_decisions(counts: dict[str, Any], decision: str, basis: str) -> None:
    outcome = _weigh(**counts)
    assert (outcome.decision, outcome.basis) == (decision, basis)
    assert outcome.swapped == (decision == "swapped")


def test_the_evidence_is_recorded_with_its_counts() -> None:
    assert _weigh(swapped=11, both=2, at_home=1, at_away=4).as_evidence() == {
        "team_matches": 15,
        "as_written": 4,
        "swapped": 15,
        "both": 4,
        "location_of_home": 1,
        "location_of_away": 4,
        "decision": "swapped",
        "basis": "match_history",
    }


def test_a_match_counts_once_however_many_courts_it_had() -> None:
    evidence = HomeAndAway()
    for _ in range(50):
        evidence.add_played(DAY, "H", "A")
        evidence.add_scheduled(DAY, "A", "H", "")
    assert evidence.decide().counts["swapped"] == 1


def test_a_place_of_both_teams_tells_nothing() -> None:
    evidence = HomeAndAway()
    for _ in range(50):
        evidence.add_scheduled(DAY, "Peak - 1", "Peak - 2", "Peak")
    assert evidence.decide().basis == "none"
    assert evidence.decide().counts["location_of_home"] == 0


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home_and_away, "MAXIMUM_MATCHES", 5)
    assert _weigh(swapped=50).counts["team_matches"] == 5


def test_a_place_is_a_teams_by_whole_words() -> None:
    assert is_at_club_of("Quince  Hill", "quince hill - 22")
    assert is_at_club_of("Quince Hill", "Quince Hill")
    assert not is_at_club_of("Quince", "Quincetown - 22")
    assert not is_at_club_of("", "Quince Hill - 22")
    assert not is_at_club_of("TBD", "Quince Hill - 22")
