"""A large feed is read in a process of its own: the same items, the same errors, no leftovers."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seawall.errors import DatabaseError, FeedError
from seawall.feeds.ahead import is_worthwhile, read_ahead
from seawall.feeds.reading import Evidence, FileRead, Item, Rows

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="feeds are read ahead on Linux only"
)

ITEMS: list[Item] = [
    Rows("teams", "teams.json", [(1, "Tennaqua - 22", None), (2, "Valley Lo - 22", 3.5)]),
    FileRead(file="teams.json", scope="", kind="teams", table="teams", read=2),
    Evidence("home", {"swapped": True}),
]


def process_ids() -> Iterator[Item]:
    yield Evidence("process", os.getpid())


def received(read: Callable[[], Iterator[Item]]) -> list[Item]:
    with read_ahead(read) as items:
        return list(items)


def test_items_come_as_they_were_yielded() -> None:
    assert received(lambda: iter(ITEMS)) == ITEMS


def test_the_reader_runs_in_another_process() -> None:
    (item,) = received(process_ids)
    assert isinstance(item, Evidence)
    assert item.value != os.getpid()


def test_an_error_of_the_reader_arrives_with_its_parts() -> None:
    def read() -> Iterator[Item]:
        yield ITEMS[0]
        raise FeedError("teams.json is broken", why="It ends too early.", fix="Scrape it again.")

    with read_ahead(read) as arrived:
        assert next(arrived) == ITEMS[0]
        with pytest.raises(FeedError) as caught:
            next(arrived)
    assert caught.value.as_dict() == {
        "code": "feed-unreadable",
        "what": "teams.json is broken",
        "why": "It ends too early.",
        "fix": "Scrape it again.",
    }


def test_an_error_keeps_its_kind() -> None:
    def read() -> Iterator[Item]:
        yield from ()
        raise DatabaseError("gone")

    with pytest.raises(DatabaseError):
        received(read)


@pytest.mark.parametrize("end", [lambda: os._exit(7), lambda: os.kill(os.getpid(), signal.SIGKILL)])
def test_a_reader_that_dies_is_no_end_of_the_feed(end: Any) -> None:
    def read() -> Iterator[Item]:
        yield ITEMS[0]
        end()

    with pytest.raises(FeedError, match="ended before its feed"):
        received(read)


def test_a_cell_that_cannot_be_sent_is_an_error() -> None:
    def read() -> Iterator[Item]:
        yield Rows("teams", "teams.json", [(1, lambda: None)])

    with pytest.raises(FeedError, match="cannot be stored"):
        received(read)


def test_whoever_stops_listening_ends_the_reader() -> None:
    def read() -> Iterator[Item]:
        yield from process_ids()
        while True:
            yield Rows("teams", "teams.json", [(1, "x" * 1000)] * 1000)

    with read_ahead(read) as arrived:
        first = next(arrived)
    assert isinstance(first, Evidence)
    with pytest.raises(ProcessLookupError):
        os.kill(first.value, 0)


def test_the_reader_begins_before_anybody_listens(tmp_path: Path) -> None:
    begun = tmp_path / "begun"

    def read() -> Iterator[Item]:
        begun.touch()
        yield from ITEMS

    with read_ahead(read) as arrived:
        deadline = time.monotonic() + 30
        while not begun.exists():
            assert time.monotonic() < deadline, "the reader waits to be asked"
            time.sleep(0.01)
        assert list(arrived) == ITEMS


def test_a_reader_that_nobody_asked_is_ended(tmp_path: Path) -> None:
    known = tmp_path / "process"

    def read() -> Iterator[Item]:
        known.write_text(str(os.getpid()))
        while True:
            yield Rows("teams", "teams.json", [(1, "x" * 1000)] * 1000)

    with read_ahead(read):
        deadline = time.monotonic() + 30
        while not (known.exists() and known.read_text()):
            assert time.monotonic() < deadline, "the reader does not begin"
            time.sleep(0.01)
    with pytest.raises(ProcessLookupError):
        os.kill(int(known.read_text()), 0)


def test_only_large_feeds_are_worth_a_process(tmp_path: Path) -> None:
    (tmp_path / "league").mkdir()
    (tmp_path / "league" / "players.json").write_bytes(b" " * 3_999_999)
    assert not is_worthwhile(tmp_path)
    (tmp_path / "league" / "teams.json").write_bytes(b"[]")
    assert is_worthwhile(tmp_path) == ((os.cpu_count() or 1) > 1)
