"""Days in parts, so that a page stays light: the first few, then more, then page by page."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Part:
    """What one page shows of a list of days.

    Attributes:
        shown: the days of the page; each has ``day``.
        is_start: the first day of the list is among them.
        more: how many come after them.
        more_from: the first of those, where ``all=yes`` does not show it; else None.
    """

    shown: list[Any]
    is_start: bool
    more: int
    more_from: datetime.date | None


def part_of(
    days: Sequence[Any], *, at_first: int, at_most: int, all: bool, day: datetime.date | None
) -> Part:
    """The first ``at_first`` days; with ``all``, ``at_most``; or that many from ``day`` on.

    Args:
        days: in order.
        day: one that must be on the page; where the beginning shows it, this is the beginning.
    """
    at_most = max(at_first, at_most)
    if day is not None and day in {one.day for one in days[at_first:]}:
        start = next(number for number, one in enumerate(days) if one.day == day)
        all = True
    else:
        start = 0
    can_unfold = not all and at_most > at_first
    end = start + (at_first if can_unfold else at_most)
    follows = days[end] if end < len(days) else None
    return Part(
        shown=list(days[start:end]),
        is_start=start == 0,
        more=max(0, len(days) - end),
        more_from=follows.day if follows and not can_unfold else None,
    )


def day_asked(text: str) -> datetime.date | None:
    """A day as it stands in an address; None where it is none."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None
