"""Every type comes back as it was, through renamed, added, dropped and retyped columns."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from league_fixtures import MakeReload
from psycopg.types.json import Jsonb
from reload_case import Reload

from seawall.errors import DatabaseError, UsageError

MANIFEST = '[tables.clubs]\nowner = "feed"\nkey = ["name"]\n[tables.t]\nowner = "users"\n'
CLUBS = "CREATE TABLE clubs (id serial PRIMARY KEY, name text UNIQUE);"

# One row of texts a type; each must come back to the last digit, as PostgreSQL prints it.
VALUES = {
    "smallint": "-32768",
    "bigint": "9223372036854775807",
    "numeric": "1.2300",
    "numeric(30,10)": "-12345678901234567890.0000000001",
    "real": "1.1754944e-38",
    "double precision": "0.30000000000000004",
    "money": "-$1,234.56",
    "boolean": "f",
    "text": "a, \"b\" {c} \\ 'd'\n\t%s ☃",
    "varchar(5)": "  x  ",
    "char(5)": "ab",
    '"char"': "z",
    "name": "Name",
    "bytea": r"\x00ff5c",
    "date": "4713-01-01 BC",
    "time": "23:59:59.999999",
    "timetz": "12:00:00.5+05:30",
    "timestamp": "2024-09-24 18:30:00.000001",
    "timestamptz": "infinity",
    "interval": "-1 years +2 mons -3 days +04:05:06.7",
    "uuid": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "json": '{"b": 1,   "a": 1.0, "b": null}',
    "jsonb": '{"a": 1.00, "b": ["x", null]}',
    "jsonpath": '$."a"[*]',
    "inet": "10.0.0.1/8",
    "cidr": "10.0.0.0/8",
    "macaddr": "08:00:2b:01:02:03",
    "bit(5)": "10101",
    "bit varying": "",
    "integer[]": "{{1,NULL},{3,4}}",
    "text[]": '{"",NULL,"NULL","a,b","\\"q\\""}',
    "timestamptz[]": '{"2024-01-01 00:00:00+00"}',
    "int4range": "[1,5)",
    "datemultirange": "{[2024-01-01,2024-02-01)}",
    "tsvector": "'a':1A 'b c':2",
    "tsquery": "'a' & !'b'",
    "point": "(0.1,-0)",
    "polygon": "((0,0),(1,1),(0,1))",
    "circle": "<(0.1,0.2),3>",
    "pg_lsn": "16/B374D848",
    "mood": "so 'so",
    "pair": '(1,"a ""b"", c")',
    "positive": "5",
    "pair[]": '{"(1,x)","(,)"}',
}
TYPES = (
    "CREATE TYPE mood AS ENUM ('so ''so', 'fine'); CREATE TYPE pair AS (a integer, b text);"
    "CREATE DOMAIN positive AS integer CHECK (value > 0);"
)


def table(make: MakeReload, definition: str, manifest: str = MANIFEST) -> Reload:
    return make(CLUBS + definition, manifest)


def round_trip(reload: Reload, order: str = "1") -> None:
    """Back up, delete everything, restore; every row as text and byte by byte as before."""
    image = f"SELECT t::text FROM t ORDER BY {order}"
    before = reload.rows(image)
    backup = reload.engine.backup()
    reload.execute("DELETE FROM t")
    plan = reload.engine.plan_restore(backup=backup.id)
    assert plan.writes == len(before)
    reload.engine.restore(plan)
    assert reload.rows(image) == before
    assert reload.engine.plan_restore(backup=backup.id).tables["t"].same == len(before)


def test_every_type(make: MakeReload):
    columns = ", ".join(f"c{n} {type_name}" for n, type_name in enumerate(VALUES))
    reload = table(make, f"{TYPES}CREATE TABLE t (id serial PRIMARY KEY, {columns})")
    texts = ", ".join(f"%s::text::{type_name}" for type_name in VALUES)
    reload.execute(f"INSERT INTO t VALUES (DEFAULT, {texts})", *VALUES.values())
    reload.execute("INSERT INTO t DEFAULT VALUES")
    round_trip(reload)


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
ROW = st.tuples(
    st.none() | TEXT,
    st.none() | st.floats(),
    st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=8),
    st.none() | st.binary(),
    st.none() | st.lists(st.none() | TEXT),
    st.none() | st.recursive(TEXT | st.integers(), st.lists, max_leaves=5).map(Jsonb),
)
ONE_DATABASE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.fixture(params=["id serial PRIMARY KEY,", ""], ids=["a key", "no key"])
def any_rows(make: MakeReload, request: pytest.FixtureRequest) -> Reload:
    return table(
        make,
        f"CREATE TABLE t ({request.param} a text, b double precision, c numeric, d bytea,"
        " e text[], f jsonb)",
    )


@given(rows=st.lists(ROW, max_size=5))
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=ONE_DATABASE)
def test_any_rows(any_rows: Reload, rows: list[tuple[Any, ...]]):
    any_rows.execute("DELETE FROM t")
    for row in rows:
        any_rows.execute("INSERT INTO t (a, b, c, d, e, f) VALUES (%s, %s, %s, %s, %s, %s)", *row)
    round_trip(any_rows)


def test_composite_and_long_keys(make: MakeReload):
    reload = table(
        make,
        "CREATE TABLE t (a text, b bytea, c text, PRIMARY KEY (a, b));"
        "INSERT INTO t VALUES ('Ann', '\\x00', 'x'), ('Bob', '\\x00', NULL), ('Ann', '', 'X');"
        "INSERT INTO t SELECT repeat('y', 2000), '', 'long'",
    )
    round_trip(reload)
    reload.engine.backup()
    assert reload.engine.backup().written == 0


def test_what_a_collation_calls_equal_is_not_the_same(make: MakeReload):
    reload = table(make, "CREATE TABLE t (id integer PRIMARY KEY)")
    try:
        reload.execute(
            "CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2',"
            " deterministic = false)"
        )
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("the server has no ICU collations")
    reload.execute("ALTER TABLE t ADD c text COLLATE any_case; INSERT INTO t VALUES (1, 'x')")
    reload.engine.backup()
    reload.execute("UPDATE t SET c = 'X'")
    assert reload.engine.backup().written == 1


@pytest.mark.parametrize(
    ("made", "altered", "missing_and_same", "rows"),
    [
        (
            "CREATE TABLE t (id serial PRIMARY KEY, name text, city text, note text);"
            "INSERT INTO t (name, city, note) VALUES ('Ann', 'Rome', 'n'), ('Bob', 'Oslo', 'm')",
            "ALTER TABLE t RENAME name TO full_name; ALTER TABLE t RENAME city TO name;"
            "ALTER TABLE t DROP note; ALTER TABLE t ADD note text DEFAULT 'new';"
            "ALTER TABLE t RENAME id TO number; DELETE FROM t WHERE number = 1",
            (1, 1),
            [(1, "Ann", "Rome", "new"), (2, "Bob", "Oslo", "new")],
        ),
        (
            "CREATE TABLE t (a text, b text, c integer); INSERT INTO t VALUES"
            " ('x', 'y', 1), ('x', 'y', 1), ('x', 'z', 2)",
            "ALTER TABLE t DROP b; ALTER TABLE t ADD d text DEFAULT 'd';"
            "ALTER TABLE t ALTER c TYPE bigint;"
            "DELETE FROM t WHERE ctid IN (SELECT min(ctid) FROM t)",
            (1, 2),
            [("x", 1, "d"), ("x", 1, "d"), ("x", 2, "d")],
        ),
    ],
    ids=["with a primary key", "without"],
)
def test_columns_renamed_added_and_dropped(
    make: MakeReload,
    made: str,
    altered: str,
    missing_and_same: tuple[int, int],
    rows: list[tuple[Any, ...]],
):
    reload = table(make, made)
    backup = reload.engine.backup().id
    reload.execute(altered)
    plan = reload.engine.plan_restore(backup=backup)
    assert (plan.tables["t"].missing, plan.tables["t"].same) == missing_and_same
    reload.engine.restore(plan)
    assert reload.rows("SELECT * FROM t ORDER BY 1, 2") == rows


@pytest.mark.parametrize(
    ("old", "new", "comes_back"),
    [
        ("integer", "numeric(10,2)", ["7", "8"]),
        ("varchar(9)", "text", ["7", "8"]),
        ("timestamp", "timestamptz", ["2024-01-01 00:00:07", "2024-01-01 00:00:08"]),
        ("text", "varchar(2)", ["abc", "d"]),
        ("numeric", "numeric(5,1)", ["1.25", "2.5"]),
    ],
)
def test_another_type_takes_what_it_can_hold_unchanged(
    make: MakeReload, old: str, new: str, comes_back: list[str]
):
    reload = table(make, f"CREATE TABLE t (id integer PRIMARY KEY, v {old})")
    for number, value in enumerate(comes_back):
        reload.connection.execute(
            f"INSERT INTO t VALUES (%s, %s::text::{old})".encode(), [number, value]
        )
    backup = reload.engine.backup().id
    reload.execute(f"DELETE FROM t; ALTER TABLE t ALTER v TYPE {new}")
    plan = reload.engine.plan_restore(backup=backup)
    lossy = new in ("varchar(2)", "numeric(5,1)")
    assert (plan.tables["t"].missing, plan.tables["t"].unfit) == ((1, 1) if lossy else (2, 0))
    assert reload.engine.restore(plan).tables["t"].inserted == plan.writes


def test_what_cannot_be_cast_or_completed_is_said(make: MakeReload):
    reload = table(
        make, "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'x')"
    )
    backup = reload.engine.backup().id
    reload.execute("DELETE FROM t; ALTER TABLE t ADD w integer NOT NULL")
    plan = reload.engine.plan_restore(backup=backup)
    assert (plan.writes, plan.tables["t"].incomplete) == (0, 1)
    reload.execute("ALTER TABLE t DROP w; ALTER TABLE t ALTER v TYPE integer USING 1")
    with pytest.raises(DatabaseError, match="do not fit"):
        reload.engine.plan_restore(backup=backup)
    reload.execute("ALTER TABLE t DROP CONSTRAINT t_pkey")
    with pytest.raises(UsageError, match="primary key"):
        reload.engine.plan_restore(backup=backup)


def test_a_table_made_anew_is_known_by_its_names(make: MakeReload):
    reload = table(
        make, "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'x')"
    )
    backup = reload.engine.backup().id
    reload.execute("DROP TABLE t; CREATE TABLE t (v text, more integer, id integer PRIMARY KEY)")
    reload.engine.restore(reload.engine.plan_restore(backup=backup))
    assert reload.rows("SELECT id, v, more FROM t") == [(1, "x", None)]


def test_names_that_are_hard_to_write(make: MakeReload):
    reload = make(
        CLUBS + 'CREATE SCHEMA "a.b"; CREATE TABLE "a.b"."we""ird %s" ("5 %" integer PRIMARY KEY,'
        ' "{x}" text); INSERT INTO "a.b"."we""ird %s" VALUES (1, \'%s {} %\')',
        '[tables.clubs]\nowner = "feed"\nkey = ["name"]\n'
        '[tables.\'"a.b".we"ird %s\']\nowner = "users"\n',
    )
    backup = reload.engine.backup().id
    reload.execute('DELETE FROM "a.b"."we""ird %s"'.replace("%", "%"))
    plan = reload.engine.plan_restore(backup=backup, where="\"{x}\" LIKE '%{}%'")
    assert reload.engine.restore(plan).outcome == "done"
    assert reload.value('SELECT "{x}" FROM "a.b"."we""ird %s"') == "%s {} %"
