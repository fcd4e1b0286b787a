"""The process dies in the middle of a backup or a restore: nothing of it stands, the next works."""

from __future__ import annotations

import subprocess
import sys

import psycopg
import pytest
from league import FEED
from processes import sessions, wait_until, waits_for
from reload_case import Reload

STOP_AT_HISTORY = """
CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS
    $$BEGIN PERFORM pg_advisory_xact_lock(77); RETURN new; END$$;
CREATE TRIGGER stop BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION stop();
"""


def started(reload: Reload, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            *(sys.executable, "-c", "from seawall.cli import main; main()", *arguments),
            *("--manifest", str(reload.manifest_path), "--database", reload.url, "--json"),
        ],
        cwd=reload.directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("command", ["backup", "apply"])
def test_in_the_middle_of_a_backup(league: Reload, command: str):
    league.execute(STOP_AT_HISTORY.format("seawall.row_history"))
    league.execute("INSERT INTO users (name) VALUES ('Cid')")
    tables = ("users", "seawall.row_history", "seawall.backups", "seawall.backup_tables")
    before = league.image(*tables)
    more = [str(league.feed(**FEED)), "--yes"] if command == "apply" else []
    with psycopg.connect(league.url, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(77)")
        process = started(league, command, *more)
        wait_until(waits_for(league, "advisory"), "the backup")
        league.execute("UPDATE users SET name = 'Dan' WHERE name = 'Cid'")  # nobody waits for it
        league.execute("UPDATE users SET name = 'Cid' WHERE name = 'Dan'")
        process.kill()
        process.communicate()
        wait_until(lambda: sessions(league) == 0, "the end of the dead session")
    assert {t: rows for t, rows in league.image(*tables).items() if t != "users"} == {
        t: rows for t, rows in before.items() if t != "users"
    }
    report = league.run(**FEED)
    assert (report["outcome"], report["backup"]["tables"]["users"]) == ("unchanged", 3)


def test_in_the_middle_of_a_restore(league: Reload):
    run = league.run(**FEED)["run"]
    league.execute("DELETE FROM answers")
    league.execute(STOP_AT_HISTORY.format("answers"))
    with psycopg.connect(league.url, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(77)")
        process = started(league, "restore", str(run), "--yes")
        wait_until(waits_for(league, "advisory"), "the restore")
        process.kill()
        process.communicate()
        wait_until(lambda: sessions(league) == 0, "the end of the dead session")
    assert league.rows("SELECT * FROM answers") == []
    assert league.engine.restore(league.engine.plan_restore(run)).outcome == "done"
    outcomes = league.rows("SELECT outcome FROM seawall.restores ORDER BY id")
    assert outcomes == [("failed",), ("done",)]
    assert league.value("SELECT count(*) FROM answers") == 2
