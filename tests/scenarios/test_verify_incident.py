"""``make verify-incident``: all points hold, the document lists its lines, and it can fail."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from scenario_commands import run_in

from courtside.demo.incident import Look, wrong_with
from courtside.demo.incident_points import POINTS, SETTING, Point, Step
from courtside.demo.shell import Ended

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "incident.md"


def test_every_point_holds(directory: Path) -> None:
    done = run_in(directory, sys.executable, "-m", "courtside.demo.incident")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("  passed  ") == len(POINTS)
    assert "14 of 14 points passed" in done.stdout
    assert "WRONG" not in done.stdout


def test_the_document_lists_the_lines_of_every_point() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    beginning, *sections = re.split(r"^## (?=\d+\. )", text, flags=re.MULTILINE)

    def lines(part: str) -> list[str]:
        return re.findall(r"^    ((?:\$|=>|GET|POST) .+)$", part, re.MULTILINE)

    assert tuple(lines(beginning)) == SETTING
    assert {said.partition("\n")[0]: lines(said) for said in sections} == {
        f"{point.number}. {point.title}": [step.line for step in point.steps] for point in POINTS
    }


ROWS = {("answers", "1")}
IDS = {"a team": 1}
STEP = Step("$ x", ("well$",))


@pytest.mark.parametrize(
    ("ended", "after", "wrong"),
    [
        (Ended(0, "all is well"), Look(ROWS, IDS), []),
        (Ended(0, "well"), Look({*ROWS, ("clubs", "9")}, {**IDS, "a new team": 2}), []),
        (Ended(3, "well"), Look(ROWS, IDS), ["$ x: ended with 3, not 0"]),
        (Ended(0, "no"), Look(ROWS, IDS), ["$ x: does not say well$"]),
        (Ended(0, "well"), Look(set(), IDS), ["users’ rows are not as they were"]),
        (Ended(0, "well"), Look({*ROWS, ("users", "9")}, IDS),
         ["users’ rows are not as they were"]),
        (Ended(0, "well"), Look(ROWS, {"a team": 2}),
         ["1 teams and players do not have the ids that they had"]),
        (Ended(0, "well"), Look(ROWS, {}),
         ["1 teams and players do not have the ids that they had"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(ended: Ended, after: Look, wrong: list[str]) -> None:
    assert wrong_with(Point(1, "x", (STEP,)), [ended], Look(ROWS, IDS), after) == wrong
