"""A file has far fewer records than the last feed's had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("shrunk-file",)


def find(context: Context) -> Iterator[Finding]:
    """Compare records per scope and kind of file. It sees what ``vanished-share`` cannot: tables
    whose absences are not judged, and files that lost records which say the same."""
    facts = context.facts
    if facts is None:
        return
    read: Counter[tuple[str, str]] = Counter()
    for file in facts.files:
        read[file.scope, file.kind] += file.read
    for file in facts.files:
        now = read.pop((file.scope, file.kind), 0)
        before = facts.read_before.get((file.scope, file.kind), 0)
        limit = max(1, int(before * context.manifest.limits.shrunk_share + 1e-9))
        if now == 0 or before - now <= limit:
            continue  # an empty file has a check of its own
        yield Finding(
            check=NAMES[0],
            table=file.table or file.kind,
            scope=file.scope,
            message=f"{file.file} has {now:,} records; the last feed had {before:,}",
            why="A scrape that stops early, or is of one page, looks like this.",
            fix=f"Look at the end of {file.file}: is it complete?",
        )
