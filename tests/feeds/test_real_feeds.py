"""The real scrapes: every record accounted for, every team once, keys that hold from day to day."""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from feed_building import FeedRead, KnownTeam, read_feed

pytestmark = pytest.mark.real_feeds

DAYS = ("2025-06-06", "2025-06-07", "2025-06-13", "2025-06-30")
LEAGUES = {"APTA_CHICAGO", "CITA", "CNSWPL", "NSTF"}
MANIFEST: dict[str, Any] = tomllib.loads(
    resources.files("courtside").joinpath("manifest.toml").read_text(encoding="utf-8")
)


@cache
def _read(directory: Path) -> FeedRead:
    return read_feed(directory)


def _staged_key(table: str) -> list[str]:
    columns: list[str] = []
    for column in MANIFEST["tables"][table]["key"]:
        parent = MANIFEST["tables"][table].get("parents", {}).get(column)
        names = parent["by"].values() if parent else [column]
        columns += [name for name in names if name not in columns]
    return columns


def _keys(read: FeedRead, table: str) -> dict[tuple[Any, ...], set[tuple[Any, ...]]]:
    """Key → the different rows that have it."""
    found: dict[tuple[Any, ...], set[tuple[Any, ...]]] = defaultdict(set)
    key = _staged_key(table)
    for row in read.rows(table):
        content = tuple(v for name, v in row.items() if name not in ("position", "file"))
        found[tuple(row[column] for column in key)].add(content)
    return found


@pytest.mark.parametrize("day", DAYS)
def test_keys_are_complete_and_unique_apart_from_exact_repeats(real_feeds: Path, day: str) -> None:
    read = _read(real_feeds / day)
    for table in read.tables:
        for key, rows in _keys(read, table).items():
            assert None not in key, (table, key)
            assert len(rows) == 1, (table, key)


@pytest.mark.parametrize("day", DAYS)
def test_every_record_is_used_or_set_aside(real_feeds: Path, day: str) -> None:
    read = _read(real_feeds / day)
    aside = Counter(item.file for item in read.aside)
    for file in read.files.values():
        if file.table is None:
            continue
        used = [row["position"] for row in read.rows(file.table) if row["file"] == file.file]
        assert len(used) == len(set(used))
        assert len(used) + aside[file.file] + file.notes.get("practice", 0) == file.read
    assert all(item.expected for item in read.aside)


@pytest.mark.parametrize(
    ("day", "aside"),
    [
        ("2025-06-06", {("APTA_CHICAGO/players.json", "a bye's links scraped as players"): 48}),
        (
            "2025-06-07",
            {("APTA_CHICAGO/players.json", "fallback id: a link scraped as a player"): 48},
        ),
        (
            "2025-06-13",
            {("APTA_CHICAGO/players.json", "fallback id: a link scraped as a player"): 7},
        ),
        (
            "2025-06-30",
            {("CNSWPL/player_history.json", "fallback id: a link scraped as a player"): 10},
        ),
    ],
)
def test_what_is_set_aside(real_feeds: Path, day: str, aside: dict[tuple[str, str], int]) -> None:
    read = _read(real_feeds / day)
    assert Counter((item.file, item.reason) for item in read.aside) == aside
    assert read.notices == []


@pytest.mark.parametrize("day", DAYS[:3])
def test_the_earlier_days_have_practices(real_feeds: Path, day: str) -> None:
    read = _read(real_feeds / day)
    assert read.files["APTA_CHICAGO/schedules.json"].notes == {"practice": 19}
    assert len(read.rows("schedule")) == 1747 + 110


def test_the_files_of_the_complete_scrape(real_feeds: Path) -> None:
    read = _read(real_feeds / "2025-06-30")
    counts = {name.removesuffix(".json"): file.read for name, file in read.files.items()}
    assert counts == {
        "APTA_CHICAGO/players": 6837,
        "APTA_CHICAGO/match_history": 6366,
        "APTA_CHICAGO/schedules": 5143,
        "APTA_CHICAGO/series_stats": 537,
        "APTA_CHICAGO/player_history": 10128,
        "CITA/match_history": 4633,
        "CITA/schedules": 857,
        "CITA/series_stats": 135,
        "CNSWPL/players": 2654,
        "CNSWPL/match_history": 2793,
        "CNSWPL/schedules": 1233,
        "CNSWPL/series_stats": 278,
        "CNSWPL/player_history": 10,
        "NSTF/players": 808,
        "NSTF/match_history": 194,
        "NSTF/schedules": 110,
        "NSTF/series_stats": 28,
    }


def test_rows_of_the_complete_scrape(real_feeds: Path) -> None:
    read = _read(real_feeds / "2025-06-30")
    assert {table: len(_keys(read, table)) for table in read.tables} == {
        "leagues": 4,
        "clubs": 83,
        "series": 83,
        "club_leagues": 120,
        "series_leagues": 103,
        "teams": 961,
        "players": 6375 + 2258 + 725,
        "rosters": 6837 + 2654 + 808,
        "player_history": 1334,
        "match_scores": 13_986 - (4 + 0 + 2 + 169),
        "series_stats": 978,
        "schedule": 7343,
    }


