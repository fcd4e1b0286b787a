"""Starting and ending the postmaster process. The caller holds the data directory's lock."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from seawall.embedded.account import Account, choose_account
from seawall.embedded.binaries import find_binaries
from seawall.embedded.cluster import check_version, create_cluster, is_cluster
from seawall.embedded.postmaster import (
    PID_FILE,
    PORT,
    is_alive,
    listener,
    listening_postmaster,
    live_postmaster,
    make_private,
    remove_socket,
    socket_directory_of,
)
from seawall.errors import EmbeddedError

logger = logging.getLogger(__name__)

LOG_FILE = "server.log"
PREVIOUS_LOG_FILE = "server.log.previous"
LOG_TAIL_LINES = 15
LOG_END_BYTES = 4096
PAUSE_SECONDS = 0.01

# The postmaster itself kills children that ignore an immediate stop for 5 s.
IMMEDIATE_STOP_SECONDS = 15

DEFAULT_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    # A long recovery says how far it is; start() waits as long as it goes on.
    "log_startup_progress_interval": "1s",
    # Every run makes and drops staging tables: most of what it logs is images of catalogue pages.
    "wal_compression": "on",
}


class Patience:
    """Waiting that ends when nothing has happened for a time; a growing log is progress."""

    def __init__(self, data: Path, timeout_seconds: float) -> None:
        self.timeout_seconds = timeout_seconds
        self._log = data / LOG_FILE
        self._last_line = self._read_last_line()
        self._deadline = time.monotonic() + timeout_seconds

    def pause(self) -> None:
        """Sleep a moment. Raises TimeoutError when it has been long enough."""
        last_line = self._read_last_line()
        if last_line != self._last_line:
            self._last_line = last_line
            self._deadline = time.monotonic() + self.timeout_seconds
        if time.monotonic() > self._deadline:
            raise TimeoutError
        time.sleep(PAUSE_SECONDS)

    def _read_last_line(self) -> bytes:
        """The log's last line, by its time a new one, that does not only turn a client away."""
        try:
            with self._log.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_END_BYTES))
                lines = log.read().splitlines()
        except OSError:
            return b""
        return next((line for line in reversed(lines) if b"FATAL:" not in line), b"")


def launch(
    data: Path, binaries: Path | None, settings: Mapping[str, str], patience: Patience
) -> None:
    """Start the postmaster, in a data directory that is made if need be, until it listens.

    Raises EmbeddedError where it ends instead, TimeoutError where it does neither.
    """
    there = is_cluster(data)
    programs = find_binaries(binaries)
    if there:
        check_version(data, programs)
    account = choose_account(programs, data.stat().st_uid if there else None)
    if not there:
        create_cluster(data, account, settings, timeout_seconds=patience.timeout_seconds)
    socket_directory = socket_directory_of(data, account.owner)
    make_private(socket_directory, account.owner)
    _clear_the_way(data, socket_directory, patience)
    make_private(socket_directory, account.owner)
    account.give(socket_directory)
    give_up = time.monotonic() + patience.timeout_seconds
    while not _spawn(data, account, socket_directory, settings, patience.timeout_seconds):
        # The children of a killed postmaster end when they notice that it is gone. Until then
        # PostgreSQL refuses to start a second server on their memory.
        if "is still in use" not in log_tail(data) or time.monotonic() > give_up:
            remove_socket(socket_directory)
            raise start_failed(data)
        time.sleep(PAUSE_SECONDS)


def _spawn(
    data: Path,
    account: Account,
    socket_directory: Path,
    settings: Mapping[str, str],
    timeout_seconds: float,
) -> bool:
    """Start the process once; whether it came to listen, or ended."""
    log = data / LOG_FILE
    if log.exists():
        log.replace(data / PREVIOUS_LOG_FILE)
    placed = {"unix_socket_directories": str(socket_directory), "port": str(PORT)}
    arguments = ["-D", str(data)]
    for name, value in {**DEFAULT_SETTINGS, **settings, **placed}.items():
        arguments += ["-c", f"{name}={value}"]
    with log.open("xb") as stream:
        account.give(log)
        process_id = account.spawn("postgres", *arguments, log=stream)
    patience = Patience(data, timeout_seconds)
    while listening_postmaster(data) is None:
        if not is_alive(process_id):
            return False
        patience.pause()
    return True


def _clear_the_way(data: Path, socket_directory: Path, patience: Patience) -> None:
    """Remove what a server that is gone left behind, so that PostgreSQL does not trip over it.

    PostgreSQL takes a stale file of its own for a live server's when the process id in it is
    alive, whatever process that is by now.
    """
    process_id = live_postmaster(data)
    if process_id is not None:
        # Alive, but its socket was removed: nobody can reach it any more.
        end(data, process_id, patience.timeout_seconds)
    (data / PID_FILE).unlink(missing_ok=True)
    if abandoned := listener(socket_directory):
        # The server of a directory that lay here before and was removed under it. It would end
        # itself within a minute, in the same way.
        _send(abandoned, signal.SIGQUIT)
        while is_alive(abandoned):
            patience.pause()
    remove_socket(socket_directory)


def end(data: Path, process_id: int, timeout_seconds: float) -> None:
    """Stop a postmaster: fast, and at once where that takes too long.

    Raises EmbeddedError where it does not end, PermissionError where it is somebody else's.
    """
    _send(process_id, signal.SIGINT)
    if _ended_within(process_id, timeout_seconds):
        return
    logger.warning(
        "the server of %s did not stop within %g s and is stopped at once; "
        "it recovers when it is started again",
        data,
        timeout_seconds,
    )
    _send(process_id, signal.SIGQUIT)
    if not _ended_within(process_id, IMMEDIATE_STOP_SECONDS):
        raise EmbeddedError(
            f"the server of {data} (process {process_id}) does not stop",
            why=log_tail(data),
            fix=f"Look at the process; as a last resort: kill -9 {process_id}",
        )


def _ended_within(process_id: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(process_id):
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE_SECONDS)
    return True


def _send(process_id: int, signal_number: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended by itself meanwhile
        os.kill(process_id, signal_number)


def start_failed(data: Path) -> EmbeddedError:
    """The error that shows why the server did not start: the end of its log."""
    return EmbeddedError(
        f"the server of {data} did not start",
        why=log_tail(data),
        fix=f"Mend what the log names; all of it: {data / LOG_FILE}",
    )


def log_tail(data: Path) -> str:
    """The last lines of the server's log, under a heading; empty without a log."""
    try:
        lines = (data / LOG_FILE).read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(["the end of its log:", *lines[-LOG_TAIL_LINES:]]) if lines else ""
