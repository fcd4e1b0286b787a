"""Errors say what, why and fix; findings can be accepted by their exact name alone."""

from __future__ import annotations

import inspect

import pytest

from seawall import Finding, errors
from seawall.errors import ExitCode, SeawallError
from seawall.plan import accept

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, SeawallError) and kind is not SeawallError
]
FINDING = Finding(check="empty-feed", table="games", scope="A", message="m")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_code_of_its_own_and_an_exit_code(kind: type[SeawallError]):
    assert [other.code for other in KINDS].count(kind.code) == 1
    assert kind.exit_code in set(ExitCode) - {ExitCode.DONE}


def test_an_error_reads_as_four_parts():
    error = SeawallError("it broke", why="it was old", fix="buy another")
    assert str(error) == "seawall-error: it broke\n  why  it was old\n  fix  buy another"
    assert error.as_dict() == {
        "code": "seawall-error",
        "what": "it broke",
        "why": "it was old",
        "fix": "buy another",
    }


def test_exit_codes_are_those_of_the_documents():
    assert {code.name: code.value for code in ExitCode} == {
        "DONE": 0,
        "FAILED": 1,
        "USAGE": 2,
        "REFUSED": 3,
        "CHANGES_PENDING": 4,
        "UNHEALTHY": 5,
        "UNVERIFIED": 6,
    }


def test_an_accepted_finding_no_longer_stops():
    [finding], unused = accept((FINDING,), {"empty-feed:games@A": "known"})
    assert (finding.stops, finding.accepted, unused) == (False, "known", [])


@pytest.mark.parametrize("name", ["empty-feed:games", "empty-feed:games@B", "empty-feed:"])
def test_another_name_accepts_nothing(name: str):
    [finding], unused = accept((FINDING,), {name: "known"})
    assert (finding.stops, unused) == (True, [name])


@pytest.mark.parametrize(
    "kind", [{"acceptable": False}, {"refuses": False}], ids=["unacceptable", "only told"]
)
def test_what_cannot_or_need_not_be_accepted(kind: dict[str, bool]):
    finding = Finding(check="c", table="t", message="m", **kind)
    [kept], unused = accept((finding,), {"c:t": "please"})
    assert (kept.accepted, unused) == (None, ["c:t"])
