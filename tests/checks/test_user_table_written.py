"""user-table-written: a table that users own is declared imported."""

from __future__ import annotations

from judging import EVERY_TABLE, found
from league import FEED, IMPORTED, MANIFEST, SCHEMA, USERS
from league_fixtures import MakeReload
from reload_case import Reload, checks_of

ANSWERS = '[tables.answers]\nowner = "users"\n'
WRONG = '[tables.answers]\nowner = "feed"\nkey = ["id"]\n'


def test_the_manifest_as_it_should_be(league: Reload):
    assert found(league) == {}


def test_what_is_on_record_as_the_users(league: Reload):
    before = league.image(*EVERY_TABLE)
    league.declare(MANIFEST.replace(ANSWERS, WRONG).replace('[users]\ntable = "users"\n', ""))
    finding = found(league)["user-table-written"]
    assert finding.table == "answers"
    assert "on record" in finding.message
    report = league.run(**FEED, answers=[])
    assert (report["outcome"], checks_of(report)) == ("refused", {"user-table-written"})
    assert league.image(*EVERY_TABLE) == before


def test_a_reference_to_the_users_table_on_a_first_run(make: MakeReload):
    made = make(SCHEMA, IMPORTED + USERS.replace(ANSWERS, WRONG))
    assert "user_id refers to users" in found(made)["user-table-written"].message


def test_the_table_that_says_who_a_user_is(make: MakeReload):
    users = '[tables.users]\nowner = "users"\n'
    wrong = '[tables.users]\nowner = "feed"\nkey = ["name"]\n'
    made = make(SCHEMA, IMPORTED + USERS.replace(users, wrong))
    findings = made.engine.check()
    assert ("user-table-written", "users") in [(f.check, f.table) for f in findings]


def test_it_cannot_be_accepted(league: Reload):
    league.declare(MANIFEST.replace(ANSWERS, WRONG))
    assert not found(league)["user-table-written"].acceptable
