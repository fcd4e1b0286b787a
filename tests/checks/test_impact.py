"""impact-retired, impact-retargeted: how many of the users' rows a run would hit."""

from __future__ import annotations

import pytest
from league_fixtures import MakeReload
from reload_case import Reload, Rows, checks_of

from seawall.plan import Plan

SCHEMA = """
CREATE TABLE teams (id serial PRIMARY KEY, name text NOT NULL UNIQUE, code text UNIQUE);
CREATE TABLE users (id serial PRIMARY KEY);
CREATE TABLE answers (id serial PRIMARY KEY, user_id integer REFERENCES users,
                      team_id integer REFERENCES teams, team_code text);
"""
TABLES = """
[users]
table = "users"
[tables.teams]
owner = "feed"
key = ["name"]
[tables.users]
owner = "users"
[tables.answers]
owner = "users"
"""
LIMITS = "[limits]\nvanished_share = 1.0\nexchanged_share = 1.0\nshrunk_share = 1.0\n"
BY_CODE = '[[tables.answers.references]]\ncolumns = ["team_code"]\ntable = "teams"\nto = ["code"]\n'


def teams(numbers: range) -> Rows:
    return [{"name": f"t{number}", "code": f"c{number}"} for number in numbers]


@pytest.fixture
def hundred(make: MakeReload) -> Reload:
    """Forty teams; two answers of each of 20 users, one about each team."""
    made = make(SCHEMA, LIMITS + TABLES)
    made.load(teams=teams(range(40)))
    made.execute(
        "INSERT INTO users SELECT FROM generate_series(1, 20);"
        "INSERT INTO answers (user_id, team_id, team_code)"
        " SELECT 1 + (t.id - 1) % 20, t.id, t.code FROM teams t ORDER BY t.id"
    )
    return made


def test_at_the_limit(hundred: Reload):
    # 5 % of 40 rows.
    assert hundred.run(teams=teams(range(2, 40)))["outcome"] == "done"


def test_above_the_limit(hundred: Reload):
    before = hundred.image("teams", "answers")
    report = hundred.run(teams=teams(range(4, 40)))
    assert (report["outcome"], checks_of(report)) == ("refused", {"impact-retired"})
    said = report["findings"][0]["message"]
    assert "4 of 40 rows of answers of 4 users" in said
    assert "the limit is 2" in said
    assert hundred.image("teams", "answers") == before


def test_what_nobody_refers_to_does_not_count(hundred: Reload):
    hundred.execute("DELETE FROM answers WHERE team_id <= 10")
    assert hundred.run(teams=teams(range(10, 40)))["outcome"] == "done"


def test_accepted(hundred: Reload):
    report = hundred.run(
        teams=teams(range(10, 40)), accept={"impact-retired:answers": "ten teams folded"}
    )
    assert report["outcome"] == "done"
    assert hundred.value("SELECT count(*) FROM answers") == 40


def test_the_limit_of_one_table(hundred: Reload):
    hundred.declare(LIMITS + TABLES + "limits = { user_retired_share = 0.25 }\n")
    assert hundred.run(teams=teams(range(10, 40)))["outcome"] == "done"


def test_rows_that_are_kept_are_not_hit(hundred: Reload):
    hundred.declare(
        LIMITS + TABLES.replace('key = ["name"]\n', 'key = ["name"]\nvanished = "keep"\n')
    )
    assert hundred.run(teams=teams(range(10, 40)))["outcome"] == "unchanged"


def test_what_users_add_after_the_plan_is_counted_anew(hundred: Reload):
    plan: Plan = hundred.plan(teams=teams(range(2, 40)))
    assert not plan.refusals
    hundred.execute("INSERT INTO answers (user_id, team_id) SELECT 1, 1 FROM generate_series(1, 9)")
    report = hundred.engine.apply(plan)
    assert checks_of(report) == {"plan-stale"}
    assert hundred.value("SELECT count(*) FROM seawall.retired") == 0


def test_a_reference_by_a_column_that_the_feed_writes(hundred: Reload):
    hundred.declare(LIMITS + TABLES + BY_CODE)
    swapped = teams(range(40))
    swapped[0]["code"] = "new"
    plan = hundred.plan(teams=swapped)
    assert checks_of(plan) == {"impact-retargeted"}
    assert not plan.refusals[0].acceptable
    assert "1 rows of answers" in plan.refusals[0].message


def test_a_code_that_nobody_refers_by_may_change(hundred: Reload):
    hundred.declare(LIMITS + TABLES + BY_CODE)
    hundred.execute("UPDATE answers SET team_code = NULL")
    swapped = teams(range(40))
    swapped[0]["code"] = "new"
    assert hundred.run(teams=swapped)["outcome"] == "done"
