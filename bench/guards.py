"""What guards cost when nobody is armed, in the worst case: transactions of one small row each.

One table has no trigger, one has seawall's guards, which fire after the write, and one has triggers
with the same condition that fire before it. No transaction waits for a disk. Counted is processor
time of the server's processes, where the system tells it (Linux).

pgbench goes first, table by table. Its turns take a second each, and other work on the machine
changes from one second to the next; so the same statements then go round in turns of a tenth of
that, each table in a session of its own: quote these. At last, what statements of many rows add to
the write-ahead log, which no other work changes.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from seawall import Engine, Manifest, embedded

DATABASE, ROWS = "bench_guards", 10_000
TABLES = ("unguarded", "guarded", "guarded_before")
BULK_ROWS = 100_000
TRANSACTIONS_A_ROUND = 100

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
[tables.guarded_before]
owner = "ignored"
reason = "the other peer"
"""
_BEFORE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'refused'; END$$;
CREATE TRIGGER refuse BEFORE INSERT OR UPDATE OR DELETE ON guarded_before FOR EACH ROW
    WHEN (pg_catalog.current_setting('seawall.armed', true) = 'on') EXECUTE FUNCTION refuse();
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
    parser.add_argument("--transactions", type=int, default=5_000, help="of pgbench, a turn")
    parser.add_argument("--turns", type=int, default=5, help="of pgbench")
    parser.add_argument("--rounds", type=int, default=200, help="of the sessions side by side")
    arguments = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="seawall-bench-"))
    try:
        server = embedded.start(
            directory / "postgres",
            settings={"synchronous_commit": "off", "autovacuum": "off", "max_wal_size": "4GB"},
        )
        _prepare(embedded.ensure_database(server, DATABASE))
        for kind, text in _TRANSACTIONS.items():
            _measure(server, directory, kind, text, arguments.transactions, arguments.turns)
        _measure_side_by_side(server.url(DATABASE), arguments.rounds)
        _measure_log(server.url(DATABASE))
    finally:
        embedded.stop(directory / "postgres")
        shutil.rmtree(directory, ignore_errors=True)
    return 0


