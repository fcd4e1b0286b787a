"""Columns of every kind: what the feed may give, what the database issues, what it cannot store."""

from __future__ import annotations

from typing import Any

import pytest
from league_fixtures import MakeReload
from reload_case import Reload, counts

MANIFEST = '[limits]\nvanished_share = 1.0\n[tables.things]\nowner = "feed"\nkey = ["code"]\n'


def things(make: MakeReload, columns: str, manifest: str = "") -> Reload:
    """One imported table with a code and these columns."""
    return make(
        f"CREATE TABLE things (id serial PRIMARY KEY, code text NOT NULL UNIQUE, {columns})",
        MANIFEST + manifest,
    )


# (column's type, a value, what is stored as text, another value)
KINDS: dict[str, tuple[str, Any, str, Any]] = {
    "boolean": ("boolean", True, "true", False),
    "smallint": ("smallint", -3, "-3", 4),
    "bigint": ("bigint", 2**62, "4611686018427387904", 1),
    "float": ("double precision", 0.1, "0.1", 0.2),
    "numeric": ("numeric", 12345678901234567890, "12345678901234567890", 1),
    "numeric-scale": ("numeric(5,2)", 1.5, "1.50", 1.51),
    "varchar": ("varchar(3)", "abc", "abc", "abd"),
    "char": ("char(3)", "ab", "ab", "ac"),
    "date": ("date", "2024-02-29", "2024-02-29", "2024-03-01"),
    "time": ("time", "18:30:00", "18:30:00", "18:31:00"),
    "timestamp": ("timestamp", "2024-02-29T18:30:00", "2024-02-29 18:30:00", "2024-02-29T18:31:00"),
    "timestamptz": (
        "timestamptz",
        "2024-02-29T18:30:00Z",
        "2024-02-29 18:30:00+00",
        "2024-02-29T18:31:00Z",
    ),
    "interval": ("interval", "2 hours", "02:00:00", "3 hours"),
    "uuid": (
        "uuid",
        "0b4f6e3a-9d6a-4a54-8f4e-0c9a37a1f001",
        "0b4f6e3a-9d6a-4a54-8f4e-0c9a37a1f001",
        "0b4f6e3a-9d6a-4a54-8f4e-0c9a37a1f002",
    ),
    "json": ("json", {"a": [1, None]}, '{"a": [1, null]}', {"a": [2]}),
    "jsonb": ("jsonb", {"a": [1, None]}, '{"a": [1, null]}', {"a": [2]}),
    "jsonb-text": ("jsonb", "word", '"word"', "other"),
    "point": ("point", "(1,2)", "(1,2)", "(1,3)"),
    "inet": ("inet", "10.0.0.1/32", "10.0.0.1/32", "10.0.0.2"),
    "array": ("integer[]", [1, 2], "{1,2}", [1, 2, 3]),
    "text-array": ("text[]", ["a", 'b"c,'], '{a,"b\\"c,"}', []),
    "enum": ("state", "open", "open", "shut"),
    "domain": ("score", 7, "7", 8),
    "range": ("daterange", "[2024-01-01,2024-02-01)", "[2024-01-01,2024-02-01)", "empty"),
}
TYPES = (
    "CREATE TYPE state AS ENUM ('open', 'shut'); CREATE DOMAIN score AS integer CHECK (VALUE < 10)"
)


# Types that COPY takes in its binary format; any other in a table makes it text for all of them.
BINARY = ("bool", "int", "double", "numeric", "varchar", "date", "time", "uuid", "json")
FORMATS = pytest.mark.parametrize("copied_as", ["binary", "text"])


def copied(kinds: dict[str, Any], copied_as: str) -> dict[str, Any]:
    """The kinds that a table copied in this format may have."""
    if copied_as == "text":
        return kinds
    return {
        name: kind
        for name, kind in kinds.items()
        if "[" not in kind[0] and kind[0].startswith((*BINARY, "small", "big", "text"))
    }


def table_of(make: MakeReload, kinds: dict[str, Any]) -> Reload:
    """One imported table with a column for each kind."""
    columns = ", ".join(f'"{name}" {kind[0]}' for name, kind in kinds.items())
    return make(
        f"{TYPES}; SET timezone TO 'UTC';"
        f"CREATE TABLE things (id serial PRIMARY KEY, code text UNIQUE NOT NULL, {columns})",
        "[feed]\nset_aside_budget = 1.0\n" + MANIFEST,
    )


