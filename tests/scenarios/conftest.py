"""Databases that several tests begin with; each is loaded once and copied for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from scenario_commands import Ended, import_feed
from scenario_users import add_users

from new_databases import name_of, new_database
from seawall import embedded


@pytest.fixture(scope="session")
def complete(server_url: str, real_feeds: Path) -> Iterator[tuple[str, Ended]]:
    """A database with the complete scrape of 30 June, and its first load's end. Read only."""
    with new_database(server_url) as url:
        yield url, import_feed(url, real_feeds / "2025-06-30")


@pytest.fixture(scope="session")
def answered(server_url: str, complete: tuple[str, Ended]) -> Iterator[str]:
    """The name of a template: the complete scrape with users. Nobody may connect to it."""
    with new_database(server_url, name_of(complete[0])) as url:
        add_users(url)
        yield name_of(url)


@pytest.fixture
def answered_url(server_url: str, answered: str) -> Iterator[str]:
    """The test's own copy of the complete scrape with users."""
    with new_database(server_url, answered) as url:
        yield url


@pytest.fixture(scope="session")
def june_13(server_url: str, real_feeds: Path) -> Iterator[str]:
    """The name of a template: the scrape of 13 June with users, some of them of BYE teams."""
    with new_database(server_url) as url:
        assert import_feed(url, real_feeds / "2025-06-13").exit_code == 0
        add_users(url)
        yield name_of(url)


@pytest.fixture
def june_13_url(server_url: str, june_13: str) -> Iterator[str]:
    """The test's own copy of the scrape of 13 June with users."""
    with new_database(server_url, june_13) as url:
        yield url


@pytest.fixture
def directory(memory_directory: Path) -> Iterator[Path]:
    """Where a demo runs; its server is stopped afterwards."""
    try:
        yield memory_directory
    finally:
        embedded.stop(memory_directory / ".seawall" / "postgres")
