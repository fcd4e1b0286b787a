"""Two records of the feed have the same key and say different things."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("duplicate-key",)


def find(context: Context) -> Iterator[Finding]:
    """Report contradictions per table; exact repeats are no contradiction."""
    if context.facts is None:
        return
    for name, staged in context.facts.feed.tables.items():
        if not staged.conflicts:
            continue
        examples = "; ".join(staged.conflict_examples[:3])
        yield Finding(
            check=NAMES[0],
            table=name,
            message=f"{staged.conflicts} rows for {name} contradict an earlier row "
            f"of the same key: {examples}",
            why="One key stands for one thing; which of the two is right cannot be known.",
            fix="Mend the source; if accepted, the first of each stands.",
        )
