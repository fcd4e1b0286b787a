"""What a score says about its winner, only to compare it with the winner that the feed names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

_SET = re.compile(r"(\d{1,2})-(\d{1,2})(?: ?\[\d{1,2}-\d{1,2}\])?")


@lru_cache(maxsize=1 << 14)
def winner_of(scores: str) -> Literal["home", "away", "undecided", "unreadable"]:
    """Who won more sets of ``"6-4, 5-7, 10-7"``; a tie-break may follow a set: ``"7-6 [7-5]"``.

    Sets are counted as they stand, finished or not. CITA writes a date where there is no score;
    that is "unreadable", as is a blank.
    """
    home = away = 0
    for part in scores.split(","):
        found = _SET.fullmatch(part.strip())
        if not found:
            return "unreadable"
        ours, theirs = int(found[1]), int(found[2])
        home += ours > theirs
        away += ours < theirs
    if home == away:
        return "undecided"
    return "home" if home > away else "away"
