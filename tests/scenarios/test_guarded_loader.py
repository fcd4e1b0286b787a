"""The loader of the incident, run under ``seawall guard run`` on the complete scrape with users."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from scenario_commands import MANIFEST, Ended, query, start
from scenario_users import ANSWERS, USER_TABLES, every_row, meanings, rows_of_users

from courtside import league_database

pytestmark = pytest.mark.real_feeds

TWELVE = (
    "schedule", "series_stats", "match_scores", "player_history", "user_player_associations",
    "players", "teams", "series_leagues", "club_leagues", "series", "clubs", "leagues",
)  # fmt: skip
# What the platform cleared on every load, and what stood on the list on that morning.
CLEAR_LISTS = {
    "that morning's": ("player_availability", *TWELVE),
    "every day's": TWELVE,
}
LOADER = """
import os
import sys
import psycopg

def load(run):
    run("SET session_replication_role = replica")
    for table in {tables!r}:
        name = table.split()[0]
        run("CREATE TEMPORARY TABLE kept_" + name + " AS SELECT * FROM " + name)
        run({clear!r} + " " + table)
    for table, columns in {reloaded!r}.items():
        run("INSERT INTO " + table + " (" + columns + ") SELECT " + columns + " FROM kept_" + table
            + " ORDER BY id DESC")

with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
    try:
        load(connection.execute)
    except psycopg.Error as error:
        sys.exit("the loader failed: " + str(error))
"""
# Without their ids, which the database issues anew.
RELOADED = {
    "teams": "league_id, series_id, club_id, name, series_key",
    "players": "league_id, source_id, first_name, last_name",
}


@pytest.fixture
def guarded_url(answered_url: str) -> str:
    ((superuser,),) = query(
        answered_url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    )
    if not superuser:
        pytest.skip("only a superuser may set session_replication_role")
    assert league_database.guard(answered_url) == {}
    return answered_url


def run_loader(url: str, directory: Path, **said: object) -> Ended:
    """Run the loader under guard, as a process of its own."""
    script = directory / "loader.py"
    script.write_text(LOADER.format(**{"reloaded": {}, **said}), encoding="utf-8")
    return start(
        "seawall", "guard", "run", "--json", "--database", url, "--manifest", MANIFEST,
        "--", sys.executable, script,
    )  # fmt: skip


@pytest.mark.parametrize("clear", ["DELETE FROM", "TRUNCATE"])
@pytest.mark.parametrize("clear_list", CLEAR_LISTS)
def test_the_clear_list_is_stopped_and_told(
    guarded_url: str, tmp_path: Path, clear_list: str, clear: str
) -> None:
    """Its statements commit one by one: what it cleared before the first users' table is gone."""
    tables = CLEAR_LISTS[clear_list]
    of_users = next(table for table in tables if table in USER_TABLES)
    before, meant = rows_of_users(guarded_url), meanings(guarded_url)
    ended = run_loader(guarded_url, tmp_path, tables=tables, clear=clear)
    assert (rows_of_users(guarded_url), meanings(guarded_url)) == (before, meant)

    assert (ended.exit_code, ended.report["verdict"]) == (3, "stopped")
    assert ended.report["command_exit_code"] == 1
    assert f"the loader failed: seawall refuses {clear.partition(' ')[0]} " in ended.errors
    assert f"{of_users}: its rows belong to users" in ended.errors
    told = {name: each["tried"] for name, each in ended.report["users"].items() if each["tried"]}
    assert told == {of_users: 1}
    answers = ended.report["users"]["player_availability"]
    assert (answers["rows_before"], answers["rows_after"], answers["lost"]) == (ANSWERS, ANSWERS, 0)
    for reference in ended.report["references"].values():
        assert reference["dangling"] == reference["retargeted"] == 0


def test_truncate_cascade_of_an_imported_table_is_stopped(guarded_url: str, tmp_path: Path) -> None:
    """Nobody named a user table. Every table with a foreign key to teams would be emptied."""
    before = every_row(guarded_url)
    ended = run_loader(guarded_url, tmp_path, tables=["teams CASCADE"], clear="TRUNCATE")
    assert every_row(guarded_url) == before
    assert (ended.exit_code, ended.report["verdict"]) == (3, "stopped")
    assert "its rows belong to users" in ended.errors
    assert sum(each["tried"] for each in ended.report["users"].values()) == 1


def test_ids_issued_anew_are_told_reference_by_reference(guarded_url: str, tmp_path: Path) -> None:
    """It writes no user's row, so nothing stops it: every answer is there, and means nothing."""
    ((answers, links),) = query(
        guarded_url,
        "SELECT (SELECT count(*) FROM player_availability),"
        " (SELECT count(*) FROM user_player_associations)",
    )
    tables = [table for table in TWELVE if table != "user_player_associations"]
    ended = run_loader(guarded_url, tmp_path, tables=tables, clear="DELETE FROM", reloaded=RELOADED)
    assert ended.report["command_exit_code"] == 0, ended.errors
    assert (ended.exit_code, ended.report["verdict"]) == (1, "harmed")
    for name in ("player_availability", "user_player_associations"):
        each = ended.report["users"][name]
        assert each["rows_before"] == each["rows_after"] > 0
        assert each["lost"] == each["changed"] == each["tried"] == 0
    references = ended.report["references"]
    assert references["player_availability.team_id → teams"]["dangling"] == answers == ANSWERS
    assert references["user_player_associations.player_id → players"]["dangling"] == links
    named = references["player_availability.team_id → teams"]["named"]
    assert "means nothing now" in named[0]
