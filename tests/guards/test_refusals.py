"""Each guard refuses an armed session, whatever path the write takes, and nobody else."""

from __future__ import annotations

import psycopg
import pytest
from guarding import TRUNCATE, guard, refuses, tried
from league import MANIFEST
from reload_case import Reload

ROW_WRITES = [
    "INSERT INTO users (name) VALUES ('Eve')",
    "UPDATE answers SET answer = 'no'",
    "UPDATE answers SET answer = answer",
    "DELETE FROM favourites",
]
FAMILY_WRITES = [
    "DELETE FROM votes",
    "UPDATE votes_2024 SET vote = 'x'",
    "DELETE FROM votes_2024_all",
    "INSERT INTO votes VALUES (3, '2030-01-01', 'x')",
    "UPDATE votes SET day = '2020-01-02' WHERE id = 1",
    "DELETE FROM notes WHERE id = 2",
    "UPDATE long_notes SET pages = 4",
    "DELETE FROM ONLY notes",
]
TRUNCATES = [
    ("TRUNCATE answers", "answers"),
    ("TRUNCATE users CASCADE", "users"),
    ("TRUNCATE teams CASCADE", "answers"),
    ("TRUNCATE clubs CASCADE", "clubs"),
]
FAMILY_TRUNCATES = ["votes", "votes_2024", "votes_2024_all", "notes", "ONLY notes", "long_notes"]


@pytest.mark.parametrize("write", ROW_WRITES)
def test_an_armed_session_is_refused(guarded: Reload, write: str):
    guarded.execute("SET seawall.armed = 'on'")
    error = refuses(guarded, write)
    assert "its rows belong to users" in str(error.diag.message_primary)
    assert error.diag.table_name in ("users", "answers", "favourites")
    assert sum(tried(guarded).values()) == 1


@pytest.mark.parametrize("write", ROW_WRITES)
@pytest.mark.parametrize("setting", ["RESET seawall.armed", "SET seawall.armed = 'off'"])
def test_any_other_session_is_not(guarded: Reload, write: str, setting: str):
    guarded.execute(setting)
    guarded.execute(write)
    assert tried(guarded) == {}


@pytest.mark.parametrize("write", FAMILY_WRITES)
def test_partitions_and_children(families: Reload, write: str):
    families.execute(f"BEGIN; {write}; ROLLBACK")
    families.execute("SET seawall.armed = 'on'")
    refuses(families, write)


@pytest.mark.parametrize("write", [*ROW_WRITES, *FAMILY_WRITES])
def test_replication_role_does_not_step_around(families: Reload, write: str):
    if not families.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        pytest.skip("only a superuser may set it")
    families.execute("SET session_replication_role = replica; SET seawall.armed = 'on'")
    refuses(families, write)


@pytest.mark.parametrize(("statement", "table"), TRUNCATES)
def test_truncate_is_refused_for_everybody(guarded: Reload, statement: str, table: str):
    error = refuses(guarded, statement, TRUNCATE)
    assert f"SET LOCAL seawall.unlock = '{table}'" in str(error.diag.message_hint)
    assert guarded.value("SELECT count(*) FROM answers") == 2
    assert tried(guarded) == {table: 1}


@pytest.mark.parametrize("table", FAMILY_TRUNCATES)
def test_truncate_of_a_parent_a_leaf_a_child(families: Reload, table: str):
    error = refuses(families, f"TRUNCATE {table}", TRUNCATE)
    family = "votes" if "votes" in table else "notes"
    families.execute(f"BEGIN; SET LOCAL seawall.unlock = '{family}'; TRUNCATE {table}; ROLLBACK")
    assert f"'{family}'" in str(error.diag.message_hint)


def test_truncate_goes_through_where_it_is_unlocked(guarded: Reload):
    refuses(guarded, "SET seawall.unlock = 'users'; TRUNCATE users CASCADE", TRUNCATE)
    guarded.execute(
        "BEGIN; SET LOCAL seawall.unlock = 'favourites, users,answers';"
        "TRUNCATE users CASCADE; COMMIT"
    )
    assert guarded.value("SELECT count(*) FROM answers") == 0
    refuses(guarded, "TRUNCATE users CASCADE", TRUNCATE)


