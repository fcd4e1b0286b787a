"""Runs in a row while pgbench writes to the users' tables: no alarm, and no row of theirs lost.

``SEAWALL_SOAK_RUNS`` says how many; 200 if it does not.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from victim import CHANGED, FEED, MANIFEST, Victim, first_load

from seawall import embedded

RUNS = int(os.environ.get("SEAWALL_SOAK_RUNS", "200"))
WRITERS = 3
TRANSACTIONS_PER_SECOND = 60

# Each transaction adds one answer and one to the count of its user: the two must agree for ever.
# It refers to rows that a feed changes, and that no feed lacks.
WRITES = """
\\set user random(1, 2)
\\set vote random(1, 1000000)
BEGIN;
INSERT INTO answers (user_id, team_id, game_id, answer)
    SELECT :user, t.id, g.id, 'pgbench' FROM teams t JOIN games g ON g.home_id = t.id
    WHERE g.day = '2024-09-24';
UPDATE profiles SET price = price + 1 WHERE user_id = :user;
INSERT INTO votes VALUES (:vote, date '2023-06-01' + :vote % 900, 'yes');
UPDATE votes SET day = day + 100 WHERE id = :vote;
DELETE FROM votes WHERE id = :vote;
UPDATE answers SET points = points + 1 WHERE id = currval('answers_id_seq');
COMMIT;
"""
AGREE = """
SELECT (SELECT count(*) FROM answers WHERE answer = 'pgbench'),
       (SELECT count(*) FROM answers WHERE answer = 'pgbench' AND points = 2),
       (SELECT sum(price)::bigint - 2 FROM profiles)
"""


@contextmanager
def pgbench(program: Path, url: str, directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Write until the block ends; no statement may fail."""
    script, errors = directory / "writes.sql", directory / "pgbench.log"
    script.write_text(WRITES, encoding="utf-8")
    with (
        errors.open("wb") as log,
        subprocess.Popen(
            [
                *(program, "--no-vacuum", "--file", script, "--time", "86400"),
                *("--client", str(WRITERS), "--rate", str(TRANSACTIONS_PER_SECOND), url),
            ],
            stdout=subprocess.DEVNULL,
            stderr=log,
        ) as process,
    ):
        try:
            yield process
            assert process.poll() is None, errors.read_text(encoding="utf-8")
        finally:
            process.terminate()
    said = errors.read_text(encoding="utf-8")
    assert "ERROR" not in said, said
    assert "aborted" not in said, said


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_runs_in_a_row_while_users_write(
    server: embedded.Server, database_url: str, tmp_path: Path
) -> None:
    first_load(database_url, tmp_path).connection.close()
    victim = Victim(database_url, tmp_path, "", MANIFEST).guarded()
    feeds = [CHANGED, CHANGED, FEED, FEED]
    attempts = 0
    with pgbench(server.binaries / "pgbench", database_url, tmp_path):
        for number in range(RUNS):
            report = victim.run(**feeds[number % 4])
            changed = number % 2 == 0
            seen = {
                "outcome": report["outcome"],
                "certified": report["certified"],
                "unverified": report["unverified"],
                "guards": report["guards"]["state"],
                "tried": report["guards"]["tried"],
                "changed by the run": {e["changed_by_run"] for e in report["users"].values()},
            }
            assert seen == {
                "outcome": "done" if changed else "unchanged",
                "certified": not changed,
                "unverified": [],
                "guards": "armed",
                "tried": {},
                "changed by the run": {0},
            }, f"run {number + 1} of {RUNS}: {report}"
            attempts += report["attempts"]
    answers, finished, counted = victim.rows(AGREE)[0]
    assert answers == finished == counted > 0
    assert victim.engine.health().healthy
    print(f"\n{RUNS} runs, {attempts} attempts, beside {answers} transactions of users")  # noqa: T201
    victim.close()
