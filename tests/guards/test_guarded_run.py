"""``seawall guard run``: what somebody else's script does to users' rows is stopped or told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from guarding import guard
from league import MANIFEST, USER_TABLES
from reload_case import Reload, said

from seawall.guarded_run import process

# Deletes every imported row and makes it anew: ids are issued again, constraints are off.
CLEAR_AND_RELOAD = """
import os
import psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    run = connection.execute
    run("SET session_replication_role = replica")
    games = run("SELECT day, score, home_id FROM games ORDER BY day").fetchall()
    teams = run("SELECT t.id, c.name, t.name, t.wins FROM teams t JOIN clubs c ON c.id = club_id "
                "ORDER BY t.id DESC").fetchall()
    clubs = run("SELECT name, city FROM clubs ORDER BY id DESC").fetchall()
    for table in ("games", "teams", "clubs"):
        run(f"DELETE FROM {table}")
    for name, city in clubs:
        run("INSERT INTO clubs (name, city) VALUES (%s, %s)", [name, city])
    new = {}
    for old, club, name, wins in teams:
        new[old] = run("INSERT INTO teams (club_id, name, wins) SELECT id, %s, %s FROM clubs "
                       "WHERE name = %s RETURNING id", [name, wins, club]).fetchone()[0]
    for day, score, home in games:
        run("INSERT INTO games (day, score, home_id) VALUES (%s, %s, %s)", [day, score, new[home]])
print("reloaded", len(clubs), "clubs")
"""


class Guarded:
    """A database, and commands run under guard, as processes of their own."""

    def __init__(self, reload: Reload) -> None:
        self.reload = reload
        self.scripts = 0

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        arguments = ["guard", "run", "--database", self.reload.url, "--json"]
        arguments += ["--manifest", str(self.reload.manifest_path), "--", *command]
        program = "import sys; from seawall.cli import main; sys.exit(main())"
        inherited = {k: v for k, v in os.environ.items() if k not in ("PGOPTIONS", "DATABASE_URL")}
        return subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**inherited, **environment},
            # A shell starts what it puts in the background deaf to it, and all that comes of it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def run(self, *command: str, stdin: str = "", **environment: str) -> dict[str, Any]:
        """Run a command under guard: the report, with its streams and exit code beside it."""
        process = self.start(*command, **environment)
        out, errors = process.communicate(stdin)
        try:
            report = json.loads(out)
        except ValueError:
            raise AssertionError(f"no JSON: {out}\n{errors}") from None
        return {**report, "errors": errors, "ended_with": process.returncode}

    def script(self, text: str, **environment: str) -> dict[str, Any]:
        """Run a Python script under guard."""
        self.scripts += 1
        path = self.reload.directory / f"script_{self.scripts}.py"
        path.write_text(text, encoding="utf-8")
        return self.run(sys.executable, str(path), **environment)

    def statement(self, statement: str, **environment: str) -> dict[str, Any]:
        """Run one script that executes SQL and commits."""
        return self.script(_script(statement), **environment)


def _script(statement: str) -> str:
    """A script that executes, commits, and stays until it was looked at: no race with the watch."""
    return (
        "import os, psycopg, time\n"
        'with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:\n'
        f"    connection.execute({statement!r})\n"
        '    since = connection.execute("SELECT clock_timestamp()").fetchone()\n'
        f"    while not connection.execute({_LOOKED_AT!r}, since).fetchone()[0]:\n"
        "        time.sleep(0.01)\n"
    )


# A session is on the server's list some time after its backend_start, so that says nothing: a look
# counts that began after the session's first statement.
_LOOKED_AT = """
SELECT count(*) > 0 OR NOT EXISTS
    (SELECT FROM pg_stat_activity
     WHERE application_name = 'seawall' AND datname = current_database())
FROM pg_stat_activity AS watch
WHERE watch.query LIKE '%%pg_stat_activity%%' AND watch.query_start > %s
  AND watch.application_name = 'seawall' AND watch.datname = current_database()
