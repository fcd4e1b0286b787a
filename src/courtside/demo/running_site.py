"""The site on the demo's data: started in the background, and stopped again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from seawall import SeawallError

_START_SECONDS = 30
_STOP_SECONDS = 15


class RunningSite:
    """``courtside serve`` as a process of its own, which outlives the demo.

    Args:
        directory: where its process id and its log are kept.
    """

    def __init__(self, directory: Path) -> None:
        self._process_file = directory / "site.pid"
        self.log = directory / "site.log"

    def start(self, environment: Mapping[str, str]) -> str:
        """Start it and wait until it answers; returns its address.

        Raises:
            SeawallError: it ended at once, or did not answer in time. Its log says why.
        """
        port = environment.get("COURTSIDE_PORT") or "8080"
        address = f"http://127.0.0.1:{port}"
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [str(Path(sys.executable).with_name("courtside")), "serve"],
                env={**environment, "COURTSIDE_HOST": "127.0.0.1", "COURTSIDE_PORT": port},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._process_file.write_text(str(process.pid))
        ends_at = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < ends_at:
            if _answers(f"{address}/health"):
                return address
            time.sleep(0.1)
        self.stop()
        said = self.log.read_text(errors="replace").strip().splitlines()
        raise SeawallError(
            f"the site does not answer at {address}",
            why=said[-1] if said else "It said nothing.",
            fix=f"Is the port taken? COURTSIDE_PORT=8081 make demo takes another. Log: {self.log}",
        )

    def stop(self) -> bool:
        """Stop the site of an earlier demo; False where none ran.

        Raises:
            SeawallError: it does not end.
        """
        if not self._process_file.exists():
            return False
        process_id = int(self._process_file.read_text())
        self._process_file.unlink()
        if not _is_site(process_id):
            return False
        os.kill(process_id, signal.SIGTERM)
        ends_at = time.monotonic() + _STOP_SECONDS
        while _is_site(process_id) and time.monotonic() < ends_at:
            with suppress(ChildProcessError):
                os.waitpid(process_id, os.WNOHANG)
            time.sleep(0.05)
        if _is_site(process_id):
            raise SeawallError(
                f"the site (process {process_id}) does not end",
                why=f"It was asked to {_STOP_SECONDS} seconds ago.",
                fix=f"kill -9 {process_id}",
            )
        return True


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _is_site(process_id: int) -> bool:
    """Whether the process is a site, and not another one that got its number since."""
    said = subprocess.run(
        # -ww: otherwise COLUMNS cuts the line, and a long path hides what runs.
        ["ps", "-ww", "-o", "stat=,args=", "-p", str(process_id)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return "courtside serve" in said and not said.startswith("Z")