@FORMATS
def test_values_of_every_kind_go_in_stay_and_change(make: MakeReload, copied_as: str):
    kinds = copied(KINDS, copied_as)
    made = table_of(make, kinds)
    first = {name: kind[1] for name, kind in kinds.items()}
    made.load(things=[{"code": "a", **first}, {"code": "b"}])
    stored = ", ".join(f'"{name}"::text' for name in kinds)
    assert dict(
        zip(kinds, made.rows(f"SELECT {stored} FROM things WHERE code = 'a'")[0], strict=True)
    ) == {name: kind[2] for name, kind in kinds.items()}
    again = made.run(things=[{"code": "a", **first}, {"code": "b"}])
    assert (again["outcome"], again["certified"]) == ("unchanged", True)
    for name, kind in kinds.items():
        plan = made.plan(things=[{"code": "a", name: kind[3]}, {"code": "b", name: kind[1]}])
        assert counts(plan, "things") == {"staged": 2, "changed": 2}, name


BAD = {
    # Which hour it means depends on a zone that nobody said.
    "timestamptz": ("timestamptz", "2024-02-29T18:30:00"),
    "timestamp": ("timestamp", "2024-02-29T18:30:00Z"),
    "varchar": ("varchar(3)", "abcd"),
    "int": ("integer", 2**31),
    "smallint": ("smallint", 2**15),
    "bigint": ("bigint", 2**63),
    "numeric": ("numeric(3,1)", 1234.5),
    "nul": ("text", "a\x00b"),
    "nul-in-json": ("jsonb", {"a": "\x00"}),
    "date": ("date", "2024-02-30"),
    "time": ("time", "25:00:00"),
    "boolean": ("boolean", "perhaps"),
    "enum": ("state", "ajar"),
    "domain": ("score", 11),
    "point": ("point", "here"),
    "array": ("integer[]", ["x"]),
    "uuid": ("uuid", "not one"),
    "lone-surrogate": ("text", "\ud800"),
}


@FORMATS
def test_values_that_do_not_fit_set_their_records_aside(make: MakeReload, copied_as: str):
    kinds = copied(BAD, copied_as)
    made = table_of(make, kinds)
    bad = [{"code": name, name: kind[1]} for name, kind in kinds.items()]
    report = made.load(things=[{"code": "first"}, *bad, {"code": "last"}])
    assert made.rows("SELECT code FROM things ORDER BY code") == [("first",), ("last",)]
    account = report["files"]["things.json"]
    assert (account["read"], account["used"], account["set_aside"]) == (len(bad) + 2, 2, len(bad))
    kept = {record["position"]: record for record in made.engine.set_aside(report["run"])}
    for position, name in enumerate(kinds, 2):
        record = kept.pop(position)
        assert record["file"] == "things.json"
        assert record["reason"]
        assert f'"{name}"' in record["record"]
    assert not kept


def test_citext_is_compared_as_it_reads(make: MakeReload):
    extensions = "SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'"
    made = make("SELECT 1", '[tables.things]\nowner = "feed"\nkey = ["code"]\n')
    if not made.value(extensions):
        pytest.skip("this server has no citext")
    made.execute(
        "CREATE EXTENSION citext;"
        "CREATE TABLE things (id serial PRIMARY KEY, code citext UNIQUE NOT NULL, name citext)"
    )
    made.load(things=[{"code": "a", "name": "Ann"}])
    report = made.run(things=[{"code": "A", "name": "ANN"}])
    # The key is the same by its type's own "="; the name reads otherwise.
    assert counts(report, "things") == {"staged": 1, "changed": 1}
    assert made.rows("SELECT id, code, name FROM things") == [(1, "a", "ANN")]


def test_generated_columns_are_computed_by_the_database(make: MakeReload):
    made = things(make, "n integer, twice integer GENERATED ALWAYS AS (n * 2) STORED")
    made.load(things=[{"code": "a", "n": 2}])
    made.load(things=[{"code": "a", "n": 3}])
    assert made.rows("SELECT n, twice FROM things") == [(3, 6)]


def test_an_identity_column_that_is_no_key_is_issued_and_kept(make: MakeReload):
    made = make(
        "CREATE TABLE things (code text PRIMARY KEY,"
        " number integer GENERATED ALWAYS AS IDENTITY, n integer)",
        MANIFEST,
    )
    made.load(things=[{"code": "a", "n": 1}, {"code": "b", "n": 1}])
    made.load(things=[{"code": "a", "n": 2}, {"code": "b", "n": 1}, {"code": "c"}])
    assert made.rows("SELECT code, number, n FROM things ORDER BY code") == [
        ("a", 1, 2),
        ("b", 2, 1),
        ("c", 3, None),
    ]


