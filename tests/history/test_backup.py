"""Backups: merged into a history that grows with change, read back, and only then of use."""

from __future__ import annotations

import psycopg
import pytest
from league import FEED, MANIFEST, TEAMS, changed
from league_fixtures import MakeReload
from reload_case import Reload, checks_of, said

from seawall.errors import ManifestError
from seawall.history.read_back import BackupFailed
from seawall.manifest import Manifest

CHANGED = {**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=4)}


def versions(reload: Reload) -> int:
    return reload.value("SELECT count(*) FROM seawall.row_history")


def test_a_run_begins_with_a_backup(league: Reload):
    report = league.run(**CHANGED)
    kept = report["backup"]
    assert kept["tables"] == {"users": 2, "answers": 2, "favourites": 2, "clubs": 2}
    assert (kept["rows"], kept["read_back"], kept["run"]) == (8, True, report["run"])
    shown = league.engine.run(report["run"])
    assert shown is not None
    assert shown["report"]["backup"] == kept


def test_rows_that_do_not_change_write_nothing(league: Reload):
    before = versions(league)
    image = league.image("seawall.row_history")
    assert league.engine.backup().written == 0
    assert league.run(**FEED)["backup"]["written"] == 0
    assert (versions(league), league.image("seawall.row_history")) == (before, image)


def test_a_change_writes_one_version_and_ends_one(league: Reload):
    before = versions(league)
    league.execute("UPDATE answers SET points = 1.00 WHERE id = 1")  # in scale only
    league.execute("DELETE FROM favourites WHERE user_id = 1")
    made = league.engine.backup()
    assert (made.written, versions(league)) == (1, before + 1)
    assert (
        league.value("SELECT count(*) FROM seawall.row_history WHERE last_backup IS NOT NULL") == 2
    )


def test_a_table_without_a_primary_key_keeps_rows_that_are_alike(league: Reload):
    league.execute("INSERT INTO favourites SELECT * FROM favourites WHERE user_id = 1")
    assert league.engine.backup().tables["favourites"] == 3
    league.execute("DELETE FROM favourites WHERE ctid = (SELECT min(ctid) FROM favourites)")
    assert league.engine.backup().written == 0


def test_a_refused_run_makes_no_backup(league: Reload):
    report = league.run(**{**FEED, "games": []})
    assert report["outcome"] == "refused"
    assert "backup" not in report


TAMPER = """
CREATE FUNCTION seawall.tamper() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN new.row_values[2] := 'x'; RETURN new; END$$;
CREATE TRIGGER tamper BEFORE INSERT ON seawall.row_history
    FOR EACH ROW EXECUTE FUNCTION seawall.tamper();
"""


def test_a_backup_that_does_not_read_back_refuses_the_run(league: Reload):
    league.execute(TAMPER)
    league.execute("INSERT INTO users (name) VALUES ('Cid')")
    before = league.image("users", "teams", "seawall.row_history", "seawall.backups")
    report = league.run(**CHANGED)
    assert (report["outcome"], checks_of(report)) == ("refused", {"backup-failed"})
    assert "users" in report["findings"][-1]["message"]
    assert league.image("users", "teams", "seawall.row_history", "seawall.backups") == before
    with pytest.raises(BackupFailed, match="users"):
        league.engine.backup()
    league.execute("DROP TRIGGER tamper ON seawall.row_history")
    assert league.run(**CHANGED)["outcome"] == "done"


def test_a_value_that_its_type_does_not_take_back_refuses_the_run(league: Reload):
    league.execute(
        "CREATE DOMAIN short AS text; ALTER TABLE users ADD COLUMN nick short DEFAULT 'abcdef';"
        "ALTER DOMAIN short ADD CHECK (length(value) < 3) NOT VALID"
    )
    report = league.run(**CHANGED)
    assert (report["outcome"], checks_of(report)) == ("refused", {"backup-failed"})
    assert league.value("SELECT max(wins) FROM teams") == 3


def test_rows_hidden_by_row_security_are_no_backup(league: Reload):
    if not league.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        pytest.skip("needs a superuser to make a role")
    league.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
    # A superuser sees every row all the same.
    assert league.engine.backup().tables["users"] == 2


def test_an_altered_open_version_is_told_by_the_next_run(league: Reload):
    league.execute(
        "UPDATE seawall.row_history SET row_values[2] = 'Eve' WHERE row_values[2] = 'Ann'"
    )
    assert any("altered" in warning for warning in league.engine.health().warnings)
    report = league.run(**FEED)
    assert (report["outcome"], report["backup"]["altered"]) == ("unchanged", ["users"])
    assert league.engine.health().healthy
    assert league.engine.backup().altered == []


