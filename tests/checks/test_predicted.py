"""missing-value, unique-conflict: what the database would refuse is found before the run."""

from __future__ import annotations

import pytest
from league_fixtures import MakeReload
from reload_case import Reload, Rows, checks_of

SCHEMA = """
CREATE TABLE clubs (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE teams (id serial PRIMARY KEY, name text NOT NULL UNIQUE, city text NOT NULL,
                    code text{unique}, level integer NOT NULL DEFAULT 1 CHECK (level > 0),
                    club_id integer REFERENCES clubs);
"""
MANIFEST = """
[limits]
vanished_share = 1.0
exchanged_share = 1.0
[tables.clubs]
owner = "feed"
key = ["name"]
[tables.teams]
owner = "feed"
key = ["name"]
[tables.teams.parents.club_id]
table = "clubs"
by = { name = "club" }
"""
TWO: Rows = [{"name": "a", "city": "X", "code": "1"}, {"name": "b", "city": "X", "code": "2"}]


@pytest.fixture
def teams(make: MakeReload) -> Reload:
    made = make(SCHEMA.format(unique=" UNIQUE"), MANIFEST)
    made.load(clubs=[{"name": "c"}], teams=TWO)
    return made


def refused(teams: Reload, rows: Rows) -> str:
    before = teams.image("teams")
    report = teams.run(teams=rows)
    assert report["outcome"] == "refused"
    (check,) = checks_of(report)
    assert teams.image("teams") == before
    return check


def test_a_new_row_without_a_value(teams: Reload):
    plan = teams.plan(teams=[*TWO, {"name": "new", "code": "3"}])
    assert [f.check for f in plan.refusals] == ["missing-value"]
    assert "1 rows of teams would have no city" in plan.refusals[0].message
    assert "for example new" in plan.refusals[0].message
    assert not plan.refusals[0].acceptable


def test_a_row_that_stands_keeps_its_value_and_a_default_helps(teams: Reload):
    rows: Rows = [{"name": "a"}, {"name": "b"}, {"name": "new", "city": "Y"}]
    assert teams.run(teams=rows)["outcome"] == "done"


def test_null_that_overwrites(teams: Reload):
    teams.declare(
        MANIFEST.replace(
            'key = ["name"]\n[tables.teams.p',
            'key = ["name"]\nnulls_overwrite = ["city"]\n[tables.teams.p',
        )
    )
    assert refused(teams, [{**TWO[0], "city": None}, TWO[1]]) == "missing-value"


def test_a_trigger_may_fill_it(teams: Reload):
    teams.execute(
        "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.city = coalesce(NEW.city, 'Z'); RETURN NEW; END $$;"
        "CREATE TRIGGER fill BEFORE INSERT ON teams FOR EACH ROW EXECUTE FUNCTION fill()"
    )
    report = teams.run(teams=[*TWO, {"name": "new", "code": "3"}])
    assert report["outcome"] in ("done", "unverified")


@pytest.mark.parametrize(
    "rows",
    [
        [*TWO, {"name": "new", "city": "X", "code": "1"}],
        [*TWO, *({"name": name, "city": "X", "code": "9"} for name in "xy")],
        [{**TWO[0], "code": "2"}, TWO[1]],
        [{**TWO[0], "code": "2"}, {**TWO[1], "code": "1"}],
        # The row that has the code vanishes, and would be marked after the insert.
        [TWO[0], {"name": "new", "city": "X", "code": "2"}],
    ],
    ids=["new and standing", "two new", "changed", "swapped", "new and vanished"],
)
def test_a_value_that_another_row_has(teams: Reload, rows: Rows):
    assert refused(teams, rows) == "unique-conflict"


def test_values_that_nobody_has_and_nulls(teams: Reload):
    rows: Rows = [{**TWO[0], "code": "7"}, TWO[1], *({"name": n, "city": "X"} for n in "xy")]
    assert teams.run(teams=rows)["outcome"] == "done"


def test_a_deferrable_constraint_allows_a_swap(make: MakeReload):
    made = make(SCHEMA.format(unique=" UNIQUE DEFERRABLE INITIALLY DEFERRED"), MANIFEST)
    made.load(teams=TWO)
    swapped = [{**TWO[0], "code": "2"}, {**TWO[1], "code": "1"}]
    assert made.run(teams=swapped)["outcome"] == "done"
    assert refused(made, [*swapped, {"name": "new", "city": "X", "code": "1"}]) == "unique-conflict"


def test_a_pair_with_a_new_parent(teams: Reload):
    teams.execute("ALTER TABLE teams ADD UNIQUE (club_id, level)")
    club: Rows = [{"name": "c"}, {"name": "d"}]
    rows: Rows = [*TWO, *({"name": n, "city": "X", "club": "d", "level": 5} for n in "xy")]
    assert checks_of(teams.run(clubs=club, teams=rows)) == {"unique-conflict"}
    rows[3] = {**rows[3], "level": 6}
    assert teams.run(clubs=club, teams=rows)["outcome"] == "done"


def test_a_check_constraint_is_named_with_its_row(teams: Reload):
    report = teams.run(teams=[*TWO, {"name": "new", "city": "X", "level": -1}])
    (finding,) = report["findings"]
    assert (report["outcome"], finding["check"]) == ("failed", "database-error")
    assert "teams_level_check of teams forbids a row of this feed" in finding["message"]
    assert "new" in finding["message"]
