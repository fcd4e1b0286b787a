"""What a captain typed about a practice, read and judged."""

from __future__ import annotations

import datetime
import re

from courtside.captain.practices import LONGEST_NOTES, LONGEST_PLACE, MOST_IN_SERIES, Wanted, weekly

_AHEAD_AT_MOST = datetime.timedelta(days=400)


def read(form: dict[str, str], today: datetime.date) -> tuple[Wanted, datetime.date] | str:
    """The practice and the last day of its series; or, in a sentence, why it cannot be taken."""
    day, time = _day(form.get("day", "")), _time(form.get("time", ""))
    until = form.get("until", "")
    last = _day(until) if until else day
    place, notes = " ".join(form.get("place", "").split()), form.get("notes", "").strip()
    if day is None:
        return "Enter the day as year, month and day, such as 2025-01-31."
    if time is None:
        return "Enter the time as hours and minutes, such as 18:30."
    if last is None:
        return "Enter the last day as year, month and day, or leave it empty."
    if day < today:
        return "This day is over. Enter today or a later day."
    if last < day:
        return "The last day lies before the first."
    if max(day, last) > today + _AHEAD_AT_MOST:
        return f"Enter days up to {today + _AHEAD_AT_MOST}; others later."
    if len(weekly(day, last)) > MOST_IN_SERIES:
        return f"That is more than {MOST_IN_SERIES} practices. Choose an earlier last day."
    if len(place) > LONGEST_PLACE:
        return f"The place has {len(place)} characters; at most {LONGEST_PLACE} can be saved."
    if len(notes) > LONGEST_NOTES:
        return f"The note has {len(notes)} characters; at most {LONGEST_NOTES} can be saved."
    return Wanted(day, time, place, notes), last


def _day(text: str) -> datetime.date | None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _time(text: str) -> datetime.time | None:
    if not re.fullmatch(r"\d\d:\d\d", text, re.ASCII):
        return None
    try:
        return datetime.time.fromisoformat(text)
    except ValueError:
        return None
