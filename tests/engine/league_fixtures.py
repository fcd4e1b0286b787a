"""Fixtures: the small league, and a way to make any other database that is reloaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from league import MANIFEST, small_league
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from reload_case import Reload

MakeReload = Callable[[str, str], Reload]


@pytest.fixture
def make(database_url: str, tmp_path: Path) -> Iterator[MakeReload]:
    """Make a database from (schema, manifest)."""
    made: list[Reload] = []

    def make(schema: str, manifest: str) -> Reload:
        made.append(Reload(database_url, tmp_path, schema, manifest))
        return made[-1]

    yield make
    for reload in made:
        reload.connection.close()


@pytest.fixture(scope="session")
def league_template(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a database with the small league: a copy takes a fraction of the time."""
    with template(server_url, tmp_path_factory, small_league) as name:
        yield name


@pytest.fixture
def league(server_url: str, league_template: str, tmp_path: Path) -> Iterator[Reload]:
    """The small league, loaded, with users who have answered."""
    with database(server_url, league_template) as url:
        reload = Reload(url, tmp_path, "", MANIFEST)
        yield reload
        reload.connection.close()


@contextmanager
def template(
    server_url: str,
    directories: pytest.TempPathFactory,
    load: Callable[[str, Path], Reload],
) -> Iterator[str]:
    """The name of a database that ``load`` filled; nobody is connected to it."""
    with database(server_url) as url:
        load(url, directories.mktemp("template")).connection.close()
        yield str(conninfo_to_dict(url)["dbname"])


@contextmanager
def database(server_url: str, template: str = "template1") -> Iterator[str]:
    """The URL of a new database for the length of a block."""
    name = f"seawall_test_{uuid4().hex[:16]}"
    quoted = sql.Identifier(name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(quoted, sql.Identifier(template))
        )
    try:
        yield make_conninfo(server_url, dbname=name)
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(quoted))