def test_left_out_tables_and_columns_are_nowhere_in_the_history(make: MakeReload):
    reload = make(
        "CREATE TABLE clubs (id serial PRIMARY KEY, name text UNIQUE);"
        "CREATE TABLE users (id serial PRIMARY KEY, name text, password_hash text);"
        "CREATE TABLE sessions (id text PRIMARY KEY, user_id integer REFERENCES users);"
        "INSERT INTO users (name, password_hash) VALUES ('Ann', 'secret');"
        "INSERT INTO sessions VALUES ('cookie', 1)",
        '[tables.clubs]\nowner = "feed"\nkey = ["name"]\n[tables.users]\nowner = "users"\n'
        'backup_leave_out = ["password_hash"]\n'
        '[tables.sessions]\nowner = "users"\nbackup = false\n',
    )
    reload.load(clubs=[{"name": "Tennaqua"}])
    assert reload.rows("SELECT row_values FROM seawall.row_history") == [(["1", "Ann"],)]
    assert reload.engine.backup().tables == {"users": 1}


def test_a_primary_key_cannot_be_left_out(league: Reload):
    said_of_users = '[tables.users]\nowner = "users"\n'
    left_out = said_of_users + 'backup_leave_out = ["id"]\n'
    league.declare(MANIFEST.replace(said_of_users, left_out))
    with pytest.raises(ManifestError, match="primary key"):
        league.engine.backup()


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("[backup]\nkeep_runs = 0\n", "keep_runs"),
        ("[health]\ngone_share = 2\n", "from 0 to 1"),
        ("[health]\nbackup_age_hours = 0\n", "more than 0"),
        ("[health]\nbackup_age_hours = nan\n", "more than 0"),
        ('[tables.x]\nowner = "feed"\nkey = ["a"]\nbackup = false\n', "tables that users own"),
        ("[backup]\nkeep = 3\n", "keep"),
    ],
)
def test_manifests_that_cannot_be(more: str, problem: str):
    heading = 'manifest_version = 1\n[database]\nname = "x"\n'
    tables = "" if "[tables" in more else "[tables]\n"
    with pytest.raises(ManifestError) as error:
        Manifest.parse(heading + more + tables)
    assert problem in said(str(error.value))


def test_the_last_runs_are_kept_and_the_latest_always(league: Reload):
    league.declare("[backup]\nkeep_runs = 2\n" + MANIFEST)
    for points in (2, 3, 4, 5):
        league.execute("UPDATE answers SET points = %s WHERE id = 1", points)
        last = league.run(**FEED)
        league.engine.backup()
    runs = [row[0] for row in league.rows("SELECT run_id FROM seawall.backups ORDER BY id")]
    assert runs == [last["run"] - 1, None, last["run"], None]
    points = (
        "SELECT row_values[6] FROM seawall.row_history"
        " WHERE row_key = '1' AND row_values[5] = 'yes' ORDER BY 1"
    )
    assert [row[0] for row in league.rows(points)] == ["4", "5"]
    assert league.engine.plan_restore(last["run"] - 1).tables["answers"].changed == 1


def test_a_table_that_is_left_out_later_goes_with_its_last_backup(league: Reload):
    body = MANIFEST
    body = body.replace(
        '[tables.answers]\nowner = "users"', '[tables.answers]\nowner = "users"\nbackup = false'
    )
    league.declare("[backup]\nkeep_runs = 1\n" + body)
    league.run(**FEED)
    shapes = (
        "SELECT count(*) FROM seawall.row_history JOIN seawall.row_shapes s ON s.id = shape_id"
        " WHERE table_name = 'answers'"
    )
    assert league.value(shapes) == 0
    league.declare(body.replace("backup = false", "backup = true"))
    assert league.run(**FEED)["backup"]["tables"]["answers"] == 2


def test_users_write_while_a_backup_is_made(league: Reload):
    """It waits for nobody, and what it sees is one moment of all tables."""
    with psycopg.connect(league.url) as user:
        user.execute("UPDATE answers SET answer = 'no'; INSERT INTO users (name) VALUES ('Cid')")
        made = league.engine.backup()
        assert (made.tables["users"], made.written) == (2, 0)
        user.commit()
    assert league.engine.backup().written == 3


