"""Too many rows of a table vanished from the feed at once."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.impact import new_by_scope, vanished_by_scope
from seawall.plan import Finding

NAMES = ("vanished-share",)


def find(context: Context) -> Iterator[Finding]:
    """Compare vanished rows with the limit, per table and scope. Growth never counts.

    Rows that stay as they are, by policy, count in no run: they would add up from run to run.
    """
    facts = context.facts
    if facts is None:
        return
    for name, difference in facts.differences.items():
        if not difference.vanished or context.manifest.tables[name].vanished in ("keep", "refuse"):
            continue
        new = new_by_scope(context.connection, context.manifest, facts.shapes, difference)
        for scope, vanished, total in vanished_by_scope(
            context.connection, context.manifest, facts.shapes, difference
        ):
            limit = context.manifest.limit(name, "vanished_share", total)
            if vanished <= limit:
                continue
            where = f" in {scope}" if scope else ""
            kinds = " and ".join(context.manifest.sources(name))
            why = "A feed that shrinks is more often a broken scrape than a smaller world."
            fix = f"Check {kinds}{where}: is it complete?"
            others = ""
            if new.get(scope, 0) * 2 >= vanished:
                # As many came as went: the same things under other keys.
                key = ", ".join(facts.shapes[name].staged_key)
                others = f"; {new[scope]:,} others are new, so the source probably changed its keys"
                why = (
                    f"A row is recognised by its key ({key}). If the source calls the same things "
                    "by other keys, a reload would retire every old row, and what users refer to "
                    "would no longer be kept up to date."
                )
                fix = f"Check {kinds}{where}: do its keys read as in the last scrape?"
            yield Finding(
                check=NAMES[0],
                table=name,
                scope=scope,
                message=f"{name}{where}: {vanished:,} of {total:,} rows "
                f"({_percent(vanished, total)}) are not in this feed; "
                f"the limit is {context.manifest.share(name, 'vanished_share'):.0%}" + others,
                why=why,
                fix=fix,
            )


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if part * 100 >= whole else f"{part / whole:.1%}"
