"""Users who answered between the reloads of June 2025, and one who goes on during each of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from reload_invariants import (
    assert_healthy,
    assert_users_untouched,
    teams_listed_twice,
    users_rows_stand,
)
from scenario_commands import import_feed, query
from scenario_users import add_users, every_row, writing_user

pytestmark = pytest.mark.real_feeds

# Six of these matches had riders behind names that are gone, in eleven a blank player has a name.
REPLAYED = ("--accept", "vanished-share:match_scores@NSTF", "--reason", "respelled, none is lost")
BYES = "FROM teams WHERE name LIKE 'BYE%'"


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
        "impact-retired:user_player_associations",
        "key-churn:players@APTA_CHICAGO",
        "key-churn:players@NSTF",
        "key-churn:rosters@APTA_CHICAGO",
        "key-churn:rosters@NSTF",
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
    url = database_url
    assert import_feed(url, real_feeds / "2025-06-07").exit_code == 0
    add_users(url)

    with users_rows_stand(url):
        grown = import_feed(url, real_feeds / "2025-06-13")
    assert (grown.exit_code, grown.outcome) == (0, "done"), grown.report["findings"]
    assert_users_untouched(grown)
    assert teams_listed_twice(url) == []

    byes = query(url, f"SELECT id, name {BYES} ORDER BY id")
    assert len(byes) == 8
    # More users, so that every team that the next scrape drops is somebody's.
    add_users(url, first=1000, users=40, answers=160)

    before = every_row(url)
    unaccepted = import_feed(url, real_feeds / "2025-06-30")
    assert unaccepted.exit_code == 3
    assert unaccepted.refusals() == [REPLAYED[1]]
    message = unaccepted.message("vanished-share", "match_scores", "NSTF")
    assert message.startswith("match_scores in NSTF: 11 of ")
    assert every_row(url) == before

    with users_rows_stand(url):
        complete = import_feed(url, real_feeds / "2025-06-30", *REPLAYED)
    assert (complete.exit_code, complete.outcome) == (0, "done"), complete.report["findings"]
    assert_users_untouched(complete)
    assert teams_listed_twice(url) == []

    ((accepted,),) = query(url, "SELECT acceptances FROM seawall.runs ORDER BY id DESC LIMIT 1")
    assert {name: said["reason"] for name, said in accepted.items()} == {REPLAYED[1]: REPLAYED[3]}
    # What users refer to and the scrape no longer has is retired, not gone.
    assert complete.report["tables"]["teams"]["retired"] == 8
    assert complete.report["tables"]["teams"]["held"] == 8
    assert query(url, f"SELECT id, name {BYES} ORDER BY id") == byes
    assert query(url, f"SELECT name {BYES} AND retired_at IS NULL") == []
    ((meant,),) = query(
        url,
        "SELECT count(DISTINCT team_id) FROM player_availability"
        f" WHERE team_id IN (SELECT id {BYES})",
    )
    assert meant == 8
