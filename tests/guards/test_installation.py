"""Guards are put up once, seen when they are gone, and taken away whole."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import pytest
from commands import seawall, seawall_json
from guarding import FAMILIES, FAMILY_MANIFEST, guard, refuses, states
from league import FEED, MANIFEST, TEAMS, USER_TABLES, changed
from psycopg import sql
from psycopg.conninfo import make_conninfo
from reload_case import Reload

from seawall import Engine
from seawall.guards import installation

CHANGED = {**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=4)}


def test_which_guards_there_are(league: Reload):
    made = league.engine.install_guards()
    expected = {
        (table, f"0_seawall_guard_{kind}") for table in USER_TABLES for kind in ("rows", "truncate")
    } | {("clubs", "0_seawall_guard_columns"), ("clubs", "0_seawall_guard_truncate")}
    assert set(made.done) == expected
    assert set(league.rows("SELECT table_name, trigger_name FROM seawall.guards")) == expected
    assert league.value("SELECT count(*) FROM pg_trigger WHERE tgenabled = 'A'") == len(expected)


def test_again_does_nothing(league: Reload):
    guard(league)
    before = league.rows("SELECT oid, xmin::text FROM pg_trigger WHERE tgname LIKE 'seawall%'")
    assert league.engine.install_guards().done == ()
    after = league.rows("SELECT oid, xmin::text FROM pg_trigger WHERE tgname LIKE 'seawall%'")
    assert after == before


SABOTAGES = {
    "dropped": ('DROP TRIGGER "0_seawall_guard_rows" ON answers', "missing"),
    "disabled": ('ALTER TABLE answers DISABLE TRIGGER "0_seawall_guard_rows"', "disabled"),
    "not always": ('ALTER TABLE answers ENABLE TRIGGER "0_seawall_guard_rows"', "disabled"),
    "other function": (
        "CREATE FUNCTION harmless() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN old; END';"
        'CREATE OR REPLACE TRIGGER "0_seawall_guard_rows" BEFORE DELETE ON answers FOR EACH ROW'
        " EXECUTE FUNCTION harmless();"
        'ALTER TABLE answers ENABLE ALWAYS TRIGGER "0_seawall_guard_rows"',
        "altered",
    ),
    "other condition": (
        'CREATE OR REPLACE TRIGGER "0_seawall_guard_rows" BEFORE DELETE ON answers FOR EACH ROW'
        " WHEN (false) EXECUTE FUNCTION seawall.refuse_write('answers', 'x');"
        'ALTER TABLE answers ENABLE ALWAYS TRIGGER "0_seawall_guard_rows"',
        "altered",
    ),
}


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_guard_that_is_not_what_it_was(league: Reload, sabotage: str):
    statement, state = SABOTAGES[sabotage]
    guard(league)
    league.execute(statement)
    assert states(league.engine) == {("answers", "0_seawall_guard_rows"): state}
    report = league.run(**CHANGED)
    assert report["outcome"] == "unverified"
    assert "0_seawall_guard_rows on answers" in report["unverified"][0]
    assert report["guards"]["state"] == "not in force"
    assert "answers" not in report["guards"]["guarded"]
    guard(league)
    assert league.run(**FEED)["outcome"] == "done"


def test_a_function_that_is_not_what_it_was(league: Reload):
    guard(league)
    league.execute(
        "CREATE OR REPLACE FUNCTION seawall.refuse_write() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RETURN coalesce(new, old); END'"
    )
    assert set(states(league.engine).values()) == {"altered"}
    assert league.run(**CHANGED)["outcome"] == "unverified"
    guard(league)
    league.execute("SET seawall.armed = 'on'")
    refuses(league, "DELETE FROM answers")


def test_a_definition_reads_the_same_under_every_search_path(league: Reload):
    guard(league)
    database = league.value("SELECT current_database()")
    league.execute(f'ALTER DATABASE "{database}" SET search_path = seawall, public')
    assert states(league.engine) == {}


def test_a_user_table_and_a_partition_that_came_later(league: Reload):
    league.execute(FAMILIES)
    league.declare(FAMILY_MANIFEST)
    guard(league)
    league.execute(
        "CREATE TABLE votes_2025 PARTITION OF votes"
        " FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')"
    )
    assert set(states(league.engine).values()) == {"not guarded"}
    report = league.run(**CHANGED)
    assert report["outcome"] == "done"
    assert report["guards"]["state"] == "armed"
    assert report["guards"]["not_guarded"] == ["votes_2025"]
    code, shown = seawall_json(league, "guard", "status")
    assert (code, shown["in_force"]) == (5, False)
    said = seawall(league, "show", str(report["run"])).stdout
    assert "guards armed but not on votes_2025" in said
    assert {table for table, _ in league.engine.install_guards().done} == {"votes_2025"}
    assert states(league.engine) == {}


def test_what_the_manifest_says_differently_is_put_up_anew(league: Reload):
    guard(league)
    users = '[tables.answers]\nowner = "users"\n'
    league.declare(MANIFEST.replace(users, users + 'allow = ["insert"]\n'))
    renewed_and_in_force(league, "answers", "rows")
    assert "INSERT" not in definition(league, "answers", "rows")
    league.declare(MANIFEST)
    renewed_and_in_force(league, "answers", "rows")
    assert "INSERT" in definition(league, "answers", "rows")


def test_another_users_column_is_guarded_too(league: Reload):
    guard(league)
    league.execute("ALTER TABLE clubs ADD COLUMN logo text")
    league.declare(MANIFEST.replace('["address"]', '["address", "logo"]'))
    renewed_and_in_force(league, "clubs", "columns")
    league.execute("SET seawall.armed = 'on'")
    refuses(league, "UPDATE clubs SET logo = 'x'")


def test_what_the_manifest_no_longer_asks_for_is_taken_away(league: Reload):
    guard(league)
    league.declare_anew(MANIFEST.replace('user_columns = ["address"]\n', ""))
    gone = {("clubs", "0_seawall_guard_columns"), ("clubs", "0_seawall_guard_truncate")}
    assert states(league.engine) == dict.fromkeys(gone, "surplus")
    assert set(league.engine.install_guards().done) == gone
    assert states(league.engine) == {}


def test_guards_of_an_older_seawall_count_as_not_installed(league: Reload):
    """They fired before the write, one for each event, under other names."""
    guard(league)
    league.execute(
        "CREATE TRIGGER seawall_guard_delete BEFORE DELETE ON answers FOR EACH ROW"
        " WHEN (pg_catalog.current_setting('seawall.armed', true) = 'on')"
        " EXECUTE FUNCTION seawall.refuse_write('answers', 'seawall.x');"
        "UPDATE seawall.guards SET trigger_name = 'seawall_guard_delete'"
        " WHERE (table_name, trigger_name) = ('answers', '0_seawall_guard_rows');"
        'DROP TRIGGER "0_seawall_guard_rows" ON answers'
    )
    assert league.engine.guards_status().not_guarded == ["answers"]
    report = league.run(**CHANGED)
    assert (report["outcome"], report["guards"]["not_guarded"]) == ("done", ["answers"])
    assert set(league.engine.install_guards().done) == {
        ("answers", "0_seawall_guard_rows"),
        ("answers", "seawall_guard_delete"),
    }
    assert states(league.engine) == {}


def renewed_and_in_force(league: Reload, table: str, kind: str) -> None:
    """One guard is not what is asked for; runs name its table; install puts it up anew."""
    place = (table, f"0_seawall_guard_{kind}")
    assert states(league.engine) == {place: "outdated"}
    assert league.engine.guards_status().not_guarded == [table]
    assert league.engine.health().guards.state == "incomplete"
    assert league.engine.install_guards().done == (place,)
    assert states(league.engine) == {}


def definition(league: Reload, table: str, kind: str) -> str:
    return league.value(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger"
        " WHERE tgrelid = %s::regclass AND tgname = %s",
        table,
        f"0_seawall_guard_{kind}",
    )


def test_a_guarded_table_that_was_dropped(league: Reload):
    guard(league)
    league.execute("DROP TABLE favourites")
    league.declare_anew(
        MANIFEST.replace(
            '[tables.favourites]\nowner = "users"\n'
            'references = [{ columns = ["club_id"], table = "clubs" }]\n',
            "",
        )
    )
    assert set(states(league.engine).values()) == {"surplus"}
    assert league.run(**CHANGED)["outcome"] == "done"
    league.engine.install_guards()
    assert states(league.engine) == {}


def test_remove_leaves_nothing(league: Reload):
    guard(league)
    result = seawall(league, "guard", "remove", "--yes")
    assert result.exit_code == 0
    assert "answers: rows, truncate" in result.stdout
    left = league.rows(
        "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'seawall%'"
        " UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'seawall'::regnamespace"
        " UNION ALL SELECT sequencename FROM pg_sequences WHERE sequencename LIKE 'guard%'"
        " UNION ALL SELECT trigger_name FROM seawall.guards"
    )
    assert left == []
    league.execute("TRUNCATE favourites")
    assert league.run(**CHANGED)["guards"]["state"] == "not installed"


def test_remove_asks(league: Reload):
    guard(league)
    result = seawall(league, "guard", "remove")
    assert result.exit_code == 2
    assert "--yes" in result.stderr
    code, said = seawall_json(league, "guard", "remove")
    assert (code, said["error"]["code"]) == (2, "usage")
    assert states(league.engine) == {}


def test_remove_where_there_are_none(league: Reload):
    assert seawall(league, "guard", "remove").exit_code == 0


def test_the_commands(league: Reload):
    assert seawall(league, "guard", "status").exit_code == 5
    result = seawall(league, "guard", "install")
    assert result.exit_code == 0
    assert "0_seawall_guard_columns on clubs" in result.stdout
    assert "done  answers: truncate, rows" in result.stdout
    result = seawall(league, "guard", "install")
    assert (result.exit_code, "every guard stands already" in result.stdout) == (0, True)
    result = seawall(league, "guard", "status")
    assert (result.exit_code, "in force" in result.stdout) == (0, True)
    code, said = seawall_json(league, "guard", "install")
    assert (code, said["done"], said["failed"]) == (0, [], {})
    assert set(said["guards"][0]) == {"table", "trigger", "protects", "state"}


def test_a_table_that_somebody_holds(league: Reload, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(installation, "_LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(installation, "_ATTEMPTS", 2)
    with psycopg.connect(league.url) as other:
        other.execute("LOCK answers IN ROW EXCLUSIVE MODE")
        made = league.engine.install_guards()
        assert set(made.failed) == {"answers"}
        assert "lock timeout" in made.failed["answers"]
        assert {table for table, _ in states(league.engine)} == {"answers"}
        result = seawall(league, "guard", "install")
        assert result.exit_code == 1
        assert "not done  answers" in result.stdout
    guard(league)


def test_two_at_once(league: Reload):
    failed: list[dict[str, str]] = []

    def install() -> None:
        engine = Engine(league.engine.manifest, league.url)
        failed.append(engine.install_guards().failed)

    threads = [threading.Thread(target=install) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [{}, {}, {}]
    assert states(league.engine) == {}


def test_an_owner_who_is_no_superuser(league: Reload, make: Callable[[str, str], Reload]):
    del make
    if not league.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        pytest.skip("needs a superuser to make the role")
    role = sql.Identifier("seawall_test_guard_owner")
    league.connection.execute(sql.SQL("CREATE ROLE {}").format(role))
    own = Engine(
        league.engine.manifest,
        make_conninfo(league.url, options="-c role=seawall_test_guard_owner"),
    )
    try:
        database = sql.Identifier(league.connection.info.dbname)
        # Not the owner of the tables yet: said table by table, no traceback.
        league.connection.execute(
            sql.SQL(
                "ALTER DATABASE {0} OWNER TO {1};"
                "GRANT ALL ON SCHEMA seawall, seawall_stage TO {1};"
                "GRANT ALL ON ALL TABLES IN SCHEMA seawall, seawall_stage TO {1}"
            ).format(database, role)
        )
        assert "answers" in own.install_guards().failed
        league.execute(
            "DO $$DECLARE t record; BEGIN FOR t IN SELECT schemaname AS s, tablename AS n FROM"
            " pg_tables WHERE schemaname IN ('public', 'seawall', 'seawall_stage') LOOP EXECUTE"
            " format('ALTER TABLE %I.%I OWNER TO seawall_test_guard_owner', t.s, t.n);"
            " END LOOP; END$$"
        )
        assert own.install_guards().failed == {}
        assert own.guards_status().in_force
        report = own.apply(own.plan(league.feed(**CHANGED)))
        assert (report["outcome"], report["guards"]["state"]) == ("done", "armed")
        assert own.remove_guards().failed == {}
    finally:
        league.connection.execute(
            sql.SQL(
                "ALTER DATABASE {} OWNER TO CURRENT_USER; DROP OWNED BY {} CASCADE; DROP ROLE {}"
            ).format(sql.Identifier(league.connection.info.dbname), role, role)
        )
