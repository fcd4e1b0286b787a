"""Scores of one court, with what the leagues write strangely."""

from __future__ import annotations

import datetime

from courtside.sample_feeds import quirks

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WON = ("6-0", "6-1", "6-2", "6-2", "6-3", "6-3", "6-3", "6-4", "6-4", "6-4", "7-5", "7-6")
_LOST = tuple("-".join(reversed(score.split("-"))) for score in _WON)
_TIE_BREAKS = ("[7-5]", "[7-4]", "[8-6]", "[10-8]", "[7-2]")
_TIE_BREAKS_LOST = ("[5-7]", "[4-7]", "[6-8]", "[8-10]", "[2-7]")
_SUPER = ("10-7", "10-5", "1-0", "1-0 [10-7]", "12-10")
_SUPER_LOST = ("7-10", "5-10", "0-1", "0-1 [7-10]", "10-12")
_UNFINISHED = ("4-2", "3-1", "5-4", "2-0", "3-3")
_UNFINISHED_LOST = ("2-4", "1-3", "4-5", "0-2", "3-3")


def score(league: str, chance: int, day: datetime.date) -> tuple[str, str]:
    """Return how a court ended: the score as printed, and the winner (home, away, unknown).

    Args:
        league: the league's code.
        chance: a random number of at least 60 bits.
        day: day of the match, which CITA prints in place of some scores.
    """
    chance, percent = divmod(chance, 100)
    if percent < quirks.UNPARSABLE_SCORE_PERCENT.get(league, 0):
        return f"{MONTHS[day.month - 1]} {day.day}, {day.year}", "unknown"
    home_wins = chance & 1
    winner = "home" if home_wins else "away"
    for_winner = _WON if home_wins else _LOST
    for_loser = _LOST if home_wins else _WON
    first, second, third = (chance >> 1) % 12, (chance >> 5) % 12, (chance >> 9) % 12
    if (chance >> 13) % 100 >= 30:
        sets = [for_winner[first], for_winner[second]]
    elif (chance >> 20) & 1:
        sets = [for_winner[first], for_loser[second], for_winner[third]]
    else:
        sets = [for_loser[first], for_winner[second], for_winner[third]]
    end = (chance >> 21) % 100
    third_set = (chance >> 28) % 5
    if end < quirks.SUPER_TIE_BREAK_PERCENT[league]:
        opening = [for_winner[first], for_loser[second]]
        sets = [*opening, (_SUPER if home_wins else _SUPER_LOST)[third_set]]
    elif end < quirks.UNFINISHED_SET_PERCENT.get(league, 0):
        sets[-1] = (_UNFINISHED if home_wins else _UNFINISHED_LOST)[third_set]
        if (chance >> 31) % 5 == 0:
            winner = "unknown"
    if (chance >> 34) % 100 < quirks.TIE_BREAK_PERCENT[league]:
        points = (chance >> 41) % 5
        sets[0] = (
            f"7-6 {_TIE_BREAKS[points]}"
            if sets[0][0] > sets[0][2]
            else f"6-7 {_TIE_BREAKS_LOST[points]}"
        )
    return ", ".join(sets), winner
