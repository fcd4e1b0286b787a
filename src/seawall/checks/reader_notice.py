"""What the feed's reader noticed."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("reader-notice",)


def find(context: Context) -> Iterator[Finding]:
    """Pass the reader's notices on; each carries its own name, and says whether it refuses."""
    if context.facts is None:
        return
    for notice in context.facts.feed.notices:
        yield Finding(
            check=notice.check,
            table=notice.table,
            scope=notice.scope,
            message=notice.message,
            fix=notice.fix,
            refuses=notice.refuses,
        )