HEIRS = (
    "CREATE TABLE clubs (id serial PRIMARY KEY, name text UNIQUE);"
    "CREATE TABLE answers (id integer PRIMARY KEY, club_id integer);"
    "CREATE TABLE more_answers (PRIMARY KEY (id)) INHERITS (answers);"
    "CREATE TABLE late_answers (said text, PRIMARY KEY (id)) INHERITS ({});"
    "INSERT INTO clubs VALUES (1, 'Tennaqua'), (2, 'Sunset');"
    "INSERT INTO late_answers VALUES (1, 1, 'late')"
)
HEIRS_MANIFEST = (
    '[tables.clubs]\nowner = "feed"\nkey = ["name"]\n[tables.answers]\nowner = "users"\n'
    '[[tables.answers.references]]\ncolumns = ["club_id"]\ntable = "clubs"\n'
)
SWAP = "TRUNCATE clubs; INSERT INTO clubs VALUES (1, 'Sunset'), (2, 'Tennaqua')"


@pytest.mark.parametrize("heirs_of", ["answers", "more_answers"])
def test_what_rows_of_an_inheritance_child_refer_to_is_remembered(make: MakeReload, heirs_of: str):
    reload = make(HEIRS.format(heirs_of), HEIRS_MANIFEST)
    reload.engine.backup()
    assert reload.engine.health().users["answers"].stable == 1
    reload.execute(SWAP)
    answers = reload.engine.health().users["answers"]
    assert (answers.stable, answers.retargeted) == (0, {"answers.club_id → clubs": 1})


@pytest.mark.parametrize("heirs_of", ["answers", "more_answers"])
@pytest.mark.parametrize("more", ["", "INSERT INTO answers VALUES (2, 2)"])
def test_rows_of_an_inheritance_child_are_put_back(make: MakeReload, heirs_of: str, more: str):
    reload = make(f"{HEIRS.format(heirs_of)}; {more}", HEIRS_MANIFEST)
    made = reload.engine.backup()
    everything = "SELECT tableoid::regclass::text, id, club_id, NULL FROM ONLY answers UNION ALL"
    everything += " SELECT 'late', id, club_id, said FROM late_answers ORDER BY id"
    before = reload.rows(everything)
    reload.execute("DELETE FROM answers")
    report = reload.engine.restore(reload.engine.plan_restore(backup=made.id))
    assert sum(done.inserted for done in report.tables.values()) == 1 + bool(more)
    assert reload.rows(everything) == before


@pytest.mark.parametrize("more", ["", "INSERT INTO answers VALUES (2, 2)"])
def test_rows_of_an_inheritance_child_are_not_put_back_to_mean_another(make: MakeReload, more: str):
    reload = make(f"{HEIRS.format('answers')}; {more}", HEIRS_MANIFEST)
    made = reload.engine.backup()
    reload.execute(f"DELETE FROM answers; {SWAP}")
    plan = reload.engine.plan_restore(backup=made.id)
    assert [row.status for row in plan.tables["late_answers"].rows] == ["parent_differs"]
    reload.engine.restore(plan)
    assert reload.rows("SELECT * FROM answers") == []


def test_partitions_and_inheritance(make: MakeReload):
    reload = make(
        "CREATE TABLE clubs (id serial PRIMARY KEY, name text UNIQUE);"
        "CREATE TABLE answers (id integer, day date, said text, PRIMARY KEY (id, day))"
        " PARTITION BY RANGE (day);"
        "CREATE TABLE answers_1 PARTITION OF answers"
        " FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
        "CREATE TABLE answers_2 PARTITION OF answers"
        " FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
        "CREATE TABLE notes (id integer PRIMARY KEY, said text);"
        "CREATE TABLE long_notes (more text, PRIMARY KEY (id)) INHERITS (notes);"
        "INSERT INTO answers VALUES (1, '2024-05-01', 'a'), (1, '2025-05-01', 'b');"
        "INSERT INTO notes VALUES (1, 'n'); INSERT INTO long_notes VALUES (1, 'l', 'm')",
        '[tables.clubs]\nowner = "feed"\nkey = ["name"]\n[tables.answers]\nowner = "users"\n'
        '[tables.notes]\nowner = "users"\n',
    )
    made = reload.engine.backup()
    assert made.tables == {"answers": 2, "notes": 1, "long_notes": 1}
    before = reload.image("answers_2", "long_notes")
    reload.execute("DELETE FROM answers; DELETE FROM notes")
    report = reload.engine.restore(reload.engine.plan_restore(backup=made.id))
    assert {t: d.inserted for t, d in report.tables.items()} == made.tables
    assert reload.rows("SELECT id, said, more FROM ONLY long_notes") == [(1, "l", "m")]
    assert reload.rows("SELECT said FROM answers_2") == [("b",)]
    assert reload.rows("SELECT said FROM ONLY notes") == [("n",)]
    assert len(before["answers_2"]) == 1
