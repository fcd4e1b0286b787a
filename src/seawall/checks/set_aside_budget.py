"""Too many records of a file had to be set aside."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("set-aside-budget", "incomplete-file")


def find(context: Context) -> Iterator[Finding]:
    """Compare each file's unexpected set-asides with the budget; one is always allowed.

    Any of them makes the file say nothing about absence, which a notice tells.
    """
    if context.facts is None:
        return
    share = context.manifest.feed.set_aside_budget
    for file in context.facts.files:
        if file.unexpected and (file.scope, file.kind) in context.facts.feed.incomplete:
            yield Finding(
                check=NAMES[1],
                table=file.table or file.kind,
                scope=file.scope,
                message=f"{file.file}: {file.unexpected} of {file.read} records cannot be used, "
                "so that nothing counts as vanished for want of a record in it",
                why="A row whose record is damaged is not gone from the source.",
                fix="Look at them (seawall show RUN --set-aside) and mend the source or reader.",
                refuses=False,
            )
        budget = max(1, int(file.read * share))
        if file.unexpected > budget:
            reasons = ", ".join(f"{count} {reason}" for reason, count in file.reasons.items())
            yield Finding(
                check=NAMES[0],
                table=file.table or file.kind,
                scope=file.scope,
                message=f"{file.file}: {file.unexpected} of {file.read} records cannot be used "
                f"({reasons}); the limit is {budget}",
                why="So many bad records mean that the source changed its shape or broke.",
                fix="Look at them (seawall show RUN --set-aside) and mend the source or reader.",
            )
