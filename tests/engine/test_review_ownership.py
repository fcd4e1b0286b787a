"""What is on record as the users' stays theirs, and a plan is for the database as it was."""

from __future__ import annotations

import pytest
from league import CLUBS, FEED, MANIFEST
from league_fixtures import MakeReload
from reload_case import HEADING, Reload, checks_of

from seawall import Manifest
from seawall.errors import ManifestError, SeawallError, UsageError

CODES = """
CREATE TABLE teams (code text PRIMARY KEY, name text, day text,
                    g text GENERATED ALWAYS AS (code) STORED UNIQUE);
"""
TEAMS = '[tables.teams]\nowner = "feed"\nkey = ["code"]\n'


@pytest.mark.parametrize(
    ("line", "instead", "check"),
    [
        ('user_columns = ["address"]', "", "protection-ended"),
        ('references = [{ columns = ["club_id"], table = "clubs" }]', "", "protection-ended"),
        (
            '[tables.answers]\nowner = "users"',
            '[tables.answers]\nowner = "ignored"\nreason = "x"',
            "user-table-written",
        ),
    ],
)
def test_an_edited_manifest_does_not_end_a_protection(
    league: Reload, line: str, instead: str, check: str
):
    assert line in MANIFEST
    league.declare(MANIFEST.replace(line, instead))
    assert check in checks_of(league.plan(**FEED))


def test_what_became_the_users_stays_theirs(make: MakeReload):
    a = '[tables.a]\nowner = "feed"\nkey = ["id"]\n'
    as_feed = a + '[tables.b]\nowner = "feed"\nkey = ["id"]\n'
    made = make(
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);", as_feed
    )
    for manifest in (as_feed, a + '[tables.b]\nowner = "users"\n'):
        made.declare(manifest)
        assert made.engine.check() == []
    made.declare(as_feed)
    assert [finding.check for finding in made.engine.check()] == ["user-table-written"]


def test_an_imported_table_that_refers_to_any_user_table(make: MakeReload):
    made = make(
        "CREATE TABLE profiles (id int PRIMARY KEY);"
        "CREATE TABLE reviews (id int PRIMARY KEY, profile int REFERENCES profiles);",
        '[tables.profiles]\nowner = "users"\n[tables.reviews]\nowner = "feed"\nkey = ["id"]\n',
    )
    assert "user-table-written" in {finding.check for finding in made.engine.check()}


def test_one_table_under_two_names():
    with pytest.raises(ManifestError, match="one table"):
        Manifest.parse(HEADING + TEAMS + '[tables."public.teams"]\nowner = "users"\n')


def test_a_name_with_a_dot_hides_no_other_table(make: MakeReload):
    made = make(
        CODES + "CREATE SCHEMA app; CREATE TABLE app.notes (id int PRIMARY KEY, body text);"
        'CREATE TABLE "app.notes" (id int PRIMARY KEY);',
        TEAMS + '[tables."app.notes"]\nowner = "users"\nuser_columns = []\n',
    )
    made.execute("INSERT INTO app.notes VALUES (1, 'mine')")
    assert made.plan(teams=[{"code": "A"}]).users["app.notes"].rows == 1


def test_a_plan_is_stale_once_another_feed_was_loaded(league: Reload):
    plan = league.plan("2031-02-01", **FEED)
    assert league.run("2031-02-03", **FEED)["outcome"] == "unchanged"
    assert checks_of(league.engine.apply(plan)) == {"plan-stale"}


def test_an_acceptance_needs_a_reason(league: Reload):
    plan = league.plan(**{**FEED, "games": []})
    with pytest.raises(UsageError, match="no reason"):
        league.engine.apply(plan, acceptances={"empty-feed:games": " "})


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ('[tables.teams]\nowner = "users"\n', "no table"),
        (TEAMS + 'retired_column = "day"\n', "when a row was retired"),
    ],
)
def test_a_manifest_that_cannot_work_is_refused_and_not_recorded(
    make: MakeReload, manifest: str, said: str
):
    made = make(CODES, manifest)
    with pytest.raises(SeawallError, match=said):
        made.engine.check()
    assert made.rows("SELECT * FROM seawall.ownership") == []


def test_a_refused_manifest_is_not_recorded(make: MakeReload):
    made = make(CODES, TEAMS.replace("code", "g"))
    assert [finding.check for finding in made.engine.check()] == ["generated-column"]
    assert made.rows("SELECT * FROM seawall.ownership") == []


def test_the_schema_of_staging_comes_back(league: Reload):
    league.execute("DROP SCHEMA seawall_stage CASCADE")
    assert league.load(clubs=CLUBS)["outcome"] == "unchanged"
