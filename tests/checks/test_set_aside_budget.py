"""set-aside-budget: too many records of a file could not be used."""

from __future__ import annotations

import pytest
from league_fixtures import MakeReload
from reload_case import Reload, Rows, checks_of

MANIFEST = '[tables.things]\nowner = "feed"\nkey = ["code"]\n'
SCHEMA = "CREATE TABLE things (id serial PRIMARY KEY, code text UNIQUE NOT NULL, n integer)"


def records(good: int, bad: int) -> Rows:
    return [{"code": str(n), "n": n if n < good else "?"} for n in range(good + bad)]


@pytest.mark.parametrize(("good", "bad"), [(3, 1), (198, 2), (398, 4)])
def test_within_the_budget(make: MakeReload, good: int, bad: int):
    report = make(SCHEMA, MANIFEST).run(things=records(good, bad))
    assert report["outcome"] == "done"
    assert report["files"]["things.json"]["set_aside"] == bad


@pytest.mark.parametrize(("good", "bad"), [(3, 2), (198, 3)])
def test_above_the_budget(make: MakeReload, good: int, bad: int):
    made = make(SCHEMA, MANIFEST)
    report = made.run(things=records(good, bad))
    assert (report["outcome"], checks_of(report)) == ("refused", {"set-aside-budget"})
    assert made.value("SELECT count(*) FROM things") == 0
    # Refused or not, the records are kept to be looked at.
    assert len(made.engine.set_aside(report["run"])) == bad


def test_accepted(make: MakeReload):
    made: Reload = make(SCHEMA, MANIFEST)
    report = made.run(things=records(3, 3), accept={"set-aside-budget:things": "a known bug"})
    assert report["outcome"] == "done"
    assert made.value("SELECT count(*) FROM things") == 3


def test_another_budget(make: MakeReload):
    made = make(SCHEMA, "[feed]\nset_aside_budget = 0.5\n" + MANIFEST)
    assert made.run(things=records(3, 3))["outcome"] == "done"
