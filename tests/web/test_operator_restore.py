"""One user's rows put back from before a run: planned, shown, proven, and told in their history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from cast import INCIDENT_DAY, Cast, Visitor
from fastapi import FastAPI


@pytest.fixture
def lost(
    owner: Visitor,
    mate: Visitor,
    people: Cast,
    application: FastAPI,
    database: psycopg.Connection[Any],
    scrape: Path,
) -> None:
    """Owner and mate answered, an import kept it (run 2), then somebody's script deleted it all."""
    status = f"/availability/{people.team_id}/{INCIDENT_DAY}/status"
    owner.post(status, status="in", version="0")
    owner.post(status.replace("status", "note"), note="late “30 min”", version="1")
    mate.post(status, status="out", version="0")
    engine = application.state.imports.engine
    engine.apply(engine.plan(scrape))
    database.execute("DELETE FROM player_availability")


def answers(database: psycopg.Connection[Any]) -> list[Any]:
    return database.execute(
        "SELECT user_id, availability_status, notes FROM player_availability ORDER BY user_id"
    ).fetchall()


def planned(operator: Visitor, people: Cast, **more: str) -> tuple[str, str]:
    """Plan the restore of the owner's rows; (digest, page)."""
    done = operator.post(f"/users/{people.owner.user_id}/restore/plan", run="2", **more)
    assert done.status_code == 303, done.text
    return done.headers["location"].rsplit("/", 1)[1], operator.get(done.headers["location"]).text


@pytest.mark.usefixtures("lost")
def test_one_users_answers_come_back(
    operator: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    digest, page = planned(operator, people)
    assert "1 row would be put back" in page
    assert "late “30 min”" in page
    assert answers(database) == [], "a plan writes nothing"
    address = f"/users/{people.owner.user_id}/restore/apply"
    blank = operator.post(address, plan=digest, reason=" ")
    assert blank.status_code == 422
    done = operator.post(address, plan=digest, reason="a script deleted it")
    assert done.status_code == 200
    assert "Restore 1 done" in done.text
    assert answers(database) == [(people.owner.user_id, 1, "late “30 min”")], "and nobody else's"
    history = owner.get("/availability/history").text
    assert "put back from before import 2: a script deleted it" in history
    assert people.operator.name in history
    row = database.execute("SELECT action, user_id, reason FROM operator_actions").fetchone()
    assert row == ("restore", people.owner.user_id, "a script deleted it")
    again = operator.post(address, plan=digest, reason="twice")
    assert again.status_code == 409
    digest, page = planned(operator, people)
    assert "0 rows would be put back" in page


@pytest.mark.usefixtures("lost")
def test_what_the_user_entered_since_stays(
    operator: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    status = f"/availability/{people.team_id}/{INCIDENT_DAY}/status"
    owner.post(status, status="maybe", version="0")
    _, page = planned(operator, people)
    assert "entered again, in another row: stays" in page
    assert "0 rows would be put back" in page
    assert answers(database) == [(people.owner.user_id, 3, None)]


@pytest.mark.usefixtures("lost")
def test_what_changed_since_goes_back_only_where_asked(
    operator: Visitor,
    owner: Visitor,
    people: Cast,
    database: psycopg.Connection[Any],
) -> None:
    digest, _ = planned(operator, people)
    address = f"/users/{people.owner.user_id}/restore/apply"
    operator.post(address, plan=digest, reason="first")
    status = f"/availability/{people.team_id}/{INCIDENT_DAY}/status"
    owner.post(status, status="out", version="2")
    _, page = planned(operator, people)
    assert "stays as it is now" in page
    digest, page = planned(operator, people, overwrite="yes")
    assert "1 row would be put back" in page
    operator.post(address, plan=digest, reason="they asked")
    assert answers(database) == [(people.owner.user_id, 1, "late “30 min”")]
    row = database.execute(
        "SELECT old_status, new_status, changed_by FROM availability_history ORDER BY id DESC"
    ).fetchone()
    assert row == (2, 1, people.operator.user_id)


@pytest.mark.usefixtures("lost")
def test_a_plan_is_for_its_user_alone(
    operator: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    digest, _ = planned(operator, people)
    mates = f"/users/{people.mate.user_id}/restore"
    assert operator.get(f"{mates}/{digest}").status_code == 409
    assert operator.post(f"{mates}/apply", plan=digest, reason="x").status_code == 409
    assert answers(database) == []


@pytest.mark.usefixtures("lost")
def test_a_run_under_way_is_told(
    operator: Visitor, people: Cast, site_url: str, database: psycopg.Connection[Any]
) -> None:
    from seawall.ledger.ledger import RUN_LOCK

    digest, _ = planned(operator, people)
    with psycopg.connect(site_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [RUN_LOCK])
        address = f"/users/{people.owner.user_id}/restore/apply"
        refused = operator.post(address, plan=digest, reason="x")
    assert refused.status_code == 409
    assert "Nothing was put back" in refused.text
    assert answers(database) == []


def test_a_run_without_a_backup(operator: Visitor, people: Cast) -> None:
    for run in ("999", "", "x"):
        refused = operator.post(f"/users/{people.owner.user_id}/restore/plan", run=run)
        assert refused.status_code == 404
