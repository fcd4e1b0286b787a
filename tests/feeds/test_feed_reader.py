"""The reader as a whole: what it finds in a directory, what it refuses, what it streams."""

from __future__ import annotations

import json
import tomllib
from importlib import resources
from pathlib import Path

import psycopg
import pytest
from feed_building import Feed, court, fixture, read_feed, roster_spot, standing

from courtside.feeds import reader
from courtside.migrations import migrate
from seawall.errors import FeedError
from seawall.feeds.reading import ReadContext, Rows


def test_an_absent_file_is_not_read_and_an_empty_one_is(feed: Feed) -> None:
    feed.put("NSTF", "players").put("CITA", "schedules")
    (feed.directory / "CITA" / "match_history.json").write_bytes(b"")
    read = feed.read()
    assert {(file.file, file.read) for file in read.files.values()} == {
        ("NSTF/players.json", 0),
        ("CITA/schedules.json", 0),
        ("CITA/match_history.json", 0),
    }
    assert read.rows("leagues", "code") == ["CITA", "NSTF"]


def test_unknown_files_and_directories_are_noticed(feed: Feed) -> None:
    feed.put("NSTF", "players").put("NSTF", "weather").put("backup", "old")
    (feed.directory / "README.md").write_text("hello")
    (feed.directory / ".hidden").write_text("hello")
    notices = feed.read().notices
    assert [(notice.check, notice.scope, notice.message.split()[0]) for notice in notices] == [
        ("unknown-file", "NSTF", "weather.json"),
        ("unknown-file", "", "README.md"),
        ("unknown-file", "", "backup"),
    ]
    assert not any(notice.refuses for notice in notices)


def test_a_directory_with_known_files_is_a_new_league(feed: Feed) -> None:
    feed.put("PEAK", "players", roster_spot(League="PEAK"))
    read = feed.read()
    assert read.rows("leagues", "code", "name") == [("PEAK", "PEAK")]
    assert read.rows("rosters", "league") == ["PEAK"]


def test_an_alias_names_the_same_league(feed: Feed) -> None:
    feed.put("ntsf", "players", roster_spot(League="nsft"))
    read = feed.read()
    assert read.rows("rosters", "league") == ["NSTF"]
    assert read.files["ntsf/players.json"].scope == "NSTF"
    feed.put("NSTF", "players")
    with pytest.raises(FeedError, match="are the same league"):
        feed.read()


def test_a_file_of_another_league_refuses(feed: Feed) -> None:
    mine, other = standing("Elm", "Series 1", "NSTF"), standing("Fir", "Series 1", "CITA")
    read = feed.put("NSTF", "series_stats", mine, other).read()
    assert [reason for _, _, reason, _ in read.reasons()] == ["record of another league"]
    assert read.notices == []
    read = feed.put("NSTF", "series_stats", mine, other, other).read()
    (notice,) = read.notices
    assert (notice.check, notice.scope, notice.refuses) == ("wrong-source", "NSTF", True)
    assert "2 of 3 records" in notice.message
    assert read.rows("teams", "name") == ["Elm"]


def test_a_directory_that_is_no_feed_is_an_error(feed: Feed, tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="holds no league's files"):
        feed.read()
    with pytest.raises(FeedError, match="cannot be read"):
        read_feed(tmp_path / "nowhere")


def test_a_broken_file_is_an_error(feed: Feed) -> None:
    feed.put("NSTF", "players", roster_spot(League="NSTF"))
    path = feed.directory / "NSTF" / "players.json"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(FeedError, match=r"players\.json is broken at byte"):
        feed.read()


def test_clubs_and_series_are_shared_by_leagues(feed: Feed) -> None:
    feed.put("NSTF", "players", roster_spot(League="NSTF", Series="Series 7", Club="quince hill"))
    feed.put(
        "APTA_CHICAGO",
        "players",
        roster_spot(),
        roster_spot(Series="Chicago 9", Series_Mapping_ID="Quince Hill - 9"),
    )
    read = feed.read()
    assert read.rows("clubs", "name_key", "name") == [("quince hill", "Quince Hill")]
    assert read.rows("club_leagues", "league") == ["APTA_CHICAGO", "NSTF"]
    assert read.rows("series", "name") == ["7", "9"]
    assert read.rows("series_leagues", "league", "label") == [
        ("APTA_CHICAGO", "Chicago 7"),
        ("APTA_CHICAGO", "Chicago 9"),
        ("NSTF", "Series 7"),
    ]


def test_rows_come_in_batches_and_reading_twice_gives_the_same(feed: Feed) -> None:
    feed.put("APTA_CHICAGO", "series_stats", standing("Elm", "Chicago 7"))
    feed.put("APTA_CHICAGO", "match_history", *(court("Elm", str(n)) for n in range(12_000)))
    feed.put("APTA_CHICAGO", "schedules", fixture("Elm", "Fir"))
    context = ReadContext(feed.directory, lambda _table, _columns: iter(()))
    items = list(reader.read(context))
    batches = [item for item in items if isinstance(item, Rows) and item.table == "match_scores"]
    assert [len(batch.rows) for batch in batches] == [5000, 5000, 2000]
    assert list(reader.read(context)) == items


def test_every_staged_column_is_one_that_the_manifest_and_the_schema_ask_for(
    connection: psycopg.Connection,
) -> None:
    migrate(connection)
    manifest = tomllib.loads(resources.files("courtside").joinpath("manifest.toml").read_text())
    imported = {name: t for name, t in manifest["tables"].items() if t["owner"] == "feed"}
    assert set(reader.columns) == set(imported)
    for name, table in imported.items():
        parents = table.get("parents", {})
        said = {*parents, *table.get("user_columns", []), "id", "retired_at", "first_seen_at"}
        plain = {
            row[0]
            for row in connection.execute(
                """
                SELECT column_name FROM information_schema.columns
                WHERE table_schema = 'public' AND table_name = %s
                """,
                [name],
            )
            if row[0] not in said
        }
        by = {column for parent in parents.values() for column in parent["by"].values()}
        assert set(reader.columns[name]) == plain | by, name
        assert len(reader.columns[name]) == len(set(reader.columns[name]))


def test_bad_json_inside_one_record_sets_that_record_aside(feed: Feed) -> None:
    good = json.dumps(roster_spot())
    path = feed.put("APTA_CHICAGO", "players").directory / "APTA_CHICAGO" / "players.json"
    bad = good.replace('"31.5"', "NaN")
    deep = good.replace('"31.5"', "[" * 900 + "]" * 900)
    path.write_text(f"[{good}, {bad}, {deep}, {good}]")
    read = feed.read()
    assert read.rows("rosters", "position") == [1, 4]
    assert [(position, reason) for _, position, reason, _ in read.reasons()] == [
        (2, "not a record of its kind"),
        (3, "record is too long"),
    ]
    assert read.aside[0].record == bad.encode()


def test_the_contents_of_a_record_set_aside_are_its_own(feed: Feed) -> None:
    records = [roster_spot(Player_ID=""), 7, None, ["x"], {"Player ID": "nndz-1"}]
    read = feed.put("APTA_CHICAGO", "players", *records).read()
    assert [json.loads(item.record) for item in read.aside] == records
    assert [item.position for item in read.aside] == [1, 2, 3, 4, 5]
