"""Records name a parent that neither the feed nor the database has."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("unresolved-reference",)


def find(context: Context) -> Iterator[Finding]:
    """Report, without stopping the run: such references stay NULL."""
    if context.facts is None:
        return
    for name, difference in context.facts.differences.items():
        for column, count in difference.unresolved.items():
            parent = context.facts.shapes[name].parents[column].table
            yield Finding(
                check=NAMES[0],
                table=name,
                message=f"{count} rows of {name} name a row of {parent} that is nowhere "
                f"({column} stays as it is, or NULL)",
                why="Nothing is guessed: a wrong reference is worse than none.",
                fix=f"If {parent} should have them, check its files.",
                refuses=False,
            )
