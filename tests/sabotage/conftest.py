"""A league with many kinds of users' rows, loaded once and copied for every sabotage."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engine"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "guards"))

from league_fixtures import template
from victim import MANIFEST, Victim, first_load

from new_databases import name_of, new_database


@pytest.fixture(scope="session")
def victim_template(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a database that sabotages are planted in copies of."""
    with template(server_url, tmp_path_factory, first_load) as name:
        yield name


@pytest.fixture(scope="session")
def guarded_template(
    server_url: str, victim_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Name of the same database with every guard up."""
    with new_database(server_url, victim_template) as url:
        made = Victim(url, tmp_path_factory.mktemp("guarded"), "", MANIFEST)
        made.guarded().close()
        yield name_of(url)


@pytest.fixture
def guarded_victim(server_url: str, guarded_template: str, tmp_path: Path) -> Iterator[Victim]:
    """The loaded league with every guard up."""
    with _copy(server_url, guarded_template, tmp_path) as made:
        yield made


@pytest.fixture
def victim(server_url: str, victim_template: str, tmp_path: Path) -> Iterator[Victim]:
    """The loaded league; guards are not installed."""
    with _copy(server_url, victim_template, tmp_path) as made:
        yield made


@contextmanager
def _copy(server_url: str, template_name: str, directory: Path) -> Iterator[Victim]:
    with new_database(server_url, template_name) as url:
        made = Victim(url, directory, "", MANIFEST)
        yield made
        made.close()
