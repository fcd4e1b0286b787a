"""Fixtures: the small league, and a way to make any other database that is reloaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from league import MANIFEST, small_league
from reload_case import Reload

from new_databases import name_of, new_database

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
    with new_database(server_url, league_template) as url:
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
    with new_database(server_url) as url:
        load(url, directories.mktemp("template")).connection.close()
        yield name_of(url)
