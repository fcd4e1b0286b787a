"""The demo, as a newcomer runs it: twice in one directory, then what it says to try next."""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import psycopg
import pytest
from scenario_commands import run_in

from seawall import embedded

KEY_LINES = (
    r"run 1 done in [\d.]+ s: [\d,]+ new",
    r"60 users, a link to a player each, \d+ answers",
    r"user_player_associations +60 +none +2 refer to what vanishes",
    r"run 2 done in [\d.]+ s: [\d,]+ changed, [\d,]+ new, [\d,]+ retired",
    r"protected +player_availability +\d+ rows, 0 changed by this run",
    r"held +3 rows +users refer to them: 2 in players, 1 in teams",
    r"the user who kept answering: \d+ writes, 0 lost, 0 errors, the slowest \d+ ms",
    r"- 3 is not in the second scrape: retired, its id kept, because 10 answers of 2 users",
    r"player_availability +\d+ +\d+ +100\.0 %",
    r"^healthy$",
    r"refused +user-table-written +player_availability is declared as the feed’s",
    r"run 3 refused",
    r"nothing was written: every row is as it was",
    r"demo done in \d+ s",
)
INCIDENT = (
    "Tuesday 24 September 2024, 6:30 PM   Valley Lo - 22 against Tennaqua - 22\n"
    "  user 43 (user43@example.org) for Tennaqua - 22: available, “in, and I can bring balls”"
)


def demo(directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    environment = {"SERVE": "no", **environment}
    return run_in(directory, sys.executable, "-m", "courtside.demo", **environment)


def said(output: str, pattern: str) -> bool:
    return re.search(pattern, output, re.MULTILINE) is not None


def test_the_demo_runs_twice_and_what_it_says_to_try_next_works(directory: Path) -> None:
    first = demo(directory)
    assert first.returncode == 0, first.stdout + first.stderr

    again = demo(directory, DATABASE_URL="postgresql://localhost/another")

    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stderr == ""
    for pattern in KEY_LINES:
        assert said(again.stdout, pattern), pattern
    assert again.stdout.count(INCIDENT) == 2
    assert "\x1b" not in again.stdout, "colour is for terminals"
    text, next_steps = again.stdout.split("── Try next ──")
    wide = [line for line in text.splitlines() if len(line) > 100 and not line.startswith("$ ")]
    assert wide == []

    commands = [line.strip() for line in next_steps.splitlines() if line.startswith("    ")]
    assert commands[0] == "unset DATABASE_URL"
    assert len(commands) == 7
    outputs = []
    for command in commands[1:]:
        done = run_in(directory, *shlex.split(command))
        assert done.returncode == 0, command + done.stdout + done.stderr
        outputs.append(done.stdout)
    repeated, shown, _, returned, listed, stopped = outputs
    assert "certificate: the transaction wrote nothing" in repeated
    assert said(shown, r"run 2 done")
    assert said(returned, r"^teams .* 1 reinstated")
    assert said(listed, r"unchanged, certified")
    assert stopped == "stopped\n"


def test_the_demo_leaves_the_site_running_until_it_is_stopped(directory: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = demo(directory, SERVE="yes", COURTSIDE_PORT=str(port))
    assert done.returncode == 0, done.stdout + done.stderr
    address = f"http://127.0.0.1:{port}"
    assert f"{address}/mobile/availability" in done.stdout
    assert said(done.stdout, r"^    user43@example\.org +the player of the incident")
    assert said(done.stdout, r"^    user\d+@example\.org +a captain")
    with urllib.request.urlopen(f"{address}/sign-in") as page:
        assert page.status == 200

    # In a narrow terminal, where “ps” would cut what it says.
    stopped = run_in(directory, sys.executable, "-m", "courtside.demo", "stop", COLUMNS="20")

    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{address}/sign-in")
    assert embedded.running(directory / ".seawall" / "postgres") is None


def test_the_demo_never_drops_a_database_that_it_did_not_make(directory: Path) -> None:
    server = embedded.start(directory / ".seawall" / "postgres")
    url = embedded.ensure_database(server, "courtside")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE somebodys (id int)")

    refused = demo(directory)

    assert refused.returncode == 1
    assert "the database courtside is there already, and no demo made it" in refused.stderr
    assert not (directory / ".seawall" / "demo").exists()
    with psycopg.connect(url) as connection:
        connection.execute("TABLE somebodys")
