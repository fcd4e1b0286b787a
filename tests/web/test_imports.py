"""Plan, confirm, run: the pages say what the engine says, and do nothing else."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest
import time_machine
from cast import INCIDENT_DAY, TODAY, Cast, Visitor
from fastapi import FastAPI

from courtside.imports import health_routes, planning_routes, scrapes
from courtside.site.configuration import Configuration
from seawall import Engine, Plan


@pytest.fixture
def root(scrapes: list[Path], tmp_path: Path) -> Path:
    """What may be imported: the first scrape, the later one, and one that lost most players."""
    made = tmp_path / "allowed"
    for scrape in scrapes:
        shutil.copytree(scrape, made / scrape.name)
    shrunk = made / "2024-10-04"
    shutil.copytree(scrapes[1], shrunk)
    players = shrunk / "APTA_CHICAGO" / "players.json"
    players.write_text(json.dumps(json.loads(players.read_text())[:5]))
    return made


@pytest.fixture
def configuration(root: Path) -> Configuration:
    return Configuration(today=TODAY, connections=4, import_roots=(str(root),))


def planned(operator: Visitor, name: str) -> tuple[str, str]:
    """Plan a scrape; (digest, page)."""
    done = operator.post("/imports/plan", scrape=f"allowed/{name}")
    assert done.status_code == 303, done.text
    address = done.headers["location"]
    assert address.startswith("/imports/plan/"), address
    return address.rsplit("/", 1)[1], operator.get(address).text


def accepted(page: str, reason: str = "it is right") -> dict[str, str]:
    """The fields that accept every refusal of a page."""
    fields = dict(re.findall(r'name="(accept-\d+)" value="([^"]+)"', page))
    return fields | {name.replace("accept", "reason"): reason for name in fields}


def engine(application: FastAPI) -> Engine:
    return application.state.imports.engine


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def users_rows(database: psycopg.Connection[Any]) -> list[Any]:
    return database.execute(
        "SELECT a::text FROM player_availability a UNION ALL SELECT l::text"
        " FROM user_player_associations l ORDER BY 1"
    ).fetchall()


def test_plan_confirm_run(
    operator: Visitor,
    people: Cast,
    application: FastAPI,
    database: psycopg.Connection[Any],
    scrapes: list[Path],
) -> None:
    before = users_rows(database)
    digest, page = planned(operator, scrapes[1].name)
    assert engine(application).runs()[0]["id"] == 1, "planning is no run"
    plan: Plan = application.state.imports.pending(digest).plan
    for name, table in plan.tables.items():
        row = re.search(rf'<th scope="row">{name}</th>(.*?)</tr>', page, re.DOTALL)
        assert row
        numbers = re.findall(r"number[^>]*>([\d,]+)<", row[1])
        said = [table.staged, table.same, table.changed, table.new, table.vanished]
        assert numbers == [f"{n:,}" for n in said], name
    done = operator.post("/imports/apply", plan=digest, **accepted(page))
    assert done.headers["location"] == "/imports/2"
    row = engine(application).run(2)
    assert row
    assert row["outcome"] == "done"
    assert row["plan_digest"] == digest
    shown = text_of(operator.get("/imports/2").text)
    users = row["report"]["users"].values()
    assert f"{sum(u['rows_after'] for u in users)} rows of users, 0 changed by this run" in shown
    assert f"{people.operator.name} , on the site" in shown
    assert f"Backup {row['report']['backup']['id']} of users’ rows" in shown
    fingerprint = row["report"]["proof"]["fingerprints"]["player_availability"]
    assert shown.count(str(fingerprint["after"]["hash"])[-12:]) >= 2
    assert users_rows(database) == before
    again = operator.post("/imports/apply", plan=digest, **accepted(page))
    assert again.status_code == 409
    assert "out of date" in again.text
    log = operator.get("/users/log").text
    assert "import" in log
    assert f"allowed/{scrapes[1].name}" in log


def test_the_same_feed_again_is_certified(operator: Visitor, scrapes: list[Path]) -> None:
    digest, page = planned(operator, scrapes[0].name)
    operator.post("/imports/apply", plan=digest)  # takes back what the cast changed of the rosters
    digest, page = planned(operator, scrapes[0].name)
    assert "The feed says what is here already" in page
    done = operator.post("/imports/apply", plan=digest)
    assert "unchanged, certified" in operator.get(done.headers["location"]).text
    assert "unchanged, certified" in operator.get("/imports").text


def test_a_refusal_needs_an_acceptance_with_a_reason(
    operator: Visitor, application: FastAPI, database: psycopg.Connection[Any]
) -> None:
    digest, page = planned(operator, "2024-10-04")
    assert "vanished-share" in page
    refused = operator.post("/imports/apply", plan=digest)
    assert refused.status_code == 422
    assert "this still stops the import" in refused.text
    fields = accepted(page, reason="  ")
    blank = operator.post("/imports/apply", plan=digest, **fields)
    assert blank.status_code == 422
    assert blank.text.count(" checked>") == len(accepted(page)) // 2, "what was chosen is kept"
    forged = {name: "vanished-share:nothing" for name in fields if name.startswith("accept")}
    assert operator.post("/imports/apply", plan=digest, **{**fields, **forged}).status_code == 422
    assert len(engine(application).runs()) == 1
    reason = "the club left <b>the league</b>"
    done = operator.post("/imports/apply", plan=digest, **accepted(page, reason))
    row = engine(application).run(int(done.headers["location"].rsplit("/", 1)[1]))
    assert row
    assert row["outcome"] == "done"
    assert {said["reason"] for said in row["acceptances"].values()} == {reason}
    shown = operator.get(done.headers["location"]).text
    assert "the club left &lt;b&gt;the league&lt;/b&gt;" in shown
    assert "Accepted for this run:" in shown
    assert (
        database.execute("SELECT reason FROM operator_actions").fetchall()[0][0].startswith(reason)
    )


def test_users_of_what_vanished_are_named(
    operator: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    """The shrunk feed has five players: the owner's is retired, and the owner is told of."""
    owner.post(f"/availability/{people.team_id}/{INCIDENT_DAY}/status", status="in", version="0")
    before = users_rows(database)
    digest, page = planned(operator, "2024-10-04")
    done = operator.post("/imports/apply", plan=digest, **accepted(page))
    shown = operator.get(done.headers["location"]).text
    retired = database.execute(
        "SELECT retired_at IS NOT NULL FROM players WHERE id = %s", [people.owner.player_id]
    ).fetchone()
    assert retired == (True,)
    assert "Gone from the feed, kept for users" in shown
    assert f'<a href="/users/{people.owner.user_id}">{people.owner.name}</a>' in shown
    assert users_rows(database) == before
    assert owner.get("/availability").status_code == 200


