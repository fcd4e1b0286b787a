"""A league's frame: how many teams, series, matches and roster spots, and who stands where.

Only what grows with the number of series is kept; teams, rosters and persons are worked out anew
whenever they are needed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from courtside.sample_feeds import quirks
from courtside.sample_feeds.cast import Person, person
from courtside.sample_feeds.dialects import DIALECTS, Dialect, TeamNames
from courtside.sample_feeds.dice import draw

INCIDENT_LEAGUE = "APTA_CHICAGO"


@dataclass(frozen=True, slots=True)
class Proportions:
    """What a league has, as shares of all records of a feed, and how it plays."""

    teams: float
    fewest_teams: int
    matches: float
    roster_spots: float
    teams_per_series: int
    most_rounds: int
    """More do not fit into the calendar."""
    court_counts: tuple[int, ...]
    """Courts of a team match; one of these is drawn."""


# Shares of the real feeds of the end of June 2025, results of half a season for all leagues.
PROPORTIONS: dict[str, Proportions] = {
    "APTA_CHICAGO": Proportions(0.0165, 8, 0.124, 0.1925, 10, 25, (4,) * 17 + (3, 3, 2)),
    "CNSWPL": Proportions(0.0078, 4, 0.036, 0.075, 10, 25, (4,) * 17 + (3, 3, 2)),
    "NSTF": Proportions(0.0012, 4, 0.006, 0.0225, 6, 12, (5,) * 8 + (4, 3)),
    "CITA": Proportions(0.0045, 4, 0.034, 0.0, 8, 25, (5,) * 9 + (7,) * 4 + (4,) * 4 + (6, 3, 10)),
}
LEAGUES = tuple(PROPORTIONS)
_GUEST_SOURCES = 4
"""Spots whose persons may stand on further rosters; nobody there ever moves or leaves."""


@dataclass(frozen=True, slots=True)
class Team:
    """A team of a league, with its spellings at one version."""

    number: int
    names: TeamNames


@dataclass(frozen=True, slots=True)
class Series:
    """A group of teams that play each other."""

    number: int
    label: str
    teams: tuple[Team, ...]
    has_rosters: bool


class League:
    """One league of the sample.

    Args:
        code: the league's code.
        seed: the feed's seed.
        size: records that a version of all leagues together is to have.
        club_count: clubs there are, a prime.
    """

    def __init__(self, code: str, seed: int, size: int, club_count: int) -> None:
        share = PROPORTIONS[code]
        self.code = code
        self.seed = seed
        self.dialect: Dialect = DIALECTS[code]
        self.proportions = share
        self.team_count = max(share.fewest_teams, round(share.teams * size))
        self.series_count = max(1, round(self.team_count / share.teams_per_series))
        self._labels = self.dialect.labels(self.series_count)
        self._club_count = club_count
        self._starts = [
            number * self.team_count // self.series_count for number in range(self.series_count + 1)
        ]
        self._match_starts = [0]
        self._rostered_starts = [0]
        for number in range(self.series_count):
            teams = self._starts[number + 1] - self._starts[number]
            self._match_starts.append(self._match_starts[-1] + teams // 2)
            rostered = teams if self.has_rosters(number) else 0
            self._rostered_starts.append(self._rostered_starts[-1] + rostered)
        per_round = self._match_starts[-1]
        wanted = max(2 * self.team_count, round(share.matches * size))
        self.match_count = min(wanted, share.most_rounds * per_round)
        self.round_count = -(-self.match_count // per_round)
        self.matches_per_round = per_round
        rostered_teams = self._rostered_starts[-1]
        self.roster_spots = (
            max(3 * rostered_teams, round(share.roster_spots * size)) if share.roster_spots else 0
        )
        # Asked for spot by spot, team after team.
        self._rostered_number = lru_cache(maxsize=64)(self._rostered_number_of)
        # Enough for the rosters of one series, which several files ask for in turn.
        self.person = lru_cache(maxsize=384)(self._person)
        self._series_step = max(
            self._starts[number + 1] - self._starts[number] for number in range(self.series_count)
        )

    # --- series and teams ----------------------------------------------------------------------

    def has_rosters(self, series: int) -> bool:
        """Say whether the teams of a series have rosters."""
        if self.code == "CITA":
            return False
        return not (self.code == "CNSWPL" and quirks.LETTER_SERIES.hits(series))

    def series_of(self, team: int) -> int:
        """Return the number of the series in which a team plays."""
        return bisect_right(self._starts, team) - 1

    def first_match(self, series: int) -> int:
        """Return the number of the first match of a series in a round."""
        return self._match_starts[series]

    def series(self, number: int, respelled: Sequence[int] = ()) -> Series:
        """Return a series with its teams; ``respelled`` teams carry their club's second spelling.

        The first series of APTA is the incident's, its first two teams are the incident's.
        """
        first, after = self._starts[number], self._starts[number + 1]
        incident = self.code == INCIDENT_LEAGUE and number == 0
        # The number of clubs is a prime: whatever the step, no club comes twice.
        start = 0 if incident else number * 5 + len(self.code)
        step = 1 if incident else 1 + number * 7 % (self._club_count - 1)
        twins = not incident and after - first >= 6 and quirks.TWIN_SERIES.hits(number)
        label = self._labels[number]
        teams: list[Team] = []
        for place in range(after - first):
            twin = place + 1 if twins and place < 2 else 0
            club = (start + (0 if twin else place) * step) % self._club_count
            names = self.dialect.team(
                club,
                label,
                twin=twin,
                number=first + place,
                respelled=first + place in respelled,
            )
            teams.append(Team(first + place, names))
        return Series(number, label, tuple(teams), self.has_rosters(number))

    def all_series(self, respelled: Sequence[int] = ()) -> Iterator[Series]:
        """Yield every series, in order."""
        for number in range(self.series_count):
            yield self.series(number, respelled)

    # --- rosters -------------------------------------------------------------------------------

    def _rostered_number_of(self, team: int) -> int | None:
        series = self.series_of(team)
        if not self.has_rosters(series):
            return None
        return self._rostered_starts[series] + team - self._starts[series]

    def first_spot(self, team: int) -> int:
        """Return the running number of a team's first roster spot (about: see roster_size)."""
        number = self._rostered_number(team)
        if number is None:
            return team * 32
        return number * self.roster_spots // self._rostered_starts[-1]

    def roster_size(self, team: int) -> int:
        """Return how many spots a team's roster has; 0 without a roster."""
        number = self._rostered_number(team)
        if number is None:
            return 0
        teams = self._rostered_starts[-1]
        even = (number + 1) * self.roster_spots // teams - number * self.roster_spots // teams
        if even < 8:
            return even
        # What one team of a pair has more, the other has less.
        pair, second = divmod(number, 2)
        if pair * 2 + 1 >= teams:
            return even
        wobble = draw(f"{self.seed} roster size {self.code} {pair}") % 4
        return even - wobble if second else even + wobble

    def guests(self, team: int) -> tuple[tuple[int, int], ...]:
        """Return whose persons fill the last spots of a team: pairs (their team, their spot).

        They stand on their own team's roster too, which is in another series.
        """
        size = self.roster_size(team)
        if size < 8 or self.series_count < 6:
            return ()
        wanted = 1 + (team % 4 == 0)
        sources = [
            (team + self._series_step * (place + 1)) % self.team_count for place in range(wanted)
        ]
        return tuple(
            (source, place // 2)
            for place, source in enumerate(sources)
            if self.own_spots(source) > _GUEST_SOURCES
        )

    def own_spots(self, team: int) -> int:
        """Return how many spots of a roster are held by persons who have no earlier one."""
        size = self.roster_size(team)
        # A closed form of size - len(guests(team)), which would ask its sources in turn.
        return size if size < 8 or self.series_count < 6 else size - 1 - (team % 4 == 0)

    def may_change(self, spot: int) -> bool:
        """Say whether the holder of a roster spot may move to another team or leave."""
        return spot >= _GUEST_SOURCES

    def _person(self, team: int, spot: int, born: int = 1) -> Person:
        """Return who came to a spot at the version ``born``; ask ``person``, which remembers."""
        rank = self.first_spot(team) + spot
        return person(self.seed, self.code, team, spot, born=born, rank=rank)
