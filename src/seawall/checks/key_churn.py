"""Most keys of a table vanish, and as many new ones come."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.impact import new_by_scope, vanished_by_scope
from seawall.plan import Finding
from seawall.scoping import where

NAMES = ("key-churn",)


def find(context: Context) -> Iterator[Finding]:
    """Compare the keys exchanged with the limit, per table and scope: as many as came *and* went,
    so that neither growth nor shrinking counts."""
    facts = context.facts
    if facts is None:
        return
    for name, difference in facts.differences.items():
        if not difference.vanished or not difference.new:
            continue
        shape = facts.shapes[name]
        asked = (context.connection, context.manifest, facts.shapes, difference)
        new = new_by_scope(*asked)
        for scope, vanished, total in vanished_by_scope(*asked):
            exchanged = min(vanished, new.get(scope, 0))
            if exchanged <= context.manifest.limit(name, "exchanged_share", total):
                continue
            key = ", ".join(shape.staged_key)
            yield Finding(
                check=NAMES[0],
                table=name,
                scope=scope,
                message=f"{name}{where(scope)}: {vanished:,} of {total:,} keys are gone and "
                f"{new[scope]:,} others are new, so the source probably changed its keys ({key})",
                why="The same things under other keys would be new rows that no user refers to, "
                "while users’ rows stay with the old ones, which are no longer kept up to date.",
                fix=f"Compare {key} of old and new rows. If they are the same things, mend the "
                "source or the reader, so that it calls them as before.",
            )