def test_what_is_noted_of_the_complete_scrape(real_feeds: Path) -> None:
    read = _read(real_feeds / "2025-06-30")
    assert {name: dict(file.notes) for name, file in read.files.items() if file.notes} == {
        "APTA_CHICAGO/match_history.json": {
            "riders behind names": 30,
            "winner contradicts score": 7,
        },
        "APTA_CHICAGO/schedules.json": {"team is blank": 2},
        "APTA_CHICAGO/player_history.json": {"no matches": 10_123},
        "CITA/series_stats.json": {"columns shifted": 135},
        "CITA/match_history.json": {
            "team name stands for several teams": 8828,
            "team is blank": 6,
            "score cannot be read": 831,
            "winner contradicts score": 6,
            "riders behind names": 159,
        },
        "CITA/schedules.json": {"team is blank": 1},
        "CNSWPL/match_history.json": {"riders behind names": 2},
        "NSTF/match_history.json": {"riders behind names": 1},
    }


def test_all_but_three_slots_of_the_schedule_are_linked(real_feeds: Path) -> None:
    read = _read(real_feeds / "2025-06-30")
    teams = set(read.rows("teams", "league", "name", "series_key"))
    slots = [
        (row["league"], row[f"{side}_team_name"], row[f"{side}_team_series_key"])
        for row in read.rows("schedule")
        for side in ("home", "away")
    ]
    assert len(slots) == 14_686
    assert sum(slot not in teams for slot in slots) == 3


def test_every_match_outside_cita_is_linked(real_feeds: Path) -> None:
    read = _read(real_feeds / "2025-06-30")
    teams = set(read.rows("teams", "league", "name", "series_key"))
    for row in read.rows("match_scores"):
        for side in ("home", "away"):
            slot = (row["league"], row[f"{side}_team_name"], row[f"{side}_team_series_key"])
            assert slot in teams or row["league"] == "CITA"


def test_every_team_is_there_once(real_feeds: Path) -> None:
    read = _read(real_feeds / "2025-06-30")
    teams = read.rows("teams", "league", "name", "series_key")
    assert len(teams) == len(set(teams))
    per_league = Counter(league for league, _, _ in teams)
    # The standings of CITA list 17 teams of a series twice, once for each half of the season.
    assert per_league == {"APTA_CHICAGO": 537, "CNSWPL": 278, "NSTF": 28, "CITA": 135 - 17}
    several = {(league, name) for league, name, key in teams if key}
    assert {league for league, _ in several} == {"CITA"}
    assert not any((league, name) in several for league, name, key in teams if not key)
    without_series = [row for row in read.rows("teams") if row["series_name"] is None]
    assert without_series == []


def test_home_and_away_are_swapped_in_all_four_leagues(real_feeds: Path) -> None:
    read = _read(real_feeds / "2025-06-30")
    found = {
        name.removeprefix("home_and_away:"): (
            *(value["as_written"], value["swapped"], value["decision"], value["basis"]),
        )
        for name, value in read.evidence.items()
    }
    assert found == {
        "APTA_CHICAGO": (0, 1645, "swapped", "match_history"),
        "CNSWPL": (0, 727, "swapped", "match_history"),
        "NSTF": (0, 41, "swapped", "match_history"),
        "CITA": (46, 840, "swapped", "match_history"),
    }
    assert set(read.rows("schedule", "home_away_swapped")) == {True}


@pytest.mark.parametrize("day", DAYS)
def test_what_the_database_knows_changes_no_key(real_feeds: Path, day: str) -> None:
    first = _read(real_feeds / day)
    known: list[KnownTeam] = first.rows("teams", "league", "name", "series_key", "series_name")
    again = read_feed(real_feeds / day, known)
    assert again.tables == first.tables


def test_keys_hold_from_day_to_day(real_feeds: Path) -> None:
    """What vanishes, by table and league: players' ids on the 7th, and little else."""
    vanished: dict[str, Counter[tuple[str, str]]] = {}
    known: list[KnownTeam] = []
    before: FeedRead | None = None
    for day in DAYS:
        read = read_feed(real_feeds / day, known)
        known = read.rows("teams", "league", "name", "series_key", "series_name")
        if before:
            counts: Counter[tuple[str, str]] = Counter()
            for table in before.tables:
                for key in _keys(before, table).keys() - _keys(read, table).keys():
                    counts[table, next((part for part in key if part in LEAGUES), "")] += 1
            vanished[day] = counts
        before = read
    assert vanished == {
        "2025-06-07": {
            ("players", "APTA_CHICAGO"): 2197,
            ("players", "NSTF"): 684,
            ("rosters", "APTA_CHICAGO"): 2244,
            ("rosters", "NSTF"): 752,
        },
        "2025-06-13": {},
        "2025-06-30": {
            # Byes: gone from the standings, and with them their teams and matches.
            ("series_stats", "APTA_CHICAGO"): 8,
            ("teams", "APTA_CHICAGO"): 8,
            ("schedule", "APTA_CHICAGO"): 73,
            # 17 of 79 records changed, none was lost: six had riders that are gone, and in eleven
            # a player who was blank has a name now.
            ("match_scores", "NSTF"): 11,
        },
    }
