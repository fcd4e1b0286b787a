"""The catalogue is asked a fixed number of questions, however many tables there are."""

from __future__ import annotations

from typing import Any

import psycopg
from league_fixtures import MakeReload

from seawall import Manifest, checks
from seawall.catalog.read import read_catalogue
from seawall.database import pin_settings


class Counting(psycopg.Cursor[Any]):
    """A cursor that counts what it asks."""

    asked = 0

    def execute(self, *args: Any, **more: Any) -> Any:
        Counting.asked += 1
        return super().execute(*args, **more)


def tables(number: int) -> tuple[str, str]:
    """Each table refers to the one before; every third is the users'."""
    schema, manifest = "", ""
    for n in range(number):
        before = f", before_id integer REFERENCES t{n - 1}" if n else ""
        schema += f"CREATE TABLE t{n} (id serial PRIMARY KEY, name text NOT NULL UNIQUE{before});"
        users = n % 3 == 2 or n > number // 2
        manifest += f'[tables.t{n}]\nowner = "{"users" if users else "feed"}"\n'
        manifest += "" if users else 'key = ["name"]\n'
    return schema, manifest


def questions(url: str, manifest: Manifest) -> int:
    with psycopg.connect(url, autocommit=True, cursor_factory=Counting) as connection:
        pin_settings(connection)
        Counting.asked = 0
        checks.check_schema(checks.context_of(connection, manifest, read_catalogue(connection)))
        return Counting.asked


def test_three_hundred_tables_take_no_more_questions_than_six(make: MakeReload):
    asked = []
    for number in (6, 300):
        schema, manifest = tables(number)
        made = make("DROP SCHEMA public CASCADE; CREATE SCHEMA public;" + schema, manifest)
        made.engine.check()
        asked.append(questions(made.url, made.engine.manifest))
    assert asked[0] == asked[1]
