"""One sabotaged run, and which witnesses noticed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from planting import Sabotage
from reload_case import unknown
from victim import Victim

from seawall.errors import DatabaseError, PlanError, SeawallError
from seawall.ledger.ledger import RunActive
from seawall.report import Report
from seawall.verification import Observation, UserDamage, Verification
from seawall.witness import guards

RAISED = {DatabaseError: "guards", PlanError: "digests", RunActive: "lock"}
"""Errors that end a command before there is a run → who noticed."""

FOUND = {
    "plan-stale": "digests",
    "guard-refused": "guards",
    "outcome-differs": "row counts",
    "database-error": "database",
}
"""Findings of a run that did not go through → who noticed. All others are checks'."""

DOUBTED = {
    "guards: sequence": "structure",
    "guards: session_replication_role": "structure",
    "guards:": "guards",
    "counters:": "counters",
    "merge:": "second match",
    "certificate:": "certificate",
}
"""How the reasons of an unverified run begin → who noticed. The first that fits counts."""


@dataclass
class Attempt:
    """What became of one sabotaged run."""

    outcome: str = ""
    witnesses: set[str] = field(default_factory=set)
    report: Report = field(default_factory=dict)


def carry_out(victim: Victim, sabotage: Sabotage, patch: pytest.MonkeyPatch) -> Attempt:
    """Plant a sabotage, plan, apply, and ask every witness."""
    _plant(victim, sabotage.before)
    if sabotage.trigger:
        victim.on_team(sabotage.trigger)
    attempt = Attempt()
    with _listening(attempt, patch):
        try:
            victim.planned = victim.plan(**sabotage.feed)
            accepted = unknown(victim.planned) if sabotage.accepted else {}
            if any(each.subject not in accepted for each in victim.planned.refusals):
                attempt.witnesses.add("checks")
            _plant(victim, sabotage.after)
            if sabotage.during:
                victim.when(*sabotage.during)
            if sabotage.bug:
                sabotage.bug(patch)
            attempt.report = victim.engine.apply(victim.planned, acceptances=accepted)
        except SeawallError as error:
            attempt.outcome = type(error).__name__
            attempt.witnesses.add(RAISED[type(error)])
        else:
            attempt.outcome = attempt.report["outcome"]
            attempt.witnesses |= set(_named(attempt.report))
    return attempt


def _plant(victim: Victim, plant: Any) -> None:
    if callable(plant):
        plant(victim)
    elif plant:
        victim.execute(plant)


def _named(report: Report) -> Iterator[str]:
    """Who noticed, by what the report says."""
    for finding in report["findings"]:
        if finding["refuses"] and not finding["accepted"]:
            check = finding["check"]
            if check != UserDamage.code:
                yield FOUND.get(check, "checks")
    for reason in report.get("unverified", ()):
        if reason.endswith("by somebody else, while the run was at work"):
            yield "second look"
        else:
            yield next(who for words, who in DOUBTED.items() if reason.startswith(words))
    if report.get("guards", {}).get("tried"):
        yield "guards"
    if report.get("backup", {}).get("altered"):
        yield "read-back"


@contextmanager
def _listening(attempt: Attempt, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ask each witness by itself when the run compares what they said."""
    compare, observe = Verification.refuse_damage, Verification.observe

    def ask_each(self: Verification, before: Observation, after: Observation) -> None:
        attempt.witnesses |= set(_differing(self, before, after))
        compare(self, before, after)

    def look(self: Verification, before: Observation | None = None) -> Observation:
        try:
            return observe(self, before)
        except UserDamage:
            attempt.witnesses.add("structure")
            raise

    with patch.context() as listening:
        listening.setattr(Verification, "refuse_damage", ask_each)
        listening.setattr(Verification, "observe", look)
        yield


def _differing(
    verification: Verification, before: Observation, after: Observation
) -> Iterator[str]:
    if before.fingerprints != after.fingerprints:
        yield "fingerprints"
    if before.meanings != after.meanings:
        yield "meanings"
    if verification._forbidden_writes(before, after):
        yield "counters"
    if list(guards.altered(before.guards, after.guards)) or guards.unclaimed_replaced(
        before.guards, after.guards
    ):
        yield "structure"
