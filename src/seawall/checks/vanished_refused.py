"""Rows vanished from a table whose rows must not vanish."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("vanished-refused",)


def find(context: Context) -> Iterator[Finding]:
    """Apply the policy ``vanished = "refuse"``. Accepted, the rows are kept."""
    if context.facts is None:
        return
    for name, difference in context.facts.differences.items():
        if difference.vanished and context.manifest.tables[name].vanished == "refuse":
            yield Finding(
                check=NAMES[0],
                table=name,
                message=f"{difference.vanished} rows of {name} are not in this feed, "
                "and its policy is to refuse",
                why="The manifest says that rows of this table do not vanish.",
                fix="Check the feed; if accepted, the rows stay as they are.",
            )