def test_an_armed_session_cannot_unlock(guarded: Reload):
    guarded.execute("SET seawall.armed = 'on'; SET seawall.unlock = 'favourites'")
    error = refuses(guarded, "TRUNCATE favourites", TRUNCATE)
    assert "seawall.unlock" not in str(error.diag.message_hint)


def test_a_cascade_is_refused(league: Reload):
    league.execute(
        "ALTER TABLE answers DROP CONSTRAINT answers_game_id_fkey, ADD CONSTRAINT"
        " answers_game_id_fkey FOREIGN KEY (game_id) REFERENCES games ON DELETE CASCADE"
    )
    guard(league)
    league.execute("SET seawall.armed = 'on'")
    refuses(league, "DELETE FROM games WHERE id IN (SELECT game_id FROM answers)")
    assert league.value("SELECT count(*) FROM answers") == 2


def test_users_columns_of_an_imported_table(guarded: Reload):
    guarded.execute("SET seawall.armed = 'on'")
    error = refuses(guarded, "UPDATE clubs SET address = 'x' WHERE name = 'Tennaqua'")
    assert "UPDATE of address in clubs" in str(error.diag.message_primary)
    guarded.execute("UPDATE clubs SET city = 'x', address = address")
    guarded.execute("INSERT INTO clubs (name, address) VALUES ('New', 'Street 1')")
    guarded.execute("SET seawall.armed = 'off'; UPDATE clubs SET address = 'x'")


def test_a_later_trigger_that_changes_a_users_column(guarded: Reload):
    guarded.execute(
        "CREATE FUNCTION wipe() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN new.address := NULL; RETURN new; END$$;"
        "CREATE TRIGGER zz_wipe BEFORE UPDATE ON clubs FOR EACH ROW EXECUTE FUNCTION wipe();"
        "SET seawall.armed = 'on'"
    )
    refuses(guarded, "UPDATE clubs SET city = 'x'")


def test_allow_insert(league: Reload):
    league.declare(
        MANIFEST.replace(
            '[tables.favourites]\nowner = "users"',
            '[tables.favourites]\nowner = "users"\nallow = ["insert"]',
        )
    )
    guard(league)
    league.execute("SET seawall.armed = 'on'; INSERT INTO favourites VALUES (1, 1)")
    refuses(league, "DELETE FROM favourites")
    refuses(league, "UPDATE favourites SET club_id = 2")


def test_a_swallowed_refusal_is_counted_all_the_same(guarded: Reload):
    guarded.execute(
        "SET seawall.armed = 'on';"
        "DO $$BEGIN DELETE FROM answers; EXCEPTION WHEN OTHERS THEN NULL; END$$"
    )
    assert guarded.value("SELECT count(*) FROM answers") == 2
    assert tried(guarded) == {"answers": 1}


def test_a_lost_sequence_changes_nothing_for_people(guarded: Reload):
    guarded.execute(
        "DO $$DECLARE s text; BEGIN FOR s IN SELECT sequencename FROM pg_sequences"
        " WHERE schemaname = 'seawall' AND sequencename LIKE 'guard%' LOOP"
        " EXECUTE format('DROP SEQUENCE seawall.%I', s); END LOOP; END$$;"
        "SET seawall.armed = 'on'"
    )
    refuses(guarded, "DELETE FROM answers")


def test_an_application_role_without_rights_in_schema_seawall(guarded: Reload):
    if not guarded.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        pytest.skip("needs a superuser to make the role")
    guarded.execute(
        "DROP ROLE IF EXISTS seawall_test_app; CREATE ROLE seawall_test_app;"
        "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public"
        " TO seawall_test_app; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO seawall_test_app;"
        "SET ROLE seawall_test_app"
    )
    try:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            guarded.execute("SELECT 1 FROM seawall.guards")
        for write in ROW_WRITES:
            guarded.execute(f"BEGIN; {write}; ROLLBACK")
        guarded.execute("SET seawall.armed = 'on'")
        for write in ROW_WRITES:
            refuses(guarded, write)
        refuses(guarded, "TRUNCATE favourites", TRUNCATE)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            guarded.execute(
                "CREATE TEMPORARY TABLE mine (); CREATE TRIGGER t BEFORE DELETE ON mine"
                " EXECUTE FUNCTION seawall.refuse_write()"
            )
    finally:
        guarded.execute("RESET ROLE; DROP OWNED BY seawall_test_app; DROP ROLE seawall_test_app")
    assert sum(tried(guarded).values()) == len(ROW_WRITES) + 1
