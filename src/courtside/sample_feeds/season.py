"""The calendar: which match is played when.

A season lies around the first version's day: ten weeks of matches, a break of four weeks with a
few make-up matches, six weeks of matches. The break keeps the number of results, and with it the
size of a feed, almost the same over the first versions.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import NamedTuple

from courtside.sample_feeds import quirks
from courtside.sample_feeds.changes import Changes
from courtside.sample_feeds.dice import draw
from courtside.sample_feeds.league import INCIDENT_LEAGUE, League, Series, Team

INCIDENT_DAY = datetime.date(2024, 9, 24)
INCIDENT_TIME = "06:30 pm"
INCIDENT_MATCH = -1

_WEEKS_BEFORE, _BREAK_WEEKS, _WEEKS_AFTER = 10, 4, 6
_SHARE_BEFORE = 0.465
_MAKE_UP_EVERY, _MAKE_UP_EVERY_INCIDENT = 25, 8
"""One match in how many is played in the break; more in the incident's series, for the demo."""

# Weekdays (Monday is 0) of the two halves of a week. The day after each is free, so that a match
# which is put off never meets another one of the same two teams.
_WEEKDAYS: dict[str, tuple[tuple[int, ...], ...]] = {
    "APTA_CHICAGO": ((1, 3), (2, 6), (1, 6)),
    "CNSWPL": ((0, 3), (0, 4)),
    "NSTF": ((3,),),
    "CITA": ((2, 5), (2, 4), (3, 6)),
}
_TIMES: dict[str, tuple[str, ...]] = {
    "APTA_CHICAGO": ("06:30 pm",) * 15 + ("07:00 pm",),
    "CNSWPL": ("09:00 am", "09:00 am", "12:00 pm", "07:00 pm"),
    "NSTF": ("06:00 pm",),
    "CITA": ("06:00 pm", "10:00 am", "07:00 pm", "11:30 am"),
}
_OTHER_TIME = "08:00 pm"


class Match(NamedTuple):
    """A team match. ``host`` and ``visitor`` are true home and away; None is a blank slot."""

    number: int
    series: Series
    host: Team | None
    visitor: Team | None
    day: datetime.date
    time: str


def matches(changes: Changes, series: Series) -> Iterator[Match]:
    """Yield every match of a series; the incident's is the first of its series."""
    league = changes.league
    incident = league.code == INCIDENT_LEAGUE and series.number == 0
    if incident:
        host, visitor = series.teams[0], series.teams[1]
        yield Match(INCIDENT_MATCH, series, host, visitor, INCIDENT_DAY, INCIDENT_TIME)
    first = league.first_match(series.number)
    for round_number in range(league.round_count):
        pairs = _pairs(len(series.teams), round_number)
        days = _day(changes, series, round_number), _make_up_day(changes, round_number)
        for place, (one, other) in enumerate(pairs):
            number = round_number * league.matches_per_round + first + place
            if number >= league.match_count:
                break
            makes_up = _is_make_up(league, series, number, round_number)
            day = days[makes_up]
            match = _match(changes, series, number, one, other, day, makes_up=makes_up)
            if match is None or (incident and match.day == INCIDENT_DAY and {one, other} == {0, 1}):
                continue
            yield match


def _match(
    changes: Changes,
    series: Series,
    number: int,
    one: int,
    other: int,
    day: datetime.date,
    *,
    makes_up: bool,
) -> Match | None:
    league = changes.league
    host: Team | None = series.teams[one]
    visitor: Team | None = series.teams[other]
    if changes.missing_teams and (
        changes.is_called_off(host.number, day) or changes.is_called_off(visitor.number, day)
    ):
        return None
    time = _time(league, series, number)
    if changes.version > 1:
        if changes.is_dropped(number, day):
            return None
        if time and changes.has_other_time(number, day):
            time = _OTHER_TIME
        if not makes_up and changes.is_moved(number, day):
            day += datetime.timedelta(days=1)
    if league.match_count >= quirks.BLANK_SLOT_MATCHES:
        if league.code == "CITA" and number == 3:
            host = None
        elif league.code == INCIDENT_LEAGUE and number >= league.match_count - 2:
            visitor, time = None, ""
    return Match(number, series, host, visitor, day, time)


def _pairs(teams: int, round_number: int) -> list[tuple[int, int]]:
    """Return (host, visitor) places of a round, by the circle method."""
    places = teams + teams % 2
    turn = round_number % (places - 1)
    second_half = round_number // (places - 1) % 2
    pairs: list[tuple[int, int]] = []
    for step in range(places // 2):
        one = (turn + step) % (places - 1)
        other = places - 1 if step == 0 else (turn - step) % (places - 1)
        if max(one, other) == teams:  # the place nobody has: its opponent is free
            continue
        # Fixed per pair and not per step, so that the return match is played at the other club.
        swap = (one + other + (one < other) + second_half) % 2
        pairs.append((other, one) if swap else (one, other))
    return pairs


def _is_make_up(league: League, series: Series, number: int, round_number: int) -> bool:
    often = league.code == INCIDENT_LEAGUE and series.number == 0 and league.series_count >= 6
    every = _MAKE_UP_EVERY_INCIDENT if often else _MAKE_UP_EVERY
    return (number + 7 * round_number) % every == 7 % every


def _monday(changes: Changes) -> datetime.date:
    return changes.first_day - datetime.timedelta(days=changes.first_day.weekday())


def _make_up_day(changes: Changes, round_number: int) -> datetime.date:
    """Return the day in the break for matches of a round; another one for every round."""
    days = 7 * _BREAK_WEEKS * round_number // changes.league.round_count
    return _monday(changes) + datetime.timedelta(days=days)


def _day(changes: Changes, series: Series, round_number: int) -> datetime.date:
    """Return the day of a round. No two rounds of a series share one."""
    league = changes.league
    weekdays = _WEEKDAYS[league.code]
    weekdays = weekdays[series.number % len(weekdays)]
    slots_before, slots_after = _WEEKS_BEFORE * len(weekdays), _WEEKS_AFTER * len(weekdays)
    # Series begin a little apart, so that not all of them have a round in the same days.
    part = (round_number + (series.number * 0.618 + 0.5) % 1) / league.round_count
    if part < _SHARE_BEFORE:
        slot = int(part / _SHARE_BEFORE * slots_before)
        week, half = divmod(slot, len(weekdays))
        week -= _WEEKS_BEFORE
    else:
        slot = int((part - _SHARE_BEFORE) / (1 - _SHARE_BEFORE) * slots_after)
        week, half = divmod(slot, len(weekdays))
        week += _BREAK_WEEKS
    return _monday(changes) + datetime.timedelta(days=7 * week + weekdays[half])


def _time(league: League, series: Series, number: int) -> str:
    times = _TIMES[league.code]
    if league.code == "CITA":
        chance = draw(f"{league.seed} time {number}")
        if chance % 100 >= quirks.CITA_TIME_PERCENT:
            return ""
        return times[(chance >> 8) % len(times)]
    if league.code == INCIDENT_LEAGUE:
        return times[number % len(times)]
    return times[series.number % len(times)]
