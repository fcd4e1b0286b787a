"""With one witness switched off, some sabotage gets past all the rest: no witness is for show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from planting import WITNESSES
from sabotages import named
from test_sabotages import skip_unless_superuser
from victim import Victim
from witnessing import carry_out

from seawall import apply, checks, row_versions, verification
from seawall.apply import Apply
from seawall.catalog.model import Catalogue
from seawall.history import backup
from seawall.ledger import ledger
from seawall.second_match import SecondMatch
from seawall.witness import certificate, counters, fingerprints, guards, meanings
from seawall.witness.counters import Counts
from seawall.witness.fingerprints import Fingerprint, Subject
from seawall.witness.meanings import Meaning

SwitchOff = Callable[[pytest.MonkeyPatch], None]


def always(value: Any) -> Callable[..., Any]:
    """A function that looks at nothing."""
    return lambda *_, **__: value


class SameAsAny:
    """Differs from nothing."""

    def __init__(self, *_: Any) -> None: ...

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = None  # pyright: ignore


def other_locks(patch: pytest.MonkeyPatch) -> None:
    for module in (apply, ledger):
        patch.setattr(module, "RUN_LOCK", 4711)


def no_structure(patch: pytest.MonkeyPatch) -> None:
    for name in ("altered", "unclaimed_replaced"):
        patch.setattr(guards, name, always([]))


def no_fingerprints(_: Any, subjects: Iterable[Subject]) -> dict[str, Fingerprint]:
    return {subject.name: Fingerprint(0, "0") for subject in subjects}


# (witness, what of it is switched off, how, the sabotage that then gets past)
ALONE: list[tuple[str, str, SwitchOff, str]] = [
    (
        "checks",
        "all rules",
        lambda p: p.setattr(checks, "_run", always([])),
        "the manifest is another database’s",
    ),
    (
        "digests",
        "of the catalogue",
        lambda p: p.setattr(Catalogue, "digest", "same"),
        "a column’s default changes after planning",
    ),
    (
        "digests",
        "of imported rows",
        lambda p: p.setattr(row_versions, "_versions", lambda _, tables: ["same" for _ in tables]),
        "an imported row is written after planning",
    ),
    ("lock", "both locks", other_locks, "a second run at the same time"),
    (
        "guards",
        "the record of how they stood",
        lambda p: p.setattr(guards, "doubts", always([])),
        "a guard is disabled after planning",
    ),
    (
        "guards",
        "the triggers",
        lambda _: None,
        "a write is undone while the counters are switched off",
    ),
    (
        "structure",
        "all of it",
        no_structure,
        "a table that the manifest does not name is truncated",
    ),
    (
        "counters",
        "all of them",
        lambda p: p.setattr(
            counters, "read", always(Counts(inserted=Counter(), rewritten=Counter()))
        ),
        "the guards are disarmed, a write is undone, the guards armed again",
    ),
    (
        "fingerprints",
        "all of them",
        lambda p: p.setattr(fingerprints, "take", no_fingerprints),
        "the same, with the guards disarmed and armed again",
    ),
    (
        "meanings",
        "all of them",
        lambda p: p.setattr(
            meanings, "_take", always(Meaning(references=0, orphans=0, retargeted=0, hash="0"))
        ),
        "an imported row gets another key: the reference stands, its meaning does not",
    ),
    (
        "row counts",
        "all of them",
        lambda p: p.setattr(Apply, "_refuse_other_outcome", always(None)),
        "the merge’s UPDATE lost its WHERE",
    ),
    (
        "second match",
        "all of it",
        lambda p: p.setattr(SecondMatch, "not_as_staged", always([])),
        "the merge’s UPDATE joins the wrong rows, as many as planned",
    ),
    (
        "certificate",
        "it says yes",
        lambda p: p.setattr(certificate, "nothing_written", always(True)),
        "the merge writes although nothing changed",
    ),
    (
        "second look",
        "all of it",
        lambda p: p.setattr(verification.Verification, "_altered_by_others", always([])),
        "somebody disables a guard while the run is at work",
    ),
    (
        "read-back",
        "against the sum on record",
        lambda p: p.setattr(backup, "Sum", SameAsAny),
        "a version in the history is altered",
    ),
]
NOT_OURS = {"database"}
"""PostgreSQL's own constraints cannot be switched off here without another witness telling."""


def test_every_witness_is_tried() -> None:
    assert {witness for witness, *_ in ALONE} == WITNESSES.keys() - NOT_OURS


@pytest.mark.parametrize(
    ("witness", "part", "switch_off", "what"), ALONE, ids=lambda p: p if isinstance(p, str) else ""
)
def test_without_it_a_sabotage_gets_past_the_rest(
    victim: Victim,
    monkeypatch: pytest.MonkeyPatch,
    witness: str,
    part: str,
    switch_off: SwitchOff,
    what: str,
) -> None:
    sabotage = named(what)
    assert sabotage.witnesses == {witness}
    skip_unless_superuser(victim, sabotage)
    if part != "the triggers":
        victim.guarded()
    switch_off(monkeypatch)
    attempt = carry_out(victim, sabotage, monkeypatch)
    assert attempt.outcome in ("done", "unchanged"), attempt.report
    assert attempt.witnesses == set()


def test_deferred_triggers_must_act_before_the_witnesses_look(
    victim: Victim, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = victim.users_rows()
    monkeypatch.setattr(Apply, "_fire_deferred", always(None))
    attempt = carry_out(victim, named("a deferred constraint trigger acts at COMMIT"), monkeypatch)
    assert (attempt.outcome, attempt.witnesses) == ("done", set())
    assert victim.users_rows() != users
