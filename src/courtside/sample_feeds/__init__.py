"""Made-up feeds that look like the real scrapes, in successive versions and at any size.

Everything in them is invented, persons and clubs included, except the incident's two clubs and the
codes of the four leagues. Every record follows from ``(seed, what it is about)`` alone, so nothing
is remembered while writing and the same arguments give the same bytes.

Where things are decided: ``quirks`` lists each oddity of the real feeds and how often it comes,
``changes`` what differs from one version to the next, ``league`` who stands where, ``season`` when
is played; one module a kind of file writes it down.
"""

from __future__ import annotations

from courtside.sample_feeds.feed import KINDS, SMALLEST_SIZE, write_sample_feeds

__all__ = ["KINDS", "SMALLEST_SIZE", "write_sample_feeds"]
