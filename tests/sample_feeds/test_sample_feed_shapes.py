"""A sample has the files, fields and formats of the real feeds, compared to literal tables."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import pytest
from sample_feed_keys import LEAGUES, files, load

from courtside.sample_feeds import write_sample_feeds

DATE = datetime.date(2026, 11, 22)
DAY_WRITTEN = r"(0[1-9]|1[0-2])/(0[1-9]|[12]\d|3[01])/20\d\d"
SET = r"\d{1,2}-\d{1,2}( \[\d{1,2}-\d{1,2}\])?"
MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
LONG_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
)
PERCENT = r"\d{1,3}\.\d%"
ID = r"nndz-[A-Za-z0-9]{16}"
TEXT = r".*\S.*"

# Field → pattern of the whole value, or the type where it is no text.
FIELDS: dict[str, dict[str, Any]] = {
    "players": {
        "League": r"APTA_CHICAGO|CNSWPL|NTSF|NSTF",
        "Series": r"(Chicago|Division|Series) .+",
        "Series Mapping ID": TEXT,
        "Club": TEXT,
        "Location ID": r"[A-Z0-9_]+",
        "Player ID": ID,
        "First Name": TEXT,
        "Last Name": r".*",
        "PTI": r"N/A|\d{1,2}\.\d",
        "Wins": r"\d+",
        "Losses": r"\d+",
        "Win %": PERCENT,
        "Captain": r"|C|CC",
    },
    "match_history": {
        "league_id": r"APTA_CHICAGO|CNSWPL|NTSF|NSTF|CITA",
        "Date": rf"\d\d-({MONTHS})-\d\d",
        "Home Team": r".*",
        "Away Team": TEXT,
        "Home Player 1": TEXT,
        "Home Player 1 ID": (ID, None),
        "Home Player 2": r".*",
        "Home Player 2 ID": (ID, None),
        "Away Player 1": TEXT,
        "Away Player 1 ID": (ID, None),
        "Away Player 2": r".*",
        "Away Player 2 ID": (ID, None),
        "Scores": rf"{SET}(, {SET}){{0,2}}|({LONG_MONTHS}) \d{{1,2}}, 20\d\d",
        "Winner": r"home|away|unknown",
    },
    "schedules": {
        "date": DAY_WRITTEN,
        "time": r"|(0\d|1[0-2]):[0-5]\d [ap]m",
        "home_team": TEXT,
        "away_team": TEXT,
        "location": TEXT,
        "series": r"(Chicago|Series) .+",
        "League": r"APTA_CHICAGO|CNSWPL|NTSF|nsft|NSTF|CITA",
    },
    "series_stats": {
        "series": r"(Chicago|Series) .+",
        "team": TEXT,
        "league_id": r"APTA_CHICAGO|CNSWPL|NTSF|NSTF|CITA",
        "points": int,
        "matches": {"won": int, "lost": int, "tied": int, "percentage": PERCENT},
        "lines": {
            "won": int,
            "lost": int,
            "for": int,
            "ret": int,
            "percentage": rf"{PERCENT}|[01]",
        },
        "sets": {"won": int, "lost": int, "percentage": rf"{PERCENT}|\d+"},
        "games": {"won": int, "lost": int, "percentage": rf"{PERCENT}|"},
    },
    "player_history": {
        "league_id": r"APTA_CHICAGO|CNSWPL",
        "player_id": rf"{ID}|FALLBACK_[0-9A-F]{{8}}",
        "name": TEXT,
        "first_name": TEXT,
        "last_name": r".*",
        "series": TEXT,
        "club": TEXT,
        "rating": (r"-\d+\.\d|9/9", float),
        "wins": int,
        "losses": int,
        "matches": list,
    },
}
ENTRY = {"date": DAY_WRITTEN, "end_pti": (r"-?\d+\.\d", float), "series": TEXT}
PRACTICE = {"date": DAY_WRITTEN, "time": "10:30 AM", "Practice": TEXT, "Series": TEXT}

KINDS_OF_LEAGUE = {
    "APTA_CHICAGO": {"match_history", "player_history", "players", "schedules", "series_stats"},
    "CNSWPL": {"match_history", "player_history", "players", "schedules", "series_stats"},
    "NSTF": {"match_history", "players", "schedules", "series_stats"},
    "CITA": {"match_history", "schedules", "series_stats"},
}


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_sample_feeds(
        tmp_path_factory.mktemp("shapes"), date=DATE, size=6000, versions=4, seed=5
    )


def fits(value: Any, expected: Any) -> bool:
    if isinstance(expected, tuple):
        return any(fits(value, one) for one in expected)
    if isinstance(expected, dict):
        return list(value) == list(expected) and all(
            fits(value[name], expected[name]) for name in expected
        )
    if isinstance(expected, str):
        return isinstance(value, str) and re.fullmatch(expected, value) is not None
    return value is None if expected is None else type(value) is expected


def test_each_league_has_its_files(feeds: list[Path]) -> None:
    assert [feed.name for feed in feeds] == [
        "2026-11-22",
        "2026-11-29",
        "2026-12-06",
        "2026-12-13",
    ]
    for feed in feeds:
        found = {league.name: {path.stem for path in league.iterdir()} for league in feed.iterdir()}
        assert found == KINDS_OF_LEAGUE
        assert all(path.suffix == ".json" for path in files(feed))


@pytest.mark.parametrize("kind", FIELDS)
def test_fields_and_formats(feeds: list[Path], kind: str) -> None:
    for feed in feeds:
        for league in LEAGUES:
            records = load(feed, league, kind)
            assert bool(records) == (kind in KINDS_OF_LEAGUE[league])
            for record in records:
                expected = PRACTICE if "Practice" in record else FIELDS[kind]
                assert list(record) == list(expected)
                wrong = {name: v for name, v in record.items() if not fits(v, expected[name])}
                assert not wrong, (league, wrong)


def test_history_entries(feeds: list[Path]) -> None:
    entries = [
        entry
        for record in load(feeds[-1], "APTA_CHICAGO", "player_history")
        for entry in record["matches"]
    ]
    assert entries
    assert all(fits(entry, ENTRY) for entry in entries)


def test_win_share_agrees_with_wins_and_losses(feeds: list[Path]) -> None:
    for record in load(feeds[1], "APTA_CHICAGO", "players"):
        wins, losses = int(record["Wins"]), int(record["Losses"])
        share = 100 * wins / (wins + losses) if wins + losses else 0.0
        assert record["Win %"] == f"{share:.1f}%"


def test_one_record_a_line(feeds: list[Path]) -> None:
    for path in files(feeds[0]):
        first, *lines, last, end = path.read_text(encoding="utf-8").split("\n")
        assert (first, last, end) == ("[", "]", "")
        assert all(line.startswith(" {") for line in lines)
        assert all(line.endswith("},") for line in lines[:-1])
        assert lines[-1].endswith("}")
