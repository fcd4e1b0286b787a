"""A plan writes nothing of the database, says exactly what will happen, and grows stale."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from league import FEED, GAMES, MANIFEST, TEAMS, USER_TABLES, changed, without
from reload_case import Reload, checks_of, counts

from seawall import Plan
from seawall.errors import PlanError, SeawallError

ALL = (*USER_TABLES, "clubs", "teams", "games")
CHANGED = {
    **FEED,
    "teams": [*changed(TEAMS, {"club": "Tennaqua"}, wins=4)[:1], {"club": "Tennaqua", "name": "9"}],
    "games": GAMES[:1],
}
OUTSIDE = (
    "SELECT c.oid, c.relname, c.relfilenode, c.relkind FROM pg_class c"
    " WHERE c.relnamespace NOT IN (SELECT oid FROM pg_namespace"
    "  WHERE nspname IN ('seawall', 'seawall_stage', 'pg_toast', 'pg_catalog')) ORDER BY 1"
)
SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"


def test_a_plan_writes_nothing_outside_seawalls_schemas(league: Reload):
    before = league.image(*ALL), league.rows(OUTSIDE), league.rows(SEQUENCES)
    plan = league.plan(**CHANGED)
    assert plan.writes
    assert (league.image(*ALL), league.rows(OUTSIDE), league.rows(SEQUENCES)) == before
    assert league.value("SELECT count(*) FROM seawall.retired") == 0


def test_the_outcome_is_what_the_plan_said(league: Reload):
    plan = league.plan(**CHANGED)
    report = league.engine.apply(plan)
    assert report["outcome"] == "done"
    for table in plan.tables:
        assert counts(report, table) == counts(plan, table)
    assert counts(plan, "teams") == {
        "staged": 2,
        "changed": 1,
        "new": 1,
        "vanished": 1,
        "retired": 1,
    }


def test_a_plan_shows_what_changes_column_by_column(league: Reload):
    plan = league.plan(**CHANGED)
    shown = {example.action: example for example in plan.tables["teams"].examples}
    assert shown["changed"].columns == {"wins": ("3", "4")}
    assert shown["changed"].key == "Tennaqua · 22"
    assert shown["new"].key == "Tennaqua · 9"
    assert shown["vanished"].key == "Valley Lo · 22"


def test_a_plan_says_what_users_refer_to(league: Reload):
    plan = league.plan(**{**FEED, "teams": without(TEAMS, club="Tennaqua")})
    assert plan.users["answers"].vanishing == {"answers.team_id → teams": 2}


def test_a_plan_can_be_saved_and_applied_later(league: Reload, tmp_path: Path):
    league.plan(**CHANGED).save(tmp_path / "plan.json")
    report = league.engine.apply(Plan.load(tmp_path / "plan.json"))
    assert report["outcome"] == "done"


@pytest.mark.parametrize(
    "tamper",
    [
        lambda plan: plan["tables"]["teams"].update(new=0),
        lambda plan: plan["findings"].clear(),
        lambda plan: plan["differences"]["teams"].update(stage="other"),
        lambda plan: plan.update(manifest_digest=""),
        lambda plan: plan.update(digest="0" * 64),
    ],
    ids=["counts", "findings", "difference", "manifest", "digest"],
)
def test_a_plan_that_was_changed_is_refused(
    league: Reload, tmp_path: Path, tamper: Callable[[dict], None]
):
    path = tmp_path / "plan.json"
    league.plan(**{**CHANGED, "clubs": []}).save(path)
    content = json.loads(path.read_text())
    tamper(content)
    path.write_text(json.dumps(content))
    with pytest.raises(PlanError, match="was changed after it was made"):
        Plan.load(path)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": 99}', "not JSON"])
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(PlanError) as caught:
        Plan.load(path)
    assert caught.value.fix


STALE: dict[str, Callable[[Reload], None]] = {
    "a trigger": lambda r: r.execute(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;"
        "CREATE TRIGGER t AFTER UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION f()"
    ),
    "a foreign key": lambda r: r.execute(
        "CREATE TABLE more (id integer PRIMARY KEY REFERENCES teams ON DELETE CASCADE)"
    ),
    "a column": lambda r: r.execute("ALTER TABLE users ADD COLUMN age integer"),
    "an imported row": lambda r: r.execute("UPDATE teams SET wins = 4 WHERE wins = 3"),
    "an imported row is gone": lambda r: r.execute("DELETE FROM games WHERE day > '2024-09-30'"),
    "an imported row is new": lambda r: r.execute(
        "INSERT INTO teams (club_id, name) SELECT id, '9' FROM clubs WHERE name = 'Tennaqua'"
    ),
    "staging is emptied": lambda r: each_stage(r, "TRUNCATE {}"),
    "staging is changed": lambda r: each_stage(r, "DELETE FROM {} WHERE seawall_action = 'new'"),
    "staging is gone": lambda r: each_stage(r, "DROP TABLE {}"),
    "the load is forgotten": lambda r: r.execute("DELETE FROM seawall_stage.loads"),
    "the manifest": lambda r: r.declare(MANIFEST.replace('vanished = "delete"\n', "")),
}


def each_stage(reload: Reload, statement: str) -> None:
    """Do something to every table that holds a difference."""
    for (name,) in reload.rows(
        "SELECT format('seawall_stage.%I', relname) FROM pg_class"
        " WHERE relnamespace = 'seawall_stage'::regnamespace AND relkind = 'r'"
        " AND relname LIKE '%%\\_d'"
    ):
        reload.execute(statement.format(name))


@pytest.mark.parametrize("what", STALE)
def test_a_stale_plan_is_refused_and_writes_nothing(league: Reload, what: str):
    plan = league.plan(**CHANGED)
    STALE[what](league)
    before = league.image(*ALL)
    report = league.engine.apply(plan)
    assert (report["outcome"], checks_of(report)) == ("refused", {"plan-stale"})
    assert report["findings"][0]["fix"]
    assert league.image(*ALL) == before


def test_a_plan_is_applied_once(league: Reload):
    plan = league.plan(**CHANGED)
    assert league.engine.apply(plan)["outcome"] == "done"
    before = league.image(*ALL)
    assert checks_of(league.engine.apply(plan)) == {"plan-stale"}
    assert league.image(*ALL) == before


def test_users_writes_do_not_make_a_plan_stale(league: Reload):
    plan = league.plan(**CHANGED)
    league.execute(
        "INSERT INTO users (name) VALUES ('Eve'); DELETE FROM favourites;"
        "UPDATE answers SET answer = 'no'; UPDATE clubs SET address = 'moved'"
    )
    report = league.engine.apply(plan)
    assert report["outcome"] == "done", report["findings"]
    assert league.rows("SELECT DISTINCT address FROM clubs") == [("moved",)]


def test_a_new_reference_turns_a_planned_delete_into_a_held_row(league: Reload):
    plan = league.plan(**CHANGED)
    assert counts(plan, "games")["deleted"] == 1
    league.execute(
        "INSERT INTO answers (user_id, team_id, game_id, answer) SELECT 1, home_id, id, 'yes'"
        " FROM games WHERE day = '2024-10-01'"
    )
    report = league.engine.apply(plan)
    assert counts(report, "games") == {
        "staged": 1,
        "same": 1,
        "vanished": 1,
        "retired": 1,
        "held": 1,
    }


def test_a_refused_plan_is_recorded_and_can_be_accepted(league: Reload):
    plan = league.plan(**{**FEED, "games": []})
    assert league.engine.apply(plan)["outcome"] == "refused"
    report = league.engine.apply(plan, acceptances={"empty-feed:games": "no games yet"})
    assert report["outcome"] == "done"
    assert report["findings"][0]["accepted"] == "no games yet"
    kept = league.engine.run(report["run"])
    assert kept is not None
    assert kept["acceptances"] == {
        "empty-feed:games": {"kind": "once", "plan": plan.digest, "reason": "no games yet"}
    }


@pytest.mark.parametrize(
    "name", ["empty-feed", "empty-feed:teams", "empty-feed:games@A", "?:games"]
)
def test_an_acceptance_needs_the_exact_name(league: Reload, name: str):
    plan = league.plan(**{**FEED, "games": []})
    runs = len(league.engine.runs())
    with pytest.raises(SeawallError) as caught:
        league.engine.apply(plan, acceptances={name: "because"})
    assert (caught.value.code, int(caught.value.exit_code)) == ("usage", 2)
    assert "empty-feed:games" in caught.value.fix
    assert len(league.engine.runs()) == runs


def test_an_acceptance_is_for_one_run(league: Reload):
    league.run(**{**FEED, "games": []}, accept={"empty-feed:games": "once"})
    assert league.run(**{**FEED, "games": []})["outcome"] == "refused"


def test_a_column_that_only_a_lost_record_fills_is_not_fed(league: Reload) -> None:
    """It is set aside for want of a parent: nothing of it comes into the database."""
    games = [{**game, "score": None} for game in GAMES]
    lost = {**GAMES[0], "day": "2024-11-05", "home": "no such team", "score": "6-0, 6-0"}
    plan = league.plan(**{**FEED, "games": [*games, lost]})
    assert "score" in plan.feed.tables["games"].columns
    assert plan.differences["games"].lost == 1
    assert "score" not in plan.fed["games"].columns
    assert "day" in plan.fed["games"].columns
