"""Users go on writing during a run: nothing is lost, nothing refused, nothing called damage."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from league import CLUBS, FEED, GAMES, MANIFEST, TEAMS, changed
from processes import STOP_AT_TEAMS, wait_until, waits_for
from reload_case import Reload, counts, unknown

from seawall.errors import RunActive
from seawall.report import Report

CHANGED = {**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=4), "games": GAMES[:1]}


@contextmanager
def stopped_in_the_merge(league: Reload, feed: dict = CHANGED) -> Iterator[Future[Report]]:
    """A run that has its snapshot and locks, and goes on when the block ends."""
    league.execute(STOP_AT_TEAMS)
    plan = league.plan(**feed)
    with (
        psycopg.connect(league.url, autocommit=True) as holder,
        ThreadPoolExecutor(1) as pool,
    ):
        holder.execute("SELECT pg_advisory_lock(77)")
        run = pool.submit(league.engine.apply, plan, acceptances=unknown(plan))
        try:
            wait_until(waits_for(league, "advisory"), "the merge")
            yield run
        finally:
            holder.execute("SELECT pg_advisory_unlock(77)")


def test_users_insert_update_and_delete_during_a_run(league: Reload):
    with stopped_in_the_merge(league) as run:
        league.execute(
            "SET lock_timeout = '5s'; INSERT INTO users (name) VALUES ('Eve');"
            "INSERT INTO answers (user_id, team_id, answer) SELECT u.id, t.id, 'yes'"
            " FROM users u, teams t WHERE u.name = 'Eve';"
            "UPDATE answers SET answer = 'no' WHERE id = 1; DELETE FROM answers WHERE id = 2;"
            "DELETE FROM favourites"
        )
    report = run.result()
    assert report["outcome"] == "done", report["findings"]
    assert {name: table["changed_by_run"] for name, table in report["users"].items()} == {
        "users": 0,
        "answers": 0,
        "favourites": 0,
    }
    assert report["meanwhile"] == {"users": 1, "answers": 1, "favourites": -2}
    assert league.rows("SELECT id, answer FROM answers ORDER BY id") == [
        (1, "no"),
        (3, "yes"),
        (4, "yes"),
    ]
    assert league.value("SELECT max(wins) FROM teams") == 4


def test_readers_do_not_wait(league: Reload):
    with stopped_in_the_merge(league) as run:
        league.execute("SET lock_timeout = '1ms'")
        assert league.value("SELECT max(wins) FROM teams") == 3
    assert run.result()["outcome"] == "done"


def test_a_new_reference_to_a_row_that_would_be_deleted(league: Reload):
    """It comes after the run's snapshot: the run tries again and holds the row."""
    with stopped_in_the_merge(league) as run:
        league.execute(
            "INSERT INTO answers (user_id, team_id, game_id, answer)"
            " SELECT 1, home_id, id, 'late' FROM games WHERE day = '2024-10-01'"
        )
    report = run.result()
    assert report["outcome"] == "done", report["findings"]
    assert report["attempts"] == 2
    assert counts(report, "games") == {
        "staged": 1,
        "same": 1,
        "vanished": 1,
        "retired": 1,
        "held": 1,
    }
    assert league.value(
        "SELECT count(*) FROM answers a JOIN games g ON g.id = a.game_id WHERE answer = 'late'"
    ) == (1)


def test_a_new_soft_reference_to_a_row_that_is_deleted_is_told(league: Reload):
    """Nothing in the database can stop it; the run says so and is not to blame."""
    league.declare_anew(MANIFEST.replace('user_columns = ["address"]\n', 'vanished = "delete"\n'))
    league.execute("UPDATE clubs SET address = NULL; INSERT INTO clubs (name) VALUES ('Legends')")
    feed = {**CHANGED, "games": GAMES}
    with stopped_in_the_merge(league, feed) as run:
        league.execute("INSERT INTO favourites SELECT 1, id FROM clubs WHERE name = 'Legends'")
    report = run.result()
    assert report["outcome"] == "done", report["findings"]
    assert counts(report, "clubs")["deleted"] == 1
    assert "concurrent-orphan" in {f["check"] for f in report["findings"]}
    assert league.engine.health().users["favourites"].orphans == {"favourites.club_id → clubs": 1}