def _prepare(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(_SCHEMA.format(table, ROWS).encode())
        connection.execute(_BEFORE)
    engine = Engine(Manifest.parse(_MANIFEST), url)
    assert not engine.install_guards().failed
    assert engine.guards_status().guarded == ["guarded"]


def _measure(
    server: embedded.Server, directory: Path, kind: str, text: str, transactions: int, turns: int
) -> None:
    costs: dict[str, list[float]] = {table: [] for table in TABLES}
    for turn in range(turns):
        # Each goes first in its turn: a machine that tires is unfair to none.
        first = turn % len(TABLES)
        for table in (*TABLES[first:], *TABLES[:first]):
            script = directory / "script.sql"
            script.write_text(text.format(table, ROWS), encoding="utf-8")
            costs[table].append(_microseconds(server, script, transactions))
    _say(f"pgbench, {kind}", costs)


def _measure_side_by_side(url: str, rounds: int) -> None:
    """Three sessions, one a table, take turns so short that they meet the same machine."""
    statements = {
        "update": ["UPDATE {} SET answer = 3 - answer WHERE id = %s"],
        "insert, delete": [
            "INSERT INTO {} VALUES (%s, 1, 1) ON CONFLICT DO NOTHING",
            "DELETE FROM {} WHERE id = %s",
        ],
    }
    sessions = {
        table: psycopg.connect(url, autocommit=True, prepare_threshold=0) for table in TABLES
    }
    for kind, texts in statements.items():
        ids = range(1, ROWS) if kind == "update" else range(ROWS + 1, 1_000_000_000)
        costs: dict[str, list[float]] = {table: [] for table in TABLES}
        for _ in range(rounds):
            for table in random.sample(TABLES, len(TABLES)):
                session = sessions[table]
                queries = [text.format(table).encode() for text in texts]
                chosen = random.sample(ids, TRANSACTIONS_A_ROUND)
                before = _session_seconds(session)
                for number in chosen:
                    for query in queries:
                        session.execute(query, [number])
                spent = _session_seconds(session) - before
                costs[table].append(spent / TRANSACTIONS_A_ROUND * 1e6)
        _say(f"side by side, {kind}", costs)
    for session in sessions.values():
        session.close()


def _session_seconds(session: psycopg.Connection) -> float:
    """Processor time of a session's server process; the clock where the system hides it."""
    try:
        text = Path(f"/proc/{session.info.backend_pid}/schedstat").read_text()
    except OSError:
        return time.perf_counter()
    return int(text.split()[0]) / 1e9


def _say(kind: str, costs: dict[str, list[float]]) -> None:
    """Print the median of the ratios, turn by turn, and between which the half of them lies."""
    print(f"{kind}: {statistics.median(costs['unguarded']):.0f} µs unguarded")
    for table, what in (("guarded", "guards cost"), ("guarded_before", "before the write")):
        ratios = [
            mine / unguarded
            for unguarded, mine in zip(costs["unguarded"], costs[table], strict=True)
        ]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(
            f"  {what} {(middle - 1) * 100:.0f} % "
            f"(half of {len(ratios)} turns {(low - 1) * 100:.0f} to {(high - 1) * 100:.0f})"
        )


def _measure_log(url: str) -> None:
    """Print how many bytes each row of a large statement adds to the write-ahead log."""
    lines = "".join(f"{ROWS + n}\t1\t1\n" for n in range(1, BULK_ROWS + 1))
    statements = {
        "UPDATE": "UPDATE {} SET answer = 3 - answer WHERE id > {}",
        "DELETE": "DELETE FROM {} WHERE id > {}",
    }
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        logged: dict[str, dict[str, float]] = {}
        for table in TABLES:
            before = _logged_bytes(connection)
            with connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                copy.write(lines)
            logged.setdefault("COPY", {})[table] = _logged_bytes(connection) - before
        for kind, text in statements.items():
            for table in TABLES:
                before = _logged_bytes(connection)
                connection.execute(text.format(table, ROWS).encode())
                logged.setdefault(kind, {})[table] = _logged_bytes(connection) - before
    print(f"write-ahead log, bytes a row, of one statement of {BULK_ROWS:,} rows")
    for kind, by_table in logged.items():
        print(
            f"  {kind}: "
            + ", ".join(f"{table} {by_table[table] / BULK_ROWS:.0f}" for table in TABLES)
        )


def _logged_bytes(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'").fetchone()
    assert row is not None
    return int(row[0])


def _microseconds(server: embedded.Server, script: Path, transactions: int) -> float:
    """What one transaction of one pgbench client costs."""
    before, others = _processor_seconds(server), _processes(server)
    finished = subprocess.run(
        [
            embedded.binary(server, "pgbench"), "--no-vacuum", "--protocol=prepared",
            f"--transactions={transactions}", f"--file={script}", server.url(DATABASE),
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    if before is None:
        found = re.search(r"latency average = ([\d.]+) ms", finished.stdout)
        assert found, finished.stdout
        return float(found[1]) * 1000
    while _processes(server) - others:  # It outlives its client for a moment.
        time.sleep(0.01)
    after = _processor_seconds(server)
    assert after is not None
    return (after - before) / transactions * 1e6


def _processor_seconds(server: embedded.Server) -> float | None:
    """Processor time of server processes that have ended, or None where the system hides it."""
    try:
        text = Path(f"/proc/{_postmaster(server)}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _processes(server: embedded.Server) -> set[str]:
    """Processes of the server at work now."""
    number = _postmaster(server)
    path = Path(f"/proc/{number}/task/{number}/children")
    return set(path.read_text().split()) if path.exists() else set()


def _postmaster(server: embedded.Server) -> str:
    return (server.data / "postmaster.pid").read_text().split()[0]


if __name__ == "__main__":
    sys.exit(main())
