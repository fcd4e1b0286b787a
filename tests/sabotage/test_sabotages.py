"""Whatever is planted is refused, rolled back or reported unverified, and its witnesses see it."""

from __future__ import annotations

import pytest
from planting import Sabotage
from sabotages import AFTER_THE_PLAN, EVERY, FAULTS_OF_OUR_OWN, IN_THE_RUN
from victim import Victim
from witnessing import carry_out

from seawall.errors import ExitCode

NOTHING_WRITTEN = ("refused", "failed")


def words(sabotage: Sabotage) -> str:
    return sabotage.what


def skip_unless_superuser(victim: Victim, sabotage: Sabotage) -> None:
    query = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    if sabotage.superuser and not victim.value(query):
        pytest.skip("only a superuser can plant it")


def test_there_are_enough() -> None:
    assert len([sabotage for sabotage in EVERY if sabotage.blamed]) >= 40
    assert len({sabotage.what for sabotage in EVERY}) == len(EVERY)


@pytest.mark.parametrize("sabotage", EVERY, ids=words)
def test_sabotage(
    guarded_victim: Victim, sabotage: Sabotage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the guards up."""
    victim = guarded_victim
    skip_unless_superuser(victim, sabotage)
    users, imported = victim.users_rows(), victim.imported_rows()
    attempt = carry_out(victim, sabotage, monkeypatch)

    assert attempt.outcome == sabotage.stopped, attempt.report
    assert attempt.witnesses <= sabotage.witnesses
    assert attempt.witnesses or not sabotage.seen
    if attempt.report.get("outcome") == "unverified":
        assert attempt.report["unverified"]
    elif sabotage.blamed and sabotage not in AFTER_THE_PLAN:
        assert victim.users_rows() == users
    if attempt.outcome in NOTHING_WRITTEN and sabotage not in AFTER_THE_PLAN:
        assert victim.imported_rows() == imported


@pytest.mark.parametrize(
    "sabotage",
    [each for each in (*IN_THE_RUN, *FAULTS_OF_OUR_OWN) if not each.needs_guards],
    ids=words,
)
def test_every_witness_that_is_said_to_see_it_does(
    victim: Victim, sabotage: Sabotage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards stop a run before others can look: without them the others are asked."""
    skip_unless_superuser(victim, sabotage)
    users = victim.users_rows()
    attempt = carry_out(victim, sabotage, monkeypatch)
    assert attempt.witnesses == sabotage.witnesses - {"guards"}, attempt.report
    if attempt.outcome != "unverified" and attempt.witnesses:
        assert victim.users_rows() == users


def test_every_outcome_of_a_sabotage_has_its_exit_code() -> None:
    said = {sabotage.stopped for sabotage in EVERY if sabotage.stopped.islower()}
    assert {outcome for outcome in said if outcome != "done"} <= {c.name.lower() for c in ExitCode}
