"""What differs between successive versions of a feed.

Version 1 is the state at the first day; each later version is a week younger. Every change is
worked out from numbers (team, spot, match, version), so versions can be written in any order.

* 2 % of the roster spots change hands between two teams (``holder``).
* 0.5 % of the persons leave, and as many new ones come in their places.
* One team in 150 is missing in version 2 and back in version 3; it plays nothing meanwhile.
* One team of APTA is respelled from version 3 on.
* Captains, wins, ratings, kick-off times and some days change, the odd match is dropped.
* NSTF gives out all person ids anew at version 4.

Nothing but the last makes more than a tenth of any table vanish, which is what an import accepts:
leagues too small for a change to stay below that are spared it.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property

from courtside.sample_feeds.cast import Person, reissued
from courtside.sample_feeds.league import INCIDENT_LEAGUE, League

DAYS_BETWEEN_VERSIONS = 7
IDS_REISSUED_LEAGUE = "NSTF"
IDS_REISSUED_VERSION = 4
_SPOTS_FOR_MOVES = 90
_TEAMS_FOR_VANISHING = 36
_TEAMS_FOR_RESPELLING = 36
_TEAMS_PER_VANISHED = 150


@dataclass(frozen=True)
class Changes:
    """The state of one league at one version."""

    league: League
    first_day: datetime.date
    version: int

    @property
    def today(self) -> datetime.date:
        """The day of this version: results exist for the days before it."""
        return self._day_of(self.version)

    def _day_of(self, version: int) -> datetime.date:
        return self.first_day + datetime.timedelta(days=DAYS_BETWEEN_VERSIONS * (version - 1))

    # --- teams ---------------------------------------------------------------------------------

    @cached_property
    def _leaving_teams(self) -> frozenset[int]:
        """Teams that are missing in version 2; the incident's, which come first, never are."""
        teams = self.league.team_count
        if teams < _TEAMS_FOR_VANISHING:
            return frozenset()
        count = teams // _TEAMS_PER_VANISHED
        if self.league.code == INCIDENT_LEAGUE:
            count = max(1, count)
        return frozenset((place * teams + teams // 2) // count for place in range(count))

    @cached_property
    def missing_teams(self) -> frozenset[int]:
        """Numbers of the teams that this version does not know."""
        return self._leaving_teams if self.version == 2 else frozenset()

    @cached_property
    def respelled_teams(self) -> tuple[int, ...]:
        """Numbers of the teams whose club is spelled differently from version 3 on."""
        teams = self.league.team_count
        respells = self.league.code == INCIDENT_LEAGUE and teams >= _TEAMS_FOR_RESPELLING
        if not respells or self.version < 3:
            return ()
        number = teams // 3
        return (number + 1,) if number in self._leaving_teams else (number,)

    # --- persons -------------------------------------------------------------------------------

    def holder(self, team: int, spot: int) -> Person:
        """Return who holds a roster spot now."""
        for version in range(self.version, 1, -1):
            if self._is_replaced(version, team, spot):
                return self.league.person(team, spot, version)
            team = self._swapped_with(version, team, spot)
        return self.league.person(team, spot)

    def has_left(self, team: int, spot: int) -> bool:
        """Say whether the person who first held this spot is in no players file any more."""
        if team in self.missing_teams:
            return True
        for version in range(2, self.version + 1):
            team = self._swapped_with(version, team, spot)
            if self._is_replaced(version, team, spot):
                return True
        return False

    def source_id(self, one: Person) -> str:
        """Return a person's id as this version writes it."""
        if self.version >= IDS_REISSUED_VERSION and self.league.code == IDS_REISSUED_LEAGUE:
            return reissued(self.league.seed, one)
        return one.source_id

    def _is_replaced(self, version: int, team: int, spot: int) -> bool:
        # The rarest answer first: this is asked for every spot and version.
        return (
            (team * 13 + spot * 31 + version * 47) % 140 == 5
            and self.league.may_change(spot)
            and self.league.roster_spots >= _SPOTS_FOR_MOVES
        )

    def _swapped_with(self, version: int, team: int, spot: int) -> int:
        """Return the team that held this spot's person before ``version``."""
        league = self.league
        # Neighbours in odd versions (mostly the same series), teams far apart in even ones.
        half = league.team_count // 2
        if version % 2:
            partner = team ^ 1
        elif team < half * 2:
            partner = team + half if team < half else team - half
        else:
            return team
        if (min(team, partner) * 17 + spot * 29 + version * 37) % 30 != 3:
            return team
        if not league.may_change(spot) or league.roster_spots < _SPOTS_FOR_MOVES:
            return team
        if partner >= league.team_count or {team, partner} & self._leaving_teams:
            return team
        if spot >= league.own_spots(team) or spot >= league.own_spots(partner):
            return team
        return partner

    def captain_spot(self, team: int) -> int:
        """Return which spot's holder is the captain now."""
        spot = 0
        for version in range(2, self.version + 1):
            if (team + version) % 20 == 0:
                spot = 2 + version % 2
        return spot

    def steps(self, number: int, every: int) -> int:
        """Return in how many versions after the first something moved on by one.

        Args:
            number: the thing's number.
            every: one thing in how many moves on at a version.
        """
        return sum((number + version) % every == 0 for version in range(2, self.version + 1))

    # --- matches -------------------------------------------------------------------------------

    def is_dropped(self, match: int, day: datetime.date) -> bool:
        """Say whether a match was taken out of the schedule before it was played."""
        return self._is_hit(match % 400, self._dropped, day)

    def is_moved(self, match: int, day: datetime.date) -> bool:
        """Say whether a match was put off by one day before it was played."""
        return self._is_hit(match % 100, self._moved, day)

    def has_other_time(self, match: int, day: datetime.date) -> bool:
        """Say whether a match that is to come begins at another time than first announced."""
        return self._is_hit(match % 50, self._other_times, day)

    @cached_property
    def _dropped(self) -> dict[int, datetime.date]:
        return self._hits(400, 53, 200)

    @cached_property
    def _moved(self) -> dict[int, datetime.date]:
        return self._hits(100, 17, 0)

    @cached_property
    def _other_times(self) -> dict[int, datetime.date]:
        return self._hits(50, 11, 0)

    def _hits(self, every: int, step: int, start: int) -> dict[int, datetime.date]:
        """Return which remainders were hit so far, each with the day of the (last) version."""
        return {
            (step * version + start) % every: self._day_of(version)
            for version in range(2, self.version + 1)
        }

    @staticmethod
    def _is_hit(remainder: int, hits: dict[int, datetime.date], day: datetime.date) -> bool:
        since = hits.get(remainder)
        return since is not None and day >= since

    def is_called_off(self, team: int, day: datetime.date) -> bool:
        """Say whether a team's match is off because the team is missing in this version."""
        return team in self.missing_teams and day >= self.today
