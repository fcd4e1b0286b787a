"""What happens just after COMMIT does not make a run look as if it had not been committed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from league import FEED, TEAMS, changed
from reload_case import Reload

CHANGED = {**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=4)}
LAST = "SELECT outcome FROM seawall.runs ORDER BY id DESC LIMIT 1"


def after_commit(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[psycopg.Connection[Any]], None]
) -> None:
    """Do something as soon as the next run of this process is committed, once."""
    execute = psycopg.Connection.execute
    acted: list[bool] = []

    def watched(connection: psycopg.Connection[Any], query: Any, *more: Any, **also: Any) -> Any:
        cursor = execute(connection, query, *more, **also)
        # A backup commits too, before its run has an outcome.
        if query == "COMMIT" and not acted and execute(connection, LAST).fetchone() == ("done",):
            acted.append(True)
            act(connection)
        return cursor

    monkeypatch.setattr(psycopg.Connection, "execute", watched)


def test_an_interrupt_during_commit_comes_too_late(
    league: Reload, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: psycopg.Connection[Any]) -> None:
        raise KeyboardInterrupt

    plan = league.plan(**CHANGED)
    after_commit(monkeypatch, interrupt)
    with pytest.raises(KeyboardInterrupt):
        league.engine.apply(plan)
    monkeypatch.undo()
    assert league.value("SELECT max(wins) FROM teams") == 4
    assert league.value(LAST) == "done"
    assert league.run(**CHANGED)["outcome"] == "unchanged"


def test_a_connection_lost_after_commit(league: Reload, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(connection: psycopg.Connection[Any]) -> None:
        league.execute(f"SELECT pg_terminate_backend({connection.info.backend_pid}, 10000)")

    plan = league.plan(**CHANGED)
    after_commit(monkeypatch, end)
    report = league.engine.apply(plan)
    monkeypatch.undo()
    assert report["outcome"] == "done"
    assert [finding["check"] for finding in report["findings"]] == ["after-commit"]
    assert league.value("SELECT max(wins) FROM teams") == 4
    assert league.value(LAST) == "done"
    assert league.run(**CHANGED)["outcome"] == "unchanged"
