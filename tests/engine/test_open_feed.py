"""A feed is read before anything else is asked of the database, even before its tables are made."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from reload_case import HEADING

from seawall import Engine, Manifest, reading_processes
from seawall.errors import DatabaseError, FeedError, PlanStale, UsageError
from seawall.feeds.reading import Evidence, FileRead, Item, ReadContext, Rows

SCHEMA = "CREATE TABLE clubs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE)"
MANIFEST = """
[feed]
reader = "test_open_feed:reader"
[tables.clubs]
owner = "feed"
key = ["name"]
"""
PATIENCE_SECONDS = 30


class Reader:
    """Says in a file that it has asked what the database knows."""

    columns: ClassVar[dict[str, tuple[str, ...]]] = {"clubs": ("name",)}
    meanwhile: Callable[[], object] | None = None

    def read(self, context: ReadContext) -> Iterator[Item]:
        known = list(context.known("clubs", ["name"]))
        (context.directory / "asked").touch()
        if meanwhile := self.meanwhile:
            self.meanwhile = None
            meanwhile()
        yield Rows("clubs", "clubs.txt", [(1, "Tennaqua")])
        yield FileRead(file="clubs.txt", scope="", kind="clubs", table="clubs", read=1)
        yield Evidence("known", [len(known), str(context.as_of), os.getpid()])


reader = Reader()


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    directory = tmp_path / "2026-01-15"
    directory.mkdir()
    (directory / "clubs.txt").touch()
    return directory


@pytest.fixture
def forking(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "linux":
        pytest.skip("feeds are read ahead on Linux only")
    monkeypatch.setattr(reading_processes, "_WORTHWHILE_BYTES", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})


def engine_of(url: str, *, forks: bool = False) -> Engine:
    return Engine(Manifest.parse(HEADING + MANIFEST), url, forks=forks)


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.mark.usefixtures("forking")
def test_a_feed_is_read_while_its_tables_are_still_to_be_made(
    database_url: str, feed: Path
) -> None:
    engine = engine_of(database_url, forks=True)
    with engine.open(feed) as opened:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (feed / "asked").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert (feed / "asked").exists()
        execute(database_url, SCHEMA)
        plan = engine.plan(opened)
    known, day, process_id = plan.feed.evidence["known"]
    assert (known, day) == (0, "2026-01-15")
    assert process_id != os.getpid()
    assert engine.apply(plan)["tables"]["clubs"]["new"] == 1


@pytest.mark.parametrize("forks", [False, True])
@pytest.mark.usefixtures("forking")
def test_an_open_feed_makes_the_same_plan_as_its_directory(
    database_url: str, feed: Path, forks: bool
) -> None:
    execute(database_url, f"{SCHEMA}; INSERT INTO clubs (name) VALUES ('Tennaqua'), ('Sunset')")
    engine = engine_of(database_url, forks=forks)
    with engine.open(feed) as opened:
        of_open = engine.plan(opened)
    of_directory = engine.plan(feed)
    assert of_open.tables == of_directory.tables
    assert of_open.feed.as_of == of_directory.feed.as_of
    for plan in (of_open, of_directory):
        known, day, process_id = plan.feed.evidence["known"]
        assert (known, day) == (2, "2026-01-15")
        assert (process_id != os.getpid()) == forks


@pytest.mark.usefixtures("forking")
def test_what_stops_the_plan_is_said_and_not_what_the_reader_met(
    database_url: str, feed: Path
) -> None:
    # The reader meets the same database; nobody hears of it, for nothing of it is wanted.
    execute(database_url, f"{SCHEMA}; CREATE TABLE strange (club_id bigint REFERENCES clubs)")
    engine = engine_of(database_url, forks=True)
    with engine.open(feed) as opened:
        plan = engine.plan(opened)
    assert plan.refusals
    assert not plan.feed.load_id


@pytest.mark.usefixtures("forking")
def test_a_database_that_is_not_there(feed: Path, database_url: str) -> None:
    url = make_conninfo(database_url, dbname="nowhere")
    engine = engine_of(url, forks=True)
    with engine.open(feed) as opened, pytest.raises(DatabaseError):
        engine.plan(opened)


def test_a_directory_that_is_not_there(database_url: str, tmp_path: Path) -> None:
    execute(database_url, SCHEMA)
    engine = engine_of(database_url, forks=True)
    with (
        engine.open(tmp_path / "nowhere") as opened,
        pytest.raises(FeedError, match="no directory"),
    ):
        engine.plan(opened)


@pytest.mark.usefixtures("forking")
@pytest.mark.parametrize("forks", [False, True])
def test_an_open_feed_is_read_once(database_url: str, feed: Path, forks: bool) -> None:
    execute(database_url, SCHEMA)
    engine = engine_of(database_url, forks=forks)
    with engine.open(feed) as opened:
        engine.plan(opened)
        with pytest.raises(UsageError, match="read already"):
            engine.plan(opened)


@pytest.mark.parametrize("forks", [False, True])
@pytest.mark.usefixtures("forking")
def test_a_reader_that_takes_its_time(
    database_url: str, feed: Path, forks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    execute(database_url, f"{SCHEMA}; ALTER DATABASE \"{name}\" SET idle_session_timeout = '200ms'")
    monkeypatch.setattr(reader, "meanwhile", lambda: time.sleep(0.8))
    engine = engine_of(database_url, forks=forks)
    assert engine.plan(feed).tables["clubs"].new == 1


@pytest.mark.parametrize("forks", [False, True])
@pytest.mark.usefixtures("forking")
def test_what_was_read_before_another_run_is_not_compared_with_what_it_left(
    database_url: str, feed: Path, forks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(database_url, SCHEMA)
    engine = engine_of(database_url, forks=forks)

    def load() -> None:
        other = engine_of(database_url)
        assert other.apply(other.plan(feed))["outcome"] == "done"

    monkeypatch.setattr(reader, "meanwhile", load)
    with pytest.raises(PlanStale, match="another feed was loaded while this one was being read"):
        engine.plan(feed)
    with psycopg.connect(database_url) as connection:
        left = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'seawall_stage'::regnamespace"
            " AND relname LIKE '%clubs%'"
        ).fetchall()
    assert left == []
    monkeypatch.setattr(reader, "meanwhile", None)
    assert engine.apply(engine.plan(feed))["outcome"] == "unchanged"


@pytest.mark.parametrize("forks", [False, True])
@pytest.mark.usefixtures("forking")
def test_a_reader_that_cannot_even_begin(
    database_url: str, feed: Path, forks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(database_url, SCHEMA)
    (feed.parent / "broken_reader.py").write_text("reader = no_such_name")
    monkeypatch.syspath_prepend(str(feed.parent))
    said = MANIFEST.replace("test_open_feed:reader", "broken_reader:reader")
    engine = Engine(Manifest.parse(HEADING + said), database_url, forks=forks)
    with pytest.raises(FeedError, match=r"the reader failed at .*no_such_name"):
        engine.plan(feed)
