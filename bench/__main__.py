"""A reload of a million records, first and unchanged, against TRUNCATE + COPY of the same rows.

Quote the ratios: machines differ, and so does one machine from minute to minute.
"""

from __future__ import annotations

import argparse
import datetime
import json
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
RATIO_GOAL, MEMORY_GOAL_MEGABYTES = 0.5, 300


@dataclass(slots=True)
class Figures:
    """What was measured, a value a turn."""

    first: measure.ProcessFigures
    rows: int
    unchanged: list[measure.ProcessFigures] = field(default_factory=list)
    matched: list[measure.ProcessFigures] = field(default_factory=list)
    """Unchanged reloads for which no table is recalled, so that every row is matched."""
    wal_bytes: list[int] = field(default_factory=list)
    dead_rows: int = 0
    peer: list[measure.ProcessFigures] = field(default_factory=list)
    peer_load_seconds: list[float] = field(default_factory=list)
    peer_wal_bytes: list[int] = field(default_factory=list)


def main() -> int:
    """Run the benchmark; ends with 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="records in the feed")
    parser.add_argument("--repeats", type=int, default=3, help="turns; the median counts")
    parser.add_argument("--data", type=Path, help="where the server and the feed lie")
    arguments = parser.parse_args()
    directory = arguments.data or Path(tempfile.mkdtemp(prefix="seawall-bench-"))
    directory.mkdir(parents=True, exist_ok=True)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    try:
        figures = _measure(console, directory, arguments.size, arguments.repeats)
    finally:
        embedded.stop(directory / "postgres")
        if arguments.data is None:
            shutil.rmtree(directory, ignore_errors=True)
    return _print(console, arguments.size, figures)


def _measure(console: Console, directory: Path, size: int, repeats: int) -> Figures:
    console.print(f"writing a feed of {size:,} records")
    (feed,) = write_sample_feeds(directory / "feeds", date=datetime.date.today(), size=size)
    # Autovacuum of one database would write WAL while the other is measured.
    server = embedded.start(directory / "postgres", settings={"autovacuum": "off"})
    with psycopg.connect(server.url(), autocommit=True) as admin:
        for name in (DATABASE, PEER):
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            admin.execute(drop.format(sql.Identifier(name)))
    url = embedded.ensure_database(server, DATABASE)
    courtside = str(Path(sys.executable).with_name("courtside"))
    ours = [courtside, "import", str(feed), "--yes", "--json", "--database", url]
    said = league_database.manifest().imported()
    tables = load_order({n: {p.table for p in t.parents.values()} for n, t in said.items()})

    console.print("first load")
    first = measure.run(ours)
    _expect(first, "done")
    with (
        psycopg.connect(url, autocommit=True) as connection,
        tempfile.TemporaryDirectory(dir=directory) as unloaded,
    ):
        _answer(connection)
        connection.execute("VACUUM (ANALYZE)")
        figures = Figures(first, _count(connection, tables))
        peer_url = _peer_database(server)
        truncate_and_copy.unload(connection, tables, Path(unloaded))
        with psycopg.connect(peer_url, autocommit=True) as peer:
            truncate_and_copy.reload(peer, tables, Path(unloaded))
            peer.execute("VACUUM (ANALYZE)")
        theirs = [sys.executable, "-m", "bench.truncate_and_copy"]
        theirs += [str(feed), peer_url, unloaded, *tables]
        for turn in range(1, repeats + 1):
            console.print(f"unchanged reload, then TRUNCATE + COPY ({turn} of {repeats})")
            connection.execute("CHECKPOINT")
            before = measure.wal_position(connection)
            figures.unchanged.append(measure.run(ours))
            figures.wal_bytes.append(measure.wal_position(connection) - before)
            report = _expect(figures.unchanged[-1], "unchanged")
            assert report["certified"], "an unchanged run must carry the certificate"
            figures.dead_rows = max(figures.dead_rows, measure.dead_rows(connection))
            connection.execute("UPDATE seawall.runs SET equal_tables = '{}'")
            figures.matched.append(measure.run(ours))
            _expect(figures.matched[-1], "unchanged")
            before = measure.wal_position(connection)
            figures.peer.append(measure.run(theirs))
            figures.peer_wal_bytes.append(measure.wal_position(connection) - before)
            figures.peer_load_seconds.append(json.loads(figures.peer[-1].output)["load"])
    return figures


def _print(console: Console, size: int, figures: Figures) -> int:
    ours = [each.wall_seconds for each in figures.unchanged]
    matched = [each.wall_seconds for each in figures.matched]
    theirs = [each.wall_seconds for each in figures.peer]
    memory = max(
        e.peak_memory_megabytes for e in [figures.first, *figures.unchanged, *figures.matched]
    )
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "seconds", "peak memory", "WAL", "dead rows"):
        table.add_column(heading, justify="right" if heading else "left")
    table.add_row("first load", f"{figures.first.wall_seconds:.1f}", "", "", "")
    table.add_row(
        "unchanged reload, from start to proof",
        f"{statistics.median(ours):.1f}",
        f"{memory:.0f} MB",
        f"{statistics.median(figures.wal_bytes) / 1e6:.2f} MB",
        f"{figures.dead_rows:,}",
    )
    table.add_row(
        "  the same where nothing is recalled", f"{statistics.median(matched):.1f}", "", "", ""
    )
    table.add_row(
        "TRUNCATE + COPY, from start to commit",
        f"{statistics.median(theirs):.1f}",
        "",
        f"{statistics.median(figures.peer_wal_bytes) / 1e6:.0f} MB",
        "",
    )
    load_only = statistics.median(figures.peer_load_seconds)
    table.add_row("  of that, without reading the feed", f"{load_only:.1f}", "", "", "")
    ratio = _ratio(ours, theirs)
    console.print()
    console.print(f"{size:,} records, {figures.rows:,} rows")
    console.print(table)
    console.print(
        f"unchanged reload / TRUNCATE + COPY: {ratio:.2f}, the goal is {RATIO_GOAL:.2f}; "
        f"where nothing is recalled: {_ratio(matched, theirs):.2f}; "
        f"against its database work alone: {_ratio(ours, figures.peer_load_seconds):.2f}"
    )
    console.print(f"peak memory of the importer: the goal is {MEMORY_GOAL_MEGABYTES} MB")
    return 0 if ratio <= RATIO_GOAL and memory < MEMORY_GOAL_MEGABYTES else 1


def _ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios turn by turn: both of a turn met the same machine."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def _expect(figures: measure.ProcessFigures, outcome: str) -> dict[str, Any]:
    report = json.loads(figures.output)
    if report.get("outcome") != outcome:
        raise SystemExit(f"expected a run that is {outcome}:\n{figures.output[:2000]}")
    return report


def _answer(connection: psycopg.Connection[Any]) -> None:
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


def _count(connection: psycopg.Connection[Any], tables: list[str]) -> int:
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


if __name__ == "__main__":
    sys.exit(main())
