"""The API describes itself: every address, every failure, in the page and in docs/api.md."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

from cast import Program, Visitor

from courtside.api import reference, tokens
from courtside.site.failures import Failure


def test_the_description_is_served_here(anonymous: Visitor) -> None:
    document = anonymous.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert "/api/v1/availability/{day}" in document["paths"]
    page = anonymous.get("/api").text
    assert "/api/v1/availability/{day}" in page
    assert "https://" not in page.replace("https://www.w3.org", "")
    for problem in reference.PROBLEMS:
        assert f'id="{problem.key()}"' in page


def test_every_failure_of_the_api_is_described() -> None:
    def below(kind: type[Failure]) -> set[type[Failure]]:
        return {kind, *(other for sub in kind.__subclasses__() for other in below(sub))}

    own = {kind for kind in below(Failure) if kind.__module__.startswith("courtside.api")}
    assert own - {tokens.TooManyTokens} <= set(reference.PROBLEMS)


def test_the_day_is_a_date_in_every_answer(owner_program: Program) -> None:
    for event in owner_program.get("/events").json()["events"]:
        assert str(datetime.date.fromisoformat(event["day"])) == event["day"]


def test_the_document_lists_every_address() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    listed = {
        (address, method.strip())
        for address, methods in re.findall(r"^\| `(/api/v1[^`]*)` \| ([A-Z, ]+) \|", text, re.M)
        for method in methods.split(",")
    }
    described = {
        (path, method.upper())
        for path, operations in reference.description()["paths"].items()
        for method in operations
    }
    assert listed == described