def test_a_plan_that_another_replaced_is_refused(operator: Visitor, scrapes: list[Path]) -> None:
    first, page = planned(operator, scrapes[1].name)
    second, _ = planned(operator, scrapes[0].name)
    assert first != second
    assert operator.post("/imports/apply", plan=first, **accepted(page)).status_code == 409
    assert operator.get(f"/imports/plan/{first}").status_code == 409
    for digest in ("", "x", "0" * 64):
        assert operator.post("/imports/apply", plan=digest).status_code == 409


def test_a_plan_made_before_another_run_is_refused_by_the_engine(
    operator: Visitor, application: FastAPI, scrapes: list[Path]
) -> None:
    """Somebody imports with the command line between plan and decision."""
    digest, page = planned(operator, scrapes[1].name)
    other = engine(application)
    other.apply(other.plan(scrapes[0]))
    done = operator.post("/imports/apply", plan=digest, **accepted(page))
    shown = operator.get(done.headers["location"]).text
    assert "plan-stale" in shown
    assert "Nothing was written" in shown
    assert operator.post("/imports/apply", plan=digest, **accepted(page)).status_code == 409


def test_a_plan_can_be_given_up(
    operator: Visitor, database: psycopg.Connection[Any], scrapes: list[Path]
) -> None:
    digest, _ = planned(operator, scrapes[1].name)
    assert "waits for your decision" in operator.get("/imports").text
    assert operator.post("/imports/discard", plan=digest).status_code == 303
    assert "waits for your decision" not in operator.get("/imports").text
    assert database.execute("SELECT count(*) FROM seawall_stage.loads").fetchone() == (0,)


