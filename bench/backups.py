"""``seawall backup`` of a million users' rows: first, unchanged, and with one in a hundred changed.

Then ``seawall restore`` of 1,000 deleted ones. Each is a command of its own, measured as a whole
process. Its work is done by the server: quote the time beside that of one pass over the rows.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from bench import measure
from seawall import embedded

DATABASE, CHOSEN = "bench_backups", 1_000

_SCHEMA = """
CREATE TABLE teams (id integer PRIMARY KEY, name text NOT NULL UNIQUE);
INSERT INTO teams SELECT n, 'team ' || n FROM generate_series(0, 599) AS n;
CREATE TABLE answers (
    id bigint PRIMARY KEY, user_id integer NOT NULL, match_date date NOT NULL,
    team_id integer NOT NULL REFERENCES teams, availability_status smallint, notes text,
    version integer NOT NULL, updated_at timestamptz NOT NULL
);
CREATE INDEX ON answers (team_id);
INSERT INTO answers
SELECT n, n % 5000, date '2026-01-01' + n % 300, n % 600, 1 + n % 3,
       CASE WHEN n % 5 = 0 THEN 'note ' || n END, 1, timestamptz '2026-01-01' + n * interval '1 s'
FROM generate_series(1, {}) AS n;
ANALYZE answers;
"""
_PASS = "SELECT sum(hashtextextended(a::text, 0)::numeric) FROM answers AS a"
_MANIFEST = """
manifest_version = 1
[database]
name = "bench"
[tables.teams]
owner = "feed"
key = ["name"]
[tables.answers]
owner = "users"
"""


def main() -> int:
    """Run the benchmark; ends with 1 where a command fails."""
    parser = argparse.ArgumentParser(prog="python -m bench.backups", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    directory = Path(tempfile.mkdtemp(prefix="seawall-bench-"))
    try:
        server = embedded.start(directory / "postgres", settings={"autovacuum": "off"})
        _measure(embedded.ensure_database(server, DATABASE), directory / "seawall.toml", rows)
    finally:
        embedded.stop(directory / "postgres")
        shutil.rmtree(directory, ignore_errors=True)
    return 0


def _measure(url: str, manifest: Path, rows: int) -> None:
    manifest.write_text(_MANIFEST, encoding="utf-8")
    target = ["--json", "--manifest", str(manifest), "--database", url]
    seawall = str(Path(sys.executable).with_name("seawall"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_SCHEMA.format(rows).encode())
        started = time.perf_counter()
        connection.execute(_PASS)
        print(f"one pass over {rows:,} rows: {time.perf_counter() - started:.1f} s")
        for what, change in (
            ("first", "SELECT"),
            ("unchanged", "SELECT"),
            ("1 % changed", "UPDATE answers SET version = 2 WHERE id % 100 = 0"),
        ):
            connection.execute(change)
            _say(connection, f"backup, {what}", [seawall, "backup", *target])
        connection.execute("DELETE FROM answers WHERE id <= %s", [CHOSEN])
        restore = [seawall, "restore", "--backup", "3", "--table", "answers", "--yes", *target]
        _say(connection, f"restore of {CHOSEN:,} rows", restore)
        assert connection.execute("SELECT count(*) FROM answers").fetchone() == (rows,)


def _say(connection: psycopg.Connection, what: str, command: list[str]) -> None:
    before = measure.wal_position(connection)
    figures = measure.run(command)
    assert figures.exit_code == 0, figures.output
    wal_megabytes = (measure.wal_position(connection) - before) / 1e6
    row = connection.execute("SELECT pg_total_relation_size('seawall.row_history')").fetchone()
    assert row is not None
    print(
        f"{what}: {figures.wall_seconds:.1f} s, {figures.peak_memory_megabytes:.0f} MB of memory, "
        f"{wal_megabytes:.1f} MB of WAL; the history is {row[0] / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    sys.exit(main())
