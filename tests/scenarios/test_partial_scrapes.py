"""Scrapes that are not whole: each does what a careful operator would want, and nothing is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from scenario_commands import Ended, health, import_feed, query
from scenario_users import every_row, meanings, rows_of_users

pytestmark = pytest.mark.real_feeds


@pytest.fixture
def scrape(real_feeds: Path, tmp_path: Path) -> Path:
    """A copy of the complete scrape, to be damaged."""
    copy = shutil.copytree(real_feeds / "2025-06-30", tmp_path / "2025-06-30")
    # The scrapes may be read-only, and a copy is as its original was.
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return copy


def rewrite(file: Path, change: Callable[[list[dict[str, str]]], object]) -> None:
    file.write_text(json.dumps(change(json.loads(file.read_bytes()))), encoding="utf-8")


def refused(url: str, scrape: Path) -> Ended:
    """Import it; it must be refused with nothing moved."""
    before = every_row(url)
    ended = import_feed(url, scrape)
    assert ended.exit_code == 3, ended.report
    assert every_row(url) == before
    return ended


def assert_says_nothing(url: str, scrape: Path) -> Ended:
    """Import it; it must go through, and nothing may vanish or move for what is not there."""
    before = every_row(url)
    ended = import_feed(url, scrape)
    assert (ended.exit_code, ended.outcome) == (0, "unchanged"), ended.report["findings"]
    assert every_row(url) == before
    return ended


def test_a_scrape_without_a_league_says_nothing_about_it(answered_url: str, scrape: Path) -> None:
    shutil.rmtree(scrape / "CITA")
    ended = assert_says_nothing(answered_url, scrape)
    assert not any(name.startswith("CITA/") for name in ended.report["files"])


@pytest.mark.parametrize(
    "file",
    [
        "NSTF/players.json",
        "APTA_CHICAGO/series_stats.json",
        "CITA/match_history.json",
        "CNSWPL/schedules.json",
        "APTA_CHICAGO/player_history.json",
    ],
)
def test_a_scrape_without_a_file_says_nothing_about_its_rows(
    answered_url: str, scrape: Path, file: str
) -> None:
    (scrape / file).unlink()
    ended = assert_says_nothing(answered_url, scrape)
    assert file not in ended.report["files"]


def test_an_empty_list_is_refused(answered_url: str, scrape: Path) -> None:
    (scrape / "NSTF" / "players.json").write_text("[]", encoding="utf-8")
    ended = refused(answered_url, scrape)
    assert ended.message("empty-feed", "rosters", "NSTF") == (
        "NSTF/players.json is there and empty: it says that rosters has no rows in NSTF"
    )


def test_an_empty_list_that_is_right_can_be_accepted(answered_url: str, scrape: Path) -> None:
    """Then the league's players are retired, and who is linked to one stays linked."""
    (scrape / "NSTF" / "players.json").write_text("[]", encoding="utf-8")
    before, meant = rows_of_users(answered_url), meanings(answered_url)
    accept = [
        option
        for subject in refused(answered_url, scrape).refusals()
        for option in ("--accept", subject)
    ]
    ended = import_feed(answered_url, scrape, *accept, "--reason", "the season is over")

    assert (ended.exit_code, ended.outcome) == (0, "done"), ended.report["findings"]
    assert ended.report["tables"]["players"]["retired"] == 725
    ((linked,),) = query(
        answered_url,
        "SELECT count(*) FROM user_player_associations a JOIN players p ON p.id = a.player_id"
        " WHERE p.retired_at IS NOT NULL",
    )
    assert ended.report["tables"]["players"]["held"] == linked > 0
    assert (rows_of_users(answered_url), meanings(answered_url)) == (before, meant)
    assert health(answered_url)["healthy"]


def test_a_file_without_a_byte_is_refused(answered_url: str, scrape: Path) -> None:
    (scrape / "CNSWPL" / "schedules.json").write_bytes(b"")
    ended = refused(answered_url, scrape)
    assert ended.message("empty-feed", "schedule", "CNSWPL") == (
        "CNSWPL/schedules.json is there and empty: it says that schedule has no rows in CNSWPL"
    )


def test_a_truncated_file_is_refused(answered_url: str, scrape: Path) -> None:
    file = scrape / "APTA_CHICAGO" / "match_history.json"
    file.write_bytes(file.read_bytes()[:1_000_000])
    error = refused(answered_url, scrape).report["error"]
    assert error["code"] == "feed-unreadable"
    assert error["what"].startswith(f"{file} is broken at byte 1000000")
    assert "a part of a file must not pass for the whole" in error["why"]
    assert error["fix"] == "Scrape the file again, or mend it at that place."


def test_forty_eight_rows_where_thousands_were_are_refused(answered_url: str, scrape: Path) -> None:
    rewrite(scrape / "APTA_CHICAGO" / "players.json", lambda records: records[:48])
    ended = refused(answered_url, scrape)
    assert ended.message("vanished-share", "players", "APTA_CHICAGO") == (
        "players in APTA_CHICAGO: 6,327 of 6,375 rows (99%) are not in this feed; the limit is 10%"
    )
    assert ended.message("vanished-share", "rosters", "APTA_CHICAGO").startswith(
        "rosters in APTA_CHICAGO: 6,789 of 6,837 rows (99%)"
    )


def test_blank_ids_throughout_are_refused(answered_url: str, scrape: Path) -> None:
    rewrite(
        scrape / "CNSWPL" / "players.json",
        lambda records: [{**record, "Player ID": ""} for record in records],
    )
    ended = refused(answered_url, scrape)
    assert ended.message("set-aside-budget", "rosters", "CNSWPL") == (
        "CNSWPL/players.json: 2654 of 2654 records cannot be used (2654 blank player id);"
        " the limit is 26"
    )
    assert ended.report["files"]["CNSWPL/players.json"]["set_aside"] == 2654


def test_another_leagues_records_are_refused(answered_url: str, scrape: Path) -> None:
    """Two directories changed places."""
    (scrape / "NSTF").rename(scrape / "away")
    (scrape / "CNSWPL").rename(scrape / "NSTF")
    (scrape / "away").rename(scrape / "CNSWPL")
    ended = refused(answered_url, scrape)
    assert ended.message("wrong-source", "rosters", "NSTF") == (
        "NSTF/players.json: 2654 of 2654 records are of another league"
    )
    assert ended.message("wrong-source", "rosters", "CNSWPL") == (
        "CNSWPL/players.json: 808 of 808 records are of another league"
    )


def test_a_directory_that_is_no_scrape_is_refused(answered_url: str, scrape: Path) -> None:
    error = refused(answered_url, scrape / "NSTF").report["error"]
    assert error["code"] == "feed-unreadable"
    assert error["what"] == f"{scrape / 'NSTF'} holds no league's files"
