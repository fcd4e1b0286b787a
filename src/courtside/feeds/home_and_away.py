"""Who plays at home: whether a league's schedule has home and away the wrong way round."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import msgspec

from courtside.feeds.names import name_key

Decision: TypeAlias = Literal["as written", "swapped"]
TeamMatch: TypeAlias = tuple[datetime.date, str, str]
"""(day, home team's name, away team's name)"""

MAXIMUM_MATCHES = 100_000
MINIMUM_PAIRS = 10
"""From so many decisive pairs on, ``MINIMUM_SHARE`` of them one way decide."""
FEWEST_PAIRS = 3
"""So many decide where all say the same and no earlier run decided on more."""
MINIMUM_SHARE = 0.90


class Outcome(msgspec.Struct, frozen=True):
    """What was decided, on what basis, from which counts."""

    decision: Decision
    basis: Literal["match_history", "location", "previous run", "none"]
    counts: Mapping[str, int]

    @property
    def swapped(self) -> bool:
        return self.decision == "swapped"

    def as_evidence(self) -> dict[str, Any]:
        """The outcome as it is recorded with the run."""
        return {**self.counts, "decision": self.decision, "basis": self.basis}


class HomeAndAway(msgspec.Struct):
    """The evidence of one league: its schedule against the matches played, and the places.

    Only the first ``MAXIMUM_MATCHES`` team matches are kept.
    """

    played: set[TeamMatch] = msgspec.field(default_factory=set)
    _as_written: set[TeamMatch] = msgspec.field(default_factory=set)
    _swapped: set[TeamMatch] = msgspec.field(default_factory=set)
    _at_home_team: int = 0
    _at_away_team: int = 0

    def add_played(self, day: datetime.date, home: str, away: str) -> None:
        """A team match of the match history, whose home and away are right."""
        if len(self.played) < MAXIMUM_MATCHES and home and away:
            self.played.add((day, home, away))

    def add_scheduled(self, day: datetime.date, home: str, away: str, location: str) -> None:
        """A row of the schedule, with teams' names without their series."""
        if (day, home, away) in self.played:
            self._as_written.add((day, home, away))
        if (day, away, home) in self.played:
            self._swapped.add((day, away, home))
        at_home, at_away = is_at_club_of(location, home), is_at_club_of(location, away)
        if at_home != at_away:
            self._at_home_team += at_home
            self._at_away_team += at_away

    def decide(self, previous: Mapping[str, Any] | None = None) -> Outcome:
        """Decide by this feed's evidence, else as the previous run did, else as written.

        A match that was played both ways round on one day decides nothing.
        """
        both = self._as_written & self._swapped
        pairs = {
            "match_history": (len(self._as_written - both), len(self._swapped - both)),
            "location": (self._at_home_team, self._at_away_team),
        }
        counts = {
            "team_matches": len(self.played),
            "as_written": len(self._as_written),
            "swapped": len(self._swapped),
            "both": len(both),
            "location_of_home": self._at_home_team,
            "location_of_away": self._at_away_team,
        }
        for minimum, share in ((MINIMUM_PAIRS, MINIMUM_SHARE), (FEWEST_PAIRS, 1.0)):
            for basis in ("match_history", "location"):
                decision = _majority(*pairs[basis], minimum, share)
                if decision:
                    return Outcome(decision, basis, counts)
            said = previous.get("decision") if previous else None
            if said in ("as written", "swapped"):
                return Outcome(said, "previous run", counts)
        return Outcome("as written", "none", counts)


@lru_cache(maxsize=1 << 14)
def is_at_club_of(location: str, team: str) -> bool:
    """Whether a team's name begins with the words of a place ("Tennaqua", "Tennaqua - 22")."""
    place = name_key(location)
    return bool(place) and f"{name_key(team)} ".startswith(f"{place} ")


def _majority(as_written: int, swapped: int, minimum: int, share: float) -> Decision | None:
    total = as_written + swapped
    if total < minimum:
        return None
    if swapped >= share * total:
        return "swapped"
    return "as written" if as_written >= share * total else None
