"""Tells somebody how a run ended: a command of the operator's gets the run's JSON."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from typing import Any

import msgspec

from seawall.errors import SeawallError

NEEDS_A_PERSON = ("refused", "failed", "unverified")
_TIMEOUT_SECONDS = 60


class NotificationFailed(SeawallError):
    """The notify command did not do its work; the run is as it was."""

    code = "notification-failed"


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to tell, and of what."""

    command: str
    """A line for the shell. It gets the run's JSON on standard input, and SEAWALL_RUN and
    SEAWALL_OUTCOME in its environment."""
    every_run: bool = False
    """Also of runs that went well."""

    def send(self, said: Mapping[str, Any]) -> None:
        """Run the command, if the outcome is one that it is to hear of.

        Args:
            said: a run's report; or ``run`` (None), ``outcome`` and ``error`` where there was no
                run to speak of.

        Raises:
            NotificationFailed: it ended with another code than 0, or not within a minute.
        """
        outcome = said["outcome"]
        if not self.every_run and outcome not in NEEDS_A_PERSON:
            return
        environment = {
            **os.environ,
            "SEAWALL_RUN": "" if said["run"] is None else str(said["run"]),
            "SEAWALL_OUTCOME": outcome,
        }
        # What it prints must not get between the JSON of this command.
        process = subprocess.Popen(
            self.command,
            shell=True,
            stdin=subprocess.PIPE,
            stdout=2,
            env=environment,
            start_new_session=True,
        )
        try:
            process.communicate(
                msgspec.json.encode(said, enc_hook=str) + b"\n", timeout=_TIMEOUT_SECONDS
            )
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            ended = f"did not end within {_TIMEOUT_SECONDS} seconds"
        else:
            if process.returncode == 0:
                return
            ended = f"ended with code {process.returncode}"
        raise NotificationFailed(
            f"the notify command {ended}: {self.command}",
            why="Nobody may have heard how the run ended; the run itself is as it was.",
            fix='Try it by hand: echo \'{"run": 1, "outcome": "failed"}\' | ' + self.command,
        )
