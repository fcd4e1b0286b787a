"""Forget: a person's rows leave the history, all versions; the live table stays as it is."""

from __future__ import annotations

import pytest
from league import FEED
from reload_case import Reload

from seawall.errors import UsageError


def test_all_versions_of_matching_rows_go(league: Reload):
    first = league.run(**FEED)["run"]
    league.execute("UPDATE users SET name = 'Anna' WHERE id = 1")
    league.engine.backup()
    live = league.image("users", "answers")
    plan = league.engine.plan_forget("users", "name = 'Anna'")
    assert (plan.rows, plan.versions, plan.still_there) == (1, 2, 1)
    report = league.engine.forget(plan)
    assert (report.rows, report.versions) == (1, 2)
    assert (
        league.value("SELECT count(*) FROM seawall.row_history WHERE row_values::text LIKE '%Ann%'")
        == 0
    )
    assert league.image("users", "answers") == live
    # Every backup still verifies, without the forgotten row.
    assert league.engine.plan_restore(first).tables["users"].same == 1
    assert league.engine.health().healthy
    assert league.engine.backup().tables["users"] == 2  # still in the table: kept again


def test_it_is_on_record_without_saying_whose(league: Reload):
    league.engine.forget(league.engine.plan_forget("answers", "user_id = 2"))
    [row] = league.rows(
        "SELECT table_name, rows, versions, who ->> 'user' <> '', f::text"
        " FROM seawall.forgettings AS f"
    )
    assert row[:4] == ("answers", 1, 1, True)
    assert "user_id" not in row[4]


def test_versions_from_before_a_column_was_dropped(league: Reload):
    league.execute(
        "DELETE FROM answers; ALTER TABLE answers DROP points, DROP CONSTRAINT answers_pkey"
    )
    league.engine.backup()
    plan = league.engine.plan_forget("answers", "points = '1.0' AND user_id = 1")
    assert (plan.rows, plan.still_there) == (1, 0)
    league.engine.forget(plan)
    assert league.engine.plan_forget("answers", "user_id = 1").versions == 0


def test_a_table_that_is_no_more(league: Reload):
    league.execute("DROP TABLE favourites")
    body = league.manifest_text.partition('name = "league"\n')[2]
    league.declare(body.partition("[tables.favourites]")[0])
    assert league.engine.plan_forget("favourites", "user_id = '1'").versions == 1


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ("teams", "true"),
        ("nothing", "true"),
        ("users", "true; DELETE FROM users"),
        ("users", "true) AND (nextval('users_id_seq') > 0"),
        ("users", "no_such = 1"),
    ],
)
def test_what_cannot_be_forgotten(league: Reload, table: str, where: str):
    before = league.image("users", "seawall.row_history")
    with pytest.raises(UsageError):
        league.engine.plan_forget(table, where)
    assert league.image("users", "seawall.row_history") == before
