"""A command, measured as a whole process; a database, measured by what it wrote."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from typing import Any

import psycopg


@dataclass(frozen=True, slots=True)
class ProcessFigures:
    """What the operating system says of one finished process."""

    wall_seconds: float
    cpu_seconds: float
    peak_memory_megabytes: float
    exit_code: int
    output: str


def run(command: list[str]) -> ProcessFigures:
    """Run a command to its end, process start included."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    return ProcessFigures(
        wall_seconds=wall,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_memory_megabytes=usage.ru_maxrss / 1024,
        exit_code=process.returncode,
        output=output,
    )


def wal_position(connection: psycopg.Connection[Any]) -> int:
    """Bytes of write-ahead log since the cluster was made."""
    row = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
    assert row is not None
    return int(row[0])


def dead_rows(connection: psycopg.Connection[Any]) -> int:
    """Dead rows in schema public, as the statistics know them."""
    connection.execute("SELECT pg_stat_force_next_flush()")
    row = connection.execute(
        "SELECT coalesce(sum(n_dead_tup), 0) FROM pg_stat_user_tables WHERE schemaname = 'public'"
    ).fetchone()
    assert row is not None
    return int(row[0])