def test_an_identity_column_that_is_the_key_comes_from_the_feed(make: MakeReload):
    made = make(
        "CREATE TABLE things (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text)",
        MANIFEST.replace('"code"', '"id"'),
    )
    made.load(things=[{"id": 7, "code": "a"}])
    made.load(things=[{"id": 7, "code": "b"}, {"id": 9, "code": "c"}])
    assert made.rows("SELECT id, code FROM things ORDER BY id") == [(7, "b"), (9, "c")]


def test_defaults_stand_where_the_feed_says_nothing(make: MakeReload):
    made = things(make, "n integer NOT NULL DEFAULT 5, made uuid DEFAULT gen_random_uuid()")
    made.load(things=[{"code": "a"}, {"code": "b", "n": 6}])
    assert made.rows("SELECT n, made IS NOT NULL FROM things ORDER BY code") == [
        (5, True),
        (6, True),
    ]
    before = made.image("things")
    assert made.run(things=[{"code": "a"}, {"code": "b", "n": 6}])["certified"]
    assert made.image("things") == before


def test_natural_and_compound_primary_keys(make: MakeReload):
    made = make(
        "CREATE TABLE leagues (code text PRIMARY KEY, name text);"
        "CREATE TABLE things (league text REFERENCES leagues, number integer, name text,"
        " PRIMARY KEY (league, number))",
        '[tables.leagues]\nowner = "feed"\nkey = ["code"]\n'
        '[tables.things]\nowner = "feed"\nkey = ["league", "number"]\nvanished = "delete"\n',
    )
    rows = [{"league": "L", "number": n, "name": "x"} for n in (1, 2)]
    made.load(leagues=[{"code": "L"}], things=rows)
    report = made.run(leagues=[{"code": "L", "name": "x"}], things=[{**rows[0], "name": "y"}])
    assert counts(report, "things") == {"staged": 1, "changed": 1, "vanished": 1, "deleted": 1}
    assert made.rows("SELECT * FROM things") == [("L", 1, "y")]


def test_slashes_in_a_compound_key_keep_rows_apart(make: MakeReload):
    made = make(
        "CREATE TABLE things (a text, b text, PRIMARY KEY (a, b))",
        MANIFEST.replace('["code"]', '["a", "b"]'),
    )
    one, two, three = {"a": "x/y", "b": "z"}, {"a": "x", "b": "y/z"}, {"a": "x", "b": "q"}
    made.load(things=[one, two, three])
    assert counts(made.run(things=[two, three]), "things")["retired"] == 1
    assert counts(made.run(things=[two, three]), "things") == {"staged": 2, "same": 2}
    assert counts(made.run(things=[three]), "things")["retired"] == 1
    assert counts(made.run(things=[one, three]), "things")["reinstated"] == 1


def test_users_columns_in_a_table_with_a_natural_primary_key(make: MakeReload):
    made = make(
        "CREATE TABLE leagues (id serial PRIMARY KEY, code text UNIQUE NOT NULL);"
        "CREATE TABLE things (league_id integer REFERENCES leagues, code text, name text,"
        " note text, PRIMARY KEY (league_id, code))",
        '[tables.leagues]\nowner = "feed"\nkey = ["code"]\n'
        '[tables.things]\nowner = "feed"\nkey = ["league_id", "code"]\nuser_columns = ["note"]\n'
        '[tables.things.parents.league_id]\ntable = "leagues"\nby = { code = "league" }\n',
    )
    made.load(leagues=[{"code": "L"}], things=[{"league": "L", "code": "a", "name": "1"}])
    made.execute("UPDATE things SET note = 'mine'")
    made.load(
        leagues=[{"code": "L"}, {"code": "M"}],
        things=[
            {"league": "L", "code": "a", "name": "2"},
            {"league": "L", "code": "b"},
            {"league": "M", "code": "a"},
        ],
    )
    assert made.rows("SELECT code, name, note FROM things ORDER BY league_id, code") == [
        ("a", "2", "mine"),
        ("b", None, None),
        ("a", None, None),
    ]


def test_a_row_that_the_table_refuses_fails_the_run_and_writes_nothing(make: MakeReload):
    made = things(make, "n integer CHECK (n < 100)")
    made.load(things=[{"code": "a", "n": 1}])
    before = made.image("things")
    report = made.run(things=[{"code": "a", "n": 2}, {"code": "b", "n": 100}])
    assert report["outcome"] == "failed"
    assert "things_n_check" in report["findings"][0]["message"]
    assert made.image("things") == before
