"""The complete scrape of 30 June: first load, and again; counted against the JSON itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import scrape_counts
from reload_invariants import assert_healthy, teams_listed_twice
from scenario_commands import Ended, import_feed, query, show
from scenario_users import every_row

from new_databases import name_of, new_database

pytestmark = pytest.mark.real_feeds

IMPORTED = {
    "leagues", "clubs", "series", "club_leagues", "series_leagues", "teams", "players", "rosters",
    "player_history", "match_scores", "series_stats", "schedule",
}  # fmt: skip


@pytest.fixture(scope="module")
def scrape(real_feeds: Path) -> Path:
    return real_feeds / "2025-06-30"


@pytest.fixture(scope="module")
def url(complete: tuple[str, Ended]) -> str:
    return complete[0]


@pytest.fixture(scope="module")
def first(complete: tuple[str, Ended]) -> Ended:
    return complete[1]


@pytest.fixture(scope="module")
def again(server_url: str, url: str, scrape: Path) -> Iterator[tuple[Ended, bool]]:
    """The repeat's end, and whether every row is where and what it was."""
    with new_database(server_url, name_of(url)) as copy:
        before = every_row(copy)
        ended = import_feed(copy, scrape)
        yield ended, every_row(copy) == before


def test_the_first_load_is_done_without_any_finding(first: Ended) -> None:
    assert (first.exit_code, first.outcome) == (0, "done")
    assert first.report["findings"] == []
    assert first.report["unverified"] == []


def test_every_record_is_accounted_for(first: Ended, scrape: Path) -> None:
    accounts = first.report["files"]
    assert {name: account["read"] for name, account in accounts.items()} == scrape_counts.files(
        scrape
    )
    for name, account in accounts.items():
        accounted = account["used"] + account["repeated"] + account["set_aside"]
        assert account["read"] == accounted, name


def test_every_row_is_accounted_for(first: Ended) -> None:
    assert set(first.report["tables"]) == IMPORTED
    for name, table in first.report["tables"].items():
        assert table["staged"] == table["same"] + table["changed"] + table["new"], name
        assert table["staged"] == table["new"], name


def test_the_tables_hold_what_the_files_say(first: Ended, url: str, scrape: Path) -> None:
    expected = scrape_counts.rows(scrape)
    found = {table: query(url, f"SELECT count(*) FROM {table}")[0][0] for table in IMPORTED}
    assert found == expected
    assert {name: table["new"] for name, table in first.report["tables"].items()} == expected


def test_the_schedule_is_linked_to_teams(url: str) -> None:
    ((rows, slots),) = query(
        url, "SELECT count(*), count(home_team_id) + count(away_team_id) FROM schedule"
    )
    assert (rows, slots) == (7343, 2 * 7343 - 3)
    unlinked = query(
        url,
        "SELECT home_team FROM schedule WHERE (CASE WHEN home_away_swapped THEN away_team_id"
        " ELSE home_team_id END) IS NULL UNION ALL SELECT away_team FROM schedule"
        " WHERE (CASE WHEN home_away_swapped THEN home_team_id ELSE away_team_id END) IS NULL"
        " ORDER BY 1",
    )
    # Nothing stands before the series.
    assert unlinked == [(" - 3.5 & Under Wed",), (" - 9 SW",), (" - 9 SW",)]


@pytest.mark.parametrize("table", sorted(IMPORTED))
def test_no_exact_duplicate_is_stored_twice(url: str, table: str) -> None:
    ((rows, different),) = query(
        url, f"SELECT count(*), count(DISTINCT to_jsonb(t) - 'id') FROM {table} t"
    )
    assert rows == different


def test_every_team_is_there_once(url: str) -> None:
    assert teams_listed_twice(url) == []


def test_the_repeat_is_unchanged_and_certified(again: tuple[Ended, bool]) -> None:
    ended, nothing_moved = again
    assert (ended.exit_code, ended.outcome) == (0, "unchanged")
    assert ended.report["certified"] is True
    assert nothing_moved
    for name, table in ended.report["tables"].items():
        assert table["staged"] == table["same"], name


def test_a_run_can_be_shown_later_as_it_was_printed(url: str, first: Ended) -> None:
    shown = show(url, first.report["run"])
    for name in ("run", "outcome", "certified", "tables", "files", "users", "findings"):
        assert shown[name] == first.report[name], name


def test_health_is_well_after_the_first_load(url: str) -> None:
    assert_healthy(url)
