"""Whatever path a write to users' rows takes, it is seen, named, and rolled back."""

from __future__ import annotations

import psycopg
import pytest
from league import FEED, GAMES, TEAMS, USER_TABLES, changed, without
from reload_case import Reload, checks_of, said

from seawall.catalog.read import read_catalogue
from seawall.naming import shapes
from seawall.references import user_references
from seawall.witness import meanings

ALL = (*USER_TABLES, "clubs", "teams", "games")
CHANGED = {**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=4)}


def trigger(league: Reload, body: str, on: str = "teams", when: str = "AFTER") -> None:
    """Run statements for each written row of an imported table."""
    league.execute(
        f"CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN {body}; RETURN coalesce(new, old); END$$;"
        f"CREATE TRIGGER meddle {when} INSERT OR UPDATE OR DELETE ON {on}"
        f" FOR EACH ROW EXECUTE FUNCTION meddle()"
    )


def refused_damage(league: Reload, *named: str, feed: dict = CHANGED) -> str:
    """Run the feed; it must fail, leave everything as it was, and name what was hit."""
    before = league.image(*ALL)
    report = league.run(**feed)
    assert report["outcome"] == "failed"
    assert league.image(*ALL) == before
    [finding] = [f for f in report["findings"] if f["refuses"] and not f["accepted"]]
    assert finding["check"] == "user-rows-damaged"
    message = said(finding["message"])
    for words in named:
        assert words in message
    kept = league.engine.run(report["run"])
    assert kept is not None
    assert kept["outcome"] == "failed"
    assert kept["report"]["findings"] == report["findings"]
    return message


def test_a_trigger_that_deletes(league: Reload):
    trigger(league, "DELETE FROM answers WHERE team_id = old.id")
    refused_damage(league, "answers 1 lost", "answers 2 lost")


def test_a_trigger_that_updates(league: Reload):
    trigger(league, "UPDATE answers SET answer = 'no' WHERE id = 2")
    message = refused_damage(league, "answers 2 changed", "yes", "no")
    assert "answers 1" not in message


def test_a_trigger_that_inserts(league: Reload):
    trigger(league, "INSERT INTO users (name) VALUES ('Eve')")
    refused_damage(league, "added", "Eve")


def test_a_trigger_that_writes_and_undoes(league: Reload):
    trigger(
        league,
        "UPDATE answers SET answer = 'no'; UPDATE answers SET answer = 'yes'",
    )
    refused_damage(league, "answers: the run wrote 4 rows and left them as they were")


def test_a_change_of_scale_alone(league: Reload):
    trigger(league, "UPDATE answers SET points = 1.00 WHERE id = 1")
    refused_damage(league, "answers 1 changed", "1.00")


def test_swapped_references_that_leave_no_orphan(league: Reload):
    league.execute(
        "UPDATE answers SET team_id = (SELECT id FROM teams WHERE wins = 1) WHERE id = 2"
    )
    trigger(
        league,
        "UPDATE answers SET team_id = CASE id WHEN 1"
        " THEN (SELECT id FROM teams WHERE name = '22' AND id <> old.id) ELSE old.id END",
    )
    refused_damage(league, "answers 1 changed", "answers.team_id → teams meant")


def test_an_imported_row_that_takes_another_rows_key(league: Reload):
    """No user's row is touched, and yet it means something else: identity, not existence."""
    trigger(
        league,
        "UPDATE clubs SET name = name || ' (old)' WHERE name = 'Tennaqua'",
    )
    refused_damage(league, "favourites", "meant (Tennaqua)", "Tennaqua (old)")


def test_a_deferred_constraint_trigger(league: Reload):
    league.execute(
        "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN DELETE FROM favourites; RETURN NULL; END$$;"
        "CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON teams"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()"
    )
    refused_damage(league, "favourites", "lost")


def test_a_rule(league: Reload):
    league.execute(
        "CREATE RULE forget AS ON DELETE TO games DO ALSO DELETE FROM answers WHERE id = 1"
    )
    refused_damage(league, "answers 1 lost", feed={**FEED, "games": GAMES[:1]})


def test_a_rule_that_swallows_a_write(league: Reload):
    league.execute("CREATE RULE no AS ON DELETE TO games DO INSTEAD NOTHING")
    before = league.image(*ALL)
    report = league.run(**{**FEED, "games": GAMES[:1]})
    assert report["outcome"] == "failed"
    assert checks_of(report) == {"outcome-differs"}
    assert league.image(*ALL) == before


