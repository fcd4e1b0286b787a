"""Health beyond users' rows: guards, backup, retired rows, structure, sequences; and metrics."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from league import FEED, MANIFEST, SCHEMA, TEAMS, without
from psycopg.conninfo import make_conninfo
from reload_case import Reload

from seawall import Engine, metrics
from seawall.health import Health


@pytest.fixture
def fresh(database_url: str, tmp_path: Path) -> Iterator[Reload]:
    """The league before its first run."""
    reload = Reload(database_url, tmp_path, SCHEMA, MANIFEST)
    yield reload
    reload.connection.close()


def words(league: Reload) -> list[str]:
    """What changed in the structure since the last run."""
    return [change.words for change in league.engine.health().structure.changes]


# ------------------------------------------------------------------------ imported rows


def test_retired_and_held_rows_are_counted(league: Reload):
    # Both teams retire; answers refer to Tennaqua's alone. Clubs keep none.
    league.run(**{**FEED, "teams": without(TEAMS, name="22"), "games": []}, accept={})
    league.execute("UPDATE teams SET retired_at = now()")
    teams = league.engine.health().imported["teams"]
    assert (teams.rows, teams.retired, teams.held) == (2, 2, 1)
    assert league.engine.health().imported["clubs"].retired == 0


def test_rows_retired_in_the_ledger_are_counted_too(league: Reload):
    league.execute(
        "INSERT INTO seawall.retired (table_name, row_id, run_id)"
        " SELECT 'clubs', id::text, 1 FROM clubs WHERE name = 'Tennaqua'"
    )
    clubs = league.engine.health().imported["clubs"]
    assert (clubs.rows, clubs.retired, clubs.held) == (2, 1, 1)


# --------------------------------------------------------------------------------- guards


def test_guards_that_were_never_installed_are_no_fault(league: Reload):
    health = league.engine.health()
    assert (health.guards.state, health.healthy) == ("not installed", True)


def test_guards_in_force_and_what_they_refused(league: Reload):
    league.engine.install_guards()
    with pytest.raises(Exception, match="seawall refuses TRUNCATE"):
        league.execute("TRUNCATE answers")
    guards = league.engine.health().guards
    assert (guards.state, guards.tried["answers"]) == ("in force", 1)


def test_a_disabled_guard_is_a_fault(league: Reload):
    league.engine.install_guards()
    league.execute('ALTER TABLE answers DISABLE TRIGGER "0_seawall_guard_rows"')
    health = league.engine.health()
    assert (health.guards.state, health.healthy) == ("broken", False)
    assert health.faults == [
        "guards: 0_seawall_guard_rows on answers is disabled, or off in sessions of some "
        "replication role; “seawall guard install” mends it"
    ]


def test_a_table_without_guards_is_a_warning(league: Reload):
    league.engine.install_guards()
    league.execute("CREATE TABLE child () INHERITS (answers)")
    health = league.engine.health()
    assert (health.guards.state, health.healthy) == ("incomplete", True)
    assert any("guards: not on child" in warning for warning in health.warnings)


def test_a_foreign_key_that_is_switched_off_is_a_fault(league: Reload):
    league.execute("ALTER TABLE answers DISABLE TRIGGER ALL")
    health = league.engine.health()
    assert not health.healthy
    assert "answers: foreign key answers_game_id_fkey is switched off, so it keeps nothing" in (
        health.faults
    )


# --------------------------------------------------------------------------------- backup


def test_when_the_backup_was_read_back(league: Reload):
    backup = league.engine.health().backup
    assert backup
    assert backup.read_back_at
    said = datetime.datetime.fromisoformat(backup.read_back_at)
    assert said == league.value(
        "SELECT max(read_back_at) FROM seawall.backup_tables WHERE backup_id = %s", backup.backup
    )


def test_a_backup_that_is_too_old_is_a_fault_where_the_manifest_says_so(league: Reload):
    league.execute(
        "UPDATE seawall.backups SET taken_at = clock_timestamp() - interval '30.5 hours'"
    )
    assert league.engine.health().healthy
    league.declare("[health]\nbackup_age_hours = 48\n" + MANIFEST)
    assert league.engine.health().healthy
    league.declare("[health]\nbackup_age_hours = 30\n" + MANIFEST)
    backup = league.value("SELECT max(id) FROM seawall.backups")
    assert league.engine.health().faults == [
        f"backup {backup} is 30.5 hours old; the limit is 30 hours; “seawall backup” takes one"
    ]
    assert not league.engine.health().healthy  # so the command ends with 5
    league.engine.backup()
    assert league.engine.health().healthy


def test_no_backup_at_all_is_a_fault_where_there_is_a_limit(fresh: Reload):
    fresh.engine.check()
    assert fresh.engine.health().faults == []
    fresh.declare("[health]\nbackup_age_hours = 30\n" + MANIFEST)
    assert fresh.engine.health().faults == [
        "there is no backup; the limit is 30 hours; “seawall backup” takes one"
    ]


# ------------------------------------------------------------------------------ structure


def test_nothing_changed_since_the_last_run(league: Reload):
    structure = league.engine.health().structure
    assert (structure.since_run, structure.known, structure.changes) == (2, True, [])


def test_before_the_first_run_there_is_nothing_to_compare_with(fresh: Reload):
    structure = fresh.engine.health().structure
    assert (structure.since_run, structure.known, structure.changes) == (None, False, [])


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE TABLE notes (id int)", ["table notes added"]),
        ("ALTER TABLE answers ADD mood varchar(9)",
         ["column mood of answers added: character varying(9)"]),
        ("ALTER TABLE answers DROP points", ["column points of answers dropped"]),
        ("ALTER TABLE answers ALTER answer TYPE varchar(5)",
         ["column answer of answers altered: type text → character varying(5); type name text →"
          " varchar"]),
        ("ALTER TABLE answers ALTER answer DROP NOT NULL",
         ["column answer of answers altered: not null yes → no"]),
        ("ALTER TABLE answers ADD CONSTRAINT short CHECK (length(answer) < 9)",
         ["constraint short of answers added"]),
        ("ALTER TABLE users DROP CONSTRAINT users_name_key",
         ["key users_name_key of users dropped"]),
        ("ALTER TABLE answers DROP CONSTRAINT answers_game_id_fkey",
         ["foreign key answers_game_id_fkey of answers dropped"]),
        ("ALTER TABLE answers DROP CONSTRAINT answers_game_id_fkey, ADD CONSTRAINT"
         " answers_game_id_fkey FOREIGN KEY (game_id) REFERENCES games ON DELETE CASCADE",
         ["foreign key answers_game_id_fkey of answers altered: on delete a → c"]),
        ("ALTER TABLE answers ENABLE ROW LEVEL SECURITY",
         ["table answers altered: row security no → yes"]),
        ("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
         "CREATE TRIGGER t AFTER UPDATE ON teams EXECUTE FUNCTION f()",
         ["trigger t of teams added"]),
        ("CREATE RULE r AS ON DELETE TO teams DO INSTEAD NOTHING",
         ["rule CREATE RULE r AS\n    ON DELETE TO public.teams DO INSTEAD NOTHING;"
          " of teams added"]),
    ],
)  # fmt: skip
def test_what_changed_is_named(league: Reload, statement: str, said: list[str]):
    league.execute(statement)
    assert words(league) == said
    assert league.engine.health().healthy


def test_a_trigger_whose_function_changed(league: Reload):
    league.execute(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER t AFTER UPDATE ON teams EXECUTE FUNCTION f()"
    )
    league.run(**FEED)
    assert words(league) == []
    league.execute(
        "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN DELETE FROM answers; RETURN NULL; END'"
    )
    assert words(league) == ["trigger t of teams altered: function"]


def test_a_table_in_anothers_place(league: Reload):
    league.execute(
        "ALTER TABLE favourites RENAME TO favourites_old;"
        "CREATE TABLE favourites (user_id integer REFERENCES users, club_id integer)"
    )
    assert (
        "table favourites altered: it is another table, which took the name of the one before"
        in words(league)
    )


def test_a_refused_run_does_not_hide_a_change(league: Reload):
    league.execute("CREATE TABLE strange (team_id integer REFERENCES teams)")
    assert league.run(**FEED)["outcome"] == "refused"
    assert words(league) == ["table strange added"]


def test_a_change_of_a_manifests_table_warns_and_the_next_run_ends_it(league: Reload):
    league.execute("ALTER TABLE answers ADD mood text")
    assert "structure: answers changed since run 2" in league.engine.health().warnings
    league.load(**FEED)
    assert league.engine.health().warnings == []


def test_a_users_table_that_is_gone_is_a_fault_and_no_error(league: Reload):
    league.execute("DROP TABLE favourites")
    health = league.engine.health()
    assert health.faults == [
        "favourites: the table is gone; the manifest says that it is the users’"
    ]
    assert "table favourites dropped" in words(league)
    assert health.users["answers"].stable == 2


def test_users_columns_that_are_gone_are_a_fault(league: Reload):
    league.execute("ALTER TABLE clubs DROP address; ALTER TABLE favourites DROP club_id")
    health = league.engine.health()
    assert health.faults == [
        "clubs: users’ own columns are gone: address",
        "favourites: columns of declared references are gone: club_id → clubs",
    ]


# ------------------------------------------------------------------------------ sequences


def sequence(health: Health, column: str) -> float | None:
    [room] = [room for room in health.sequences if room.column == column]
    return room.used_percent


def test_the_room_of_every_sequence(league: Reload):
    columns = {room.column for room in league.engine.health().sequences}
    assert columns == {"clubs.id", "teams.id", "users.id", "answers.id"}


@pytest.mark.parametrize(
    ("value", "percent", "warns", "healthy"),
    [
        (1_610_612_735, 74.99, False, True),
        (1_717_986_918, 80.0, True, True),
        (2_040_109_466, 95.0, True, False),
        (2_147_483_647, 100.0, True, False),
    ],
)
def test_sequences_against_their_columns_type(
    league: Reload, value: int, percent: float, warns: bool, healthy: bool
):
    # The sequence itself could go on; the column is an integer.
    league.execute("ALTER SEQUENCE answers_id_seq AS bigint")
    league.execute("SELECT setval('answers_id_seq', %s)", value)
    health = league.engine.health()
    assert sequence(health, "answers.id") == percent
    assert any("answers.id (integer)" in warning for warning in health.warnings) is warns
    assert health.healthy is healthy


def test_a_sequence_that_counts_down_and_one_of_a_default(league: Reload):
    league.execute(
        "CREATE SEQUENCE down AS smallint INCREMENT -1;"
        "CREATE TABLE notes (id smallint DEFAULT nextval('down'));"
        "SELECT setval('down', -16384)"
    )
    assert sequence(league.engine.health(), "notes.id") == 50.0


# -------------------------------------------------------------------------------- metrics

SAMPLE = re.compile(
    r"(?P<name>[a-z_:][a-z0-9_:]*)(?P<labels>\{[a-z_]+=\"(?:[^\"\\\n]|\\[\\n\"])*\""
    r"(?:,[a-z_]+=\"(?:[^\"\\\n]|\\[\\n\"])*\")*\})? (?P<value>-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
)


def parse(text: str) -> dict[str, float]:
    """Read OpenMetrics text by its rules: sample → value.

    TYPE, UNIT and HELP come before the samples of their family, families are not interleaved, a
    counter's samples end in ``_total``, a unit ends its family's name, no sample comes twice.
    """
    assert text.endswith("# EOF\n")
    lines = text.splitlines()
    assert lines.pop() == "# EOF"
    family, kind, seen, samples = "", "", set[str](), dict[str, float]()
    for line in lines:
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert kind in ("gauge", "counter")
            assert family not in seen
            seen.add(family)
        elif line.startswith("# "):
            _, word, name, rest = line.split(" ", 3)
            assert (word in ("UNIT", "HELP"), name) == (True, family)
            assert word != "UNIT" or name.endswith("_" + rest)
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            assert found["name"] == family + ("_total" if kind == "counter" else ""), line
            key = line.rpartition(" ")[0]
            assert key not in samples
            samples[key] = float(found["value"])
    return samples


def test_metrics_of_a_healthy_league(league: Reload):
    league.engine.install_guards()
    samples = parse(metrics.exposition(league.engine.health()))
    assert samples["seawall_healthy"] == 1
    assert samples['seawall_user_rows{table="answers"}'] == 2
    assert samples['seawall_user_rows_stable{table="answers"}'] == 2
    assert samples['seawall_runs_total{outcome="done"}'] == 1
    assert samples['seawall_runs_total{outcome="unchanged"}'] == 1
    assert samples['seawall_last_run_outcome{outcome="unchanged"}'] == 1
    assert samples["seawall_last_run_number"] == 2
    assert samples['seawall_guards_state{state="in force"}'] == 1
    assert samples['seawall_backup_rows{table="answers"}'] == 2
    started = league.value("SELECT extract(epoch FROM started_at)::float8 FROM seawall.runs r"
                           " WHERE id = 2")  # fmt: skip
    assert samples["seawall_last_run_started_timestamp_seconds"] == pytest.approx(started)


def test_every_metric_is_documented_and_no_other(league: Reload):
    league.engine.install_guards()
    text = metrics.exposition(league.engine.health())
    printed = {line.partition(" ")[0].partition("{")[0] for line in text.splitlines()} - {"#"}
    page = (Path(__file__).resolve().parents[2] / "docs" / "operate.md").read_text("utf-8")
    rows = "".join(
        line.partition(" | ")[0] for line in page.splitlines() if line[:10] == "| `seawall"
    )
    assert set(re.findall(r"`(seawall_\w+)`", rows)) == printed


def test_metrics_of_harm(league: Reload):
    league.execute("UPDATE favourites SET club_id = 999 WHERE user_id = 1")
    samples = parse(metrics.exposition(league.engine.health()))
    assert samples["seawall_healthy"] == 0
    assert samples['seawall_orphans{table="favourites"}'] == 1
    assert samples['seawall_user_rows_stable{table="favourites"}'] == 1


def test_metrics_before_any_run_leave_out_what_is_not_known(fresh: Reload):
    samples = parse(metrics.exposition(fresh.engine.health()))
    assert not any("last_run" in name or "backup" in name for name in samples)
    assert samples['seawall_runs_total{outcome="failed"}'] == 0


def test_names_that_need_escapes(database_url: str, tmp_path: Path):
    schema = (
        "CREATE TABLE clubs (id serial PRIMARY KEY, name text NOT NULL UNIQUE);"
        'CREATE TABLE "odd""\\name\n" (id serial PRIMARY KEY, club_id integer REFERENCES clubs)'
    )
    manifest = (
        '[tables.clubs]\nowner = "feed"\nkey = ["name"]\n'
        '[tables."odd\\"\\\\name\\n"]\nowner = "users"\n'
    )
    odd = Reload(database_url, tmp_path, schema, manifest)
    samples = parse(metrics.exposition(odd.engine.health()))
    odd.connection.close()
    assert samples['seawall_user_rows{table="odd\\"\\\\name\\n"}'] == 0


def test_a_session_that_may_only_read(league: Reload):
    league.engine.install_guards()
    url = make_conninfo(league.url, options="-c default_transaction_read_only=on")
    engine = Engine(league.engine.manifest, url)
    assert engine.health().healthy
    assert engine.runs()
