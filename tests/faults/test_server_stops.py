"""The server stops in the middle of a run."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
from league import FEED, TEAMS, changed, small_league
from processes import BELIEVED, STOP_AT_TEAMS, importer, wait_until, waits_for
from reload_case import unknown

from seawall import embedded


def test_the_server_stops_and_comes_back(memory_directory: Path, tmp_path: Path):
    data = memory_directory / "postgres"
    try:
        server = embedded.start(data, settings={"fsync": "off"})
        league = small_league(server.url(), tmp_path)
        league.execute(STOP_AT_TEAMS)
        before = league.rows("SELECT id, wins FROM teams ORDER BY id")
        feed = league.feed(**{**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=4)})
        with psycopg.connect(league.url, autocommit=True) as holder:
            holder.execute("SELECT pg_advisory_lock(77)")
            process = importer(league, feed, "--yes", *BELIEVED)
            wait_until(waits_for(league, "advisory"), "the merge")
            embedded.stop(data)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "Traceback" not in errors
        assert json.loads(output)["error"]["code"] == "database-unusable"

        league.connection.close()
        embedded.start(data, settings={"fsync": "off"})
        league.connection = psycopg.connect(league.url, autocommit=True)
        assert league.rows("SELECT id, wins FROM teams ORDER BY id") == before
        # The lock that stopped the run died with the server.
        plan = league.engine.plan(feed)
        report = league.engine.apply(plan, acceptances=unknown(plan))
        assert report["outcome"] == "done"
        assert league.rows("SELECT outcome FROM seawall.runs ORDER BY id DESC LIMIT 2") == [
            ("done",),
            ("failed",),
        ]
        league.connection.close()
    finally:
        embedded.stop(data)
