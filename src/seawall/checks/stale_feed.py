"""The feed is older than one that was loaded before."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("stale-feed",)


def find(context: Context) -> Iterator[Finding]:
    """Compare the feed's day with the newest day that was applied."""
    facts = context.facts
    if facts is None or facts.feed.as_of is None or facts.newest_as_of is None:
        return
    if facts.feed.as_of < facts.newest_as_of:
        yield Finding(
            check=NAMES[0],
            table="feed",
            message=f"this feed is of {facts.feed.as_of}; one of {facts.newest_as_of} "
            "was loaded before",
            why="An older scrape would turn newer results and rosters back.",
            fix="Load a newer feed; or, to go back on purpose, accept it.",
        )
