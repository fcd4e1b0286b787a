"""Ways by which a reload reached rows that nobody was watching: each seen, or refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from reload_case import Reload, checks_of, said

Make = Callable[[str, str], Reload]

TEAMS = "CREATE TABLE teams (id serial PRIMARY KEY, code text NOT NULL UNIQUE, name text);"
NOTES = "CREATE TABLE notes (id integer PRIMARY KEY, body text);"
DECLARED = '[tables.teams]\nowner = "feed"\nkey = ["code"]\n'
USERS_NOTES = '[tables.notes]\nowner = "users"\n'


def function(name: str, body: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body} END$$;"


def test_a_deferred_trigger_that_defers_another_is_seen_before_commit(make: Make):
    case = make(
        TEAMS
        + NOTES
        + "ALTER TABLE teams ADD n integer DEFAULT 0; INSERT INTO notes VALUES (1, 'precious');"
        + function(
            "again",
            "SET CONSTRAINTS ALL DEFERRED;"
            " UPDATE teams SET n = n + 1 WHERE id = new.id AND n = 0; RETURN null;",
        )
        + function("hit", "IF new.n = 1 THEN DELETE FROM notes; END IF; RETURN null;")
        + "CREATE CONSTRAINT TRIGGER again AFTER UPDATE OF name ON teams DEFERRABLE INITIALLY"
        " DEFERRED FOR EACH ROW EXECUTE FUNCTION again();"
        "CREATE CONSTRAINT TRIGGER hit AFTER UPDATE OF n ON teams DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION hit();",
        DECLARED + USERS_NOTES,
    )
    case.load(teams=[{"code": "A", "name": "a"}])
    report = case.run(teams=[{"code": "A", "name": "b"}])
    assert report["outcome"] == "failed"
    assert "notes 1 lost" in said(report["findings"][-1]["message"])
    assert case.rows("TABLE notes") == [(1, "precious")]


@pytest.mark.parametrize("on_delete", ["CASCADE", "SET NULL"])
def test_a_foreign_key_to_a_leaf_partition_reaches_users(make: Make, on_delete: str):
    case = make(
        "CREATE TABLE teams (id integer, code text NOT NULL, name text, PRIMARY KEY (id))"
        " PARTITION BY RANGE (id);"
        "CREATE TABLE teams_1 PARTITION OF teams FOR VALUES FROM (0) TO (1000);"
        "CREATE TABLE favourites (id serial PRIMARY KEY,"
        f" team_id integer REFERENCES teams_1 ON DELETE {on_delete});",
        '[tables.teams]\nowner = "feed"\nkey = ["id"]\nvanished = "delete"\n'
        '[tables.favourites]\nowner = "users"\n',
    )
    assert [f.check for f in case.engine.check() if f.stops] == ["cascade-to-users"]
    case.declare('[tables.teams]\nowner = "feed"\nkey = ["id"]\nvanished = "delete"\n')
    assert {f.check for f in case.engine.check() if f.stops} == {
        "cascade-to-users",
        "unclassified-table",
    }


def test_a_leaf_partition_that_users_refer_to_holds_its_row(make: Make):
    case = make(
        "CREATE TABLE teams (id integer, code text NOT NULL, name text, PRIMARY KEY (id))"
        " PARTITION BY RANGE (id);"
        "CREATE TABLE teams_1 PARTITION OF teams FOR VALUES FROM (0) TO (1000);"
        "CREATE TABLE favourites (id serial PRIMARY KEY, team_id integer REFERENCES teams_1);",
        '[tables.teams]\nowner = "feed"\nkey = ["id"]\nvanished = "delete"\n'
        '[tables.favourites]\nowner = "users"\n',
    )
    case.load(teams=[{"id": n, "code": f"C{n}"} for n in range(1, 31)])
    case.execute("INSERT INTO favourites (team_id) VALUES (1)")
    report = case.load(teams=[{"id": n, "code": f"C{n}"} for n in range(3, 31)])
    assert report["tables"]["teams"]["held"] == 1
    assert report["tables"]["teams"]["deleted"] == 1
    assert case.rows("SELECT id FROM teams ORDER BY id LIMIT 2") == [(1,), (3,)]


def test_a_table_that_inherits_from_an_imported_one_is_refused(make: Make):
    case = make(TEAMS + "CREATE TABLE mine (note text) INHERITS (teams);", DECLARED)
    [finding] = [f for f in case.engine.check() if f.stops]
    assert (finding.check, finding.table) == ("unclassified-table", "mine")
    assert checks_of(case.plan(teams=[{"code": "A"}])) == {"unclassified-table"}
    case.declare(DECLARED + '[tables.mine]\nowner = "users"\n')
    assert [f.table for f in case.engine.check() if f.stops] == ["mine"]


@pytest.mark.parametrize("as_rule", [False, True], ids=["trigger", "rule"])
def test_a_write_to_a_table_that_nobody_named_is_rolled_back(make: Make, as_rule: bool):
    meddle = (
        "CREATE RULE hit AS ON UPDATE TO teams DO ALSO DELETE FROM diary;"
        if as_rule
        else function("hit", "DELETE FROM diary; RETURN new;")
        + "CREATE TRIGGER hit AFTER UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION hit();"
    )
    case = make(
        TEAMS + "CREATE TABLE diary (body text); INSERT INTO diary VALUES ('dear');" + meddle,
        DECLARED,
    )
    case.load(teams=[{"code": "A", "name": "a"}])
    report = case.run(teams=[{"code": "A", "name": "b"}])
    assert report["outcome"] == "failed"
    assert "1 row of a table that the manifest does not name" in report["findings"][-1]["message"]
    assert case.rows("TABLE diary") == [("dear",)]


def test_a_rule_made_after_the_plan_makes_it_stale(make: Make):
    case = make(TEAMS + NOTES, DECLARED + USERS_NOTES)
    plan = case.plan(teams=[{"code": "A"}])
    case.execute("CREATE RULE hit AS ON INSERT TO teams DO ALSO DELETE FROM notes")
    report = case.engine.apply(plan)
    assert [f["check"] for f in report["findings"]] == ["plan-stale"]


def test_a_trigger_that_keeps_the_old_value_leaves_the_run_unverified(make: Make):
    case = make(
        TEAMS
        + function("keep", "new.name := old.name; RETURN new;")
        + "CREATE TRIGGER keep BEFORE UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION keep();",
        DECLARED,
    )
    case.load(teams=[{"code": "A", "name": "a"}])
    report = case.run(teams=[{"code": "A", "name": "b"}])
    assert report["outcome"] == "unverified"
    assert "1 rows of teams do not read as the feed has them" in report["unverified"][0]


def test_allowed_inserts_are_no_damage_and_other_writes_are(make: Make):
    case = make(
        TEAMS
        + NOTES
        + "INSERT INTO notes VALUES (1, 'mine');"
        + function("link", "INSERT INTO notes VALUES (new.id + 100, new.code); RETURN new;")
        + "CREATE TRIGGER link AFTER INSERT ON teams FOR EACH ROW EXECUTE FUNCTION link();"
        + function("hit", "UPDATE notes SET body = 'hit' WHERE id = 1; RETURN new;")
        + "CREATE TRIGGER hit AFTER UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION hit();",
        DECLARED + USERS_NOTES + 'allow = ["insert"]\n',
    )
    report = case.load(teams=[{"code": "A", "name": "a"}])
    assert report["users"]["notes"] == {
        "rows_before": 1,
        "rows_after": 2,
        "changed_by_run": 1,
        "orphans": 0,
        "retargeted": 0,
    }
    report = case.run(teams=[{"code": "A", "name": "b"}])
    assert report["outcome"] == "failed"
    assert "notes 1 changed" in said(report["findings"][-1]["message"])
    case.declare(DECLARED + USERS_NOTES)
    assert case.run(teams=[{"code": "A", "name": "a"}, {"code": "B"}])["outcome"] == "failed"


def test_a_row_removed_by_hand_returns_without_its_old_mark(make: Make):
    case = make(
        "CREATE TABLE teams (code text PRIMARY KEY, name text);",
        '[tables.teams]\nowner = "feed"\nkey = ["code"]\n',
    )
    everyone = [{"code": f"T{n}", "name": "t"} for n in range(30)]
    case.load(teams=everyone)
    case.load(teams=everyone[1:])
    case.execute("DELETE FROM teams WHERE code = 'T0'")
    case.load(teams=everyone)
    assert case.rows("SELECT count(*) FROM seawall.retired") == [(0,)]
    assert case.load(teams=everyone[1:])["tables"]["teams"]["retired"] == 1
