"""Row guards fire after the write, whatever writes, and before whatever else fires then.

Each case is one in which a trigger that fires afterwards might see less than one that fires before.
"""

from __future__ import annotations

import json

import psycopg
import pytest
from guarding import guard, refuses, tried
from league import USER_TABLES
from reload_case import Reload
from test_runs import failed, meddle

ARM = "SET seawall.armed = 'on'"


WAYS_TO_WRITE = {
    "on conflict do update": "INSERT INTO users VALUES (1, 'Ann') ON CONFLICT (name)"
    " DO UPDATE SET name = 'Eve'",
    "on conflict, a new row": "INSERT INTO users (name) VALUES ('Ann'), ('Eve')"
    " ON CONFLICT DO NOTHING",
    "merge, update": "MERGE INTO users u USING (VALUES ('Ann')) v (name) ON u.name = v.name"
    " WHEN MATCHED THEN UPDATE SET name = 'Eve'",
    "merge, delete": "MERGE INTO answers a USING users u ON a.user_id = u.id"
    " WHEN MATCHED THEN DELETE",
    "merge, insert": "MERGE INTO users u USING (VALUES ('Eve')) v (name) ON u.name = v.name"
    " WHEN NOT MATCHED THEN INSERT (name) VALUES (v.name)",
    "a common table expression": "WITH gone AS (DELETE FROM answers RETURNING *)"
    " SELECT count(*) FROM gone WHERE false",
    "a loop that stops early": "DO $$DECLARE r record; BEGIN"
    " FOR r IN DELETE FROM answers RETURNING * LOOP EXIT; END LOOP; END$$",
    "a function in SQL": "CREATE FUNCTION pg_temp.clear() RETURNS SETOF answers LANGUAGE sql AS"
    " 'DELETE FROM answers RETURNING *';\nSELECT * FROM pg_temp.clear() LIMIT 1",
    "a procedure that commits": "CREATE PROCEDURE clear() LANGUAGE plpgsql AS"
    " $$BEGIN DELETE FROM answers; COMMIT; END$$;\nCALL clear()",
    "armed by the statement itself": "SET seawall.armed = 'off';\n"
    "UPDATE users SET name = name || set_config('seawall.armed', 'on', false)",
    "constraints off, by the statement itself": "DELETE FROM favourites"
    " WHERE set_config('session_replication_role', 'replica', false) = 'replica'",
    "through a view": "CREATE TEMPORARY VIEW mine AS SELECT * FROM users;\n"
    "UPDATE mine SET name = 'Eve' WHERE name = 'Ann'",
}


@pytest.mark.parametrize("way", WAYS_TO_WRITE)
def test_every_way_to_write(guarded: Reload, way: str):
    superuser = guarded.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if "constraints off" in way and not superuser:
        pytest.skip("only a superuser may set session_replication_role")
    before = guarded.image(*USER_TABLES)
    guarded.execute(ARM)
    *first, write = WAYS_TO_WRITE[way].split(";\n")
    for statement in first:
        guarded.execute(statement)
    refuses(guarded, write)
    assert guarded.image(*USER_TABLES) == before
    assert sum(tried(guarded).values()) == 1


def test_copy(guarded: Reload):
    guarded.execute(ARM)
    with (
        pytest.raises(psycopg.Error) as caught,
        guarded.connection.cursor().copy("COPY users (name) FROM STDIN") as copy,
    ):
        copy.write("".join(f"user {n}\n" for n in range(5_000)))
    assert caught.value.sqlstate == "SW001"
    assert guarded.value("SELECT count(*) FROM users") == 2


@pytest.mark.parametrize(
    "write",
    [
        "INSERT INTO users VALUES (1, 'Ann') ON CONFLICT DO NOTHING",
        "INSERT INTO users VALUES (1, 'Ann') ON CONFLICT (name)"
        " DO UPDATE SET name = 'x' WHERE false",
        "MERGE INTO users u USING (VALUES ('Ann')) v (name) ON u.name = v.name"
        " WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT (name) VALUES (v.name)",
        "DELETE FROM answers WHERE false",
    ],
)
def test_what_writes_nothing_is_not_refused(guarded: Reload, write: str):
    before = guarded.image(*USER_TABLES)
    guarded.execute(ARM)
    guarded.execute(write)
    assert guarded.image(*USER_TABLES) == before
    assert tried(guarded) == {}


@pytest.mark.parametrize(
    "write",
    [
        "UPDATE votes SET day = '2020-01-02' WHERE id = 1",
        "MERGE INTO votes v USING (VALUES (1)) n (id) ON v.id = n.id"
        " WHEN MATCHED THEN UPDATE SET day = '2020-01-02'",
    ],
)
def test_a_row_that_moves_to_another_partition(families: Reload, write: str):
    families.execute(ARM)
    refuses(families, write)
    assert families.value("SELECT count(*) FROM votes_2024_all") == 1
    assert tried(families) == {"votes": 1}


@pytest.mark.parametrize(
    "write",
    [
        "DELETE FROM users",  # answers refer to them
        "INSERT INTO answers (user_id, team_id, answer) VALUES (99, 99, 'yes')",
        "UPDATE answers SET team_id = 99",
    ],
)
def test_the_guard_comes_before_a_foreign_key(guarded: Reload, write: str):
    """Or the foreign key would refuse it, and nobody would be told that users' rows were meant."""
    guarded.execute(ARM)
    refuses(guarded, write)
    assert sum(tried(guarded).values()) == 1