@pytest.mark.parametrize(
    "name",
    ["..", "allowed/..", "../allowed/2024-09-20", "/etc", "allowed/2024-09-20/APTA_CHICAGO",
     "2024-09-20", "", "allowed/./2024-09-20", "allowed/nothing", "allowed/linked", "allowed/odd"],
)  # fmt: skip
def test_only_what_the_configuration_allows(
    name: str, operator: Visitor, root: Path, scrapes: list[Path], tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    shutil.copytree(scrapes[0], outside)
    (root / "linked").symlink_to(outside)
    odd = root / "odd" / "APTA_CHICAGO"
    odd.mkdir(parents=True)
    (odd / "players.json").symlink_to(outside / "APTA_CHICAGO" / "players.json")
    assert operator.post("/imports/plan", scrape=name).status_code == 404
    page = operator.get("/imports").text
    assert "linked" not in page
    assert "odd" not in page


def test_names_that_a_page_cannot_show_are_left_out(root: Path, scrapes: list[Path]) -> None:
    for name in ("line\nend", "\udcff", ".hidden"):
        shutil.copytree(scrapes[0], root / name)
    found = [scrape.path.name for scrape in _available(root)]
    assert found == ["2024-10-04", scrapes[1].name, scrapes[0].name]
    assert _available(root / "nothing") == []


def _available(root: Path) -> list[Any]:
    return scrapes.available([str(root)])


def test_a_feed_that_cannot_be_read_is_told(operator: Visitor, root: Path) -> None:
    (root / "2024-10-04" / "APTA_CHICAGO" / "players.json").write_text('[{"Last Name": ')
    done = operator.post("/imports/plan", scrape="allowed/2024-10-04")
    assert done.headers["location"] == "/imports/now"
    page = operator.get("/imports/now")
    assert page.status_code == 409
    assert "players.json" in page.text
    assert "feed-unreadable" in page.text
    assert operator.get("/imports").status_code == 200


def test_pages_answer_during_an_import_and_a_second_one_waits(
    operator: Visitor,
    owner: Visitor,
    people: Cast,
    site_url: str,
    scrapes: list[Path],
    application: FastAPI,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digest, page = planned(operator, scrapes[1].name)
    monkeypatch.setattr(planning_routes, "_WAIT_SECONDS", 0.01)
    with psycopg.connect(site_url) as somebody:
        somebody.execute("LOCK TABLE teams IN ROW EXCLUSIVE MODE")  # the run must wait for it
        started = operator.post("/imports/apply", plan=digest, **accepted(page))
        assert started.headers["location"] == "/imports/now"
        assert "Import under way" in operator.get("/imports/now").text
        assert (
            'id="now"'
            in operator.client.get("/imports/now", headers={"X-Courtside-Fragment": "1"}).text
        )
        address = f"/availability/{people.team_id}/{INCIDENT_DAY}/status"
        assert owner.post(address, status="in", version="0").status_code == 303
        assert "Saved" in owner.get(f"/availability?saved={INCIDENT_DAY}").text
        for second in (
            operator.post("/imports/plan", scrape=f"allowed/{scrapes[0].name}"),
            operator.post("/imports/apply", plan=digest, **accepted(page)),
            operator.post("/imports/discard", plan=digest),
        ):
            assert second.status_code == 409
        for look in ("/imports", "/imports/health", "/users"):
            assert operator.get(look).status_code == 200
        job = application.state.imports.job
        assert not job.is_done
        somebody.rollback()
    assert application.state.imports.wait(job, timeout_seconds=60)
    assert operator.get("/imports/now").headers["location"] == "/imports/2"
    assert "done" in operator.get("/imports/2").text


def test_an_import_of_somebody_else_is_told(
    operator: Visitor, site_url: str, application: FastAPI, scrapes: list[Path]
) -> None:
    """The command line holds the run lock: the plan stays, and can be applied later."""
    digest, page = planned(operator, scrapes[1].name)
    lock = _run_lock(application)
    with psycopg.connect(site_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [lock])
        operator.post("/imports/apply", plan=digest, **accepted(page))
        shown = operator.get("/imports/now")
        assert shown.status_code == 409
        assert "run-active" in shown.text
    done = operator.post("/imports/apply", plan=digest, **accepted(page))
    assert "done" in operator.get(done.headers["location"]).text


def _run_lock(application: FastAPI) -> int:
    del application
    from seawall.ledger.ledger import RUN_LOCK

    return RUN_LOCK


def test_records_set_aside_can_be_had(operator: Visitor, application: FastAPI) -> None:
    records = engine(application).set_aside(1)
    assert records
    lines = operator.get("/imports/1/set-aside.jsonl")
    assert "attachment" in lines.headers["content-disposition"]
    assert [json.loads(line)["record"] for line in lines.text.splitlines()] == [
        record["record"] for record in records
    ]
    table = list(csv.DictReader(io.StringIO(operator.get("/imports/1/set-aside.csv").text)))
    assert [row["reason"] for row in table] == [record["reason"] for record in records]
    assert records[0]["reason"] in operator.get("/imports/1/set-aside").text


def test_a_cell_is_no_formula(operator: Visitor, database: psycopg.Connection[Any]) -> None:
    database.execute("UPDATE seawall.set_aside SET file = '=HYPERLINK(\"x\")', detail = '+1'")
    table = list(csv.DictReader(io.StringIO(operator.get("/imports/1/set-aside.csv").text)))
    assert {row["file"] for row in table} == {'\'=HYPERLINK("x")'}
    assert {row["detail"] for row in table} == {"'+1"}


def test_health_says_what_the_command_says(
    operator: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    assert "Nothing was examined" in operator.get("/imports/health").text
    done = operator.post("/imports/health")
    assert done.headers["location"] == "/imports/health"
    assert "Healthy on " in operator.get("/imports/health").text
    address = f"/availability/{people.team_id}/{INCIDENT_DAY}/status"
    owner.post(address, status="in", version="0")
    database.execute("ALTER TABLE player_availability DISABLE TRIGGER ALL")
    database.execute("UPDATE player_availability SET team_id = 999999")
    operator.post("/imports/health")
    page = operator.get("/imports/health").text
    assert "Unhealthy on " in page
    assert "1 point at nothing: player_availability.team_id → teams" in page


def test_an_old_examination_is_never_shown_as_a_new_one(
    operator: Visitor, application: FastAPI, scrapes: list[Path]
) -> None:
    with time_machine.travel("2024-09-20T15:30:00+00:00", tick=False):
        operator.post("/imports/health")
    page = operator.get("/imports/health").text
    assert "Healthy on 20 September 2024, 10:30" in page
    assert " days ago" in page
    assert "This was before run" not in page
    engine(application).apply(engine(application).plan(scrapes[1]))
    page = operator.get("/imports/health").text
    assert 'This was before run <a href="/imports/2">' in page
    assert "notice good" not in page
    operator.post("/imports/health")
    page = operator.get("/imports/health").text
    assert "This was before run" not in page
    assert "less than a minute ago" in page


def test_an_examination_under_way_can_be_followed(
    operator: Visitor, application: FastAPI, site_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_routes, "_WAIT_SECONDS", 0.01)
    with psycopg.connect(site_url) as somebody:
        somebody.execute("LOCK TABLE player_availability IN ACCESS EXCLUSIVE MODE")
        for _ in range(2):
            assert operator.post("/imports/health").status_code == 303
        page = operator.get("/imports/health").text
        assert "are being examined" in page
        assert "Healthy" not in page
        part = operator.get("/imports/health", **{"X-Courtside-Fragment": "1"}).text
        assert "data-ended" not in part
        somebody.rollback()
    application.state.examinations.examine(timeout_seconds=60)
    part = operator.get("/imports/health", **{"X-Courtside-Fragment": "1"}).text
    assert "data-ended" in part
    assert "Healthy on " in operator.get("/imports/health").text


def test_an_examination_that_fails_says_so(
    operator: Visitor, database: psycopg.Connection[Any]
) -> None:
    operator.post("/imports/health")
    database.execute("ALTER TABLE match_scores RENAME TO scores_of_matches")
    operator.post("/imports/health")
    page = operator.get("/imports/health").text
    assert "did not come to its end" in page
    assert "Healthy on " in page


def test_a_run_that_died_has_a_page(operator: Visitor, database: psycopg.Connection[Any]) -> None:
    database.execute(
        "INSERT INTO seawall.runs (feed, as_of, feed_digest, plan_digest, manifest_digest,"
        " catalogue_digest, who, versions, acceptances, evidence) SELECT feed, as_of, feed_digest,"
        " plan_digest, manifest_digest, catalogue_digest, who, versions, acceptances, evidence"
        " FROM seawall.runs"
    )
    assert "its process died" in operator.get("/imports/2").text
    assert "its process died" in operator.get("/imports").text


def test_without_roots_nothing_can_be_imported(
    operator: Visitor, application: FastAPI, root: Path
) -> None:
    application.state.configuration = Configuration(today=TODAY)
    assert "COURTSIDE_IMPORT_ROOTS" in operator.get("/imports").text
    refused = operator.post("/imports/plan", scrape=f"{root.name}/2024-10-04")
    assert refused.status_code == 404
