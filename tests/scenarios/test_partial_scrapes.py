"""Scrapes that are not whole: each does what a careful operator would want, and nothing is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from scenario_commands import Ended, health, import_feed, query
from scenario_users import every_row

pytestmark = pytest.mark.real_feeds

VANISHABLE = ("retired", "deleted", "new", "changed", "reinstated")


@pytest.fixture
def scrape(real_feeds: Path, tmp_path: Path) -> Path:
    """A copy of the complete scrape, to be damaged."""
    return shutil.copytree(real_feeds / "2025-06-30", tmp_path / "2025-06-30")


def rewrite(file: Path, change: Callable[[list[dict[str, str]]], object]) -> None:
    file.write_text(json.dumps(change(json.loads(file.read_bytes()))), encoding="utf-8")


def refused(url: str, scrape: Path) -> Ended:
    """Import it; it must be refused with nothing moved, and the site well."""
    before = every_row(url)
    ended = import_feed(url, scrape)
    assert ended.exit_code == 3, ended.report
    assert every_row(url) == before
    assert health(url)["healthy"]
    return ended


def assert_says_nothing(url: str, scrape: Path) -> Ended:
    """Import it; it must go through, and nothing may vanish or move for what is not there."""
    before = every_row(url)
    ended = import_feed(url, scrape)
    assert (ended.exit_code, ended.outcome) == (0, "unchanged"), ended.report["findings"]
    assert every_row(url) == before
    assert health(url)["healthy"]
    return ended


def test_a_scrape_without_a_league_says_nothing_about_it(answered_url: str, scrape: Path) -> None:
    shutil.rmtree(scrape / "CITA")
    ended = assert_says_nothing(answered_url, scrape)
    assert not any(name.startswith("CITA/") for name in ended.report["files"])


def test_a_scrape_without_a_file_says_nothing_about_its_rows(
    answered_url: str, scrape: Path
) -> None:
    (scrape / "NSTF" / "players.json").unlink()
    ended = assert_says_nothing(answered_url, scrape)
    assert "NSTF/players.json" not in ended.report["files"]


def test_an_empty_list_is_refused(answered_url: str, scrape: Path) -> None:
    (scrape / "NSTF" / "players.json").write_text("[]", encoding="utf-8")
    ended = refused(answered_url, scrape)
    message = ended.message("empty-feed", "rosters", "NSTF")
    assert message == (
        "NSTF/players.json is there and empty: it says that rosters has no rows in NSTF"
    )


def test_a_file_without_a_byte_is_refused(answered_url: str, scrape: Path) -> None:
    (scrape / "CNSWPL" / "schedules.json").write_bytes(b"")
    ended = refused(answered_url, scrape)
    print(ended)


def test_a_truncated_file_is_refused(answered_url: str, scrape: Path) -> None:
    file = scrape / "APTA_CHICAGO" / "match_history.json"
    file.write_bytes(file.read_bytes()[:1_000_000])
    ended = refused(answered_url, scrape)
    print(ended)


def test_forty_eight_rows_where_thousands_were_are_refused(answered_url: str, scrape: Path) -> None:
    rewrite(scrape / "APTA_CHICAGO" / "players.json", lambda records: records[:48])
    ended = refused(answered_url, scrape)
    print(ended.refusals(), [f["message"] for f in ended.report["findings"]])


def test_blank_ids_throughout_are_refused(answered_url: str, scrape: Path) -> None:
    rewrite(
        scrape / "CNSWPL" / "players.json",
        lambda records: [{**record, "Player ID": ""} for record in records],
    )
    ended = refused(answered_url, scrape)
    print(ended.refusals(), [f["message"] for f in ended.report["findings"]])


def test_another_leagues_records_are_refused(answered_url: str, scrape: Path) -> None:
    (scrape / "NSTF").rename(scrape / "away")
    (scrape / "CNSWPL").rename(scrape / "NSTF")
    (scrape / "away").rename(scrape / "CNSWPL")
    ended = refused(answered_url, scrape)
    print(ended.refusals(), [f["message"] for f in ended.report["findings"]])


def test_a_directory_that_is_no_scrape_is_refused(answered_url: str, scrape: Path) -> None:
    ended = refused(answered_url, scrape / "NSTF")
    print(ended)
