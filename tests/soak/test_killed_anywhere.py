"""``kill -9`` of importer, backend and server at random points: exactly before or after.

Half of the points lie between statements, every other one of them among the last tenth, where the
run commits; half lie anywhere in the time that a run takes.
``SEAWALL_SOAK_KILLS`` says how many points each has; 100 if it does not. ``SEAWALL_SOAK_SEED``
chooses others. A failure says what was killed where; ``SEAWALL_SOAK_AT`` tries that point alone, as
often.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from victim import CHANGED, FEED, MANIFEST, Victim, first_load

from seawall import embedded
from seawall.embedded.postmaster import read_pid_file
from seawall.errors import EmbeddedError

KILLS = int(os.environ.get("SEAWALL_SOAK_KILLS", "100"))
SEED = int(os.environ.get("SEAWALL_SOAK_SEED", "1"))
AT = os.environ.get("SEAWALL_SOAK_AT")
PATIENCE_SECONDS = 60
# The server must not forget what it has said is committed; its disk may.
SETTINGS = {"fsync": "off", "full_page_writes": "on", "synchronous_commit": "on"}

IMPORTED = (
    "SELECT c.name, c.city, r.row_id IS NOT NULL FROM clubs c LEFT JOIN seawall.retired r"
    " ON r.table_name = 'clubs' AND r.row_id = c.id::text ORDER BY c.name",
    "SELECT c.name, t.name, t.wins, t.captain, t.retired_at IS NULL FROM teams t"
    " JOIN clubs c ON c.id = t.club_id ORDER BY c.name, t.name",
    "SELECT g.day, g.home_id, g.away_id, g.score, r.row_id IS NOT NULL FROM games g"
    " LEFT JOIN seawall.retired r ON r.table_name = 'games' AND r.row_id = g.id::text"
    " ORDER BY g.day, g.home_id",
)


class Cluster:
    """A server of its own, with the league in it, that may be killed and comes back."""

    def __init__(self, data: Path, directory: Path) -> None:
        self.data = data
        self.server = embedded.start(data, settings=SETTINGS)
        first_load(self.server.url(), directory).connection.close()
        self.victim = Victim(self.server.url(), directory, "", MANIFEST).guarded()

    @property
    def postmaster(self) -> int:
        """Its process."""
        pid_file = read_pid_file(self.data)
        assert pid_file is not None
        return pid_file.process_id

    def recover(self) -> None:
        """Start it again where it is down; wait until it answers and nobody works in it."""
        self.victim.connection.close()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.server = embedded.start(self.data, settings=SETTINGS)
                self.victim.connection = psycopg.connect(self.server.url(), autocommit=True)
                while self.victim.value(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'seawall'"
                ):
                    assert time.monotonic() < deadline, "the dead run’s sessions stay"
                    time.sleep(0.02)
                return
            except (psycopg.OperationalError, EmbeddedError):
                assert time.monotonic() < deadline, "the server does not come back"
                time.sleep(0.05)

    def imported(self) -> list[Any]:
        """What the feed's rows say; ids of rows that went and came again left out."""
        return [self.victim.rows(query) for query in IMPORTED]

    def last_run(self) -> tuple[int, str | None]:
        """Number and outcome of the latest run in the ledger."""
        [row] = self.victim.rows("SELECT id, outcome FROM seawall.runs ORDER BY id DESC LIMIT 1")
        return row

    def reload(self, feed: Path, what: str, at: str) -> dict[str, Any]:
        """A reload in a process of its own; {} where it was killed."""
        program = Path(__file__).with_name("interrupted.py")
        process = subprocess.run(
            [
                *(sys.executable, program, self.server.url(), self.victim.manifest_path, feed),
                *(what, str(self.postmaster), at),
            ],
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert b"Traceback" not in process.stderr, process.stderr.decode()
        return json.loads(process.stdout) if process.stdout else {}


@pytest.fixture
def cluster(memory_directory: Path, tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(memory_directory / "postgres", tmp_path)
    try:
        yield made
    finally:
        made.victim.close()
        embedded.stop(made.data)


def points(seconds: float, statements: int, what: str) -> Iterator[str]:
    """Seeded random points, by turns between statements and within the time."""
    chance = random.Random(f"{SEED} {what}")
    for number in range(KILLS):
        if AT:
            yield AT
        elif number % 2:
            yield f"seconds:{chance.uniform(0, seconds):.4f}"
        else:
            first = 1 if number % 4 else statements * 9 // 10
            yield f"statement:{chance.randint(first, statements)}"


def killed_once(
    cluster: Cluster,
    what: str,
    at: str,
    before: Path,
    after: Path,
    says: dict[Path, list[Any]],
    users: Any,
) -> tuple[str, bool]:
    """Kill one reload, look at what stands, and reload again.

    Returns:
        What the ledger said of it, and whether it had come to its end before.
    """
    victim = cluster.victim
    run_before, _ = cluster.last_run()
    ended = cluster.reload(after, what, at)
    cluster.recover()

    committed = cluster.imported() == says[after]
    assert committed or cluster.imported() == says[before], at
    assert victim.users_rows() == users, at
    run, outcome = cluster.last_run()
    if run == run_before:
        said = "no run yet"
    else:
        said = outcome or "open"
        assert run == run_before + 1
    assert committed is (said == "done"), (at, said)
    assert said in ("no run yet", "open", "done", "failed"), (at, said)
    report = victim.engine.apply(victim.engine.plan(after))
    assert report["outcome"] == ("unchanged" if committed else "done"), (at, report)
    assert report["unverified"] == []
    assert cluster.imported() == says[after]
    assert victim.users_rows() == users
    assert victim.value("SELECT count(*) FROM seawall.runs WHERE outcome IS NULL") == 0
    if said == "open":
        assert victim.value("SELECT outcome FROM seawall.runs WHERE id = %s", run) == "failed"
    return said, ended.get("outcome") == "done"


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("what", ["importer", "backend", "server"])
def test_killed_anywhere(cluster: Cluster, what: str) -> None:
    victim = cluster.victim
    feeds = [victim.feed(**CHANGED), victim.feed(**FEED)]
    # Twice, so that what the first time makes (rows retired, taken back) is there.
    for feed in (*feeds, *feeds):
        whole = cluster.reload(feed, what, "never")
        assert whole["outcome"] == "done"
    says = {feeds[1]: cluster.imported()}
    cluster.reload(feeds[0], what, "never")
    says[feeds[0]] = cluster.imported()
    cluster.reload(feeds[1], what, "never")
    assert cluster.imported() == says[feeds[1]] != says[feeds[0]]

    users = victim.users_rows()
    before, after = feeds[1], feeds[0]
    became: Counter[str] = Counter()
    survived = 0
    for number, at in enumerate(points(whole["seconds"], whole["statements"], what), 1):
        try:
            said, late = killed_once(cluster, what, at, before, after, says, users)
        except BaseException as error:
            error.add_note(
                f"SEAWALL_SOAK_SEED={SEED} SEAWALL_SOAK_AT={at} make soak ARGS='-k {what}'"
                f"   (point {number} of {KILLS}; the feed “{after.name}” upon “{before.name}”)"
            )
            raise
        became[said] += 1
        survived += late
        before, after = after, before
    print(  # noqa: T201
        f"\n{what}: {KILLS} points, {survived} of them later than the run’s end;"
        f" the ledger said {dict(became)}"
    )
    assert sum(became.values()) == KILLS
    assert survived < KILLS / 2
