"""Checks: one rule, one file, one heading in docs/checks.md.

A rule is a module with ``NAME`` (a tuple of the names its findings carry) and ``find``. A rule that
cannot be evaluated refuses.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Mapping
from types import ModuleType

import psycopg

from seawall.checks import (
    adopted,
    blank_key,
    cascade,
    column_emptied,
    dates_collapsed,
    duplicate_key,
    empty_feed,
    event_trigger,
    generated_column,
    impact,
    key,
    key_churn,
    ledger_trigger,
    missing_value,
    protection_ended,
    reader_notice,
    reference_cycle,
    row_security,
    scope_not_carried,
    set_aside_budget,
    shrunk_file,
    stale_feed,
    truncate_reach,
    type_without_equality,
    unclaimed_column,
    unclassified,
    undeclared_reference,
    unindexed_foreign_key,
    unique_conflict,
    unknown_rule,
    unknown_trigger,
    unresolved_reference,
    user_table_written,
    vanished_refused,
    vanished_share,
    weak_foreign_key,
    wrong_database,
    wrong_scope,
)
from seawall.checks.context import Context, FeedFacts, context_of
from seawall.errors import ManifestError
from seawall.manifest import Manifest
from seawall.plan import Finding, UserImpact, accept_standing

SCHEMA_RULES: tuple[ModuleType, ...] = (
    wrong_database,
    row_security,
    user_table_written,
    protection_ended,
    unclassified,
    cascade,
    weak_foreign_key,
    undeclared_reference,
    unknown_trigger,
    unknown_rule,
    event_trigger,
    ledger_trigger,
    reference_cycle,
    generated_column,
    type_without_equality,
    key,
)
# What is worth knowing once, and not with every run.
ADVICE_RULES: tuple[ModuleType, ...] = (truncate_reach, unindexed_foreign_key)
# What the reader says of the feed as a whole often explains what the others find in its parts.
FEED_RULES: tuple[ModuleType, ...] = (
    reader_notice,
    stale_feed,
    empty_feed,
    shrunk_file,
    set_aside_budget,
    duplicate_key,
    blank_key,
    wrong_scope,
    scope_not_carried,
    adopted,
    unclaimed_column,
    column_emptied,
    dates_collapsed,
    impact,
    key_churn,
    vanished_share,
    vanished_refused,
    missing_value,
    unique_conflict,
    unresolved_reference,
)
EVERY_RULE = (*SCHEMA_RULES, *ADVICE_RULES, *FEED_RULES)

__all__ = [
    "ADVICE_RULES",
    "EVERY_RULE",
    "FEED_RULES",
    "SCHEMA_RULES",
    "Context",
    "FeedFacts",
    "advise",
    "check_feed",
    "check_schema",
    "context_of",
    "judge_impact",
    "refuse_misspelt",
]


def check_schema(context: Context) -> list[Finding]:
    """Judge manifest and database, without a feed; the manifest's acceptances are marked."""
    return _run(SCHEMA_RULES, context)


def advise(context: Context) -> list[Finding]:
    """What ``seawall check`` says besides: notices that no run repeats."""
    return _run(ADVICE_RULES, context)


def check_feed(context: Context) -> list[Finding]:
    """Judge a staged and matched feed; the manifest's acceptances are marked."""
    return _run(FEED_RULES, context)


def judge_impact(manifest: Manifest, users: Mapping[str, UserImpact]) -> list[Finding]:
    """Judge what a run means for users' rows alone, counted anew; the manifest's acceptances are
    left out of the findings."""
    today = datetime.datetime.now(datetime.UTC).date()
    found = accept_standing(list(impact.judge(manifest, users)), manifest.accept, today)
    return [finding for finding in found if finding.stops]


def refuse_misspelt(manifest: Manifest) -> None:
    """Look whether the manifest's acceptances name checks that there are.

    Raises:
        ManifestError: one does not. Where a reader in Python is named, only a name that is nearly a
            check's is refused: readers may give notices of their own names.
    """
    names = sorted({name for rule in EVERY_RULE for name in rule.NAMES})
    for each in manifest.accept:
        if each.check in names:
            continue
        close = difflib.get_close_matches(each.check, names, n=1, cutoff=0.7)
        if close or manifest.feed.reader is None:
            raise ManifestError(
                f"an acceptance names the check “{each.check}”, which does not exist",
                why="An acceptance that fits nothing would be forgotten there.",
                fix=f"Did you mean “{close[0]}”?" if close else f"Checks: {', '.join(names)}.",
            )


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
    today = datetime.datetime.now(datetime.UTC).date()
    return list(accept_standing(findings, context.manifest.accept, today))