def test_a_trigger_that_swallows_a_write(league: Reload):
    league.execute(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;"
        "CREATE TRIGGER no BEFORE UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION no()"
    )
    assert checks_of(league.run(**CHANGED)) == {"outcome-differs"}


def test_a_users_column_of_an_imported_table(league: Reload):
    trigger(league, "UPDATE clubs SET address = 'gone' WHERE name = 'Valley Lo'")
    refused_damage(league, "clubs (users’ columns)", "Valley Lo Road 1", "gone")


def test_a_users_column_of_a_row_that_the_run_writes(league: Reload):
    league.execute(
        "CREATE FUNCTION wipe() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN new.address := NULL; RETURN new; END$$;"
        "CREATE TRIGGER wipe BEFORE UPDATE ON clubs FOR EACH ROW EXECUTE FUNCTION wipe()"
    )
    feed = {**FEED, "clubs": changed(FEED["clubs"], {"name": "Tennaqua"}, city="Chicago")}
    refused_damage(league, "clubs (users’ columns)", "Tennaqua Road 1", feed=feed)


def test_truncate_by_a_trigger(league: Reload):
    trigger(league, "TRUNCATE favourites")
    # Its rows are locked away from whoever would name them.
    refused_damage(league, "favourites was truncated")


def test_many_damaged_rows_are_named_up_to_a_limit(league: Reload):
    league.execute("INSERT INTO users (name) SELECT 'user ' || n FROM generate_series(1, 50) n")
    trigger(league, "UPDATE users SET name = 'x' || name")
    message = refused_damage(league, "users 1 changed", "… and 32 more")
    assert message.count(" changed: ") == 20


def test_the_next_run_works_when_the_trigger_is_gone(league: Reload):
    trigger(league, "DELETE FROM answers")
    refused_damage(league)
    league.execute("DROP FUNCTION meddle CASCADE")
    report = league.run(**CHANGED)
    assert report["outcome"] == "done"
    assert report["users"]["answers"] == {
        "rows_before": 2,
        "rows_after": 2,
        "changed_by_run": 0,
        "orphans": 0,
        "retargeted": 0,
    }


def test_a_trigger_within_the_imported_tables_is_no_damage(league: Reload):
    trigger(league, "UPDATE games SET score = 'x' WHERE home_id = old.id")
    assert league.run(**CHANGED)["outcome"] == "done"


def test_without_counters_a_run_is_unverified(league: Reload):
    database = league.value("SELECT current_database()")
    league.execute(f'ALTER DATABASE "{database}" SET track_counts = off')
    report = league.run(**CHANGED)
    assert report["outcome"] == "unverified"
    assert "track_counts" in report["unverified"][0]
    assert league.engine.runs(1)[0]["outcome"] == "unverified"


def test_an_unchanged_run_is_certified_and_writes_no_log(league: Reload):
    """Nothing but the ledger's own rows: the transaction has no number until the outcome."""
    plan = league.plan(**FEED)
    league.execute("CHECKPOINT")
    numbers = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    before = league.value(numbers)
    report = league.engine.apply(plan)
    assert report["certified"]
    # Some statements of bookkeeping before and after; none a row.
    assert league.value(numbers) - before < 40


@pytest.mark.parametrize("hidden", ["users", "answers"])
def test_rows_that_row_security_would_hide_are_seen(league: Reload, hidden: str):
    league.execute(f"ALTER TABLE {hidden} ENABLE ROW LEVEL SECURITY")
    trigger(league, "DELETE FROM answers WHERE id = 1")
    refused_damage(league, "answers 1 lost")


def test_retired_rows_still_mean_what_they_meant(league: Reload):
    league.run(**{**FEED, "teams": without(TEAMS, club="Tennaqua")})
    health = league.engine.health()
    assert health.users["answers"].stable == 2
    assert health.healthy


def test_of_a_table_without_rows_the_database_says_what_is_said_without_asking_it(league: Reload):
    league.execute("DELETE FROM answers; DELETE FROM favourites; DELETE FROM users")
    with psycopg.connect(league.url) as connection:
        manifest, catalogue = league.engine.manifest, read_catalogue(connection)
        references = user_references(manifest, catalogue)
        known = shapes(manifest, catalogue)
        asked, unasked = (
            meanings.take(
                connection, references, known, catalogue, dict.fromkeys(USER_TABLES, rows)
            )
            for rows in (1, 0)
        )
    assert len(asked) == len(references) > 2
    assert asked == unasked
