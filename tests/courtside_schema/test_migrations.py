"""The migrations make exactly one schema, once, and refuse a database that is not theirs."""

from __future__ import annotations

import threading
import tomllib
from importlib import resources
from pathlib import Path

import psycopg
import pytest

from courtside import migrations
from courtside.migrations import migrate, state
from seawall.errors import DatabaseError

HERE = Path(__file__).parent
LISTING = (HERE / "catalog_listing.sql").read_text()
ALL = [
    "0001_imported_tables",
    "0002_user_tables",
    "0003_accounts",
    "0004_answers",
    "0010_captains",
    "0011_api_tokens",
    "0020_operators",
    "0021_retired",
]


def test_all_migrations_make_the_expected_schema(connection: psycopg.Connection) -> None:
    """After a new migration: read the difference, then put it into schema.txt."""
    migrate(connection)
    lines = [row[0] for row in connection.execute(LISTING)]
    assert lines == (HERE / "schema.txt").read_text().splitlines()


def test_a_second_run_applies_nothing(connection: psycopg.Connection) -> None:
    assert state(connection) == "empty"
    assert migrate(connection) == ALL
    assert state(connection) == "current"
    assert migrate(connection) == []


def test_settings_of_the_connection_do_not_matter(connection: psycopg.Connection) -> None:
    connection.execute("SET search_path = pg_catalog")
    assert migrate(connection) == ALL
    assert state(connection) == "current"
    connection.execute("SELECT FROM public.teams")


def test_an_older_schema_gets_what_is_missing(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = migrations.migrations()
    monkeypatch.setattr(migrations, "migrations", lambda: every[:1])
    migrate(connection)
    monkeypatch.setattr(migrations, "migrations", lambda: every)
    assert state(connection) == "older"
    assert migrate(connection) == ALL[1:]


def test_another_applications_tables_are_refused(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TABLE invoices (id int)")
    assert state(connection) == "foreign"
    with pytest.raises(DatabaseError, match="did not make"):
        migrate(connection)
    assert connection.execute("SELECT to_regclass('teams')").fetchone() == (None,)


def test_a_newer_schema_is_refused(connection: psycopg.Connection) -> None:
    migrate(connection)
    connection.execute("INSERT INTO courtside_migrations VALUES (9999, 'later', 'x')")
    assert state(connection) == "newer"
    with pytest.raises(DatabaseError, match="newer courtside"):
        migrate(connection)


def test_a_changed_migration_is_an_error(connection: psycopg.Connection) -> None:
    migrate(connection)
    connection.execute("UPDATE courtside_migrations SET sha256 = 'x' WHERE version = 1")
    with pytest.raises(DatabaseError, match=r"0001 .* was changed after it was applied"):
        state(connection)


def test_a_failing_migration_leaves_nothing(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = migrations.Migration(9999, "broken", "CREATE TABLE half (); SELECT 1 / 0", "x")
    every = (*migrations.migrations(), broken)
    monkeypatch.setattr(migrations, "migrations", lambda: every)
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(connection)
    assert state(connection) == "empty"


def test_two_at_once_apply_each_migration_once(database_url: str) -> None:
    applied: list[list[str]] = []

    def run() -> None:
        with psycopg.connect(database_url) as own:
            applied.append(migrate(own))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(applied) == [[], ALL]


def test_nothing_cascades_and_every_reference_is_indexed(connection: psycopg.Connection) -> None:
    migrate(connection)
    acting = connection.execute(
        """
        SELECT conname FROM pg_constraint
        WHERE contype = 'f' AND (confdeltype, confupdtype) <> ('a', 'a')
        """
    ).fetchall()
    assert acting == []
    unindexed = connection.execute(
        """
        SELECT conrelid::regclass::text, conname FROM pg_constraint
        WHERE contype = 'f' AND NOT EXISTS (
            SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1]
        )
        """
    ).fetchall()
    assert unindexed == []


def test_the_manifest_speaks_of_every_table(connection: psycopg.Connection) -> None:
    migrate(connection)
    manifest = tomllib.loads(resources.files("courtside").joinpath("manifest.toml").read_text())
    columns: dict[str, set[str]] = {}
    query = """
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'public'
    """
    for table, column in connection.execute(query):
        columns.setdefault(table, set()).add(column)
    assert set(manifest["tables"]) == set(columns)
    for name, table in manifest["tables"].items():
        said = {*table.get("key", []), *table.get("parents", {}), *table.get("user_columns", [])}
        said |= {*table.get("nulls_overwrite", [])}
        said |= {table[key] for key in ("scope", "retired_column") if key in table}
        assert said <= columns[name], name
        assert ("retired_at" in columns[name]) == (table.get("vanished") == "retire"), name
        if table["owner"] == "feed":
            keys = connection.execute(
                """
                SELECT array_agg(attname::text ORDER BY attname::text) FROM pg_constraint
                JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey) AND attnotnull
                WHERE contype IN ('p', 'u') AND conrelid = to_regclass(%s)
                GROUP BY pg_constraint.oid
                """,
                [name],
            ).fetchall()
            # What links two tables has no id of its own.
            assert [key for (key,) in keys if key != ["id"]] == [sorted(table["key"])], name