"""


@pytest.fixture
def quiet(league: Reload) -> Guarded:
    """A guarded league to which nobody else is connected."""
    guard(league).connection.close()
    return Guarded(league)


def look(quiet: Guarded, query: str) -> Any:
    with psycopg.connect(quiet.reload.url) as connection:
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]


def test_a_script_that_reloads_everything_with_constraints_off(quiet: Guarded):
    if not look(quiet, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        pytest.skip("only a superuser may set session_replication_role")
    games = look(quiet, "SELECT count(game_id) FROM answers")
    report = quiet.script(CLEAR_AND_RELOAD)
    assert "reloaded 2 clubs" in report["errors"]
    assert (report["command_exit_code"], report["ended_with"]) == (0, 1)
    assert report["verdict"] == "harmed"
    references = report["references"]
    assert references["answers.team_id → teams"] | {"named": []} == {
        "checked": 2, "dangling": 2, "retargeted": 0, "dangling_before": 0, "named": [],
    }  # fmt: skip
    assert references["answers.game_id → games"]["dangling"] == games
    assert references["favourites.club_id → clubs"]["dangling"] == 2
    assert references["answers.user_id → users"]["dangling"] == 0
    assert references["answers.team_id → teams"]["named"] == [
        "answers 1 meant (Tennaqua,22), means nothing now",
        "answers 2 meant (Tennaqua,22), means nothing now",
    ]
    # No row of a user table was written, and the users' column of the clubs is gone.
    for table in USER_TABLES:
        assert report["users"][table]["tried"] == 0
        assert report["users"][table]["lost"] + report["users"][table]["changed"] == 0
    assert report["users"]["clubs (users’ columns)"]["lost"] == 2
    assert "Tennaqua Road 1" in " ".join(report["users"]["clubs (users’ columns)"]["named"])


def test_ids_that_mean_another_row_afterwards(quiet: Guarded):
    """No reference dangles, and all are wrong: identity, not existence."""
    report = quiet.statement("UPDATE clubs SET name = name || ' II'")
    assert (report["verdict"], report["ended_with"]) == ("harmed", 1)
    favourites = report["references"]["favourites.club_id → clubs"]
    assert (favourites["dangling"], favourites["retargeted"]) == (0, 2)
    assert 'meant (Tennaqua), means ("Tennaqua II") now' in " ".join(favourites["named"])


@pytest.mark.parametrize("statement", ["DELETE FROM answers", "TRUNCATE answers"])
def test_a_script_that_empties_a_user_table_is_stopped(quiet: Guarded, statement: str):
    report = quiet.statement(statement)
    assert (report["verdict"], report["ended_with"]) == ("stopped", 3)
    assert report["command_exit_code"] == 1
    assert report["users"]["answers"] == {
        "rows_before": 2, "rows_after": 2, "tried": 1, "lost": 0, "changed": 0, "added": 0,
        "named": [], "may_insert": False,
    }  # fmt: skip
    assert "seawall refuses" in report["errors"]


def test_a_script_that_goes_on_after_a_refusal(quiet: Guarded):
    report = quiet.statement(
        "DO $$BEGIN DELETE FROM answers; EXCEPTION WHEN OTHERS THEN NULL; END$$"
    )
    assert (report["command_exit_code"], report["ended_with"]) == (0, 3)
    assert report["users"]["answers"]["tried"] == 1


def test_a_script_that_harms_nobody(quiet: Guarded):
    report = quiet.statement("UPDATE teams SET wins = 7")
    assert (report["verdict"], report["ended_with"]) == ("unharmed", 0)
    assert report["guards"] == "armed"
    assert report["references"]["answers.team_id → teams"]["checked"] == 2
    assert look(quiet, "SELECT count(*) FROM teams WHERE wins = 7") == 2


def test_the_exit_code_of_the_command(quiet: Guarded):
    assert quiet.run("sh", "-c", "exit 7")["ended_with"] == 7
    assert quiet.run("sh", "-c", "kill -KILL $$")["ended_with"] == 128 + signal.SIGKILL


def test_a_command_that_is_not_there(quiet: Guarded):
    report = quiet.run("no-such-program-anywhere")
    assert (report["error"]["code"], report["ended_with"]) == ("usage", 2)


def test_streams_and_environment(quiet: Guarded):
    report = quiet.run(
        "sh", "-c", 'cat; echo "$PGOPTIONS|$PGAPPNAME|$MINE|$DATABASE_URL"',
        stdin="what was typed\n", PGOPTIONS="-c work_mem=5MB", MINE="kept", DATABASE_URL="theirs",
    )  # fmt: skip
    assert "what was typed" in report["errors"]
    assert "-c work_mem=5MB -c seawall.armed=on|[seawall guard " in report["errors"]
    assert "|kept|theirs" in report["errors"]
    assert report["connections"] == {"armed": 0, "others": [], "too_short": 0}
    assert any("no session of the command was seen" in words for words in report["unseen"])


def test_without_guards_harm_is_told(league: Reload):
    league.connection.close()
    report = Guarded(league).statement("DELETE FROM answers WHERE id = 1")
    assert (report["verdict"], report["ended_with"]) == ("harmed", 1)
    assert report["guards"] == "not installed"
    assert (report["users"]["answers"]["lost"], report["users"]["answers"]["tried"]) == (1, 0)
    assert "answers 1 lost" in report["users"]["answers"]["named"][0]
    assert any("no guards are installed" in words for words in report["unseen"])


@pytest.mark.parametrize(
    "way_out",
    [
        "SET seawall.armed = 'off'; ",
        'ALTER TABLE answers DISABLE TRIGGER "0_seawall_guard_rows"; ',
        'DROP TRIGGER "0_seawall_guard_rows" ON answers; ',
    ],
)
def test_a_command_that_switches_the_guards_off(quiet: Guarded, way_out: str):
    report = quiet.statement(f"{way_out}UPDATE answers SET answer = 'no' WHERE id = 2")
    assert (report["verdict"], report["ended_with"]) == ("harmed", 1)
    assert report["users"]["answers"]["changed"] == 1


def test_guards_switched_off_and_nothing_written(quiet: Guarded):
    report = quiet.statement('ALTER TABLE answers DISABLE TRIGGER "0_seawall_guard_rows"')
    assert (report["verdict"], report["ended_with"]) == ("unseen", 6)
    assert "0_seawall_guard_rows on answers is disabled" in " ".join(report["unseen"])


def test_guards_removed_by_the_command(quiet: Guarded):
    report = quiet.statement("DROP SCHEMA seawall CASCADE")
    assert (report["verdict"], report["ended_with"]) == ("unseen", 6)
    quiet.reload.engine.install_guards()
    report = quiet.statement(
        "DROP FUNCTION seawall.refuse_write CASCADE; DELETE FROM seawall.guards"
    )
    assert (report["verdict"], report["ended_with"]) == ("unseen", 6)
    assert "0_seawall_guard_rows on answers was never installed" in " ".join(report["unseen"])


def test_a_connection_that_does_not_carry_the_setting(quiet: Guarded):
    """A pooler or another driver knows nothing of PGOPTIONS: harm is seen, not whose it is."""
    report = quiet.script(
        "import os\n"
        'for name in ("PGOPTIONS", "PGAPPNAME"):\n    del os.environ[name]\n'
        + _script("DELETE FROM answers")
    )
    assert (report["verdict"], report["ended_with"]) == ("unseen", 6)
    assert report["users"]["answers"]["lost"] == 2
    assert len(report["connections"]["others"]) == 1
    told = " ".join(report["unseen"])
    assert "2 lost, 0 changed, 0 added in answers" in told
    assert "cannot be told" in told


def test_a_session_too_short_to_be_seen(quiet: Guarded, monkeypatch: pytest.MonkeyPatch):
    """What it did is told; that the command did it is not claimed."""
    monkeypatch.setattr(process, "_FIRST_WAIT_SECONDS", 60)
    quiet.reload.engine.remove_guards()
    path = quiet.reload.directory / "short.py"
    path.write_text(
        "import os, psycopg\n"
        'with psycopg.connect(os.environ["DATABASE_URL"]) as connection:\n'
        "    connection.execute('DELETE FROM answers')\n"
        # The server has let it go before the command ends.
        "    pid = connection.info.backend_pid\n"
        f'with psycopg.connect({quiet.reload.url!r}, dbname="postgres") as connection:\n'
        '    ask = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"\n'
        "    while connection.execute(ask, [pid]).fetchone()[0]:\n"
        "        connection.rollback()\n"
    )
    report = quiet.reload.engine.run_guarded([sys.executable, str(path)], output_to_errors=False)
    assert report.connections.too_short == 1
    assert (report.verdict, report.exit_code) == ("unseen", 6)
    assert report.users["answers"].lost == 2


def test_what_users_add_meanwhile_is_told_apart_from_harm(league: Reload):
    guard(league)
    guarded = Guarded(league)
    ready, go = league.directory / "ready", league.directory / "go"
    process = guarded.start("sh", "-c", f"touch {ready}; while [ ! -e {go} ]; do sleep 0.05; done")
    _wait_for(ready)
    league.execute("INSERT INTO users (name) VALUES ('Eve')")
    go.touch()
    out, _ = process.communicate()
    report = json.loads(out)
    assert (report["verdict"], process.returncode) == ("unharmed", 0)
    assert report["users"]["users"]["added"] == 1
    assert any("other sessions were there" in words for words in report["unseen"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_are_the_commands_and_the_report_comes_all_the_same(
    quiet: Guarded, number: signal.Signals
):
    ready = quiet.reload.directory / "ready"
    process = quiet.start(
        "sh", "-c", f"trap 'exit 9' {number.name[3:]}; touch {ready}; while :; do sleep 0.05; done"
    )
    _wait_for(ready)
    process.send_signal(number)
    out, _ = process.communicate()
    report = json.loads(out)
    assert (report["command_exit_code"], process.returncode) == (9, 9)


def test_a_user_table_that_is_gone_afterwards(quiet: Guarded):
    report = quiet.statement("DROP TABLE favourites")
    assert (report["verdict"], report["ended_with"]) == ("unseen", 6)
    assert any("favourites could not be compared" in words for words in report["unseen"])


def test_a_user_table_replaced_by_an_empty_one(quiet: Guarded):
    report = quiet.statement(
        "ALTER TABLE favourites RENAME TO old_favourites; CREATE TABLE favourites"
        " (LIKE old_favourites)"
    )
    assert (report["verdict"], report["ended_with"]) == ("harmed", 1)
    assert report["users"]["favourites"]["lost"] == 2


def test_the_watching_session_is_ended(quiet: Guarded):
    report = quiet.statement(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'seawall'"
    )
    assert (report["verdict"], report["ended_with"]) == ("unseen", 6)
    assert any("connection that watched broke" in words for words in report["unseen"])


def test_allowed_inserts_are_no_harm(league: Reload):
    league.declare(
        MANIFEST.replace(
            '[tables.favourites]\nowner = "users"',
            '[tables.favourites]\nowner = "users"\nallow = ["insert"]',
        )
    )
    guard(league).connection.close()
    report = Guarded(league).statement("INSERT INTO favourites SELECT 1, id FROM clubs")
    assert (report["verdict"], report["ended_with"]) == ("unharmed", 0)
    assert report["users"]["favourites"]["added"] == 2


def test_words_for_people(quiet: Guarded):
    script = quiet.reload.directory / "script.py"
    script.write_text(
        "import os, psycopg\n"
        'with psycopg.connect(os.environ["DATABASE_URL"]) as connection:\n'
        "    connection.execute('DELETE FROM clubs WHERE false; DELETE FROM answers')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", "from seawall.cli import main; main()", "guard", "run",
         "--database", quiet.reload.url, "--manifest", str(quiet.reload.manifest_path),
         sys.executable, str(script)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 3
    assert result.stdout == ""
    assert "stopped the guards stopped it; every user’s row is as it was" in said(result.stderr)


def _wait_for(path: Path) -> None:
    while not path.exists():
        time.sleep(0.02)
