"""A file is there and holds no record."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("empty-feed",)


def find(context: Context) -> Iterator[Finding]:
    """Name each empty file. A missing file is no finding: it says nothing."""
    if context.facts is None:
        return
    for file in context.facts.files:
        if file.read == 0:
            table = file.table or file.kind
            yield Finding(
                check=NAMES[0],
                table=table,
                scope=file.scope,
                message=f"{file.file} is there and empty: it says that {table} has no rows"
                + (f" in {file.scope}" if file.scope else ""),
                why="An empty file is more often a broken scrape than an empty league.",
                fix="Scrape it again, or take the file out of the feed: then it says nothing.",
            )