REACH = {
    "cascade": "ON DELETE CASCADE",
    "set null": "ON DELETE SET NULL",
    "set default": "ON DELETE SET DEFAULT",
    "a deferred key that cascades": "ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
    "a key that changes": "ON UPDATE CASCADE",
}


@pytest.mark.parametrize("reach", REACH)
@pytest.mark.parametrize("swallowed", [False, True])
def test_what_a_foreign_key_does(league: Reload, reach: str, swallowed: bool):
    league.execute(
        "ALTER TABLE answers DROP CONSTRAINT answers_game_id_fkey, ADD CONSTRAINT"
        f" answers_game_id_fkey FOREIGN KEY (game_id) REFERENCES games {REACH[reach]}"
    )
    before = guard(league).image("games", *USER_TABLES)
    league.execute(ARM)
    statement = "DELETE FROM games WHERE id IN (SELECT game_id FROM answers)"
    if "UPDATE" in REACH[reach]:
        statement = "UPDATE games SET id = gen_random_uuid()"
    if swallowed:
        league.execute(f"DO $$BEGIN {statement}; EXCEPTION WHEN OTHERS THEN NULL; END$$")
    else:
        refuses(league, statement)
    assert league.image("games", *USER_TABLES) == before
    assert tried(league) == {"answers": 1}


def test_an_audit_trigger_does_not_fire_first(guarded: Reload):
    """What it does outside of the transaction would stay: here, that it advances a sequence."""
    guarded.execute(
        "CREATE SEQUENCE audited;"
        "CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN PERFORM nextval('audited'); RETURN NULL; END$$;"
        'CREATE TRIGGER "A_audit" AFTER DELETE ON answers FOR EACH ROW EXECUTE FUNCTION audit()'
    )
    guarded.execute(ARM)
    refuses(guarded, "DELETE FROM answers")
    assert guarded.value("SELECT is_called FROM audited") is False


def test_a_trigger_that_keeps_the_row(guarded: Reload):
    """Nothing is written, so nothing is refused; what it writes in its stead is."""
    guarded.execute(
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER keep BEFORE DELETE ON answers FOR EACH ROW EXECUTE FUNCTION keep();" + ARM
    )
    guarded.execute("DELETE FROM answers")
    assert guarded.value("SELECT count(*) FROM answers") == 2
    guarded.execute(
        "CREATE OR REPLACE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN UPDATE answers SET answer = 'gone' WHERE id = old.id; RETURN NULL; END$$"
    )
    refuses(guarded, "DELETE FROM answers")


def test_a_trigger_of_the_user_table_that_disarms_for_a_moment(guarded: Reload):
    """Before the write it disarms, after it it arms: no guard sees that, and the others do."""
    guarded.execute(
        "CREATE FUNCTION disarm() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN PERFORM set_config('seawall.armed', 'off', true); RETURN old; END$$;"
        "CREATE FUNCTION arm() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN PERFORM set_config('seawall.armed', 'on', true); RETURN old; END$$;"
        "CREATE TRIGGER a_disarm BEFORE DELETE ON answers FOR EACH ROW EXECUTE FUNCTION disarm();"
        "CREATE TRIGGER z_arm AFTER DELETE ON answers FOR EACH ROW EXECUTE FUNCTION arm()"
    )
    meddle(guarded, "DELETE FROM answers")
    failed(guarded, "user-rows-damaged", "answers 1 lost")
    assert tried(guarded) == {}


def test_what_users_do_in_one_transaction(guarded: Reload):
    """No event of a guard is queued where nobody is armed: ALTER TABLE would refuse otherwise."""
    guarded.execute(
        "BEGIN; SET CONSTRAINTS ALL IMMEDIATE; UPDATE favourites SET club_id = 2;"
        "ALTER TABLE favourites ADD COLUMN since date; ROLLBACK"
    )


WRITES = {
    "UPDATE": "UPDATE {} SET answer = 'no'",
    "DELETE": "DELETE FROM {}",
    "INSERT": "INSERT INTO {} SELECT n, 'yes' FROM generate_series(101, 200) n",
}


@pytest.mark.parametrize("write", WRITES)
def test_guards_add_nothing_to_the_log(league: Reload, write: str):
    """A guard that fires before the write has PostgreSQL lock each row, and log that."""
    league.execute(
        "CREATE TABLE watched (id integer, answer text) WITH (fillfactor = 20);"
        "INSERT INTO watched SELECT n, 'yes' FROM generate_series(1, 100) n;"
        "CREATE TABLE plain (LIKE watched) WITH (fillfactor = 20);"
        "INSERT INTO plain SELECT * FROM watched"
    )
    league.execute("VACUUM watched, plain")
    league.declare(
        league.manifest_text.partition('name = "league"\n')[2]
        + '[tables.watched]\nowner = "users"\n'
        '[tables.plain]\nowner = "ignored"\nreason = "the peer"\n'
    )
    guard(league)

    def records(table: str) -> int:
        statement = f"EXPLAIN (ANALYZE, WAL, FORMAT JSON) {WRITES[write].format(table)}"
        said = league.value(statement)
        [explained] = json.loads(said) if isinstance(said, str) else said
        return explained["Plan"]["WAL Records"]

    assert records("watched") == records("plain") > 0
