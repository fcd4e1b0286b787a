"""A reload of a million records, first and unchanged, against TRUNCATE + COPY of the same rows."""

from __future__ import annotations

import argparse
import datetime
import json
import shutil
import sys
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql
from rich.console import Console
from rich.table import Table

from bench import measure, truncate_and_copy
from courtside import league_database
from courtside.migrations import migrate
from courtside.sample_feeds import write_sample_feeds
from seawall import embedded
from seawall.catalog.graph import load_order

DATABASE, PEER = "bench", "bench_peer"


def main() -> int:
    """Run the benchmark; ends with 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="records in the feed")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each; the median counts")
    parser.add_argument("--data", type=Path, help="where the server and the feed lie")
    arguments = parser.parse_args()
    directory = arguments.data or Path(tempfile.mkdtemp(prefix="seawall-bench-"))
    directory.mkdir(parents=True, exist_ok=True)
    try:
        return _bench(directory, arguments.size, arguments.repeats)
    finally:
        embedded.stop(directory / "postgres")
        if arguments.data is None:
            shutil.rmtree(directory, ignore_errors=True)


def _bench(directory: Path, size: int, repeats: int) -> int:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    console.print(f"writing a feed of {size:,} records")
    (feed,) = write_sample_feeds(directory / "feeds", date=datetime.date.today(), size=size)
    server = embedded.start(directory / "postgres")
    with psycopg.connect(server.url(), autocommit=True) as admin:
        for name in (DATABASE, PEER):
            admin.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
    url = embedded.ensure_database(server, DATABASE)
    courtside = str(Path(sys.executable).with_name("courtside"))
    command = [courtside, "import", str(feed), "--yes", "--json"]
    command += ["--database", url]

    console.print("first load")
    first = measure.run(command)
    _expect(first, "done")
    with psycopg.connect(url, autocommit=True) as connection:
        _answer(connection)
        tables = _imported_tables()
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
        rows = _count(connection, tables)
        peer_url = _peer_database(server)
        unchanged: list[measure.ProcessFigures] = []
        peers: list[float] = []
        wal: list[int] = []
        peer_wal: list[int] = []
        dead = 0
        with (
            psycopg.connect(peer_url, autocommit=True) as peer,
            tempfile.TemporaryDirectory(dir=directory) as unloaded,
        ):
            truncate_and_copy.unload(connection, tables, Path(unloaded))
            truncate_and_copy.reload(peer, tables, Path(unloaded))
            peer.execute("VACUUM (ANALYZE)")
            for turn in range(1, repeats + 1):
                console.print(f"unchanged reload, then TRUNCATE + COPY ({turn} of {repeats})")
                before = measure.wal_position(connection)
                figures = measure.run(command)
                wal.append(measure.wal_position(connection) - before)
                report = _expect(figures, "unchanged")
                assert report["certified"], "an unchanged run must carry the certificate"
                unchanged.append(figures)
                dead = max(dead, measure.dead_rows(connection))
                before = measure.wal_position(peer)
                peers.append(truncate_and_copy.reload(peer, tables, Path(unloaded)))
                peer_wal.append(measure.wal_position(peer) - before)
    walls = [figures.wall_seconds for figures in unchanged]
    ratios = sorted(ours / theirs for ours, theirs in zip(walls, peers, strict=True))
    memory = max(figures.peak_memory_megabytes for figures in [first, *unchanged])
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "seconds", "peak memory", "WAL", "dead rows"):
        table.add_column(heading, justify="left" if not heading else "right")
    table.add_row(
        "first load", f"{first.wall_seconds:.1f}", f"{first.peak_memory_megabytes:.0f} MB", "", ""
    )
    table.add_row(
        "unchanged reload, parse to proof",
        f"{_median(walls):.1f}",
        f"{memory:.0f} MB",
        f"{_median(wal) / 1e6:.2f} MB",
        f"{dead:,}",
    )
    table.add_row(
        "TRUNCATE + COPY, parsed rows given",
        f"{_median(peers):.1f}",
        "",
        f"{_median(peer_wal) / 1e6:.0f} MB",
        "",
    )
    console.print()
    console.print(f"{size:,} records, {rows:,} rows in {len(tables)} tables")
    console.print(table)
    ratio = _median(ratios)
    console.print(
        f"unchanged reload / TRUNCATE + COPY: {ratio:.2f} (pairs: "
        f"{', '.join(f'{each:.2f}' for each in ratios)}); the goal is 0.50"
    )
    console.print(f"peak memory of the importer: {memory:.0f} MB; the goal is 300 MB")
    return 0 if ratio <= 0.5 and memory < 300 else 1


def _expect(figures: measure.ProcessFigures, outcome: str) -> dict:
    report = json.loads(figures.output)
    if report.get("outcome") != outcome:
        raise SystemExit(f"expected a run that is {outcome}:\n{figures.output[:2000]}")
    return report


def _imported_tables() -> list[str]:
    """Imported tables, parents first."""
    said = league_database.manifest().imported()
    return load_order({n: {p.table for p in t.parents.values()} for n, t in said.items()})


def _answer(connection: psycopg.Connection) -> None:
    """300 users with links, and 1,200 answers, so that there is something to prove."""
    connection.execute(
        "INSERT INTO users (email, display_name)"
        " SELECT 'user' || n || '@example.org', 'User ' || n FROM generate_series(1, 300) AS n"
    )
    connection.execute(
        "INSERT INTO user_player_associations (user_id, player_id)"
        " SELECT u.id, p.id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM users) AS u"
        " JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM players) AS p USING (n)"
    )
    connection.execute(
        "INSERT INTO player_availability (user_id, match_date, team_id, availability_status)"
        " SELECT u.id, current_date + week * 7, (SELECT min(id) FROM teams), 1"
        " FROM users AS u, generate_series(0, 3) AS week"
    )


def _count(connection: psycopg.Connection, tables: list[str]) -> int:
    total = 0
    for table in tables:
        row = connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        ).fetchone()
        total += row[0] if row else 0
    return total


def _peer_database(server: embedded.Server) -> str:
    """A league database without the users' tables, for the peer."""
    url = embedded.ensure_database(server, PEER)
    with psycopg.connect(url, autocommit=True) as connection:
        migrate(connection)
        users = league_database.manifest().user_tables()
        connection.execute(
            sql.SQL("DROP TABLE {}").format(sql.SQL(", ").join(map(sql.Identifier, users)))
        )
    return url


def _median(values: list) -> float:
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    sys.exit(main())
