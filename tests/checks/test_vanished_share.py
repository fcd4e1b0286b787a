"""vanished-share: too many rows of a table are not in this feed."""

from __future__ import annotations

import pytest
from league_fixtures import MakeReload
from reload_case import Reload, Rows, checks_of, counts

MANIFEST = '[tables.things]\nowner = "feed"\nkey = ["code"]\n'


@pytest.fixture
def things(make: MakeReload) -> Reload:
    """Twenty things; a tenth may vanish."""
    made = make("CREATE TABLE things (id serial PRIMARY KEY, code text UNIQUE NOT NULL)", MANIFEST)
    made.load(things=numbered(range(20)))
    return made


def numbered(numbers: range) -> Rows:
    return [{"code": str(number)} for number in numbers]


def test_at_the_limit(things: Reload):
    assert counts(things.run(things=numbered(range(18))), "things")["retired"] == 2


def test_above_the_limit(things: Reload):
    before = things.image("things")
    report = things.run(things=numbered(range(17)))
    assert (report["outcome"], checks_of(report)) == ("refused", {"vanished-share"})
    assert "3 of 20 rows" in report["findings"][0]["message"]
    assert things.image("things") == before


def test_one_row_may_always_vanish(make: MakeReload):
    made = make("CREATE TABLE things (id serial PRIMARY KEY, code text UNIQUE NOT NULL)", MANIFEST)
    made.load(things=numbered(range(3)))
    assert made.run(things=numbered(range(2)))["outcome"] == "done"
    assert made.run(things=numbered(range(1)))["outcome"] == "done"


def test_growth_never_counts(things: Reload):
    assert things.run(things=numbered(range(2000)))["outcome"] == "done"


def test_retired_rows_are_not_counted_again(things: Reload):
    things.run(things=numbered(range(18)))
    assert things.run(things=numbered(range(17)))["outcome"] == "done"
    # 2 of the 17 that stand are above a tenth; of 20 they would not be.
    assert things.run(things=numbered(range(15)))["outcome"] == "refused"


def test_accepted(things: Reload):
    accept = {"vanished-share:things": "half of them closed"}
    report = things.run(things=numbered(range(10)), accept=accept)
    assert counts(report, "things")["retired"] == 10


def test_the_limit_of_one_table(things: Reload):
    things.declare(MANIFEST + "[tables.things.limits]\nvanished_share = 0.5\n")
    assert things.run(things=numbered(range(10)))["outcome"] == "done"


def test_changed_keys_are_named_as_such(things: Reload):
    report = things.run(things=[{"code": f"new-{number}"} for number in range(20)])
    assert report["outcome"] == "refused"
    assert "changed its keys" in report["findings"][0]["message"]
