"""The small league, loaded; see tests/engine/league.py."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engine"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

import pytest
from guarding import FAMILIES, FAMILY_MANIFEST, guard
from league import MANIFEST
from league_fixtures import league, league_template, make
from reload_case import Reload

from new_databases import name_of, new_database

__all__ = ["league", "league_template", "make"]


@pytest.fixture(scope="session")
def guarded_template(
    server_url: str, league_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Name of a database with the small league and every guard."""
    with new_database(server_url, league_template) as url:
        guard(Reload(url, tmp_path_factory.mktemp("guarded"), "", MANIFEST)).connection.close()
        yield name_of(url)


@pytest.fixture
def guarded(server_url: str, guarded_template: str, tmp_path: Path) -> Iterator[Reload]:
    """The small league with every guard up."""
    with new_database(server_url, guarded_template) as url:
        reload = Reload(url, tmp_path, "", MANIFEST)
        yield reload
        reload.connection.close()


@pytest.fixture
def families(league: Reload) -> Reload:
    """The same with partitions and inheritance children."""
    league.execute(FAMILIES)
    league.declare(FAMILY_MANIFEST)
    return guard(league)
