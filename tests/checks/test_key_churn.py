"""key-churn: most keys vanish, and as many new ones come."""

from __future__ import annotations

import pytest
from league_fixtures import MakeReload
from reload_case import Reload, Rows, checks_of

MANIFEST = '[limits]\nvanished_share = 1.0\n[tables.things]\nowner = "feed"\nkey = ["code"]\n'


def numbered(numbers: range) -> Rows:
    return [{"code": str(number)} for number in numbers]


@pytest.fixture
def things(make: MakeReload) -> Reload:
    made = make("CREATE TABLE things (id serial PRIMARY KEY, code text UNIQUE NOT NULL)", MANIFEST)
    made.load(things=numbered(range(20)))
    return made


def test_all_keys_changed(things: Reload):
    before = things.image("things")
    report = things.run(things=numbered(range(100, 120)))
    assert (report["outcome"], checks_of(report)) == ("refused", {"key-churn"})
    assert "20 of 20 keys are gone and 20 others are new" in report["findings"][0]["message"]
    assert things.image("things") == before


def test_half_of_them_is_the_limit(things: Reload):
    assert things.run(things=numbered(range(10, 30)))["outcome"] == "done"


def test_above_the_limit(things: Reload):
    assert checks_of(things.run(things=numbered(range(11, 31)))) == {"key-churn"}


def test_growth_and_shrinking_alone_do_not_count(things: Reload):
    assert things.run(things=numbered(range(2000)))["outcome"] == "done"
    assert "key-churn" not in checks_of(things.run(things=numbered(range(10))))


def test_the_limit_of_one_table_leaves_the_other_limits(things: Reload):
    things.declare(MANIFEST + "limits = { exchanged_share = 1.0 }\n")
    assert things.run(things=numbered(range(100, 120)))["outcome"] == "done"


def test_accepted(things: Reload):
    report = things.run(
        things=numbered(range(100, 120)), accept={"key-churn:things": "codes were issued anew"}
    )
    assert report["outcome"] == "done"
