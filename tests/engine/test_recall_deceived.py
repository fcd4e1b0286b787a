"""Recall is not deceived: values, columns and types that change without a row being written."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from league import FEED, MANIFEST, SCHEMA
from league_fixtures import MakeReload
from reload_case import Reload, Rows, counts

ONE_TABLE = '[tables.t]\nowner = "feed"\nkey = ["k"]\n'


def made(make: MakeReload, columns: str, rows: Rows, *, before: str = "") -> Reload:
    """One table of a key ``k`` and other columns, loaded."""
    league = make(
        f"{before}; CREATE TABLE t (id serial PRIMARY KEY, k text NOT NULL UNIQUE, {columns})",
        ONE_TABLE,
    )
    league.load(t=rows)
    assert league.plan(t=rows).differences["t"].recalled
    return league


@pytest.mark.parametrize(
    ("type_", "was", "is_"),
    [
        ("bigint", 1, 4294967296),
        ("bigint", -1, 4294967295),
        ("time", "00:00:00.000001", "01:11:34.967296"),
        ("timestamp", "2024-01-01T00:00:00", "2023-12-31T22:48:25.032705"),
        ("timestamptz", "2024-01-01T00:00:00+00:00", "2023-12-31T22:48:25.032705+00:00"),
        ("float8", 0.5, 0.25),
        ("numeric", "1.0", "1.5"),
        ("interval", "1 day", "1 day 01:00:00"),
    ],
)
def test_a_value_that_a_narrow_hash_takes_for_the_same(
    make: MakeReload, type_: str, was: Any, is_: Any
) -> None:
    league = made(make, f"v {type_}", [{"k": "a", "v": was}])
    plan = league.plan(t=[{"k": "a", "v": is_}])
    assert counts(plan, "t") == {"staged": 1, "changed": 1}


@pytest.mark.parametrize(
    "deed",
    [
        "ALTER TABLE t DROP COLUMN v; ALTER TABLE t ADD COLUMN v text",
        "ALTER TABLE t DROP COLUMN v; ALTER TABLE t ADD COLUMN v text DEFAULT 'z';"
        "ALTER TABLE t ALTER v DROP DEFAULT",
    ],
)
def test_a_column_that_was_dropped_and_added_again(make: MakeReload, deed: str) -> None:
    rows = [{"k": "a", "v": "x"}]
    league = made(make, "v text", rows)
    plan = league.plan(t=rows)
    league.execute(deed)
    again = league.plan(t=rows)
    assert counts(again, "t") == {"staged": 1, "changed": 1}
    assert league.engine.apply(plan)["outcome"] == "refused"


def test_columns_that_exchanged_their_names(make: MakeReload) -> None:
    league = make(
        "CREATE TABLE t (id serial PRIMARY KEY, k text NOT NULL UNIQUE, v text, w text)",
        ONE_TABLE + 'user_columns = ["w"]\n',
    )
    rows = [{"k": "a", "v": "x"}]
    league.load(t=rows)
    league.load(t=rows)
    league.execute("UPDATE t SET w = 'mine'")
    league.load(t=rows)
    assert league.plan(t=rows).differences["t"].recalled
    league.execute(
        "ALTER TABLE t RENAME v TO x; ALTER TABLE t RENAME w TO v; ALTER TABLE t RENAME x TO w"
    )
    again = league.plan(t=rows)
    assert counts(again, "t") == {"staged": 1, "changed": 1}


def test_enumerated_values_that_exchanged_their_names(make: MakeReload) -> None:
    rows = [{"k": "a", "v": "x"}]
    league = made(make, "v mood", rows, before="CREATE TYPE mood AS ENUM ('x', 'y')")
    league.execute(
        "ALTER TYPE mood RENAME VALUE 'x' TO 'z'; ALTER TYPE mood RENAME VALUE 'y' TO 'x'"
    )
    again = league.plan(t=rows)
    assert counts(again, "t") == {"staged": 1, "changed": 1}


def test_arrays_of_enumerated_values_that_exchanged_their_names(make: MakeReload) -> None:
    rows = [{"k": "a", "v": ["x"]}]
    league = made(make, "v mood[]", rows, before="CREATE TYPE mood AS ENUM ('x', 'y')")
    league.execute(
        "ALTER TYPE mood RENAME VALUE 'x' TO 'z'; ALTER TYPE mood RENAME VALUE 'y' TO 'x'"
    )
    again = league.plan(t=rows)
    assert counts(again, "t") == {"staged": 1, "changed": 1}


# Without ICU no collation takes different texts for equal.
ND = "CREATE COLLATION nd (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"


def test_a_collation_that_tells_more_apart(make: MakeReload) -> None:
    league = make(
        "CREATE TABLE t (id serial PRIMARY KEY, k text NOT NULL UNIQUE, v text)", ONE_TABLE
    )
    try:
        league.execute(ND)
    except psycopg.errors.FeatureNotSupported as error:
        pytest.skip(str(error))
    league.execute("ALTER TABLE t ALTER v TYPE text COLLATE nd")
    league.load(t=[{"k": "a", "v": "x"}])
    rows = [{"k": "a", "v": "X"}]
    assert league.load(t=rows)["outcome"] == "unchanged"
    league.execute('ALTER TABLE t ALTER v TYPE text COLLATE "default"')
    assert counts(league.plan(t=rows), "t") == {"staged": 1, "changed": 1}


def test_staged_columns_in_another_order(make: MakeReload) -> None:
    league = made(make, "v text, w text", [{"k": "a", "v": "1", "w": "2"}])
    league.execute("CREATE SCHEMA s; CREATE VIEW s.t AS SELECT 'a' AS k, '1' AS v, '2' AS w")
    report = league.engine.apply(league.engine.plan(staged_schema="s"))
    assert report["outcome"] == "unchanged"
    assert league.engine.plan(staged_schema="s").differences["t"].recalled
    league.execute("DROP VIEW s.t; CREATE VIEW s.t AS SELECT 'a' AS k, '1' AS w, '2' AS v")
    again = league.engine.plan(staged_schema="s")
    assert counts(again, "t") == {"staged": 1, "changed": 1}


# PostgreSQL orders them, so that they can be keys, and has no hash of them.
NOT_HASHED = (
    "bit(3)",
    "bit(3)[]",
    "money",
    "tsvector",
    "CREATE DOMAIN d AS bit(3)",
    "CREATE TYPE pair AS (a integer, b money)",
)


@pytest.mark.parametrize(
    ("type_", "value", "before"),
    [
        ("bit(3)", "101", ""),
        ("money", "$1.00", ""),
        ("tsvector", "a b", ""),
        ("d", "101", "CREATE DOMAIN d AS bit(3)"),
        ("d", "a", "CREATE DOMAIN d AS text CHECK (VALUE <> '')"),
        ("d", "a", "CREATE DOMAIN d AS text NOT NULL CHECK (VALUE <> '')"),
        ("bit(3)[]", ["101"], ""),
        ("integer[]", [1, 2], ""),
        ("int4range", "[1,3)", ""),
        ("mood", "x", "CREATE TYPE mood AS ENUM ('x', 'y')"),
        ("pair", "(1,a)", "CREATE TYPE pair AS (a integer, b text)"),
        ("pair", "(1,$1.00)", "CREATE TYPE pair AS (a integer, b money)"),
        ("timetz", "10:00:00+01", ""),
        ("interval", "1 day", ""),
        ("jsonb", {"a": 1}, ""),
        ("numeric", 1.5, ""),
    ],
)
def test_keys_of_every_type(make: MakeReload, type_: str, value: Any, before: str) -> None:
    league = make(
        f"{before}; CREATE TABLE t (id serial PRIMARY KEY, k {type_} NOT NULL UNIQUE, v text)",
        ONE_TABLE,
    )
    rows = [{"k": value, "v": "x"}, {"k": value, "v": "x"}, {"k": None, "v": "x"}]
    plan = league.plan(t=rows)
    if type_ in NOT_HASHED or before in NOT_HASHED:
        assert [finding.check for finding in plan.refusals] == ["type-without-equality"]
        return
    assert (plan.files[0].repeated, plan.files[0].set_aside) == (1, 1)
    assert counts(plan, "t") == {"staged": 1, "new": 1}


def test_a_parent_gone_between_plan_and_apply(make: MakeReload) -> None:
    league = make(SCHEMA.replace("away_id integer REFERENCES teams", "away_id integer"), MANIFEST)
    league.load(**FEED)
    league.load(**FEED)
    league.execute("INSERT INTO teams (club_id, name) VALUES (1, 'guest')")
    games = [{**FEED["games"][0], "away_club": "Tennaqua", "away": "guest"}, FEED["games"][1]]
    league.load(games=games)
    plan = league.plan(games=games)
    assert plan.tables["games"].unresolved == {}
    league.execute("DELETE FROM teams WHERE name = 'guest'")
    assert league.engine.apply(plan)["outcome"] == "unchanged"
    again = league.plan(games=games)
    league.execute("UPDATE seawall.runs SET equal_tables = '{}'")
    afresh = league.plan(games=games)
    assert again.tables["games"].unresolved == afresh.tables["games"].unresolved == {"away_id": 1}


def test_rows_that_stand_in_the_same_place_of_two_partitions(make: MakeReload) -> None:
    """Written by one transaction, they differ in their table alone."""
    league = make(
        "CREATE TABLE t (k text PRIMARY KEY, v text) PARTITION BY LIST (k);"
        "CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a');"
        "CREATE TABLE t_b PARTITION OF t FOR VALUES IN ('b');",
        ONE_TABLE,
    )
    rows = [{"k": "a", "v": "x"}, {"k": "b", "v": "x"}]
    league.load(t=rows)
    assert league.plan(t=rows).differences["t"].recalled
    league.execute("UPDATE t SET v = 'y'")
    assert counts(league.plan(t=rows), "t") == {"staged": 2, "changed": 2}


def test_a_row_in_the_place_of_another(make: MakeReload) -> None:
    rows = [{"k": "a", "v": "x"}]
    league = made(make, "v text", rows)
    place = league.value("SELECT ctid FROM t")
    for deed in ("DELETE FROM t", "VACUUM t", "INSERT INTO t (k, v) VALUES ('a', 'y')"):
        league.execute(deed)
    assert league.value("SELECT ctid FROM t") == place
    assert counts(league.plan(t=rows), "t") == {"staged": 1, "changed": 1}
