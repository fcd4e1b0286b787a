"""player_history.json: one record a person, with how the rating went from match to match."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from courtside.sample_feeds import quirks
from courtside.sample_feeds.cast import Person
from courtside.sample_feeds.changes import DAYS_BETWEEN_VERSIONS, Changes
from courtside.sample_feeds.dice import chosen, draw
from courtside.sample_feeds.record_file import Record


def player_history(changes: Changes, league_code: str, count: int) -> Iterator[Record]:
    """Yield ``count`` records; who has left the players file keeps the record here."""
    league = changes.league
    strangers = count * quirks.NOT_IN_PLAYERS_PERCENT // 100
    known = count - strangers
    persons = sum(league.own_spots(team) for team in range(league.team_count))
    strangers += max(0, known - persons)
    place = number = 0
    for series in league.all_series(changes.respelled_teams):
        for team in series.teams:
            for spot in range(league.own_spots(team.number)):
                place += 1
                if not chosen(place - 1, persons, known):
                    continue
                number += 1
                one = league.person(team.number, spot)
                club = team.names.club.replace("&", "&amp;")
                label = league.dialect.series(series.label)
                yield _record(changes, one, number, label, series.label, club, league_code)
    for stranger in range(strangers):
        one = league.person(-1, stranger)
        club = f"Club {16000 + stranger % 300}"
        yield _record(changes, one, number + stranger, "Unknown", "1", club, league_code)


def fallback_rows(changes: Changes, count: int) -> Iterator[Record]:
    """Yield junk rows: links to teams that were scraped as players."""
    league = changes.league
    for number in range(count):
        chance = draw(f"{league.seed} fallback {league.code} {number}")
        one = league.person(-1, number)
        first, last = f"{one.first_name} {number + 1}", f"{40 + chance % 400 / 10:.1f}"
        yield {
            "league_id": league.code,
            "player_id": f"FALLBACK_{chance >> 32 & 0xFFFFFFFF:08X}",
            "name": f"{first} {last}",
            "first_name": first,
            "last_name": last,
            "series": "Unknown",
            "club": "Unknown",
            "rating": "9/9",
            "wins": 0,
            "losses": 0,
            "matches": [],
        }


def _record(
    changes: Changes,
    one: Person,
    number: int,
    series: str,
    label: str,
    club: str,
    league_code: str,
) -> Record:
    chance = one.number
    tenths = 100 + (chance >> 20) % 700
    if quirks.NEGATIVE_RATING.hits(number):
        tenths = -(tenths % 150) - 60
    entries = _entries(changes, chance, number, tenths, label)
    return {
        "league_id": league_code,
        "player_id": one.source_id,
        "name": one.full_name,
        "first_name": one.first_name,
        "last_name": one.last_name,
        "series": series,
        "club": club,
        "rating": tenths / 10 if tenths >= 0 else f"{tenths / 10:.1f}",
        "wins": (chance >> 8) % 120,
        "losses": (chance >> 15) % 120,
        "matches": entries,
    }


def _entries(
    changes: Changes, chance: int, number: int, tenths: int, label: str
) -> list[dict[str, object]]:
    """Return the entries, newest first; a later version puts new ones on top of the old."""
    if chance % 100 < quirks.NO_MATCHES_PERCENT:
        return []
    count = 2 + (chance >> 7) % 6
    first_day = changes.first_day
    days = [first_day - datetime.timedelta(days=7 * back + 3) for back in range(count, 0, -1)]
    if quirks.REPEATED_DAY.hits(number):
        days[1] = days[0]
    for version in range(2, changes.version + 1):
        if (number + version) % 5 == 0:
            days.append(
                first_day + datetime.timedelta(days=DAYS_BETWEEN_VERSIONS * (version - 1) - 3)
            )
    entries: list[dict[str, object]] = []
    for place, day in enumerate(days):
        value = tenths + (chance >> 3 * place) % 60 - 30
        as_text = value < 0 or (chance >> 4 * place) % 100 < quirks.NUMBER_AS_STRING_PERCENT
        entries.append(
            {
                "date": f"{day.month:02d}/{day.day:02d}/{day.year:04d}",
                "end_pti": f"{value / 10:.1f}" if as_text else value / 10,
                "series": f"Chicago: {label}",
            }
        )
    entries.reverse()
    return entries
