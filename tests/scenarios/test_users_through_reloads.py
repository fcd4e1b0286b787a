"""Users who answered between the reloads of June 2025, and one who goes on during each of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from scenario_commands import Ended, health, import_feed, query
from scenario_users import (
    ANSWERS,
    USERS,
    add_users,
    every_row,
    meanings,
    rows_of_users,
    writing_user,
)
from test_complete_scrape import teams_listed_twice

pytestmark = pytest.mark.real_feeds

REPLAYED = ("--accept", "vanished-share:match_scores@NSTF", "--reason", "six riders, eleven names")
BYES = "FROM teams WHERE name LIKE 'BYE%'"


def assert_users_untouched(ended: Ended) -> None:
    """No writer of ours was taken for damage, and the run wrote nothing of anybody's."""
    for name, table in ended.report["users"].items():
        assert table["changed_by_run"] == 0, name
        assert table["orphans"] == 0, name
        assert table["retargeted"] == 0, name


def assert_healthy(url: str) -> None:
    seen = health(url)
    assert seen["healthy"]
    for name, table in seen["users"].items():
        assert table["stable_percent"] == 100, name
        assert table["orphans"] == {}, name


def test_new_ids_for_everybody_are_refused_and_nothing_moves(
    database_url: str, real_feeds: Path
) -> None:
    assert import_feed(database_url, real_feeds / "2025-06-06").exit_code == 0
    add_users(database_url)
    with writing_user(database_url, "during@example.org") as writer:
        before = every_row(database_url, [writer])
        ended = import_feed(database_url, real_feeds / "2025-06-07")
    assert every_row(database_url, [writer]) == before

    assert (ended.exit_code, ended.outcome) == (3, "refused")
    assert ended.refusals() == [
        "vanished-share:players@APTA_CHICAGO",
        "vanished-share:players@NSTF",
        "vanished-share:rosters@APTA_CHICAGO",
        "vanished-share:rosters@NSTF",
    ]
    message = ended.message("vanished-share", "players", "APTA_CHICAGO")
    assert "2,197 of 2,197 rows (100%) are not in this feed; the limit is 10%" in message
    assert "so the source probably changed its keys" in message
    assert_users_untouched(ended)
    assert_healthy(database_url)


def test_users_rows_stand_through_three_reloads(database_url: str, real_feeds: Path) -> None:
    assert import_feed(database_url, real_feeds / "2025-06-07").exit_code == 0
    add_users(database_url)
    writers: list[int] = []
    steps = (("2025-06-13", ()), ("2025-06-30", REPLAYED))
    for day, options in steps:
        with writing_user(database_url, f"during-{day}@example.org") as writer:
            writers.append(writer)
            before = rows_of_users(database_url, writers)
            meant = meanings(database_url, writers)
            ended = import_feed(database_url, real_feeds / day, *options)

        assert (ended.exit_code, ended.outcome) == (0, "done"), ended.report["findings"]
        assert rows_of_users(database_url, writers) == before
        assert meanings(database_url, writers) == meant
        assert all(None not in key[:3] for key in meant.values())
        assert_users_untouched(ended)
        assert_healthy(database_url)
        assert teams_listed_twice(database_url) == []
        if day == "2025-06-13":
            byes = query(database_url, f"SELECT id, name {BYES} ORDER BY id")
            assert len(byes) == 8
            # More users, so that every team that the next scrape drops is somebody's.
            add_users(database_url, first=1000, users=40, answers=160)

    tables = Counter(table for table, _ in before)
    assert tables["users"] == USERS + 40 + len(writers)
    assert tables["player_availability"] == ANSWERS + 160
    # What users refer to and the scrape of the 30th no longer has is retired, not gone.
    assert query(database_url, f"SELECT id, name {BYES} ORDER BY id") == byes
    assert query(database_url, f"SELECT name {BYES} AND retired_at IS NULL") == []
    meant_teams = {key[1] for (table, _), key in meant.items() if table == "player_availability"}
    assert {name for _, name in byes} <= meant_teams
    assert ended.report["tables"]["teams"]["retired"] == 8
    assert ended.report["tables"]["teams"]["held"] == 8


def test_the_acceptance_is_needed_and_lasts_for_one_run(june_13_url: str, real_feeds: Path) -> None:
    refused = import_feed(june_13_url, real_feeds / "2025-06-30")
    assert refused.exit_code == 3
    assert refused.refusals() == ["vanished-share:match_scores@NSTF"]
    message = refused.message("vanished-share", "match_scores", "NSTF")
    assert message.startswith("match_scores in NSTF: 11 of ")

    accepted = import_feed(june_13_url, real_feeds / "2025-06-30", *REPLAYED)
    assert accepted.exit_code == 0
    ((acceptances,),) = query(
        june_13_url, "SELECT acceptances FROM seawall.runs ORDER BY id DESC LIMIT 1"
    )
    assert acceptances == {"vanished-share:match_scores@NSTF": "six riders, eleven names"}
