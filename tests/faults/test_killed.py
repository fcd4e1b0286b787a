"""The importer or its connection dies: nothing of the run is there, and the ledger says so."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator

import psycopg
import pytest
from league import FEED, TEAMS, USER_TABLES, changed
from processes import BELIEVED, STOP_AT_TEAMS, importer, sessions, wait_until, waits_for
from reload_case import Reload, checks_of, said

ALL = (*USER_TABLES, "clubs", "teams", "games")
CHANGED = {**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=4)}


@pytest.fixture
def held(league: Reload) -> Iterator[psycopg.Connection]:
    """A session that stops every run in the middle of its merge."""
    league.execute(STOP_AT_TEAMS)
    with psycopg.connect(league.url, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(77)")
        yield holder


def test_killed_in_the_middle_of_the_merge(league: Reload, held: psycopg.Connection):
    before = league.image(*ALL)
    process = importer(league, league.feed(**CHANGED), "--yes", *BELIEVED)
    wait_until(waits_for(league, "advisory"), "the merge")
    assert league.rows("SELECT outcome FROM seawall.runs ORDER BY id DESC LIMIT 1") == [(None,)]
    assert league.engine.health().unfinished_runs
    process.kill()
    process.communicate()
    killed = time.monotonic()
    # The server notices within client_connection_check_interval, half a second.
    wait_until(lambda: sessions(league) == 0, "the end of the dead run's session")
    assert time.monotonic() - killed < 5
    league.execute("BEGIN; LOCK TABLE clubs, teams, games NOWAIT; COMMIT")
    assert league.image(*ALL) == before

    held.execute("SELECT pg_advisory_unlock(77)")
    report = league.run(**CHANGED)
    assert report["outcome"] == "done"
    dead = league.engine.run(report["run"] - 1)
    assert dead is not None
    assert dead["outcome"] == "failed"
    assert [f["check"] for f in dead["report"]["findings"]] == ["run-interrupted"]
    assert league.value("SELECT max(wins) FROM teams") == 4


def test_killed_right_after_the_intent(league: Reload):
    before = league.image(*ALL)
    league.execute("BEGIN; LOCK TABLE clubs IN SHARE ROW EXCLUSIVE MODE")
    runs = league.value("SELECT max(id) FROM seawall.runs")
    process = importer(league, league.feed(**CHANGED), "--yes")
    with psycopg.connect(league.url, autocommit=True) as other:
        wait_until(
            lambda: (
                other.execute(
                    "SELECT count(*) FROM seawall.runs WHERE id > %s AND outcome IS NULL", [runs]
                ).fetchone()
                == (1,)
            ),
            "the intent",
        )
    process.kill()
    process.communicate()
    league.execute("COMMIT")
    wait_until(lambda: sessions(league) == 0, "the end of the dead run's session")
    assert league.image(*ALL) == before
    assert league.run(**FEED)["outcome"] == "unchanged"
    assert league.rows("SELECT outcome FROM seawall.runs ORDER BY id DESC LIMIT 2") == [
        ("unchanged",),
        ("failed",),
    ]


def test_interrupted_from_the_keyboard(league: Reload, held: psycopg.Connection):
    before = league.image(*ALL)
    process = importer(league, league.feed(**CHANGED), "--yes", *BELIEVED)
    wait_until(waits_for(league, "advisory"), "the merge")
    process.send_signal(signal.SIGINT)
    held.execute("SELECT pg_advisory_unlock(77)")
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert league.image(*ALL) == before
    assert league.run(**FEED)["outcome"] == "unchanged"


@pytest.mark.usefixtures("held")
def test_its_session_is_terminated(league: Reload):
    before = league.image(*ALL)
    process = importer(league, league.feed(**CHANGED), "--yes", *BELIEVED)
    wait_until(waits_for(league, "advisory"), "the merge")
    league.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'seawall'"
    )
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 1, errors
    assert "Traceback" not in errors
    error = json.loads(output)["error"]
    assert error["code"] == "database-unusable"
    assert "terminating connection" in error["what"]
    assert error["why"]
    assert error["fix"]
    assert "database-unusable" in said(errors)
    assert league.image(*ALL) == before


@pytest.mark.usefixtures("held")
def test_its_statement_is_cancelled(league: Reload):
    before = league.image(*ALL)
    process = importer(league, league.feed(**CHANGED), "--yes", *BELIEVED)
    wait_until(waits_for(league, "advisory"), "the merge")
    league.execute(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'seawall'"
    )
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    report = json.loads(output)
    assert (report["outcome"], checks_of(report)) == ("failed", {"database-error"})
    assert league.image(*ALL) == before
    assert league.value("SELECT count(*) FROM seawall.runs WHERE outcome IS NULL") == 0
