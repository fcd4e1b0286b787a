"""The command: its environment, its streams, and signals passed on to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from seawall.errors import UsageError

_ARM = "-c seawall.armed=on"
_LONGEST_NAME = 63
_FORWARDED = ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_FROM_TERMINAL = ("SIGINT", "SIGQUIT")

# Short at first, so that a command of some milliseconds is seen at work too.
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.005, 0.05


def environment(inherited: Mapping[str, str], url: str, mark: str) -> dict[str, str]:
    """The command's environment: everything inherited, and what arms its connections.

    Args:
        url: given as DATABASE_URL where there is none.
        mark: put into the connections' application name, so that they can be told from others.
    """
    options = f"{inherited.get('PGOPTIONS', '')} {_ARM}".strip()
    name = inherited.get("PGAPPNAME", "")[: _LONGEST_NAME - len(mark) - 1]
    return {
        "DATABASE_URL": url,
        **inherited,
        "PGOPTIONS": options,
        "PGAPPNAME": f"{name} {mark}".strip(),
    }


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    output_to_errors: bool,
    watch: Callable[[], object],
) -> int:
    """Run a command to its end.

    Args:
        output_to_errors: its standard output goes to standard error.
        watch: called again and again while it runs.

    Returns:
        Its exit code; 128 + n where signal n ended it.

    Raises:
        UsageError: it cannot be started.
    """
    try:
        process = subprocess.Popen(
            list(command),
            env=dict(environment),
            stdout=sys.stderr.fileno() if output_to_errors else None,
        )
    except OSError as error:
        raise UsageError(
            f"{command[0]} cannot be started: {error.strerror}",
            fix="Check the command behind “--”.",
        ) from None
    wait_seconds = _FIRST_WAIT_SECONDS
    with _signals_passed_on(process):
        while True:
            watch()
            try:
                code = process.wait(wait_seconds)
            except subprocess.TimeoutExpired:
                wait_seconds = min(wait_seconds * 1.5, _LONGEST_WAIT_SECONDS)
                continue
            return code if code >= 0 else 128 - code


@contextmanager
def _signals_passed_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let the command decide what a signal means; afterwards there is still a report to make."""
    names = [name for name in _FORWARDED if hasattr(signal, name)]

    def pass_on(number: int, frame: FrameType | None) -> None:
        del frame
        # Ctrl-C at a terminal reaches the command without us.
        if signal.Signals(number).name in _FROM_TERMINAL and _in_foreground():
            return
        process.send_signal(number)

    former: dict[str, Any] = {name: signal.getsignal(getattr(signal, name)) for name in names}
    for name in names:
        signal.signal(getattr(signal, name), pass_on)
    try:
        yield
    finally:
        for name, handler in former.items():
            signal.signal(getattr(signal, name), handler or signal.SIG_DFL)


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError, AttributeError):
        return False
