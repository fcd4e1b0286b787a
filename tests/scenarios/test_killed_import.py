"""``kill -9`` of the importer in the middle of its one transaction."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from scenario_commands import command, environment, health, import_feed, query, show
from scenario_users import every_row, meanings, rows_of_users
from test_users_through_reloads import REPLAYED

pytestmark = pytest.mark.real_feeds

PATIENCE_SECONDS = 60
IN_THE_MIDDLE = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'seawall'
    AND backend_xid IS NOT NULL AND wait_event_type = 'Lock'
"""
LOCKS_OF_THE_RUN = """
SELECT count(*) FROM pg_locks AS l
WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.pid <> pg_backend_pid()
    AND (l.locktype = 'advisory' OR l.mode = 'ShareRowExclusiveLock')
"""


@contextmanager
def held_up(url: str) -> Iterator[None]:
    """Rows that the import has to delete are locked: deletes come last, all else is written."""
    with psycopg.connect(url) as connection:
        locked = connection.execute(
            "SELECT s.id FROM series_stats s JOIN teams t ON t.id = s.team_id"
            " WHERE t.name LIKE 'BYE%' FOR SHARE OF s"
        ).fetchall()
        assert len(locked) == 8
        yield


def until_it_waits(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the importer has written rows and waits for the locked one."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(IN_THE_MIDDLE.encode()).fetchone() is None:
            assert process.poll() is None, "the import ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.01)


def seconds_until_its_locks_are_gone(url: str) -> float:
    started = time.monotonic()
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(LOCKS_OF_THE_RUN.encode()).fetchone() != (0,):
            assert time.monotonic() < started + PATIENCE_SECONDS
            time.sleep(0.02)
    return time.monotonic() - started


def test_nothing_of_a_killed_run_is_there_and_the_next_one_works(
    june_13_url: str, real_feeds: Path
) -> None:
    url, scrape = june_13_url, real_feeds / "2025-06-30"
    before, users, meant = every_row(url), rows_of_users(url), meanings(url)

    with held_up(url):
        arguments = ("import", scrape, "--yes", "--json", "--database", url, *REPLAYED)
        with subprocess.Popen(
            command("courtside", *arguments),
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        ) as process:
            try:
                until_it_waits(url, process)
            finally:
                process.kill()
        # Still held up: the server notices that its client is gone while it waits.
        seconds = seconds_until_its_locks_are_gone(url)
    sys.stdout.write(f"the locks of the killed run were gone after {seconds:.2f} s\n")

    assert every_row(url) == before
    ((run_id,),) = query(url, "SELECT max(id) FROM seawall.runs")
    seen = health(url)
    assert seen["unfinished_runs"] == [run_id]
    assert seen["warnings"] == [
        f"run {run_id} has not finished: under way, or its process died",
    ]

    again = import_feed(url, scrape, *REPLAYED)

    assert (again.exit_code, again.outcome) == (0, "done")
    assert rows_of_users(url) == users
    assert meanings(url) == meant
    killed = show(url, run_id)
    assert killed["outcome"] == "failed"
    assert [finding["check"] for finding in killed["findings"]] == ["run-interrupted"]
    assert health(url)["unfinished_runs"] == []
