"""``make demo-protection`` shows what docs/recover.md says it shows."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from scenario_commands import run_in

from courtside.demo.protection import with_output
from seawall import SeawallError

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "recover.md"
NAMES = ("clear-list", "empty-scrape", "changed-ids", "stray-delete")


def outputs(text: str) -> dict[str, str]:
    """The outputs in a document; what differs from run to run (figures, spaces) is levelled."""
    found = re.findall(r"<!-- output: ([\w-]+) -->\n(.*?)<!-- end of output -->", text, re.S)
    return {name: re.sub(r"\s+", " ", re.sub(r"\d[\d.,:+-]*", "0", said)) for name, said in found}


def test_its_output_is_what_the_document_says(directory: Path) -> None:
    copy = directory / "recover.md"
    copy.write_text(with_output(DOCUMENT.read_text("utf-8"), dict.fromkeys(NAMES, "")), "utf-8")
    program = (sys.executable, "-m", "courtside.demo.protection")
    done = run_in(directory, *program, "--write", str(copy))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("rows is as it was") == len(NAMES)
    shown = outputs(copy.read_text("utf-8"))
    assert tuple(shown) == NAMES
    assert outputs(DOCUMENT.read_text("utf-8")) == shown


def test_a_document_without_a_place_is_not_written() -> None:
    with pytest.raises(SeawallError, match="no mark"):
        with_output("nothing here", {"clear-list": "output"})
