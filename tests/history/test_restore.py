"""Restore: what is missing comes back, what users wrote since stays, nothing else is touched."""

from __future__ import annotations

import psycopg
import pytest
from commands import seawall
from league import FEED, GAMES, without
from league_fixtures import MakeReload
from reload_case import Reload

from seawall.errors import PlanStale, UsageError
from seawall.history.proof import RestoreDiffers
from seawall.history.read_back import BackupAltered
from seawall.history.restore import RestoreFailed
from seawall.history.restore_plan import RestorePlan

ALL = "SELECT t::text FROM {} AS t ORDER BY 1"
IMPORTED = '[tables.clubs]\nowner = "feed"\nkey = ["name"]\n'
CLUBS = "CREATE TABLE clubs (id serial PRIMARY KEY, name text UNIQUE);"


def statuses(plan: RestorePlan, table: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in plan.tables[table].rows:
        found.setdefault(row.status, []).append(row.key)
    return found


def one_table(make: MakeReload, table: str, more: str = "") -> Reload:
    return make(CLUBS + table, IMPORTED + '[tables.t]\nowner = "users"\n' + more)


def test_missing_changed_and_same(league: Reload):
    run = league.run(**FEED)["run"]
    league.execute(
        "DELETE FROM answers WHERE id = 1; UPDATE answers SET answer = 'no' WHERE id = 2"
    )
    league.execute("UPDATE clubs SET address = NULL WHERE name = 'Tennaqua'")
    plan = league.engine.plan_restore(run)
    assert statuses(plan, "answers") == {"missing": ["1"], "changed": ["2"]}
    assert statuses(plan, "clubs") == {"missing": ["1"]}
    assert (plan.tables["users"].same, plan.writes) == (2, 2)
    report = league.engine.restore(plan)
    assert (report.outcome, report.tables["answers"].inserted) == ("done", 1)
    assert league.rows("SELECT id, answer, points::text FROM answers ORDER BY id") == [
        (1, "yes", "1.0"),
        (2, "no", "1.0"),
    ]
    assert league.value("SELECT address FROM clubs WHERE name = 'Tennaqua'") == "Tennaqua Road 1"
    assert league.engine.plan_restore(run).writes == 0


def test_newer_rows_are_overwritten_only_when_asked_and_can_be_had_back(league: Reload):
    run = league.run(**FEED)["run"]
    league.execute("UPDATE answers SET answer = 'no' WHERE id = 2")
    report = league.engine.restore(league.engine.plan_restore(run, overwrite_newer=True))
    assert report.tables["answers"].overwritten == 1
    assert league.value("SELECT answer FROM answers WHERE id = 2") == "yes"
    back = league.engine.plan_restore(backup=report.saved_as, overwrite_newer=True)
    league.engine.restore(back)
    assert league.value("SELECT answer FROM answers WHERE id = 2") == "no"


def test_tables_and_conditions(league: Reload):
    run = league.run(**FEED)["run"]
    league.execute("DELETE FROM answers; DELETE FROM favourites")
    plan = league.engine.plan_restore(
        run, tables=["answers"], where="user_id = 2 AND answer LIKE 'y%'"
    )
    assert (list(plan.tables), plan.keys) == (["answers"], {"answers": {"2": None}})
    league.engine.restore(plan)
    assert league.rows("SELECT id FROM answers") == [(2,)]
    assert league.rows("SELECT * FROM favourites") == []


@pytest.mark.parametrize(
    "where",
    [
        "true); DELETE FROM users; SELECT (true",
        "true; COMMIT; DELETE FROM users",
        "nextval('users_id_seq') > 0",
        "(SELECT set_config('transaction_read_only', 'off', true)) = 'x'",
        "no_such_column = 1",
        "user_id = 'x'",
        "user_id",
        "",
    ],
)
def test_a_condition_only_chooses(league: Reload, where: str):
    run = league.run(**FEED)["run"]
    before = league.image("users", "answers")
    sequence = league.value("SELECT last_value FROM users_id_seq")
    with pytest.raises(UsageError, match="cannot be evaluated"):
        league.engine.plan_restore(run, tables=["answers"], where=where or " ")
    assert league.image("users", "answers") == before
    assert league.value("SELECT last_value FROM users_id_seq") == sequence


def test_a_row_that_its_user_entered_again_is_kept(league: Reload):
    run = league.run(**FEED)["run"]
    league.execute("DELETE FROM favourites; DELETE FROM answers; DELETE FROM users")
    league.execute("INSERT INTO users (name) VALUES ('Ann')")
    plan = league.engine.plan_restore(run)
    assert statuses(plan, "users") == {"missing": ["2"], "reentered": ["1"]}
    # Ann is another row now: what referred to the old one is named, and does not come back.
    assert statuses(plan, "answers") == {"missing": ["2"], "parent_gone": ["1"]}
    report = league.engine.restore(plan)
    assert report.tables["users"].inserted == 1
    assert league.rows("SELECT id, name FROM users ORDER BY id") == [(2, "Bob"), (3, "Ann")]


def test_unique_indexes_on_expressions_and_parts_count_too(make: MakeReload):
    reload = one_table(
        make,
        "CREATE TABLE t (id serial PRIMARY KEY, email text, gone boolean NOT NULL DEFAULT false);"
        "CREATE UNIQUE INDEX one_email ON t (lower(email)) WHERE NOT gone;"
        "INSERT INTO t (email) VALUES ('a@x'), ('b@x'), ('c@x')",
    )
    backup = reload.engine.backup().id
    reload.execute(
        "DELETE FROM t; INSERT INTO t (email, gone) VALUES ('A@X', false), ('B@x', true)"
    )
    plan = reload.engine.plan_restore(backup=backup)
    assert statuses(plan, "t") == {"missing": ["2", "3"], "reentered": ["1"]}
    assert reload.engine.restore(plan).tables["t"].inserted == 2


def test_a_parent_that_is_gone_or_another_thing_now(league: Reload):
    run = league.run(**FEED)["run"]
    league.execute("DELETE FROM answers; DELETE FROM favourites")
    league.load(**{**FEED, "games": without(GAMES, day="2024-09-24")})
    assert league.value("SELECT count(*) FROM games WHERE day = '2024-09-24'") == 0
    league.execute(
        "UPDATE clubs SET name = name || '!'; UPDATE clubs SET name ="
        " CASE name WHEN 'Tennaqua!' THEN 'Valley Lo' ELSE 'Tennaqua' END"
    )
    plan = league.engine.plan_restore(run)
    assert statuses(plan, "answers") == {"parent_gone": ["1", "2"]}
    assert plan.tables["favourites"].parent_differs == 2
    assert {row.detail for row in plan.tables["favourites"].rows} == {"favourites.club_id → clubs"}
    assert plan.tables["clubs"].parent_differs == 2  # their addresses belong to other names now


def test_parents_come_back_before_their_children_and_trees_at_once(make: MakeReload):
    reload = make(
        CLUBS + "CREATE TABLE a_notes (id serial PRIMARY KEY, parent_id integer REFERENCES a_notes,"
        " writer_id integer NOT NULL);"
        "CREATE TABLE writers (id serial PRIMARY KEY, name text);"
        "ALTER TABLE a_notes ADD FOREIGN KEY (writer_id) REFERENCES writers;"
        "INSERT INTO writers (name) VALUES ('Ann');"
        "INSERT INTO a_notes (parent_id, writer_id) VALUES (NULL, 1), (1, 1), (2, 1)",
        IMPORTED + '[tables.a_notes]\nowner = "users"\n[tables.writers]\nowner = "users"\n',
    )
    backup = reload.engine.backup().id
    reload.execute("DELETE FROM a_notes; DELETE FROM writers")
    assert reload.engine.plan_restore(backup=backup, where="id > 1", tables=["a_notes"]).writes == 0
    plan = reload.engine.plan_restore(backup=backup)
    assert (plan.order, plan.writes) == (("writers", "a_notes"), 4)
    reload.engine.restore(plan)
    assert reload.rows("SELECT id, parent_id FROM a_notes ORDER BY id") == [
        (1, None),
        (2, 1),
        (3, 2),
    ]


def test_tables_in_a_circle(make: MakeReload):
    reload = make(
        CLUBS + "CREATE TABLE teams_of (id integer PRIMARY KEY, captain integer NOT NULL);"
        "CREATE TABLE people (id integer PRIMARY KEY, team integer NOT NULL REFERENCES teams_of);"
        "INSERT INTO teams_of VALUES (1, 7); INSERT INTO people VALUES (7, 1);"
        "ALTER TABLE teams_of ADD FOREIGN KEY (captain) REFERENCES people",
        IMPORTED + '[tables.teams_of]\nowner = "users"\n[tables.people]\nowner = "users"\n',
    )
    backup = reload.engine.backup().id
    reload.execute("WITH p AS (DELETE FROM people) DELETE FROM teams_of")
    plan = reload.engine.plan_restore(backup=backup)
    assert (plan.circular, plan.writes) == (True, 2)
    assert reload.engine.restore(plan).outcome == "done"
    assert reload.rows("SELECT * FROM people") == [(7, 1)]


def test_identity_generated_and_sequences(make: MakeReload):
    reload = one_table(
        make,
        "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, first text,"
        " last text, whole text GENERATED ALWAYS AS (first || ' ' || last) STORED, n serial);"
        "INSERT INTO t (first, last) SELECT 'Ann', 'No ' || g FROM generate_series(1, 5) g",
    )
    before = reload.rows(ALL.format("t"))
    backup = reload.engine.backup().id
    reload.execute("TRUNCATE t RESTART IDENTITY")
    reload.engine.restore(reload.engine.plan_restore(backup=backup))
    assert reload.rows(ALL.format("t")) == before
    reload.execute("INSERT INTO t (first, last) VALUES ('Bob', 'B')")
    assert reload.rows("SELECT id, n FROM t WHERE first = 'Bob'") == [(6, 6)]


def test_an_altered_version_is_refused_and_named(league: Reload):
    run = league.run(**FEED)["run"]
    league.execute("DELETE FROM answers WHERE id = 1")
    league.engine.backup()
    league.execute(
        "UPDATE seawall.row_history SET row_values[5] = 'no'"
        " WHERE row_key = '1' AND row_values[5] = 'yes'"
    )
    with pytest.raises(BackupAltered, match="answers was altered: row 1"):
        league.engine.plan_restore(run)
    assert league.engine.plan_restore(run, tables=["users"]).writes == 0


def test_a_version_taken_away_or_its_hash_adapted_is_refused(league: Reload):
    run = league.run(**FEED)["run"]
    league.execute(
        "UPDATE seawall.row_history SET row_values[2] = 'Eve',"
        " row_hash = hash_array_extended(array_replace(row_values, 'Ann', 'Eve'), 0)"
        " WHERE row_values[2] = 'Ann'"
    )
    with pytest.raises(BackupAltered, match="added or taken away"):
        league.engine.plan_restore(run)
    league.execute("DELETE FROM seawall.row_history WHERE row_values[2] = 'Eve'")
    with pytest.raises(BackupAltered, match="users"):
        league.engine.plan_restore(run)


def test_altered_between_plan_and_restore(league: Reload):
    run = league.run(**FEED)["run"]
    league.execute("DELETE FROM answers WHERE id = 1")
    plan = league.engine.plan_restore(run)
    league.engine.backup()
    league.execute(
        "UPDATE seawall.row_history SET row_values[5] = 'no' WHERE row_values[5] = 'yes'"
    )
    with pytest.raises(BackupAltered):
        league.engine.restore(plan)
    assert league.rows("SELECT id FROM answers") == [(2,)]
    assert league.value("SELECT outcome FROM seawall.restores") == "failed"


def test_a_user_edits_between_plan_and_restore(league: Reload):
    run = league.run(**FEED)["run"]
    league.execute("UPDATE answers SET answer = 'no'; DELETE FROM favourites")
    plan = league.engine.plan_restore(run, overwrite_newer=True)
    league.execute("UPDATE answers SET answer = 'maybe' WHERE id = 1")
    league.execute("INSERT INTO favourites VALUES (1, 1)")
    report = league.engine.restore(plan)
    assert report.tables["answers"].overwritten == 1
    assert report.tables["answers"].kept_meanwhile == 1
    assert report.tables["favourites"].kept_meanwhile == 1
    assert league.rows("SELECT id, answer FROM answers ORDER BY id") == [(1, "maybe"), (2, "yes")]
    assert league.value("SELECT count(*) FROM favourites") == 2


def test_another_structure_than_the_plan_was_made_for(league: Reload):
    run = league.run(**FEED)["run"]
    league.execute("DELETE FROM answers")
    plan = league.engine.plan_restore(run)
    league.execute("ALTER TABLE answers ADD COLUMN more text")
    with pytest.raises(PlanStale):
        league.engine.restore(plan)


@pytest.mark.parametrize(
    "body",
    [
        "INSERT INTO users (name) VALUES ('Mallory')",
        "UPDATE favourites SET club_id = NULL",
        "DELETE FROM favourites WHERE user_id = 2",
        "new.answer := 'no'",
    ],
)
def test_a_trigger_that_writes_more_is_seen_and_rolled_back(league: Reload, body: str):
    run = league.run(**FEED)["run"]
    league.execute("DELETE FROM answers WHERE id = 1")
    league.execute(
        f"CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN {body}; RETURN new; END$$;"
        "CREATE TRIGGER more BEFORE INSERT ON answers FOR EACH ROW EXECUTE FUNCTION more()"
    )
    before = league.image("answers", "users", "favourites")
    with pytest.raises(RestoreDiffers):
        league.engine.restore(league.engine.plan_restore(run))
    assert league.image("answers", "users", "favourites") == before
    assert league.value("SELECT report ->> 'error' FROM seawall.restores") == "restore-differs"


def test_a_row_that_a_constraint_refuses_now(league: Reload):
    run = league.run(**FEED)["run"]
    league.execute("DELETE FROM answers WHERE id = 1")
    league.execute("ALTER TABLE answers ADD CHECK (answer <> 'yes') NOT VALID")
    with pytest.raises(RestoreFailed, match="check constraint"):
        league.engine.restore(league.engine.plan_restore(run))
    assert league.rows("SELECT id FROM answers") == [(2,)]


def test_a_user_inserts_the_same_row_at_the_same_moment(league: Reload):
    run = league.run(**FEED)["run"]
    league.execute(
        "DELETE FROM favourites; DELETE FROM answers; DELETE FROM users WHERE name = 'Bob'"
    )
    plan = league.engine.plan_restore(run, tables=["users"])
    # It waits for locks a little longer than this, several times.
    league.execute(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = 100',"
        " current_database()); END $$"
    )
    with psycopg.connect(league.url) as user:
        user.execute("INSERT INTO users (id, name) VALUES (70, 'Bob')")
        with pytest.raises(RestoreFailed, match="lock timeout"):
            league.engine.restore(plan)  # nobody knows yet whether Bob stays
        user.commit()
    report = league.engine.restore(plan)
    assert (report.tables["users"].inserted, report.tables["users"].kept_meanwhile) == (0, 1)
    assert league.value("SELECT id FROM users WHERE name = 'Bob'") == 70


def test_backups_and_tables_that_are_not_there(league: Reload):
    for asked in ({"run": 999}, {"backup": 999}, {}, {"run": 1, "backup": 1}):
        with pytest.raises(UsageError):
            league.engine.plan_restore(**asked)
    with pytest.raises(UsageError, match="teams"):
        league.engine.plan_restore(1, tables=["teams"])


def test_it_is_on_record(league: Reload):
    run = league.run(**FEED)["run"]
    league.execute("DELETE FROM answers WHERE id = 1")
    plan = league.engine.plan_restore(run)
    report = league.engine.restore(plan)
    [row] = league.rows(
        "SELECT backup_id, saved_as, outcome, plan_digest, who ->> 'user' IS NOT NULL,"
        " report -> 'tables' -> 'answers' ->> 'inserted' FROM seawall.restores"
    )
    assert row == (plan.backup, report.saved_as, "done", plan.digest, True, "1")
    assert report.proof["counters"] == {"answers": 1}


def test_with_the_guards_up(league: Reload):
    assert seawall(league, "guard", "install").exit_code == 0
    run = league.run(**FEED)["run"]
    league.execute("DELETE FROM answers WHERE id = 1")
    report = league.engine.restore(league.engine.plan_restore(run))
    assert (report.outcome, report.tables["answers"].inserted) == ("done", 1)
    assert league.run(**FEED)["outcome"] == "unchanged"
