"""A run arms the guards itself; what they cannot see is compared before and after."""

from __future__ import annotations

import psycopg
import pytest
from commands import seawall, seawall_json
from guarding import guard, states, tried
from league import FEED, TEAMS, USER_TABLES, changed
from reload_case import Reload, checks_of, said, unknown

from seawall import verification
from seawall.errors import DatabaseError

ALL = (*USER_TABLES, "clubs", "teams", "games")
CHANGED = {**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=4)}


def meddle(league: Reload, body: str) -> None:
    """Do something whenever an imported row is written."""
    league.execute(
        f"CREATE OR REPLACE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN {body}; RETURN coalesce(new, old); END$$;"
        f"CREATE OR REPLACE TRIGGER meddle AFTER INSERT OR UPDATE OR DELETE ON teams"
        f" FOR EACH ROW EXECUTE FUNCTION meddle()"
    )


def failed(league: Reload, check: str, *named: str) -> str:
    """Run; it fails with this finding, and everything is as it was."""
    before = league.image(*ALL)
    report = league.run(**CHANGED)
    assert report["outcome"] == "failed", report
    [finding] = [f for f in report["findings"] if not f["accepted"]]
    assert finding["check"] == check
    assert league.image(*ALL) == before
    for words in named:
        assert words in said(finding["message"])
    return finding["table"]


def test_an_unchanged_run_is_still_certified(guarded: Reload):
    report = guarded.run(**FEED)
    assert (report["outcome"], report["certified"]) == ("unchanged", True)
    assert report["guards"] == {
        "state": "armed",
        "guarded": ["users", "answers", "favourites", "clubs"],
        "not_guarded": [],
        "tried": {},
    }


def test_a_run_says_how_the_guards_stood(guarded: Reload):
    result = seawall(guarded, "apply", guarded.feed(**CHANGED), "--yes")
    assert "guards armed, counters 0, fingerprints equal" in said(result.stdout)
    guarded.engine.remove_guards()
    result = seawall(guarded, "apply", guarded.feed(**FEED), "--yes")
    assert result.exit_code == 0
    assert "guards not installed, counters 0, fingerprints equal" in said(result.stdout)
    _, report = seawall_json(guarded, "runs", "--limit", "2")
    assert [run["guards"]["state"] for run in report] == ["not installed", "armed"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("DELETE FROM answers WHERE team_id = old.id", "DELETE in answers"),
        ("UPDATE users SET name = name", "UPDATE in users"),
        ("INSERT INTO favourites VALUES (1, 1)", "INSERT in favourites"),
        ("UPDATE clubs SET address = 'x'", "UPDATE of address in clubs"),
        ("TRUNCATE favourites", "TRUNCATE of favourites"),
        ("PERFORM set_config('seawall.unlock', 'favourites', true); TRUNCATE favourites",
         "TRUNCATE of favourites"),
    ],
)  # fmt: skip
def test_a_trigger_that_writes_is_refused(guarded: Reload, body: str, message: str):
    meddle(guarded, body)
    table = failed(guarded, "guard-refused", message, body.split("; ")[-1])
    assert table in message


def test_a_deferred_trigger_that_writes_is_refused(guarded: Reload):
    guarded.execute(
        "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN DELETE FROM favourites; RETURN NULL; END$$;"
        "CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON teams"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()"
    )
    failed(guarded, "guard-refused", "DELETE in favourites")


def test_a_trigger_that_swallows_the_refusal(guarded: Reload):
    """Nobody was harmed, and the counters saw that rows were written before the guard refused."""
    meddle(guarded, "BEGIN DELETE FROM answers; EXCEPTION WHEN OTHERS THEN NULL; END")
    table = failed(
        guarded,
        "user-rows-damaged",
        "answers: the run wrote 2 rows and left them as they were; a guard refused it, and who"
        " tried it went on all the same",
    )
    assert table == "answers"
    assert tried(guarded) == {"answers": 1}


def test_a_trigger_that_disarms(guarded: Reload):
    meddle(guarded, "PERFORM set_config('seawall.armed', 'off', true)")
    report = guarded.run(**CHANGED)
    assert report["outcome"] == "unverified"
    assert "seawall.armed was switched off" in report["unverified"][0]


def test_a_trigger_that_disarms_and_writes_is_seen_by_the_others(guarded: Reload):
    meddle(guarded, "PERFORM set_config('seawall.armed', '', true); DELETE FROM answers")
    failed(guarded, "user-rows-damaged", "answers 1 lost")


