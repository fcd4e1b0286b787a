"""Settling over two connections: the same as over one, and whatever fails in either ends both."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from league import CLUBS, FEED, GAMES, TEAMS
from reload_case import Reload, Rows

from seawall import Plan, settling
from seawall.errors import DatabaseError

PATIENCE_SECONDS = 30
FEED_WITH_FAULTS: dict[str, Rows] = {
    "clubs": [*CLUBS, CLUBS[0], {**CLUBS[1], "city": "Wilmette"}, {**CLUBS[0], "name": None}],
    "teams": [*TEAMS, TEAMS[1], {**TEAMS[0], "wins": 40}],
    "games": [*GAMES, GAMES[0], {**GAMES[1], "score": "0-6, 0-6"}],
}


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Feeds are shared out however small they are."""
    monkeypatch.setattr(settling, "_SHARED_FROM_BYTES", 0)


def watch(monkeypatch: pytest.MonkeyPatch, see: Callable[[psycopg.Connection[Any]], None]) -> None:
    """Call something before each table is settled, where it is."""
    settle = settling._Settling.settle

    def settle_seen(table: settling._Settling) -> Any:
        see(table._connection)
        return settle(table)

    monkeypatch.setattr(settling._Settling, "settle", settle_seen)


def said(league: Reload, plan: Plan) -> Any:
    """What a plan says of its records, without what is made up anew for each load."""
    tables = {
        name: (table.rows, table.content, table.conflicts, table.conflict_examples)
        for name, table in plan.feed.tables.items()
    }
    aside = league.rows(
        "SELECT file, position, reason, expected, record FROM seawall_stage.set_aside"
        " WHERE load_id = %s ORDER BY 1, 2, 3, 5",
        plan.feed.load_id,
    )
    findings = [(finding.subject, finding.message) for finding in plan.findings]
    return list(tables), tables, aside, plan.feed.repeated, plan.tables, plan.files, findings


def test_two_connections_settle_what_one_does(
    league: Reload, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = said(league, league.plan(**FEED_WITH_FAULTS))
    monkeypatch.setattr(settling, "_SHARED_FROM_BYTES", 0)
    both = threading.Barrier(2)
    seen: set[int] = set()

    def meet(connection: psycopg.Connection[Any]) -> None:
        if connection.info.backend_pid not in seen:
            seen.add(connection.info.backend_pid)
            both.wait(PATIENCE_SECONDS)

    watch(monkeypatch, meet)
    plan = league.plan(**FEED_WITH_FAULTS)
    assert len(seen) == 2
    assert said(league, plan) == expected
    aside = expected[2]
    assert len(aside) == 4, "three that contradict, one without a key"
    assert plan.feed.repeated == {name: {f"{name}.json": 1} for name in ("clubs", "teams", "games")}


def test_a_large_table_is_settled_as_a_small_one(
    league: Reload, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = said(league, league.plan(**FEED_WITH_FAULTS))
    monkeypatch.setattr(settling, "_ANALYZED_FROM_BYTES", 0)
    plan = league.plan(**FEED_WITH_FAULTS)
    assert said(league, plan) == expected
    analyzed = league.rows(
        "SELECT tablename FROM pg_stats WHERE schemaname = 'seawall_stage'"
        " AND attname = 'seawall_key_hash' AND tablename LIKE %s ORDER BY 1",
        f"{plan.feed.load_id}%",
    )
    assert len(analyzed) == len(FEED_WITH_FAULTS)


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("first", ["the engine’s", "the second"])
def test_what_fails_on_one_connection_ends_the_other(
    league: Reload, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    league.plan(**FEED)
    before = league.rows("SELECT relname FROM pg_class ORDER BY 1")
    asleep = threading.Event()
    settled: list[bool] = []

    def fail(connection: psycopg.Connection[Any]) -> None:
        is_main = threading.current_thread() is threading.main_thread()
        settled.append(is_main)
        if is_main == (first == "the engine’s"):
            assert asleep.wait(PATIENCE_SECONDS)
            connection.execute("SELECT 1 / 0")
        asleep.set()
        time.sleep(0.5)  # nothing to cancel yet: the first request is lost
        # The engine's own is not cancelled from elsewhere: it comes to an end by itself.
        connection.execute("SELECT pg_sleep(%s)", [1 if is_main else 3 * PATIENCE_SECONDS])

    watch(monkeypatch, fail)
    began = time.monotonic()
    with pytest.raises(DatabaseError, match="division by zero"):
        league.plan(**FEED)
    assert time.monotonic() - began < PATIENCE_SECONDS
    assert sorted(settled) == [False, True], "neither took another table"
    assert league.rows("SELECT relname FROM pg_class ORDER BY 1") == before
    own = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'seawall'"
    assert league.value(own + " AND datname = current_database()") == 0
