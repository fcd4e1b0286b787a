"""Names as databases have them: quoted, reserved, in another schema, as long as may be."""

from __future__ import annotations

import pytest
from league_fixtures import MakeReload
from reload_case import Reload, counts

ODD_NAMES = {
    "quoted": 'Say "hi"; 100%',
    "reserved": "order",
    "long": "a" * 63,
    "long-and-not-ascii": "ä" * 31,
    "ends-like-a-difference": "b" * 46 + "_d" + "b" * 15,
}


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES)
def test_a_table_of_any_name(make: MakeReload, name: str):
    toml = name.replace('"', '\\"')
    made = make(
        f'CREATE TABLE {quoted(name)} (id serial PRIMARY KEY, "select" text UNIQUE NOT NULL,'
        f" {quoted(name.replace(chr(34), chr(39)))} text);"
        f"CREATE TABLE notes (id serial PRIMARY KEY, meant integer REFERENCES {quoted(name)})",
        f'[tables."{toml}"]\nowner = "feed"\nkey = ["select"]\n'
        '[tables.notes]\nowner = "users"\n[limits]\nvanished_share = 1.0\n',
    )
    made.load(**{name: [{"select": "a"}, {"select": "b"}]})
    made.execute(f"INSERT INTO notes (meant) SELECT id FROM {quoted(name)}")
    report = made.run(**{name: [{"select": "a"}]})
    assert counts(report, name) == {
        "staged": 1,
        "same": 1,
        "vanished": 1,
        "retired": 1,
        "held": 1,
    }
    assert made.run(**{name: [{"select": "a"}]})["certified"]


def other_schema(make: MakeReload) -> Reload:
    return make(
        'CREATE SCHEMA "Import"; CREATE SCHEMA people;'
        'CREATE TABLE "Import".teams (id serial PRIMARY KEY, name text UNIQUE NOT NULL);'
        "CREATE TABLE public.teams (id serial PRIMARY KEY, name text UNIQUE NOT NULL);"
        'CREATE TABLE people.answers (team_id integer REFERENCES "Import".teams, n integer)',
        '[tables."Import.teams"]\nowner = "feed"\nkey = ["name"]\n'
        '[tables."public.teams"]\nowner = "feed"\nkey = ["name"]\n'
        '[tables."people.answers"]\nowner = "users"\n[limits]\nvanished_share = 1.0\n',
    )


def test_tables_in_other_schemas(make: MakeReload):
    made = other_schema(make)
    made.load(Import__teams=[{"name": "a"}, {"name": "b"}], teams=[{"name": "a"}])
    made.execute("INSERT INTO people.answers VALUES (1, 1), (2, 1)")
    report = made.run(Import__teams=[{"name": "b"}], teams=[{"name": "a"}])
    assert counts(report, "Import.teams")["held"] == 1
    assert counts(report, "teams") == {"staged": 1, "same": 1}
    assert report["users"]["people.answers"]["rows_after"] == 2


def test_the_search_path_does_not_matter(make: MakeReload):
    made = other_schema(make)
    database = made.value("SELECT current_database()")
    made.execute(f'ALTER DATABASE "{database}" SET search_path = people, "Import"')
    made.load(Import__teams=[{"name": "a"}], teams=[{"name": "b"}])
    assert made.rows('SELECT name FROM "Import".teams') == [("a",)]
    assert made.rows("SELECT name FROM public.teams") == [("b",)]
