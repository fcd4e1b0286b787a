"""players.json: rosters. A record is one person's place in one team, not one person."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import msgspec

from courtside.feeds.clubs import ClubRegister, club_in_team_name
from courtside.feeds.names import collapse, is_bye
from courtside.feeds.scrape_file import Batch, RecordKind, ScrapeFile
from courtside.feeds.series import SeriesRegister, series_name, series_of_team_name
from courtside.feeds.teams import TeamRegister
from courtside.feeds.values import Number, UnusableError, parse_count, parse_number
from seawall.feeds.reading import Item

FALLBACK_PREFIX = "FALLBACK_"
MAXIMUM_ID_CHARACTERS = 200

_CAPTAINS = {
    "": "player",
    "player": "player",
    "no": "player",
    "c": "captain",
    "yes": "captain",
    "captain": "captain",
    "cc": "co-captain",
    "co-captain": "co-captain",
}


class RosterSpot(
    msgspec.Struct,
    gc=False,
    rename={
        "league": "League",
        "series": "Series",
        "series_mapping_id": "Series Mapping ID",
        "team": "Team",
        "club": "Club",
        "source_id": "Player ID",
        "first_name": "First Name",
        "last_name": "Last Name",
        "pti": "PTI",
        "wins": "Wins",
        "losses": "Losses",
        "win_percent": "Win %",
        "captain": "Captain",
    },
):
    """One record as scraped. "Team" is the later name of "Series Mapping ID"."""

    league: str | None = None
    series: str | None = None
    series_mapping_id: str | None = None
    team: str | None = None
    club: str | None = None
    source_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    pti: Number = None
    wins: Number = None
    losses: Number = None
    win_percent: Number = None
    captain: str | None = None


class _Place(NamedTuple):
    """A team, and its series and club as the roster spells them."""

    team_name: str
    team_series_key: str
    series: str
    club: str


_kind = RecordKind(RosterSpot)


def usable_id(source_id: str | None) -> str:
    """A person's id in the source.

    Raises:
        UnusableError: there is none, or the scraper made one up for a link that is no person's.
    """
    text = (source_id or "").strip()
    if not text:
        raise UnusableError("blank player id")
    if len(text) > MAXIMUM_ID_CHARACTERS:
        raise UnusableError("player id is too long", text[:MAXIMUM_ID_CHARACTERS])
    if text.startswith(FALLBACK_PREFIX):
        raise UnusableError("fallback id: a link scraped as a player", text, expected=True)
    return text


@lru_cache(maxsize=64)
def captain(said: str | None) -> str | None:
    """``captain``, ``co-captain`` or ``player``; None for a word that is not known."""
    return _CAPTAINS.get((said or "").strip().casefold())


def read(
    file: ScrapeFile, teams: TeamRegister, clubs: ClubRegister, series: SeriesRegister
) -> Iterator[Item]:
    """Yield the rows of ``players`` and ``rosters``; register teams, clubs and series."""
    people, rosters = Batch("players"), Batch("rosters")
    league, code, name, notes = file.league, file.league.code, file.name, file.notes
    places: dict[tuple[str | None, ...], _Place] = {}

    def place_of(position: int, record: RosterSpot) -> _Place:
        """Whom the record plays for; registered once for each way of saying it."""
        team_name = collapse(record.series_mapping_id or record.team)
        if not team_name:
            raise UnusableError("no team")
        if is_bye(team_name):
            raise UnusableError("a bye's links scraped as players", team_name, expected=True)
        label = collapse(record.series)
        of_series = series_name(label) or series_of_team_name(team_name)
        club = collapse(record.club)
        club_name = club_in_team_name(club, of_series, league) if league.club_is_team else club
        team = teams.add_from_roster(team_name, of_series, club_name, name, position)
        if team is None:
            raise UnusableError("the team's name stands for several teams", team_name)
        clubs.add(club_name, league, name, position)
        if of_series:
            series.add(of_series, label, league, name, position, roster=True)
        return _Place(team.name, team.series_key, label, club)

    def use(position: int, record: RosterSpot) -> None:
        source_id = usable_id(record.source_id)
        first_name, last_name = collapse(record.first_name), collapse(record.last_name)
        if not first_name and not last_name:
            raise UnusableError("no name")
        pti, win_percent = parse_number(record.pti), parse_number(record.win_percent)
        wins, losses = parse_count(record.wins), parse_count(record.losses)
        said = (record.series_mapping_id, record.team, record.series, record.club)
        place = places.get(said)
        if place is None:
            place = places[said] = place_of(position, record)
        role = captain(record.captain)
        if role is None:
            notes["captain not understood"] += 1
        people.rows.append((position, code, source_id, first_name, last_name))
        rosters.rows.append(
            (
                position,
                code,
                source_id,
                place.team_name,
                place.team_series_key,
                role,
                pti,
                wins,
                losses,
                win_percent,
                place.series,
                place.club,
            )
        )

    yield from file.items(_kind, use, (people, rosters))
