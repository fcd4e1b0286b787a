"""foreign-key-*, undeclared-reference, truncate-reach, event-trigger: what is worth knowing."""

from __future__ import annotations

import psycopg
import pytest
from judging import found
from league import MANIFEST
from reload_case import Reload

from seawall import Finding


def all_found(league: Reload) -> list[Finding]:
    return league.engine.check()


def test_a_foreign_key_whose_triggers_are_disabled(league: Reload):
    try:
        league.execute("ALTER TABLE answers DISABLE TRIGGER ALL")
    except psycopg.errors.InsufficientPrivilege:
        pytest.skip("only a superuser can disable these triggers")
    finding = found(league)["foreign-key-disabled"]
    assert finding.table == "answers"
    assert not finding.acceptable
    league.execute("ALTER TABLE answers ENABLE TRIGGER ALL")
    assert found(league) == {}


def test_a_foreign_key_whose_triggers_are_disabled_at_the_other_end(league: Reload):
    league.execute("ALTER TABLE teams DISABLE TRIGGER ALL")
    assert found(league)["foreign-key-disabled"].table == "answers"


def test_a_foreign_key_that_was_never_verified(league: Reload):
    league.execute(
        "ALTER TABLE favourites ADD CONSTRAINT club"
        " FOREIGN KEY (club_id) REFERENCES clubs NOT VALID"
    )
    finding = found(league)["foreign-key-not-valid"]
    assert not finding.refuses
    league.execute(finding.fix)
    assert found(league) == {}


def test_a_foreign_key_that_is_not_enforced_is_a_declared_reference(league: Reload):
    if league.connection.info.server_version < 180000:
        pytest.skip("NOT ENFORCED is PostgreSQL 18's")
    league.execute(
        "ALTER TABLE answers DROP CONSTRAINT answers_team_id_fkey, ADD CONSTRAINT team FOREIGN KEY"
        " (team_id) REFERENCES teams NOT ENFORCED"
    )
    assert "NOT ENFORCED" in found(league)["foreign-key-not-valid"].message


def test_a_foreign_key_without_index_where_rows_are_deleted(league: Reload):
    league.execute("DROP INDEX answers_game_id_idx")
    finding = found(league)["foreign-key-unindexed"]
    assert "CREATE INDEX CONCURRENTLY ON answers (game_id);" in finding.fix
    league.execute("CREATE INDEX ON answers (game_id, user_id)")
    assert found(league) == {}


@pytest.mark.parametrize("column", ["team_id", "away_team_id"])
def test_a_column_that_looks_like_a_reference(league: Reload, column: str):
    league.execute(f"CREATE TABLE notes (id serial PRIMARY KEY, {column} integer)")
    finding = found(league)["undeclared-reference"]
    assert finding.table == "notes"
    assert "the manifest does not name notes" in finding.message
    said = f'[tables.notes]\nowner = "users"\n[[tables.notes.references]]\ncolumns = ["{column}"]\n'
    league.declare(MANIFEST + said + 'table = "teams"\n')
    assert found(league) == {}


@pytest.mark.parametrize("column", ["team_id text", "steam_id integer", "team integer"])
def test_a_column_that_does_not(league: Reload, column: str):
    league.execute(f"CREATE TABLE notes (id serial PRIMARY KEY, {column})")
    assert found(league) == {}


def test_what_a_truncate_would_empty(league: Reload):
    (finding,) = [f for f in all_found(league) if f.check == "truncate-reach"]
    assert "answers" in finding.message
    assert "favourites" not in finding.message  # it has no foreign key
    assert not finding.refuses
    league.execute("DROP TABLE answers")
    league.declare(MANIFEST.replace('[tables.answers]\nowner = "users"\n', ""))
    assert "truncate-reach" not in {f.check for f in all_found(league)}


def test_an_event_trigger(league: Reload):
    league.execute(
        "CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;"
        "CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION watch()"
    )
    finding = found(league)["event-trigger"]
    assert "watching" in finding.message
    assert not finding.refuses
    league.execute("ALTER EVENT TRIGGER watching DISABLE")
    assert found(league) == {}
