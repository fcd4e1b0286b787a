"""What guards cost when nobody is armed: pgbench on a guarded and an unguarded table, in turns.

The worst case on purpose: each transaction writes one small row and waits for no disk. Quote the
ratio; the rates belong to the machine.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

from seawall import Engine, Manifest, embedded

DATABASE, ROWS = "bench_guards", 10_000
TABLES = ("unguarded", "guarded")

_SCHEMA = """
CREATE TABLE {0} (id integer PRIMARY KEY, user_id integer NOT NULL, answer smallint NOT NULL)
    WITH (fillfactor = 50);
INSERT INTO {0} SELECT n, n % 300, 1 FROM generate_series(1, {1}) AS n;
"""
_MANIFEST = """
manifest_version = 1
[database]
name = "bench_guards"
[tables.guarded]
owner = "users"
[tables.unguarded]
owner = "ignored"
reason = "the peer"
"""
_TRANSACTIONS = {
    "update": "\\set id random(1, {1})\nUPDATE {0} SET answer = 3 - answer WHERE id = :id;\n",
    "insert, delete": "\\set id random({1} + 1, 1000000000)\n"
    "INSERT INTO {0} VALUES (:id, 1, 1) ON CONFLICT DO NOTHING;\n"
    "DELETE FROM {0} WHERE id = :id;\n",
}


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m bench.guards", description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="length of each turn")
    parser.add_argument("--turns", type=int, default=7, help="of each table; the median counts")
    arguments = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="seawall-bench-"))
    try:
        server = embedded.start(
            directory / "postgres", settings={"synchronous_commit": "off", "autovacuum": "off"}
        )
        _prepare(embedded.ensure_database(server, DATABASE))
        for kind, text in _TRANSACTIONS.items():
            _measure(server, directory, kind, text, arguments.seconds, arguments.turns)
    finally:
        embedded.stop(directory / "postgres")
        shutil.rmtree(directory, ignore_errors=True)
    return 0


def _prepare(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(_SCHEMA.format(table, ROWS).encode())
    engine = Engine(Manifest.parse(_MANIFEST), url)
    assert not engine.install_guards().failed
    assert engine.guards_status().guarded == ["guarded"]


def _measure(
    server: embedded.Server, directory: Path, kind: str, text: str, seconds: int, turns: int
) -> None:
    rates: dict[str, list[float]] = {table: [] for table in TABLES}
    files = {}
    for table in TABLES:
        files[table] = directory / f"{table}.sql"
        files[table].write_text(text.format(table, ROWS), encoding="utf-8")
    for turn in range(turns):
        # Now one goes first and now the other: a machine that tires is unfair to neither.
        for table in TABLES if turn % 2 else reversed(TABLES):
            rates[table].append(_rate(server, files[table], seconds))
    ratios = [
        unguarded / guarded
        for unguarded, guarded in zip(rates["unguarded"], rates["guarded"], strict=True)
    ]
    print(
        f"{kind}: unguarded {statistics.median(rates['unguarded']):,.0f}, guarded "
        f"{statistics.median(rates['guarded']):,.0f} transactions a second; guards cost "
        f"{(statistics.median(ratios) - 1) * 100:.0f} % "
        f"({(min(ratios) - 1) * 100:.0f} to {(max(ratios) - 1) * 100:.0f} over {turns} turns)"
    )


def _rate(server: embedded.Server, script: Path, seconds: int) -> float:
    """Transactions a second of one pgbench client."""
    finished = subprocess.run(
        [
            embedded.binary(server, "pgbench"), "--no-vacuum", "--protocol=prepared",
            f"--time={seconds}", f"--file={script}", server.url(DATABASE),
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", finished.stdout)
    assert found, finished.stdout
    return float(found[1])


if __name__ == "__main__":
    sys.exit(main())
