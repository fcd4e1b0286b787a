"""Checks: one rule, one file, one heading in docs/checks.md.

A rule is a module with ``NAME`` (a tuple of the names its findings carry) and ``find``. A rule that
cannot be evaluated refuses.
"""

from __future__ import annotations

from types import ModuleType

import psycopg

from seawall.checks import (
    cascade,
    duplicate_key,
    empty_feed,
    key,
    protection_ended,
    reader_notice,
    reference_cycle,
    set_aside_budget,
    stale_feed,
    unclassified,
    unresolved_reference,
    user_table_written,
    vanished_refused,
    vanished_share,
    wrong_database,
)
from seawall.checks.context import Context, FeedFacts, context_of
from seawall.plan import Finding

SCHEMA_RULES: tuple[ModuleType, ...] = (
    wrong_database,
    user_table_written,
    protection_ended,
    unclassified,
    cascade,
    reference_cycle,
    key,
)
# What the reader says of the feed as a whole often explains what the others find in its parts.
FEED_RULES: tuple[ModuleType, ...] = (
    reader_notice,
    stale_feed,
    empty_feed,
    set_aside_budget,
    duplicate_key,
    vanished_share,
    vanished_refused,
    unresolved_reference,
)

__all__ = [
    "FEED_RULES",
    "SCHEMA_RULES",
    "Context",
    "FeedFacts",
    "check_feed",
    "check_schema",
    "context_of",
]


def check_schema(context: Context) -> list[Finding]:
    """Judge manifest and database, without a feed."""
    return _run(SCHEMA_RULES, context)


def check_feed(context: Context) -> list[Finding]:
    """Judge a staged and matched feed."""
    return _run(FEED_RULES, context)


def _run(rules: tuple[ModuleType, ...], context: Context) -> list[Finding]:
    findings: list[Finding] = []
    for rule in rules:
        try:
            # A savepoint, where a transaction is open: a failed rule must not end the others.
            with context.connection.transaction():
                findings += rule.find(context)
        except psycopg.Error as error:
            findings.append(
                Finding(
                    check=rule.NAMES[0],
                    table="",
                    message=f"could not be evaluated: {str(error).strip()}",
                    why="What cannot be judged is not safe.",
                    fix="Give the role the rights that docs/checks.md names for this check.",
                    acceptable=False,
                )
            )
    return findings
