"""What a score says about its winner."""

from __future__ import annotations

import pytest

from courtside.feeds.scores import winner_of


@pytest.mark.parametrize(
    ("scores", "winner"),
    [
        ("6-4, 5-7, 6-3", "home"),
        ("7-6 [7-5], 2-6, 10-7", "home"),
        ("3-6, 7-5, 0-1 [10-12]", "away"),
        ("6-7[5-7],4-6", "away"),
        ("6-4, 4-6", "undecided"),
        ("4-4", "undecided"),
        ("September 5, 2024", "unreadable"),
        ("6-4, 1.5-6", "unreadable"),
        ("6-4,", "unreadable"),
        ("", "unreadable"),
    ],
)
def test_winner(scores: str, winner: str) -> None:
    assert winner_of(scores) == winner