def test_many_users_and_many_runs(league: Reload):
    """Every answer that a user was told is stored is there afterwards."""
    stop = threading.Event()
    stored: list[int] = []

    def answer() -> None:
        with psycopg.connect(league.url, autocommit=True) as connection:
            while not stop.is_set():
                row = connection.execute(
                    "INSERT INTO answers (user_id, team_id, game_id, answer)"
                    " SELECT 1, t.id, (SELECT id FROM games LIMIT 1), 'x' FROM teams t"
                    " ORDER BY random() LIMIT 1 RETURNING id"
                ).fetchone()
                assert row is not None
                stored.append(row[0])
                connection.execute("UPDATE answers SET points = points + 1 WHERE id = %s", row)

    with ThreadPoolExecutor(3) as pool:
        users = [pool.submit(answer) for _ in range(3)]
        outcomes = []
        for number in range(6):
            feed = CHANGED if number % 2 else FEED
            clubs = [*CLUBS, {"name": f"Club {number}"}]
            outcomes.append(league.run(**{**feed, "clubs": clubs}))
        stop.set()
        for user in users:
            user.result()
    assert {report["outcome"] for report in outcomes} == {"done"}, outcomes[-1]["findings"]
    rows = league.rows("SELECT id FROM answers WHERE answer = 'x' AND points = 2.0 ORDER BY id")
    assert [row[0] for row in rows] == sorted(stored)
    assert league.engine.health().healthy


def test_two_runs_at_once(league: Reload):
    before = league.value("SELECT max(id) FROM seawall.runs")
    other = league.plan(**FEED)
    with stopped_in_the_merge(league) as run:
        with pytest.raises(RunActive) as caught:
            league.engine.apply(other)
        assert f"run {before + 1}" in caught.value.what
        assert int(caught.value.exit_code) == 3
    assert run.result()["outcome"] == "done"
    assert league.value("SELECT count(*) FROM seawall.runs WHERE id > %s", before) == 1


def test_one_active_run_is_a_truth_of_the_database(league: Reload):
    copy = (
        "INSERT INTO seawall.runs (feed, feed_digest, plan_digest, manifest_digest,"
        " catalogue_digest, who, versions, acceptances, evidence)"
        " SELECT '', '', '', '', '', '{}', '{}', '{}', '{}'"
    )
    league.execute(copy)
    with pytest.raises(psycopg.errors.UniqueViolation):
        league.execute(copy)


def test_a_lock_that_is_never_granted_ends_the_run(league: Reload):
    database = league.value("SELECT current_database()")
    league.execute(f"ALTER DATABASE \"{database}\" SET deadlock_timeout = '20ms'")
    plan = league.plan(**CHANGED)
    league.execute("BEGIN; LOCK TABLE games IN ROW EXCLUSIVE MODE")
    report = league.engine.apply(plan)
    league.execute("COMMIT")
    assert report["outcome"] == "failed"
    assert "lock timeout" in report["findings"][0]["message"]
    assert league.value("SELECT max(wins) FROM teams") == 3
    assert league.run(**CHANGED)["outcome"] == "done"


def test_a_lock_that_is_granted_late_only_delays_the_run(league: Reload):
    database = league.value("SELECT current_database()")
    league.execute(f"ALTER DATABASE \"{database}\" SET deadlock_timeout = '200ms'")
    plan = league.plan(**CHANGED)
    attempts: list[int] = []

    def progress(stage: str, number: int) -> None:
        if stage == "waiting for users":
            attempts.append(number)
            if number == 2:
                league.execute("COMMIT")

    league.engine._progress = progress
    league.execute("BEGIN; LOCK TABLE games IN ROW EXCLUSIVE MODE")
    report = league.engine.apply(plan)
    assert (report["outcome"], report["attempts"], attempts) == ("done", 3, [1, 2])
