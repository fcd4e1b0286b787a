"""Feeds of every kind: directories, staging tables of another tool, readers; and broken ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from league import CLUBS, FEED, MANIFEST, TEAMS, USER_TABLES
from reload_case import Reload, checks_of, counts

from seawall.errors import FeedError, ManifestError, SeawallError
from seawall.feeds.reading import Evidence, FileRead, Item, Notice, ReadContext, Rows, SetAside

ALL = (*USER_TABLES, "clubs", "teams", "games")


def left_in_staging(league: Reload) -> list[tuple[Any, ...]]:
    return league.rows(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'seawall_stage'"
        " AND tablename NOT IN ('loads', 'set_aside')"
        " UNION ALL SELECT load_id FROM seawall_stage.loads"
        " UNION ALL SELECT load_id FROM seawall_stage.set_aside"
    )


def refused(league: Reload, feed: Path, kind: type[SeawallError] = FeedError) -> SeawallError:
    """Planning this feed ends with an error that says what to do, and leaves nothing."""
    before, runs = league.image(*ALL), len(league.engine.runs())
    with pytest.raises(kind) as caught:
        league.engine.plan(feed)
    assert caught.value.what
    assert caught.value.fix
    assert left_in_staging(league) == []
    assert league.image(*ALL) == before
    assert len(league.engine.runs()) == runs
    return caught.value


# ------------------------------------------------------------ directories


def test_a_directory_that_is_not_there(league: Reload):
    assert int(refused(league, league.directory / "nowhere").exit_code) == 3


def test_a_directory_with_nothing_in_it(league: Reload):
    refused(league, league.feed())


@pytest.mark.parametrize("text", ['[{"name": "A"}', '{"name": "A"}', "[1, 2", '[{"name": "A"}] x'])
def test_a_file_that_is_broken(league: Reload, text: str):
    feed = league.feed(clubs=CLUBS)
    (feed / "teams.json").write_text(text)
    assert "teams.json" in refused(league, feed).what


def test_the_day_is_in_the_directorys_name(league: Reload):
    assert str(league.plan("2031-02-03", **FEED).feed.as_of) == "2031-02-03"
    assert league.plan(**FEED).feed.as_of is None


def test_what_was_set_aside_is_kept_as_it_was(league: Reload):
    strange = {"club": "Tennaqua", "name": "7", "wins": "many"}
    report = league.run(**{**FEED, "teams": [*TEAMS, strange]})
    [kept] = league.engine.set_aside(report["run"])
    assert (kept["file"], kept["position"]) == ("teams.json", 3)
    assert kept["record"] == '{"club": "Tennaqua", "name": "7", "wins": "many"}'
    assert "wins" in kept["detail"]
    assert left_in_staging(league) == []


def test_the_ledger_accounts_for_every_record(league: Reload):
    report = league.run(**{**FEED, "clubs": [*CLUBS, CLUBS[0], {"city": "no key"}]})
    assert league.rows(
        "SELECT file, read, used, repeated, set_aside FROM seawall.files WHERE run_id = %s"
        " ORDER BY file",
        report["run"],
    ) == [
        ("clubs.json", 4, 2, 1, 1),
        ("games.json", 2, 2, 0, 0),
        ("teams.json", 2, 2, 0, 0),
    ]


# ------------------------------------------------------------ staging tables


@pytest.fixture
def staged(league: Reload) -> Reload:
    league.execute(
        "CREATE SCHEMA loaded; CREATE TABLE loaded.clubs (name text, city text, junk int);"
        "INSERT INTO loaded.clubs VALUES ('Tennaqua', 'Chicago'), ('Legends', 'Evanston');"
        "CREATE TABLE loaded.teams (club text, name text, wins text, captain text);"
        "INSERT INTO loaded.teams VALUES ('Legends', '1', '5'), ('Tennaqua', '22', '4')"
    )
    return league


def test_staging_tables_of_another_tool(staged: Reload):
    plan = staged.engine.plan(staged_schema="loaded")
    report = staged.engine.apply(plan)
    assert report["outcome"] == "done", report["findings"]
    expected = {"staged": 2, "changed": 1, "new": 1, "vanished": 1, "retired": 1}
    assert counts(plan, "teams") == counts(report, "teams") == expected
    assert staged.rows("SELECT name, city FROM clubs WHERE city <> 'Glenview' ORDER BY name") == [
        ("Legends", "Evanston"),
        ("Tennaqua", "Chicago"),
    ]
    assert left_in_staging(staged) == []
    assert staged.value("SELECT count(*) FROM loaded.clubs") == 2


def test_staged_values_that_do_not_fit(staged: Reload):
    staged.execute("INSERT INTO loaded.teams VALUES ('Legends', '2', 'many')")
    if staged.connection.info.server_version < 160000:
        with pytest.raises(FeedError):
            staged.engine.plan(staged_schema="loaded")
        return
    report = staged.engine.apply(staged.engine.plan(staged_schema="loaded"))
    account = report["files"]["loaded.teams"]
    assert (account["read"], account["used"], account["set_aside"]) == (3, 2, 1)
    assert "many" in staged.engine.set_aside(report["run"])[0]["record"]


def test_a_schema_that_is_not_there_or_holds_nothing_known(league: Reload):
    league.execute("CREATE SCHEMA empty; CREATE TABLE empty.other (x integer)")
    for schema in ("nowhere", "empty"):
        with pytest.raises(FeedError) as caught:
            league.engine.plan(staged_schema=schema)
        assert caught.value.fix
        assert left_in_staging(league) == []


def test_staged_tables_that_changed_after_the_plan_do_not_count(staged: Reload):
    plan = staged.engine.plan(staged_schema="loaded")
    staged.execute("UPDATE loaded.teams SET wins = '99'")
    assert staged.engine.apply(plan)["outcome"] == "done"
    assert staged.value("SELECT max(wins) FROM teams") == 5


# ------------------------------------------------------------ readers


class Reader:
    """Yields what a test says."""

    columns: ClassVar[dict[str, tuple[str, ...]]] = {"clubs": ("name", "city")}
    items: ClassVar[list[Item | Exception]] = []

    def read(self, context: ReadContext) -> Iterator[Item]:
        self.seen = list(context.known("teams", ["club", "name"])), context.previous_evidence
        for item in self.items:
            if isinstance(item, Exception):
                raise item
            yield item


reader = Reader()


@pytest.fixture
def with_reader(league: Reload, monkeypatch: pytest.MonkeyPatch) -> Reload:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setattr("test_feeds.reader", reader)
    monkeypatch.setattr(Reader, "items", [])
    monkeypatch.setattr(Reader, "columns", {"clubs": ("name", "city")})
    league.declare('[feed]\nreader = "test_feeds:reader"\n' + MANIFEST)
    return league


READ = FileRead(file="f", scope="", kind="clubs", table="clubs", read=2)
GOOD: list[Item | Exception] = [
    Rows("clubs", "f", [(1, "Tennaqua", "Chicago"), (2, "Valley Lo", None)]),
    READ,
]


def test_a_reader_sees_the_database_in_the_feeds_words(with_reader: Reload):
    Reader.items = [*GOOD, Evidence("home", "left")]
    feed = with_reader.feed(any=[])
    report = with_reader.engine.apply(with_reader.engine.plan(feed))
    assert counts(report, "clubs") == {"staged": 2, "same": 1, "changed": 1}
    assert report["evidence"] == {"home": "left"}
    with_reader.engine.plan(feed)
    known, evidence = reader.seen
    assert sorted(known) == [("Tennaqua", "22"), ("Valley Lo", "22")]
    assert evidence == {"home": "left"}


def test_a_readers_own_set_asides_and_notices(with_reader: Reload):
    Reader.items = [
        Rows("clubs", "f", [(1, "Tennaqua", None)]),
        SetAside("f", 2, "junk", b"\xff\x00 raw", expected=True),
        READ,
        Notice("odd-thing", "A", "clubs", "look", "do", refuses=True),
    ]
    plan = with_reader.engine.plan(with_reader.feed(any=[]))
    assert checks_of(plan) == {"odd-thing"}
    report = with_reader.engine.apply(plan, acceptances={"odd-thing:clubs@A": "seen"})
    assert report["files"]["f"]["reasons"] == {"junk": 1}
    assert with_reader.engine.set_aside(report["run"])[0]["expected"]


@pytest.mark.parametrize(
    ("columns", "items"),
    [
        ({"clubs": ("name", "city")}, [*GOOD, ValueError("oh")]),
        ({"clubs": ("name", "city")}, [KeyError("x")]),
        ({"clubs": ("name", "colour")}, GOOD),
        ({"clubs": ("city",)}, GOOD),
        ({"answers": ("id",)}, GOOD),
        ({"nothing": ("id",)}, GOOD),
        ({"clubs": ("name", "city")}, [Rows("teams", "f", [(1, "a")]), READ]),
        ({"clubs": ("name", "city")}, [Rows("clubs", "f", [(1, "a")]), READ]),
    ],
    ids=[
        "raises late",
        "raises",
        "unknown column",
        "no key",
        "users table",
        "unknown table",
        "undeclared table",
        "too few values",
    ],
)
def test_a_reader_that_is_wrong(
    with_reader: Reload, columns: dict[str, tuple[str, ...]], items: list[Any]
):
    Reader.columns, Reader.items = columns, items
    refused(with_reader, with_reader.feed(any=[]))


@pytest.mark.parametrize("name", ["nowhere:reader", "test_feeds:nothing", "test_feeds"])
def test_a_reader_that_cannot_be_imported(with_reader: Reload, name: str):
    with_reader.declare(f'[feed]\nreader = "{name}"\n{MANIFEST}')
    refused(with_reader, with_reader.feed(any=[]), ManifestError)
