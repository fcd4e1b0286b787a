"""Days, times and numbers as the feeds write them."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

Number: TypeAlias = str | int | float | None
"""A number as a record may hold it."""

_MONTHS = {
    month: number
    for number, month in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_DAY = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{2}|\d{4})|(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap])?\.?m?\.?", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,12})?", re.ASCII)
_UNSAID = ("", "n/a", "na", "-", "--")
_INTEGER_LIMIT = 2**31


class UnusableError(ValueError):
    """A record cannot be used. Reasons are counted, so they are the same for one kind of fault.

    Args:
        reason: few words.
        detail: what the record holds.
        expected: the record is junk of a known kind, which does not count against the budget.
    """

    def __init__(self, reason: str, detail: str = "", *, expected: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail
        self.expected = expected


@lru_cache(maxsize=1 << 12)
def parse_day(text: str | None) -> datetime.date:
    """``02-Oct-24``, ``10/02/2024`` (month first) or ``2024-10-02``.

    Raises:
        UnusableError: the text is none of these, or no day of the calendar.
    """
    text = (text or "").strip()
    try:
        if found := _DAY.fullmatch(text):
            day, month, year, us_month, us_day, us_year = found.groups()
            if us_year:
                return datetime.date(int(us_year), int(us_month), int(us_day))
            century = 2000 if len(year) == 2 else 0
            return datetime.date(century + int(year), _MONTHS[month.lower()], int(day))
        return datetime.date.fromisoformat(text)
    except (ValueError, KeyError):
        raise UnusableError("date cannot be read" if text else "no date", text) from None


@lru_cache(maxsize=1 << 10)
def parse_time(text: str | None) -> datetime.time | None:
    """``06:30 pm``, ``10:30 AM`` or ``18:30``; None where no time is said.

    Raises:
        UnusableError: the text is none of these.
    """
    text = (text or "").strip()
    if text.casefold() in (*_UNSAID, "tbd"):
        return None
    found = _TIME.fullmatch(text)
    try:
        if not found:
            raise ValueError
        hour, half = int(found[1]), (found[4] or "").lower()
        if half:
            if not 1 <= hour <= 12:
                raise ValueError
            hour = hour % 12 + (12 if half == "p" else 0)
        return datetime.time(hour, int(found[2]), int(found[3] or 0))
    except ValueError:
        raise UnusableError("time cannot be read", text) from None


@lru_cache(maxsize=1 << 14, typed=True)
def parse_number(value: Number) -> Decimal | None:
    """A number, also as text and with a per cent sign; None for "N/A" and blanks.

    Raises:
        UnusableError: the value is anything else.
    """
    text = str(value).strip() if value is not None else ""
    if text.casefold() in _UNSAID:
        return None
    if not _NUMBER.fullmatch(number := text.removesuffix("%").rstrip()):
        raise UnusableError("number cannot be read", text)
    return Decimal(number)


@lru_cache(maxsize=1 << 12, typed=True)
def parse_count(value: Number) -> int | None:
    """A whole number that PostgreSQL's integer can hold; None for "N/A" and blanks.

    Raises:
        UnusableError: the value is anything else.
    """
    number = parse_number(value)
    if number is None:
        return None
    if number != (whole := int(number)) or not -_INTEGER_LIMIT <= whole < _INTEGER_LIMIT:
        raise UnusableError("number cannot be read", str(value))
    return whole
