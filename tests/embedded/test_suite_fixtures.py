"""The fixtures that every other test relies on, tried in test runs of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from seawall import embedded
from seawall.embedded.postmaster import is_alive

FIXTURES = [Path(__file__).parents[1] / name for name in ("conftest.py", "new_databases.py")]


def start_pytest(
    directory: Path, source: str, environment: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    """A test run of its own, in a directory that has this project's fixtures and one test file."""
    (directory / "tests").mkdir(exist_ok=True)
    for file in FIXTURES:
        shutil.copy(file, directory / "tests")
    (directory / "tests" / "test_one.py").write_text(source)
    (directory / "pytest.ini").write_text("[pytest]\nmarkers = real_feeds\n")
    # Which feeds and which server it uses, each test says itself.
    own = ("REAL_FEEDS", "SEAWALL_TEST_URL")
    inherited = {name: text for name, text in os.environ.items() if name not in own}
    # Plugins that these tests do not need take seconds to load.
    inherited["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "tests"],
        cwd=directory,
        env=inherited | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run_pytest(directory: Path, source: str, environment: dict[str, str] | None = None) -> str:
    with start_pytest(directory, source, environment) as run:
        return run.communicate()[0]


def test_each_test_has_an_empty_database_that_is_dropped_with_its_connections(
    tmp_path: Path, server: embedded.Server
) -> None:
    output = run_pytest(
        tmp_path,
        """
import psycopg
left_open = []

def test_one(database_url, connection):
    connection.execute("CREATE TABLE mine ()")
    print("\\ndatabase: " + connection.info.dbname)
    left_open.append(psycopg.connect(database_url))

def test_two(connection):
    assert connection.execute("SELECT to_regclass('mine')").fetchone() == (None,)
    print("\\ndatabase: " + connection.info.dbname)
""",
        {"SEAWALL_TEST_URL": server.url()},
    )
    assert "2 passed" in output
    used = [line.removeprefix("database: ") for line in output.splitlines() if "database: " in line]
    assert len(set(used)) == 2
    with psycopg.connect(server.url()) as connection:
        left = connection.execute("SELECT 1 FROM pg_database WHERE datname = ANY(%s)", (used,))
        assert left.fetchall() == []


def test_own_server_is_used_instead_of_the_bundled_one(
    tmp_path: Path, server: embedded.Server
) -> None:
    output = run_pytest(
        tmp_path,
        """
def test_url(database_url, connection):
    print("data:", connection.execute("SHOW data_directory").fetchone()[0])

def test_bundled(server):
    pass
""",
        {"SEAWALL_TEST_URL": server.url()},
    )
    assert f"data: {server.data}" in output
    assert "1 passed, 1 skipped" in output


@pytest.mark.parametrize("arguments", ["", "-p xdist.plugin --numprocesses 2"])
def test_last_line_counts_what_was_skipped_for_lack_of_real_feeds(
    tmp_path: Path, arguments: str
) -> None:
    options = {"PYTEST_ADDOPTS": arguments}
    source = """
import pytest

def test_one(real_feeds):
    pass

@pytest.mark.real_feeds
def test_two():
    pass

def test_three():
    pytest.skip("another reason")
"""
    output = run_pytest(tmp_path, source, options)
    assert output.splitlines()[-1] == "2 tests skipped: no real feeds (REAL_FEEDS=DIR)"

    feeds = tmp_path / "feeds"
    (feeds / "2025-06-30").mkdir(parents=True)
    output = run_pytest(tmp_path, source, options | {"REAL_FEEDS": str(feeds)})
    assert "no real feeds" not in output
    assert "2 passed, 1 skipped" in output


def test_server_of_failed_tests_is_stopped_and_removed(tmp_path: Path) -> None:
    output = run_pytest(
        tmp_path,
        """
def test_one(server):
    print("data:", server.data)
    raise KeyboardInterrupt
""",
    )
    (data,) = [Path(line[6:]) for line in output.splitlines() if line.startswith("data: ")]
    assert not data.parent.exists()


def test_server_of_killed_tests_is_removed_by_the_next_run(tmp_path: Path) -> None:
    source = """
import time

def test_one(server):
    print("\\npostmaster:", (server.data / "postmaster.pid").read_text().split()[0], flush=True)
    print("data:", server.data, flush=True)
    time.sleep(600)
"""
    with start_pytest(tmp_path, source) as run:
        assert run.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("data: "):
            lines.append(run.stdout.readline())
            assert lines[-1], lines
        os.kill(run.pid, signal.SIGKILL)
    process_id = int(lines[-2].removeprefix("postmaster: "))
    data = Path(lines[-1].removeprefix("data: ").strip())

    run_pytest(tmp_path, "def test_one(server): pass\n")

    # Another run on this machine may be sweeping it away at the same time.
    while is_alive(process_id) or data.exists():
        time.sleep(0.01)


@pytest.mark.usefixtures("server")
def test_bundled_server_lies_in_memory_where_there_is_some(server: embedded.Server) -> None:
    if os.access("/dev/shm", os.W_OK):
        assert server.data.is_relative_to("/dev/shm")
