"""The small league, and a way to make any other database that is reloaded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engine"))

from league import small_league
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


@pytest.fixture
def league(database_url: str, tmp_path: Path) -> Iterator[Reload]:
    """The small league, loaded, with users who have answered."""
    reload = small_league(database_url, tmp_path)
    yield reload
    reload.connection.close()
