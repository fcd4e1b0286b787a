"""A feed in parts: however many processes read it, and whichever is first, it says the same."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from reload_case import HEADING

from seawall import Engine, Manifest, reading_processes
from seawall.errors import FeedError
from seawall.feeds.reading import (
    Evidence,
    FileRead,
    Item,
    Notice,
    Part,
    PartedReader,
    ReadContext,
    Rows,
    SetAside,
)
from seawall.plan import Plan

SCHEMA = """
CREATE TABLE clubs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(9) UNIQUE, said text)
"""
MANIFEST = """
[feed]
reader = "test_parts:reader"
[tables.clubs]
owner = "feed"
key = ["name"]
"""
PATIENCE_SECONDS = 30


class Reader(PartedReader):
    """Each part is a file of names, a line each; the first part ends last, where others can run."""

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        return {"clubs": ("name", "said")}

    def parts(self, directory: Path) -> Sequence[Part]:
        return [Part(path.name, path.stat().st_size) for path in sorted(directory.glob("*.txt"))]

    def read_part(self, context: ReadContext, part: Part) -> Generator[Item, None, int]:
        names = (context.directory / part.name).read_text().splitlines()
        if "wait" in names:
            others = [context.directory / f"{other}.done" for other in ("b.txt", "c.txt")]
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not all(path.exists() for path in others):
                assert time.monotonic() < deadline
                time.sleep(0.01)
        if "fail" in names:
            raise RuntimeError("no")
        for position, name in enumerate(names, 1):
            if name == "wait":
                yield SetAside(part.name, position, "no club", b"wait", expected=True)
            else:
                yield Rows("clubs", part.name, [(position, name, part.name)])
        yield Evidence(part.name, os.getpid())
        yield Notice(f"notice-{part.name[0]}", "", "clubs", "seen", "nothing")
        yield FileRead(file=part.name, scope="", kind="clubs", table="clubs", read=len(names))
        (context.directory / f"{part.name}.done").touch()
        return len(names)

    def read_rest(self, directory: Path, gathered: Sequence[int]) -> Iterator[Item]:
        assert (directory / "a.txt").is_file()
        yield Rows("clubs", "a.txt", [(1, "rest", str(list(gathered)))])


reader = Reader()


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Names that are too long, one that repeats, one of which two files say different things."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setattr(reading_processes, "_WORTHWHILE_BYTES", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    directory = tmp_path / "2026-01-15"
    directory.mkdir()
    (directory / "a.txt").write_text("Elm\nFir\nmuch too long\nElm\n")
    (directory / "b.txt").write_text("Oak\nFir\n")
    (directory / "c.txt").write_text("Yew\nalso too long\nOak\n")
    return directory


def make_plan(url: str, feed: Path, *, forks: bool) -> Plan:
    for done in feed.glob("*.done"):
        done.unlink()
    return Engine(Manifest.parse(HEADING + MANIFEST), url, forks=forks).plan(feed)


def what_is_staged(database: psycopg.Connection[Any], plan: Plan) -> tuple[Any, ...]:
    """Everything that a plan says and staging holds, without what is drawn by lot."""
    table = plan.feed.tables["clubs"]
    rows = database.execute(
        sql.SQL("SELECT seawall_row, seawall_file, seawall_position, name, said FROM {}").format(
            table.identifier
        )
    ).fetchall()
    aside = database.execute(
        "SELECT file, position, reason, detail, expected, record FROM seawall_stage.set_aside"
        " WHERE load_id = %s ORDER BY 1, 2",
        [plan.feed.load_id],
    ).fetchall()
    findings = [(f.check, f.table, f.message) for f in plan.findings]
    counts = (table.rows, table.content, table.conflicts, table.conflict_examples)
    said = (plan.feed.reads, plan.feed.notices, plan.feed.repeated, list(plan.feed.evidence))
    return sorted(rows), aside, findings, counts, said, plan.tables, plan.files


@pytest.fixture
def database(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(SCHEMA.encode())
        yield connection


@pytest.mark.skipif(sys.platform != "linux", reason="several processes on Linux only")
def test_several_processes_stage_what_one_does(
    database: psycopg.Connection[Any], database_url: str, feed: Path
) -> None:
    alone = make_plan(database_url, feed, forks=False)
    together = make_plan(database_url, feed, forks=True)
    assert set(alone.feed.evidence.values()) == {os.getpid()}
    assert len({os.getpid(), *together.feed.evidence.values()}) == 4
    rows, aside, *_ = expected = what_is_staged(database, alone)
    assert [(name, said) for *_, name, said in rows] == [
        *(("Elm", "a.txt"), ("Fir", "a.txt"), ("Oak", "b.txt"), ("Yew", "c.txt")),
        ("rest", "[4, 2, 3]"),
    ]
    # Too long, or contradicting an earlier record.
    assert [(file, position) for file, position, *_ in aside] == [
        *(("a.txt", 3), ("b.txt", 2), ("c.txt", 2), ("c.txt", 3)),
    ]
    assert alone.feed.repeated == {"clubs": {"a.txt": 1}}
    assert [notice.check for notice in alone.feed.notices] == ["notice-a", "notice-b", "notice-c"]
    assert what_is_staged(database, together) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="several processes on Linux only")
def test_the_first_part_is_the_first_though_it_is_read_last(
    database: psycopg.Connection[Any], database_url: str, feed: Path
) -> None:
    (feed / "a.txt").write_text("wait\nElm\nFir\n")
    plan = make_plan(database_url, feed, forks=True)
    rows, *_ = what_is_staged(database, plan)
    assert [(name, said) for *_, name, said in rows if name == "Fir"] == [("Fir", "a.txt")]
    assert rows[-1][-2:] == ("rest", "[3, 2, 3]")
    assert [read.file for read in plan.feed.reads] == ["a.txt", "b.txt", "c.txt"]
    assert list(plan.feed.evidence) == ["a.txt", "b.txt", "c.txt"]
    assert [notice.check for notice in plan.feed.notices] == ["notice-a", "notice-b", "notice-c"]


@pytest.mark.parametrize("forks", [False, True])
def test_one_part_that_fails_fails_the_feed_and_leaves_nothing(
    database: psycopg.Connection[Any], database_url: str, feed: Path, forks: bool
) -> None:
    (feed / "b.txt").write_text("fail\n")
    with pytest.raises(FeedError, match=r"the reader failed at .*RuntimeError: no"):
        make_plan(database_url, feed, forks=forks)
    left = database.execute(
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'seawall_stage'"
        " AND tablename LIKE '%clubs%'"
    ).fetchone()
    assert left == (0,)
    assert database.execute("SELECT count(*) FROM seawall_stage.set_aside").fetchone() == (0,)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while connections_of_seawall(database):
        assert time.monotonic() < deadline, "a reader's connection is still open"
        time.sleep(0.05)


def connections_of_seawall(database: psycopg.Connection[Any]) -> int:
    row = database.execute(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name = 'seawall' AND datname = current_database()"
    ).fetchone()
    assert row is not None
    return row[0]
