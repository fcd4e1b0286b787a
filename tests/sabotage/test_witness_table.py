"""docs/witnesses.md says who sees what, as the sabotages' own data has it.

After a change of the data: ``python tests/sabotage/test_witness_table.py`` writes the tables anew.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "witnesses.md"
GENERATED = re.compile(r"(<!-- from the tests -->\n).*?(<!-- end -->\n)", re.DOTALL)
OUTCOMES = {
    "DatabaseError": "refused by the database",
    "PlanError": "refused",
    "RunActive": "refused",
    "failed": "rolled back",
    "done": "done",
}


def tables() -> Iterator[str]:
    """Lines of Markdown."""
    from planting import WITNESSES
    from sabotages import EVERY, GROUPS
    from test_each_witness_is_needed import ALONE

    yield "| witness | what it is | sabotages here that it sees | of them alone |"
    yield "|---|---|---|---|"
    for name, what in WITNESSES.items():
        seen = [each for each in EVERY if name in each.witnesses]
        alone = [each for each in seen if each.witnesses == {name}]
        yield f"| {name} | {what} | {len(seen)} | {len(alone)} |"
    for title, group in GROUPS.items():
        yield f"\n## {title}\n"
        yield "| sabotage | what becomes of it | seen by |"
        yield "|---|---|---|"
        for each in group:
            outcome = OUTCOMES.get(each.stopped, each.stopped)
            seen = [name for name in WITNESSES if name in each.witnesses]
            yield f"| {each.what} | {outcome} | {', '.join(seen) or '–'} |"
    yield "\n## Each one is needed\n"
    yield "| switched off | and this gets past all the rest |"
    yield "|---|---|"
    for name, part, _, what in ALONE:
        yield f"| {name}: {part} | {what} |"


def rewritten(text: str) -> str:
    """The document with tables as they should be."""
    made = "\n".join(tables())
    return GENERATED.sub(lambda found: f"{found[1]}{made}\n{found[2]}", text)


def test_the_tables_are_what_the_tests_say() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert len(GENERATED.findall(text)) == 1
    assert rewritten(text) == text


if __name__ == "__main__":
    for _folder in ("engine", "guards"):
        sys.path.insert(0, str(DOCUMENT.parents[1] / "tests" / _folder))
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
