"""Sabotages of the database, the plan or the server, before a run begins."""

from __future__ import annotations

from planting import (
    FLIP,
    Sabotage,
    declare,
    function,
)
from victim import FEED

BEFORE_THE_PLAN = [
    Sabotage(
        what="a foreign key of users’ rows cascades",
        before=FLIP + "CASCADE",
        stopped="refused",
        seen="checks",
    ),
    Sabotage(
        what="a foreign key of users’ rows sets NULL",
        before=FLIP + "SET NULL",
        stopped="refused",
        seen="checks",
    ),
    Sabotage(
        what="a user table is declared as the feed’s",
        before=declare(
            '[tables.notes]\nowner = "users"\n', '[tables.notes]\nowner = "feed"\nkey = ["id"]\n'
        ),
        stopped="refused",
        seen="checks",
    ),
    Sabotage(
        what="a user table is taken out of the manifest",
        before=declare('[tables.answers]\nowner = "users"\n', ""),
        stopped="refused",
        seen="checks",
    ),
    Sabotage(
        what="users’ columns are taken out of the manifest",
        before=declare('user_columns = ["address"]\n', ""),
        stopped="refused",
        seen="checks",
    ),
    Sabotage(
        what="a reference of users’ rows is taken out of the manifest",
        before=declare('references = [{ columns = ["club_id"], table = "clubs" }]\n', ""),
        stopped="refused",
        seen="checks",
    ),
    Sabotage(
        what="the triggers of a foreign key are disabled",
        before="ALTER TABLE answers DISABLE TRIGGER ALL",
        stopped="refused",
        seen="checks",
        superuser=True,
    ),
    Sabotage(
        what="a trigger that nobody accepted deletes users’ rows",
        trigger="DELETE FROM answers",
        accepted=False,
        stopped="refused",
        seen="checks",
    ),
    Sabotage(
        what="a trigger that nobody accepted writes through a connection of its own (dblink)",
        before="CREATE EXTENSION dblink",
        trigger="PERFORM dblink_exec('dbname=' || current_database(), 'DELETE FROM answers')",
        accepted=False,
        stopped="refused",
        seen="checks",
        superuser=True,
    ),
    Sabotage(
        what="a rule that nobody accepted deletes users’ rows",
        before="CREATE RULE forget AS ON UPDATE TO teams DO ALSO DELETE FROM notes",
        accepted=False,
        stopped="refused",
        seen="checks",
    ),
    Sabotage(
        what="a trigger on the ledger acts after the witnesses have looked",
        before=function("late", "DELETE FROM answers; RETURN NULL;")
        + "CREATE TRIGGER late AFTER UPDATE ON seawall.runs EXECUTE FUNCTION late()",
        accepted=False,
        stopped="DatabaseError",
        seen="checks, guards",
    ),
    Sabotage(
        what="a trigger on the history keeps rows out of it",
        before=function("forget", "RETURN NULL;")
        + "CREATE TRIGGER forget BEFORE INSERT ON seawall.row_history"
        " FOR EACH ROW EXECUTE FUNCTION forget()",
        accepted=False,
        stopped="refused",
        seen="checks",
    ),
    Sabotage(
        what="the manifest is another database’s",
        before=lambda v: v.execute("UPDATE seawall.database_identity SET name = 'production'"),
        stopped="refused",
        seen="checks",
    ),
    Sabotage(
        what="an event trigger deletes users’ rows when the feed is staged",
        before=function("on_ddl", "DELETE FROM answers;", "event_trigger")
        + "CREATE EVENT TRIGGER on_ddl ON ddl_command_end EXECUTE FUNCTION on_ddl()",
        stopped="DatabaseError",
        seen="guards",
        superuser=True,
    ),
]

AFTER_THE_PLAN = [
    Sabotage(
        what="a cascade is flipped on after planning",
        after=FLIP + "CASCADE",
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="SET NULL is flipped on after planning",
        after=FLIP + "SET NULL",
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="a cascade is flipped on while the backup is made",
        during=("backup", FLIP + "CASCADE"),
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="a foreign key is made anew without looking at the rows (NOT VALID)",
        after=FLIP + "NO ACTION NOT VALID",
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="row security hides users’ rows",
        after="ALTER TABLE answers ENABLE ROW LEVEL SECURITY;"
        "ALTER TABLE answers FORCE ROW LEVEL SECURITY",
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="a user table is renamed away and an empty one put in its place",
        after="ALTER TABLE notes RENAME TO gone; CREATE TABLE notes (LIKE gone INCLUDING ALL)",
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="a view takes the place of a user table",
        after="ALTER TABLE notes RENAME TO gone; CREATE VIEW notes AS SELECT * FROM gone",
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="a column of users’ rows gets another type",
        after="ALTER TABLE profiles ALTER price TYPE numeric(10,0)",
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="a column’s default changes after planning",
        after="ALTER TABLE teams ALTER captain SET DEFAULT 'nobody'",
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="an inheritance child is added to an imported table",
        after="CREATE TABLE more_games () INHERITS (games)",
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="a trigger is added after planning",
        after=lambda v: v.on_team("DELETE FROM answers"),
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="an accepted trigger’s function is replaced after planning",
        trigger="NULL",
        after="CREATE OR REPLACE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN DELETE FROM answers; RETURN NULL; END'",
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="staged changes are altered after planning",
        after=lambda v: v.execute(f"UPDATE {v.difference('teams')} SET wins = 99"),
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="an imported row is written after planning",
        after="UPDATE teams SET wins = 7 WHERE wins = 1",
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="the manifest changes after planning",
        after=declare('vanished = "delete"\n', ""),
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="another feed is loaded after planning",
        after=lambda v: v.load(**FEED),
        stopped="refused",
        seen="digests",
    ),
    Sabotage(
        what="the saved plan is edited: a refusal is marked as accepted",
        trigger="DELETE FROM answers",
        accepted=False,
        after=lambda v: v.edit_plan(b'"accepted": null', b'"accepted": "fine"'),
        stopped="PlanError",
        seen="checks, digests",
    ),
    Sabotage(
        what="a second run at the same time",
        after=lambda v: v.hold_run_lock(),
        stopped="RunActive",
        seen="lock",
    ),
    Sabotage(
        what="a guard is disabled after planning",
        after='ALTER TABLE answers DISABLE TRIGGER "0_seawall_guard_rows"',
        stopped="unverified",
        seen="guards",
    ),
    Sabotage(
        what="a guard is dropped after planning",
        after='DROP TRIGGER "0_seawall_guard_rows" ON profiles',
        stopped="unverified",
        seen="guards",
    ),
    Sabotage(
        what="the guards’ function is replaced by one that does nothing",
        after="CREATE OR REPLACE FUNCTION seawall.refuse_write() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN coalesce(new, old); END'",
        stopped="unverified",
        seen="guards",
    ),
    Sabotage(
        what="the server does not count (track_counts = off)",
        after=lambda v: v.set_for_database("track_counts", "off"),
        stopped="unverified",
        seen="counters",
        superuser=True,
    ),
    Sabotage(
        what="sessions are replicas by default, so foreign keys are not enforced",
        after=lambda v: v.set_for_database("session_replication_role", "replica"),
        stopped="unverified",
        seen="structure",
        superuser=True,
    ),
]
