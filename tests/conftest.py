"""What every test can ask for: a PostgreSQL of its own, an empty database, the real feeds."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from new_databases import close_connections, new_database
from seawall import embedded
from seawall.errors import EmbeddedError

REPOSITORY = Path(__file__).resolve().parent.parent
NO_REAL_FEEDS = "no real feeds (REAL_FEEDS=DIR)"
NO_BROWSER = "no browser (CHROMIUM=PROGRAM)"

OWN_SERVER_URL = os.environ.get("SEAWALL_TEST_URL")

# What a crash of the machine would cost is of no interest to a database that lives a minute.
FAST_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "100",
}

DIRECTORY_PREFIX = "seawall-tests-"
OWNER_LOCK = "owner.lock"


@pytest.fixture(scope="session")
def server() -> Iterator[embedded.Server]:
    """The bundled PostgreSQL, one for all tests, in memory where the machine allows it."""
    if OWN_SERVER_URL:
        pytest.skip("needs the bundled server; SEAWALL_TEST_URL names another")
    base = _memory_or_disk()
    _sweep(base)
    with _owned_directory(base) as directory:
        data = directory / "postgres"
        try:
            yield embedded.start(data, settings=FAST_SETTINGS)
        finally:
            embedded.stop(data)


@pytest.fixture
def memory_directory() -> Iterator[Path]:
    """An empty directory, in memory where the machine allows it; gone after the test."""
    with _owned_directory(_memory_or_disk()) as directory:
        yield directory


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database from which others can be created: bundled, or SEAWALL_TEST_URL."""
    if OWN_SERVER_URL:
        return OWN_SERVER_URL
    bundled: embedded.Server = request.getfixturevalue("server")
    return bundled.url()


@pytest.fixture
def database_url(server_url: str) -> Iterator[str]:
    """The URL of a new, empty database; it is gone after the test, whoever is still connected."""
    with new_database(server_url) as url:
        yield url


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection to the test's database, in autocommit."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def real_feeds() -> Path:
    """The directory of the real scrapes, one directory a day in it; skips where there is none."""
    directory = _real_feeds_directory()
    if directory is None:
        pytest.skip(NO_REAL_FEEDS)
    return directory


def pytest_configure() -> None:
    """One process of several ignores an interrupt, and so do runs that a shell started with “&”;
    and so would every program that they start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("long_first", "directories whose files begin first", type="paths", default=[])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long files first, so that at the end no process waits for one that began late."""
    places = {directory: place for place, directory in enumerate(config.getini("long_first"))}
    for directory in places:
        if not directory.is_dir():
            raise pytest.UsageError(f"long_first: {directory} is no directory")
    items.sort(key=lambda item: places.get(item.path.parent, len(places)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("real_feeds") and _real_feeds_directory() is None:
        pytest.skip(NO_REAL_FEEDS)


def pytest_sessionfinish() -> None:
    """Nobody uses the connections by which databases were made."""
    close_connections()


def pytest_unconfigure(config: pytest.Config) -> None:
    """The very last lines say what was not tried for lack of the real feeds or of a browser."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    reports = reporter.stats.get("skipped", ())
    for reason in (NO_REAL_FEEDS, NO_BROWSER):
        skipped = sum(reason in str(report.longrepr) for report in reports)
        if skipped:
            tests = "test" if skipped == 1 else "tests"
            reporter.write_line(f"{skipped} {tests} skipped: {reason}")


def _real_feeds_directory() -> Path | None:
    named = os.environ.get("REAL_FEEDS")
    directory = Path(named) if named else REPOSITORY.parent / "shared" / "feeds"
    has_scrapes = directory.is_dir() and any(directory.glob("[0-9][0-9][0-9][0-9]-*"))
    return directory if has_scrapes else None


def _memory_or_disk() -> Path:
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK | os.X_OK):
        return memory
    return Path(tempfile.gettempdir())


@contextmanager
def _owned_directory(base: Path) -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix=DIRECTORY_PREFIX, dir=base))
    # Root may have to run a server as another user, who has to get through here.
    directory.chmod(0o711)
    with (directory / f"{OWNER_LOCK}.new").open("w") as lock:
        # Renamed when it is held, and held until the end: a sweep never sees a directory that
        # only looks abandoned.
        fcntl.flock(lock, fcntl.LOCK_EX)
        Path(lock.name).rename(directory / OWNER_LOCK)
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def _sweep(base: Path) -> None:
    """Remove the servers of test runs that were killed: nobody holds their lock any more."""
    for directory in base.glob(f"{DIRECTORY_PREFIX}*"):
        try:
            with (directory / OWNER_LOCK).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for version_file in directory.glob("*/PG_VERSION"):
                    embedded.stop(version_file.parent)
                shutil.rmtree(directory, ignore_errors=True)
        except (OSError, EmbeddedError):
            continue  # in use, somebody else's, or just being made or removed
