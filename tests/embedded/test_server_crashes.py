"""Whatever was killed or removed, the next start works, and nothing committed is lost."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from embedded_support import FAST, postmaster_id, value

from seawall import embedded
from seawall.embedded import launch
from seawall.embedded.postmaster import PID_FILE, SOCKET_NAME, is_alive
from seawall.errors import EmbeddedError


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A live process that has nothing to do with any server."""
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


def crash(data: Path) -> int:
    """Kill the postmaster and wait until it is gone; its process id."""
    process_id = postmaster_id(data)
    os.kill(process_id, signal.SIGKILL)
    while is_alive(process_id):
        time.sleep(0.01)
    return process_id


def test_killed_postmaster(data: Path) -> None:
    server = embedded.start(data)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE answers AS SELECT 1 AS answer")
        crash(data)

    assert embedded.running(data) is None
    assert not embedded.stop(data)
    assert value(embedded.start(data), "SELECT count(*) FROM answers") == 1


def test_killed_postmaster_whose_child_lives_on(data: Path) -> None:
    server = embedded.start(data, settings=FAST)
    with psycopg.connect(server.url()) as connection:
        child = connection.info.backend_pid
        os.kill(child, signal.SIGSTOP)
        try:
            crash(data)
            started: list[embedded.Server] = []
            starter = threading.Thread(
                target=lambda: started.append(embedded.start(data, settings=FAST))
            )
            starter.start()
            # Wait until a start was tried while the child still holds the shared memory.
            log = data / launch.LOG_FILE
            while not log.exists() or "is still in use" not in log.read_text():
                assert starter.is_alive()
                time.sleep(0.001)
            assert started == []
        finally:
            os.kill(child, signal.SIGKILL)
    starter.join()
    assert value(started[0], "SELECT 1") == 1


def test_child_that_never_ends_is_reported(data: Path) -> None:
    server = embedded.start(data, settings=FAST)
    with psycopg.connect(server.url()) as connection:
        child = connection.info.backend_pid
        os.kill(child, signal.SIGSTOP)
        try:
            crash(data)
            with pytest.raises(EmbeddedError, match="did not start") as caught:
                embedded.start(data, settings=FAST, timeout_seconds=3)
        finally:
            os.kill(child, signal.SIGKILL)
    assert "is still in use" in caught.value.why
    assert value(embedded.start(data, settings=FAST), "SELECT 1") == 1


def test_stale_files_that_name_a_live_stranger(
    data: Path, bystander: subprocess.Popen[bytes]
) -> None:
    server = embedded.start(data, settings=FAST)
    dead = crash(data)
    for stale in (data / PID_FILE, server.socket_directory / f"{SOCKET_NAME}.lock"):
        stale.write_text(stale.read_text().replace(str(dead), str(bystander.pid), 1))

    assert embedded.running(data) is None
    assert not embedded.stop(data)
    again = embedded.start(data, settings=FAST)

    assert value(again, "SELECT 1") == 1
    assert embedded.stop(data)
    assert bystander.poll() is None


def test_stale_pid_file_that_names_the_server_of_another_directory(
    data: Path, cluster_template: Path
) -> None:
    other = data.parent / "other"
    shutil.copytree(cluster_template, other)
    try:
        neighbour = embedded.start(other, settings=FAST)
        shutil.copy(other / PID_FILE, data / PID_FILE)
        if os.geteuid() == 0:
            os.chown(data / PID_FILE, data.stat().st_uid, -1)

        # The neighbour answers on the socket that the file names; it is not ours all the same.
        server = embedded.start(data, settings=FAST)

        assert value(server, "SHOW data_directory") == str(data)
        assert value(neighbour, "SHOW data_directory") == str(other)
    finally:
        embedded.stop(other)


@pytest.mark.parametrize("content", ["", "no number\n", "4194304\n", "-1\n"])
def test_damaged_pid_file(data: Path, content: str) -> None:
    (data / PID_FILE).write_text(content)
    assert embedded.running(data) is None
    assert not embedded.stop(data)
    assert value(embedded.start(data, settings=FAST), "SELECT 1") == 1


def test_socket_removed_under_the_server(data: Path) -> None:
    server = embedded.start(data, settings=FAST)
    lost = postmaster_id(data)
    shutil.rmtree(server.socket_directory)

    assert embedded.running(data) is None
    assert value(embedded.start(data, settings=FAST), "SELECT 1") == 1
    assert postmaster_id(data) != lost
    assert not is_alive(lost)


def test_server_whose_socket_was_removed_can_be_stopped(data: Path) -> None:
    server = embedded.start(data, settings=FAST)
    lost = postmaster_id(data)
    shutil.rmtree(server.socket_directory)

    assert embedded.stop(data)
    assert not is_alive(lost)


def test_directory_removed_under_the_server(data: Path) -> None:
    embedded.start(data, settings=FAST)
    lost = postmaster_id(data)
    shutil.rmtree(data)

    assert value(embedded.start(data, settings=FAST), "SELECT 1") == 1
    assert not is_alive(lost)


def test_killed_initdb_leaves_nothing_that_is_taken_for_a_cluster(absent: Path) -> None:
    abandoned = absent.parent / f".{absent.name}.initdb-abandoned"
    abandoned.mkdir(parents=True)
    (abandoned / "PG_VERSION").write_text("18\n")

    embedded.start(absent, settings=FAST)

    assert not abandoned.exists()


def test_server_that_is_alive_but_refuses_connections(data: Path) -> None:
    # A standby that has nobody to follow recovers for ever.
    (data / "standby.signal").touch()
    if os.geteuid() == 0:
        os.chown(data / "standby.signal", data.stat().st_uid, -1)
    settings = {**FAST, "hot_standby": "off"}
    with pytest.raises(EmbeddedError, match="did not accept connections within 1 s"):
        embedded.start(data, settings=settings, timeout_seconds=1)
    while "entering standby mode" not in launch.log_tail(data):
        time.sleep(0.01)
    waiting = postmaster_id(data)

    assert embedded.running(data) is None
    with pytest.raises(EmbeddedError, match="did not accept connections within 0 s") as caught:
        embedded.start(data, timeout_seconds=0)
    assert "entering standby mode" in caught.value.why
    assert postmaster_id(data) == waiting
    assert embedded.stop(data)
    assert not is_alive(waiting)


def test_a_growing_log_is_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(launch.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(launch.time, "sleep", lambda _: None)
    patience = launch.Patience(tmp_path, timeout_seconds=10)
    for second in range(9, 60, 9):
        clock[0] = second
        with (tmp_path / launch.LOG_FILE).open("a") as log:
            log.write(f"redo in progress, elapsed time: {second} s\n")
        patience.pause()

    # A client that is turned away is no progress.
    clock[0] += 10
    with (tmp_path / launch.LOG_FILE).open("a") as log:
        log.write("FATAL:  the database system is starting up\n")
    patience.pause()
    clock[0] += 1
    with pytest.raises(TimeoutError):
        patience.pause()


def test_stop_that_takes_too_long_becomes_immediate_and_says_so(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = embedded.start(data)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE answers AS SELECT 1 AS answer")
        os.kill(connection.info.backend_pid, signal.SIGSTOP)
        with caplog.at_level(logging.WARNING):
            assert embedded.stop(data, timeout_seconds=0.2)

    assert "did not stop within 0.2 s and is stopped at once" in caplog.text
    again = embedded.start(data)
    assert "was not properly shut down" in launch.log_tail(data)
    assert value(again, "SELECT count(*) FROM answers") == 1