DDL = {
    "ALTER TABLE favourites DISABLE TRIGGER \"0_seawall_guard_rows\"": "a trigger of favourites",
    "DROP TRIGGER \"0_seawall_guard_rows\" ON favourites": "a trigger of favourites",
    "CREATE OR REPLACE FUNCTION seawall.refuse_write() RETURNS trigger LANGUAGE plpgsql"
    " AS ''BEGIN RETURN old; END''": "a trigger of",
    "ALTER TABLE favourites ADD CHECK (club_id > 0)": "a constraint of favourites",
    "ALTER TABLE favourites ADD COLUMN more text": "columns or row security of favourites",
    "ALTER TABLE favourites RENAME TO gone; CREATE TABLE favourites (LIKE gone)":
        "favourites is another table",
    "ALTER TABLE favourites RENAME TO gone": "favourites was dropped or renamed",
    "DROP TABLE favourites": "favourites was dropped or renamed",
    "ALTER TABLE favourites ALTER club_id TYPE bigint": "favourites was truncated or rewritten",
}  # fmt: skip


@pytest.mark.parametrize("statement", DDL)
def test_ddl_by_the_run_itself_is_damage(guarded: Reload, statement: str):
    steps = "; ".join(f"EXECUTE '{step}'" for step in statement.split("; ") if "''" not in step)
    meddle(guarded, steps or f"EXECUTE '{statement}'")
    failed(guarded, "user-rows-damaged", DDL[statement])
    assert states(guarded.engine) == {}


def test_ddl_by_the_run_is_damage_without_guards_too(league: Reload):
    meddle(league, "EXECUTE 'ALTER TABLE favourites DISABLE TRIGGER ALL'")
    failed(league, "user-rows-damaged", "a trigger of favourites")


def during(league: Reload, statement: str) -> None:
    """Let another session do something in the middle of the next run, and commit it."""
    engine_progress = league.engine._progress
    done: list[bool] = []

    def progress(stage: str, count: int) -> None:
        engine_progress(stage, count)
        if stage == "verifying" and not done:
            done.append(True)
            with psycopg.connect(league.url, autocommit=True) as other:
                other.execute(statement.encode())

    league.engine._progress = progress


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ('ALTER TABLE answers DISABLE TRIGGER "0_seawall_guard_rows"', "a trigger of answers"),
        (
            'CREATE OR REPLACE TRIGGER "0_seawall_guard_rows" BEFORE UPDATE ON users FOR EACH ROW'
            " WHEN (false) EXECUTE FUNCTION seawall.refuse_write('users')",
            "a trigger of users",
        ),
        (
            "CREATE OR REPLACE FUNCTION seawall.refuse_write() RETURNS trigger"
            " LANGUAGE plpgsql AS 'BEGIN RETURN old; END'",
            "a trigger of",
        ),
    ],
)
def test_a_guard_switched_off_by_somebody_else_meanwhile(
    guarded: Reload, statement: str, words: str
):
    during(guarded, statement)
    report = guarded.run(**CHANGED)
    assert report["outcome"] == "unverified", report["findings"]
    assert words in report["unverified"][0]
    assert "by somebody else" in report["unverified"][0]


def test_without_a_second_connection_a_run_is_unverified(
    guarded: Reload, monkeypatch: pytest.MonkeyPatch
):
    def refuse(url: str) -> None:
        raise DatabaseError(f"too many connections for {url[:0]}role")

    monkeypatch.setattr(verification, "connect", refuse)
    report = guarded.run(**CHANGED)
    assert report["outcome"] == "unverified"
    assert "too many connections" in report["unverified"][0]


def test_what_users_write_meanwhile_is_not_refused(guarded: Reload):
    during(
        guarded,
        "INSERT INTO users (name) VALUES ('Eve'); UPDATE answers SET answer = 'no' WHERE id = 1;"
        "DELETE FROM favourites WHERE user_id = 1",
    )
    report = guarded.run(**CHANGED)
    assert (report["outcome"], report["guards"]["tried"]) == ("done", {})
    assert report["meanwhile"] == {"users": 1, "answers": 0, "favourites": -1}


def test_a_foreign_key_that_is_switched_off(league: Reload):
    if not league.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        pytest.skip("only a superuser may")
    league.execute("ALTER TABLE answers DISABLE TRIGGER ALL")
    report = league.run(**CHANGED)
    assert (report["outcome"], checks_of(report)) == ("refused", {"foreign-key-disabled"})
    league.execute("ALTER TABLE answers ENABLE TRIGGER ALL")
    assert league.run(**CHANGED)["outcome"] == "done"


def test_putting_guards_up_makes_no_plan_stale(league: Reload):
    plan = league.plan(**CHANGED)
    guard(league)
    report = league.engine.apply(plan, acceptances=unknown(plan))
    assert (report["outcome"], report["guards"]["state"]) == ("done", "armed")


def test_a_guard_switched_off_after_planning(guarded: Reload):
    plan = guarded.plan(**CHANGED)
    guarded.execute('ALTER TABLE answers DISABLE TRIGGER "0_seawall_guard_rows"')
    result = guarded.engine.apply(plan, acceptances=unknown(plan))
    assert result["outcome"] == "unverified"
