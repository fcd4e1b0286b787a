"""What day it is, and how days and times are written. A day is a ``date`` and never an instant."""

from __future__ import annotations

import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


class Clock:
    """Today, in a club's zone.

    Args:
        time_zone: the zone of clubs that have none of their own.
        today: the day to take for today, in place of the real one.
    """

    def __init__(self, time_zone: str, today: datetime.date | None = None) -> None:
        self.time_zone = time_zone
        self._today = today

    def today(self, time_zone: str | None = None) -> datetime.date:
        """The day that it is where the club stands."""
        return self._today or self.local(datetime.datetime.now(datetime.UTC), time_zone).date()

    def local(self, at: datetime.datetime, time_zone: str | None = None) -> datetime.datetime:
        """An instant as the club's wall clock shows it; an unknown zone counts as none."""
        try:
            zone = ZoneInfo(time_zone or self.time_zone)
        except (KeyError, OSError, ValueError):  # users write this column of clubs
            zone = ZoneInfo(self.time_zone)
        return at.astimezone(zone)


@lru_cache(maxsize=4096)
def day_in_words(day: datetime.date) -> str:
    """``Tuesday 24 September 2024``."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def time_in_words(time: datetime.time | None) -> str:
    """``6:30 PM``; without a time, ``time to be announced``."""
    if time is None:
        return "time to be announced"
    return f"{time.hour % 12 or 12}:{time.minute:02} {'AM' if time.hour < 12 else 'PM'}"


def stamp_in_words(at: datetime.datetime) -> str:
    """``24 September 2024, 18:42``."""
    return f"{at.day} {at:%B %Y, %H:%M}"
