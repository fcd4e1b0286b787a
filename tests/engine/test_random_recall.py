"""Random feeds, and writes by hand between them: a plan that recalls says what one that does not
recall says."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from league import MANIFEST, SCHEMA, USER_TABLES
from league_fixtures import MakeReload
from reload_case import Reload
from test_random_feeds import CLUBS, DAYS, DEEDS, ONE_DATABASE, TEAMS, one_of

from seawall import Plan

Feed = dict[str, list[dict[str, Any]]]

MEDDLING = """
CREATE OR REPLACE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    IF pg_trigger_depth() = 1 THEN
        UPDATE clubs SET city = 'meddled' WHERE name = 'A';
        UPDATE teams SET wins = 7 WHERE name = '2';
    END IF;
    RETURN NULL;
END$$;
CREATE OR REPLACE TRIGGER meddle AFTER INSERT OR UPDATE ON {} DEFERRABLE INITIALLY {}
"""


def rows(**columns: some.SearchStrategy[Any]) -> some.SearchStrategy[Any]:
    """With repeats, and with rows that contradict one another."""
    return some.lists(some.fixed_dictionaries(columns), max_size=4)


FEEDS = some.fixed_dictionaries(
    {},
    optional={
        "clubs": rows(name=one_of(*CLUBS), city=one_of(None, "x", "y")),
        "teams": rows(
            club=one_of(None, *CLUBS),
            name=one_of(*TEAMS),
            wins=one_of(None, 1, 2),
            captain=one_of(None, "Ann"),
        ),
        "games": rows(
            day=one_of(*DAYS),
            club=one_of(*CLUBS),
            home=one_of(*TEAMS),
            away_club=one_of(None, *CLUBS),
            away=one_of(*TEAMS),
            score=one_of(None, "6-4"),
        ),
    },
).filter(bool)

# %s is any number; where a constraint forbids it, nothing happens.
BY_HAND = {
    "city": "UPDATE clubs SET city = 'x' WHERE id %% 3 = %s",
    "the same": "UPDATE clubs SET city = city WHERE id %% 3 = %s",
    "another club": "UPDATE clubs SET name = 'C' WHERE id %% 3 = %s",
    "new club": "INSERT INTO clubs (name) VALUES ('by hand ' || %s)",
    "club gone": "DELETE FROM clubs WHERE id %% 3 = %s",
    "wins": "UPDATE teams SET wins = 1 WHERE id %% 3 = %s",
    "retired": "UPDATE teams SET retired_at = now() WHERE id %% 3 = %s",
    "not retired": "UPDATE teams SET retired_at = NULL WHERE id %% 3 = %s",
    "club of a team": "UPDATE teams SET club_id = (SELECT min(id) FROM clubs) WHERE id %% 3 = %s",
    "team gone": "DELETE FROM teams WHERE id %% 3 = %s",
    "game gone": "DELETE FROM games WHERE home_id %% 3 = %s",
    "guest gone": "UPDATE games SET away_id = NULL WHERE home_id %% 3 = %s",
    "new game": "INSERT INTO games (day, home_id) SELECT '2024-12-24', id FROM teams"
    " WHERE id %% 3 = %s",
    "ledger": "INSERT INTO seawall.retired (table_name, row_id, run_id) SELECT 'games', id::text,"
    " (SELECT max(id) FROM seawall.runs) FROM games WHERE home_id %% 3 = %s",
    "ledger emptied": "DELETE FROM seawall.retired WHERE run_id %% 3 = %s",
    "moved": "VACUUM FULL games",
    "column anew": "ALTER TABLE clubs DROP COLUMN city; ALTER TABLE clubs ADD COLUMN city text",
    "trigger": MEDDLING.format("teams", "IMMEDIATE").replace(" DEFERRABLE INITIALLY IMMEDIATE", "")
    + "FOR EACH ROW EXECUTE FUNCTION meddle()",
    "late trigger": MEDDLING.format("games", "DEFERRED").replace(
        "OR REPLACE TRIGGER", "CONSTRAINT TRIGGER"
    )
    + "FOR EACH ROW EXECUTE FUNCTION meddle()",
    "no trigger": "DROP FUNCTION IF EXISTS meddle CASCADE",
}
MANIFESTS = {
    "as it was": ("", ""),
    "overwriting": ('nulls_overwrite = ["captain"]', 'nulls_overwrite = ["captain", "wins"]'),
    "keeping": ('vanished = "delete"', 'vanished = "keep"'),
    "refusing": ('vanished = "delete"', 'vanished = "refuse"'),
}
DEED = some.tuples(one_of(*DEEDS, *BY_HAND, *MANIFESTS), some.integers(0, 2).map(str))
# What happens before the plan, the feed or none for the last one, what happens before the run.
STEP = some.tuples(
    some.lists(DEED, max_size=2), some.one_of(some.none(), FEEDS), some.lists(DEED, max_size=1)
)
STEPS = some.tuples(FEEDS, some.lists(STEP, min_size=2, max_size=4))


@pytest.fixture
def empty(make: MakeReload) -> Reload:
    made = make(SCHEMA, MANIFEST)
    made.engine.check()
    return made


def test_the_deeds_can_be_done(empty: Reload) -> None:
    for name in (*DEEDS, *BY_HAND, *MANIFESTS):
        if name != "ledger":  # it needs a run
            assert do(empty, name, "1"), name


@given(steps=STEPS)
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=ONE_DATABASE)
def test_random_recall(empty: Reload, steps: Any) -> None:
    check_steps(empty, *steps)


@pytest.mark.soak
@pytest.mark.timeout(0)
@given(steps=STEPS)
@settings(max_examples=3000, deadline=None, suppress_health_check=ONE_DATABASE)
def test_random_recall_for_long(empty: Reload, steps: Any) -> None:
    check_steps(empty, *steps)


def check_steps(reload: Reload, feed: Feed, steps: list[Any]) -> None:
    do(reload, "no trigger", "")
    do(reload, "as it was", "")
    reload.execute(
        "TRUNCATE users, answers, favourites, games, teams, clubs RESTART IDENTITY CASCADE;"
        "TRUNCATE seawall.runs RESTART IDENTITY CASCADE; INSERT INTO users (name) VALUES ('Ann')"
    )
    apply(reload, reload.plan(**feed))
    for before, other, between in steps:
        feed = feed if other is None else other
        for deed, number in before:
            do(reload, deed, number)
        plan = reload.plan(**feed)
        check_recalled(reload, plan, feed)
        for deed, number in between:
            do(reload, deed, number)
        apply(reload, plan)
    check_recalled(reload, reload.plan(**feed), feed)


def check_recalled(reload: Reload, plan: Plan, feed: Feed) -> None:
    """Compare with a plan that recalls nothing."""
    known = reload.rows("SELECT id, equal_tables::text FROM seawall.runs ORDER BY id")
    reload.execute("UPDATE seawall.runs SET equal_tables = '{}'")
    afresh = reload.plan(**feed)
    assert not any(difference.recalled for difference in afresh.differences.values())
    assert said(plan) == said(afresh)
    for run_id, equal in known:
        reload.execute("UPDATE seawall.runs SET equal_tables = %s WHERE id = %s", equal, run_id)


def said(plan: Plan) -> Any:
    """All that a plan says but when, where it is staged, and what it recalled."""
    text = msgspec.json.encode(plan).decode().replace(plan.feed.load_id, "")
    whole = msgspec.json.decode(text)
    for one_time in ("made_at", "seconds", "digest", "row_versions"):
        del whole[one_time]
    del whole["feed"]["feed"]  # its directory
    for difference in whole["differences"].values():
        difference.pop("recalled", None)
    for table in whole["tables"].values():
        table["examples"].sort(key=repr)
    whole["findings"].sort(key=repr)
    return whole


def do(reload: Reload, deed: str, number: str) -> bool:
    """Do something between two reloads; False where a constraint forbids it."""
    if deed in MANIFESTS:
        reload.declare(MANIFEST.replace(*MANIFESTS[deed]) if deed != "as it was" else MANIFEST)
        return True
    statement = {**DEEDS, **BY_HAND}[deed]
    try:
        if "%s" in statement:
            reload.execute(statement, number)
        else:
            reload.execute(statement)
    except (psycopg.IntegrityError, psycopg.errors.DuplicateObject):
        return False
    return True


def apply(reload: Reload, plan: Plan) -> None:
    """Accept everything; it may still be refused, or fail: then nothing is in the database."""
    users = reload.image(*USER_TABLES)
    accept = {finding.subject: "any" for finding in plan.refusals if finding.acceptable}
    reload.engine.apply(plan, acceptances=accept)
    assert reload.image(*USER_TABLES) == users
