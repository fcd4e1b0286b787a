"""Every oddity of the real feeds that the sample has, and how often it comes.

Rare ones come at fixed places (``Every``) and not by chance, so that they are there at every seed
once a feed is large enough; common ones are shares in per cent of what they befall.

Structural oddities, which befall every record, stand where they are written:

* home and away swapped in schedules, ``location`` the club of the schedule's away team
  (``schedules``), in CITA mostly "TBD";
* names with the series behind them in schedules of CNSWPL, NSTF and CITA; CNSWPL's "Club" that is
  the team, "Division 1a" against "Series 1"; one club in several series under one name in CITA;
  "Chicago Chicago" as a mis-split series (``dialects``);
* persons on several rosters, teams without a roster (``league``);
* CITA: no player ids, no players file (``feed``), shifted columns (``series_stats``);
* ratings as strings when negative, strings and numbers mixed (``player_history``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Every(NamedTuple):
    """Every ``every``-th of something, beginning with number ``first``."""

    every: int
    first: int

    def hits(self, number: int) -> bool:
        """Say whether the thing with this running number is one."""
        return number % self.every == self.first


# --- clubs and teams ---------------------------------------------------------------------------
CLUB_WITH_AMPERSAND = Every(15, 4)
"""Clubs called "Alder & Brook"; player_history writes them with ``&amp;``."""
CLUB_IN_TWO_CASES = 5
"""The club that one league writes "AbcDef" and another "Abcdef"."""
CLUB_WITH_DASH = 8
"""The club whose APTA teams are "Club - Chicago - N" and stand in the series "Chicago Chicago"."""
TWIN_SERIES = Every(2, 1)
"""Series in which one club has two teams (I/II, 1a/1b, T1/T2, 1/2)."""
LETTER_SERIES = Every(3, 2)
"""CNSWPL's night series: lettered, without rosters and results."""
DOUBLE_SPACE_TEAM = Every(9, 1)
"""NSTF teams with two spaces in the name, everywhere but in match_history."""

# --- players -----------------------------------------------------------------------------------
REPEATED_PLAYER = Every(900, 50)
RATING_MISSING_PERCENT = 4
"""PTI "N/A" in APTA; in the other leagues always."""

NAME_QUIRKS_EVERY = 1500


def _name_quirks() -> dict[int, Callable[[str, str], tuple[str, str]]]:
    kinds: list[tuple[Every, Callable[[str, str], tuple[str, str]]]] = [
        (Every(150, 17), lambda first, last: (first.upper(), last)),
        (Every(300, 40), lambda first, last: (first.lower(), last.lower())),
        (Every(250, 71), lambda first, last: (first, f"O'{last}")),
        (Every(300, 55), lambda first, last: (first, f"O’{last}")),
        (Every(250, 90), lambda first, last: (first, f"{last} III")),
        (Every(150, 101), lambda first, last: (first, f"{last}-{last[::-1].title()}")),
        (Every(250, 130), lambda first, last: (first, f"{last[0]}. {last}")),
        (Every(1500, 260), lambda first, last: (f"{first}`", last)),
        (Every(1500, 330), lambda first, _: (f"{first.lower()}727", "")),
        (Every(1500, 480), lambda first, last: (first, f"{first}.{last}@mail.example".lower())),
    ]
    return {
        place: change for every, change in kinds for place in range(every.first, 1500, every.every)
    }


NAME_QUIRKS = _name_quirks()
"""By rank modulo ``NAME_QUIRKS_EVERY``: capitals, lower case, O' and O’, III, double names,
initials, a backtick, no last name, an e-mail address as a name."""

# --- match_history; courts are numbered 10 × match + court --------------------------------
REPEATED_RESULT = {
    "APTA_CHICAGO": Every(1607, 3),
    "CNSWPL": Every(1607, 2),
    "NSTF": Every(301, 1),
    "CITA": Every(29, 4),
}
WINNER_UNKNOWN = Every(1201, 2)
WINNER_CONTRADICTS_SCORE = Every(997, 23)
NO_ID_PERCENT = {"APTA_CHICAGO": 9, "CNSWPL": 1, "NSTF": 13, "CITA": 0}
"""Players who are on no roster: a name without an id. (In CITA nobody has an id.)"""
NO_NAME_PERCENT = {"APTA_CHICAGO": 1, "CNSWPL": 0, "NSTF": 8, "CITA": 0}
"""Second players without a name and an id."""
RIDER = {
    "APTA_CHICAGO": Every(307, 11),
    "CNSWPL": Every(401, 11),
    "NSTF": Every(501, 11),
    "CITA": Every(37, 5),
}
RIDERS = (" (S↑)", "By Default", " (S)", " By Forfeit", "(S↑)By Forfeit", " Default", " (S↓)")
"""What a name can carry; those that speak of a default take the id away."""
TIE_BREAK_PERCENT = {"APTA_CHICAGO": 0, "CNSWPL": 18, "NSTF": 5, "CITA": 10}
"""Sets 7-6 that are written with the points of the tie-break."""
SUPER_TIE_BREAK_PERCENT = {"APTA_CHICAGO": 1, "CNSWPL": 1, "NSTF": 10, "CITA": 6}
"""Third sets written 10-7, 1-0 or 1-0 [10-7]."""
UNPARSABLE_SCORE_PERCENT = {"CITA": 18}
"""The score holds the date instead, the winner is unknown and second players are missing."""
UNFINISHED_SET_PERCENT = {"CITA": 38}
"""The last set was not played to its end; for a fifth of these the winner is unknown."""

# --- schedules ---------------------------------------------------------------------------------
BLANK_SLOT_MATCHES = 150
"""A league with fewer matches has no blank team slots; else APTA has two, CITA one."""
CITA_TIME_PERCENT = 8
"""CITA matches that have a time (and then a location)."""
PRACTICES_PER_RECORDS = (19, 35_000)
"""Practice rows in APTA's schedule of version 1 (at least 3)."""

# --- player_history ----------------------------------------------------------------------------
NOT_IN_PLAYERS_PERCENT = 38
"""Records whose id is in no players file."""
NO_MATCHES_PERCENT = 20
NEGATIVE_RATING = Every(60, 7)
REPEATED_DAY = Every(10, 3)
"""Persons with two entries of the same day and series."""
NUMBER_AS_STRING_PERCENT = 15
FALLBACK_ROWS = (2, 10)
"""Junk rows in CNSWPL: at least, at most (else one per 1,000 records of APTA)."""

# --- spelling of NSTF inside the records ---------------------------------------------------


def nstf_code(kind: str, version: int) -> str:
    """Return how NSTF's records spell their league in a kind of file of a version."""
    if version == 1:
        return "NTSF"
    if version == 2 and kind == "schedules":
        return "nsft"
    return "NSTF"
