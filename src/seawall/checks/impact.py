"""Too many of the users' rows refer to what vanishes, or would come to mean something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seawall.checks.context import Context
from seawall.manifest import Manifest
from seawall.plan import Finding, UserImpact

NAMES = ("impact-retired", "impact-retargeted")


def find(context: Context) -> Iterator[Finding]:
    """Compare, per user table, the rows hit with the limit. No row may be retargeted."""
    if context.facts is not None:
        yield from judge(context.manifest, context.facts.users)


def judge(manifest: Manifest, users: Mapping[str, UserImpact]) -> Iterator[Finding]:
    """The same for impacts that were counted anew, before a plan is applied."""
    for name, impact in users.items():
        limit = manifest.limit(name, "user_retired_share", impact.rows)
        if impact.affected_rows > limit:
            of_users = f" of {impact.affected_users:,} users" if impact.affected_users else ""
            ways = ", ".join(f"{count:,} by {label}" for label, count in impact.vanishing.items())
            yield Finding(
                check=NAMES[0],
                table=name,
                message=f"{impact.affected_rows:,} of {impact.rows:,} rows of {name}{of_users} "
                f"refer to what is not in this feed ({ways}); the limit is {limit:,}",
                why="They stay, but what they mean would be retired: lists no longer show it. So "
                "many at once are more often a broken feed than the end of what users chose.",
                fix="Look at the vanished rows of the plan. Did the source drop them, or does it "
                "call them by other keys?",
            )
        for label, count in impact.moved.items():
            yield Finding(
                check=NAMES[1],
                table=name,
                message=f"{count:,} rows of {name} would mean another row than before, or none "
                f"({label}): the feed changes the column that they refer by",
                why="A reference by a column that the feed writes does not stay with its row.",
                fix=f"Let {name} refer by the table’s id, or make the column part of its key.",
                acceptable=False,
            )
