"""schedules.json: one record a team match, with home and away swapped as all real ones are."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from courtside.sample_feeds import quirks
from courtside.sample_feeds.changes import Changes
from courtside.sample_feeds.league import INCIDENT_LEAGUE
from courtside.sample_feeds.record_file import Record
from courtside.sample_feeds.season import Match


def schedules(changes: Changes, matches: Iterable[Match], league_code: str) -> Iterator[Record]:
    """Yield the records of schedules.json for ``matches``; the code as the records spell it."""
    for match in matches:
        yield _record(changes, match, league_code)


def _record(changes: Changes, match: Match, league_code: str) -> Record:
    league = changes.league
    series = match.series
    blank = f" - {series.label}"
    # The record's home is the visitor, its away is the host.
    location = match.host.names.club if match.host else "TBD"
    if league.code == "CITA" and not match.time:
        location = "TBD"
    if match.visitor is None:
        location = "BYE"
    day = match.day
    return {
        "date": f"{day.month:02d}/{day.day:02d}/{day.year:04d}",
        "time": match.time,
        "home_team": match.visitor.names.schedule_name if match.visitor else blank,
        "away_team": match.host.names.schedule_name if match.host else blank,
        "location": location,
        "series": league.dialect.series(series.label),
        "League": league_code,
    }


def practices(changes: Changes, size: int) -> Iterator[Record]:
    """Yield the practice times that stood in the scraped schedule once, in another shape.

    There are some in version 1 of APTA, more in a larger feed (``size`` in records).
    """
    if changes.league.code != INCIDENT_LEAGUE or changes.version != 1:
        return
    league = changes.league
    some, per_records = quirks.PRACTICES_PER_RECORDS
    days = changes.first_day - datetime.timedelta(days=changes.first_day.weekday() - 5)
    for number in range(max(3, size * some // per_records)):
        series = league.series(number // 8 % league.series_count)
        day = days + datetime.timedelta(days=7 * (number % 8))
        yield {
            "date": f"{day.month:02d}/{day.day:02d}/{day.year:04d}",
            "time": "10:30 AM",
            "Practice": series.teams[0].names.club,
            "Series": league.dialect.series(series.label),
        }
