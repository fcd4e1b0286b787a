"""unknown-trigger, unknown-rule: what a run would fire, accepted by name and definition."""

from __future__ import annotations

import pytest
from judging import found
from league import FEED, MANIFEST, TEAMS, changed
from league_fixtures import MakeReload
from reload_case import Reload, checks_of

FUNCTION = (
    "CREATE OR REPLACE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN {} RETURN NEW; END $$;"
)
TRIGGER = "CREATE TRIGGER stamp BEFORE UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION stamp();"
RULE = "CREATE RULE note AS ON UPDATE TO teams DO ALSO NOTIFY teams"
CHANGED = {**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=9)}


def with_trigger(league: Reload, body: str = "") -> None:
    league.execute(FUNCTION.format(body) + TRIGGER)


def standing(check: str, hash: str, more: str = "") -> str:
    return (
        f'[[accept]]\nfinding = "{check}:teams"\nhash = "{hash}"\nreason = "only a stamp"\n{more}'
        + MANIFEST
    )


def test_a_trigger_is_refused_and_names_its_function(league: Reload):
    with_trigger(league)
    before = league.image("teams")
    plan = league.plan(**CHANGED)
    finding = next(f for f in plan.refusals if f.check == "unknown-trigger")
    assert (finding.table, finding.subject) == ("teams", "unknown-trigger:teams")
    assert "stamp (public.stamp)" in finding.message
    assert league.engine.apply(plan)["outcome"] == "refused"
    assert league.image("teams") == before


def test_accepted_for_one_run_bound_to_the_plan(league: Reload):
    with_trigger(league)
    plan = league.plan(**CHANGED)
    report = league.engine.apply(plan, acceptances={"unknown-trigger:teams": "only a stamp"})
    assert report["outcome"] == "done"
    ((kept,),) = league.rows("SELECT acceptances FROM seawall.runs ORDER BY id DESC LIMIT 1")
    said = kept["unknown-trigger:teams"]
    assert (said["kind"], said["plan"], said["reason"]) == ("once", plan.digest, "only a stamp")
    assert len(said["hash"]) == 16


def test_accepted_in_the_manifest_by_its_hash_until_the_function_changes(league: Reload):
    with_trigger(league)
    league.declare(standing("unknown-trigger", found(league)["unknown-trigger"].hash))
    plan = league.plan(**CHANGED)
    assert [f.acceptance for f in plan.findings if f.check == "unknown-trigger"] == ["standing"]
    assert league.engine.apply(plan)["outcome"] == "done"
    league.execute(FUNCTION.format("PERFORM 1;"))
    again = found(league)["unknown-trigger"]
    assert again.stops
    assert "another one" in again.message


def test_a_function_that_changes_after_the_plan(league: Reload):
    with_trigger(league)
    plan = league.plan(**CHANGED)
    league.execute(FUNCTION.format("PERFORM 1;"))
    report = league.engine.apply(plan, acceptances={"unknown-trigger:teams": "only a stamp"})
    assert checks_of(report) == {"plan-stale"}


def test_an_acceptance_without_the_hash_is_none(league: Reload):
    with_trigger(league)
    league.declare(standing("unknown-trigger", ""))
    assert found(league)["unknown-trigger"].stops


def test_an_acceptance_that_has_ended_is_none(league: Reload):
    with_trigger(league)
    hash = found(league)["unknown-trigger"].hash
    league.declare(standing("unknown-trigger", hash, "until = 2020-01-01\n"))
    assert found(league)["unknown-trigger"].stops
    league.declare(standing("unknown-trigger", hash, "until = 2999-01-01\n"))
    assert not found(league)["unknown-trigger"].stops


@pytest.mark.parametrize(
    "switch",
    [
        "ALTER TABLE teams DISABLE TRIGGER stamp",
        "ALTER TABLE teams ENABLE REPLICA TRIGGER stamp",
        "DROP TRIGGER stamp ON teams; CREATE TRIGGER stamp BEFORE TRUNCATE ON teams"
        " EXECUTE FUNCTION stamp()",
        "DROP TRIGGER stamp ON teams; CREATE TRIGGER stamp BEFORE UPDATE ON teams"
        " FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ],
)
def test_a_trigger_that_does_not_fire_or_is_known_passes(league: Reload, switch: str):
    with_trigger(league)
    league.execute(switch)
    assert found(league) == {}


def test_triggers_of_users_tables_pass(league: Reload):
    league.execute(FUNCTION.format("") + TRIGGER.replace("ON teams", "ON answers"))
    assert found(league) == {}


def test_a_trigger_of_one_partition(make: MakeReload):
    made = make(
        "CREATE TABLE parts (code text, n integer, PRIMARY KEY (code)) PARTITION BY LIST (code);"
        "CREATE TABLE parts_a PARTITION OF parts FOR VALUES IN ('a');"
        + FUNCTION.format("")
        + TRIGGER.replace("ON teams", "ON parts_a"),
        '[tables.parts]\nowner = "feed"\nkey = ["code"]\n',
    )
    assert found(made)["unknown-trigger"].table == "parts"


def test_a_rule_is_refused_and_accepted_by_its_hash(league: Reload):
    league.execute(RULE)
    finding = found(league)["unknown-rule"]
    assert "note" in finding.message
    league.declare(standing("unknown-rule", finding.hash))
    assert not found(league)["unknown-rule"].stops
    league.execute("DROP RULE note ON teams;" + RULE.replace("NOTIFY teams", "NOTIFY others"))
    assert found(league)["unknown-rule"].stops


def test_a_disabled_rule_passes(league: Reload):
    league.execute(RULE + "; ALTER TABLE teams DISABLE RULE note")
    assert found(league) == {}
