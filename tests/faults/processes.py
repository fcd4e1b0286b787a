"""The importer as a process of its own, and moments at which it surely stands still."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from reload_case import Reload

WAITS_SECONDS = 30.0

# Rows of this table are written in the middle of a run; the test holds the advisory lock, for as
# long as it likes: the run's own lock_timeout does not count in here.
STOP_AT_TEAMS = """
CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS
    $$BEGIN PERFORM pg_advisory_xact_lock(77); RETURN new; END$$;
CREATE TRIGGER stop BEFORE UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION stop();
"""


BELIEVED = ("--accept", "unknown-trigger:teams", "--reason", "it only waits")
"""What a run needs that ``STOP_AT_TEAMS`` stops."""


def importer(reload: Reload, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start ``seawall apply`` on the reload's database."""
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from seawall.cli import main; main()",
            "apply",
            *map(str, arguments),
            "--manifest",
            str(reload.manifest_path),
            "--database",
            reload.url,
            "--json",
        ],
        cwd=reload.directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(happened: Callable[[], object], what: str) -> None:
    """Wait for something that will surely happen; fail with its name if it does not."""
    deadline = time.monotonic() + WAITS_SECONDS
    while not happened():
        assert time.monotonic() < deadline, f"waited for: {what}"
        time.sleep(0.01)


def waits_for(reload: Reload, lock: str) -> Callable[[], object]:
    """Some session of seawall waits for a lock of this kind (relation, advisory, …)."""
    return lambda: reload.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'seawall' AND wait_event_type = 'Lock' AND wait_event = %s",
        lock,
    )


def sessions(reload: Reload) -> int:
    """How many sessions of seawall the server still has."""
    return reload.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'seawall'"
    )
