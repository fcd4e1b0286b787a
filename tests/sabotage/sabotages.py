"""Every sabotage: how it is planted, what becomes of it, and who sees it.

``stopped`` is the outcome with everything in place. ``seen`` names every witness that notices, each
asked by itself; ``docs/witnesses.md`` is made from it, and the tests compare it with what happens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import merge_bugs
import pytest
from league import changed
from victim import CHANGED, FEED, MANIFEST, Victim

WITNESSES = {
    "checks": "rules that judge manifest, database and feed before anything is written, and again "
    "when the plan is applied",
    "digests": "the plan’s seal, and its digests of manifest, catalogue and imported rows",
    "lock": "one run at a time: an advisory lock and a unique index",
    "database": "PostgreSQL’s own constraints, while the run is at work",
    "guards": "triggers on users’ tables, and whether they stand as installed and stay armed",
    "structure": "what each table is: its oid, storage, columns, constraints, triggers; sequences; "
    "whether foreign keys are enforced",
    "counters": "PostgreSQL’s count of rows that the transaction wrote",
    "fingerprints": "counts and sums of row hashes, before and after",
    "meanings": "the key behind every reference, before and after",
    "row counts": "what each statement reported, against the plan",
    "second match": "the match, asked again after the merge",
    "certificate": "whether the transaction has a number, asked just before the outcome is written",
    "second look": "guards and tables as another connection sees them at the end",
    "read-back": "the history of users’ rows, read again and compared with its sum",
}

Plant = str | Callable[[Victim], None]


@dataclass(frozen=True, kw_only=True)
class Sabotage:
    """One planted fault."""

    what: str
    """In words, for people."""
    stopped: str
    """The run’s outcome with the guards up."""
    seen: str
    """Who notices: with the guards up, and in the same run without guards."""
    before: Plant = ""
    """Planted before the plan is made."""
    trigger: str = ""
    """Done in the run, by a trigger of an imported table that somebody accepted."""
    after: Plant = ""
    """Planted when the plan is made and the run has not begun."""
    during: tuple[str, str] | None = None
    """(stage of the run, what another session does then)."""
    bug: Callable[[pytest.MonkeyPatch], None] | None = None
    """A fault in seawall’s own code."""
    feed: dict[str, Any] = field(default_factory=lambda: CHANGED)
    accepted: bool = True
    """Triggers and rules were accepted."""
    blamed: bool = True
    """False where the run did no harm: what happened is others’ doing."""
    superuser: bool = False
    """Only a superuser can plant it."""
    needs_guards: bool = False
    """It is done to the guards."""

    @property
    def witnesses(self) -> set[str]:
        """Who notices."""
        return {name for name in self.seen.split(", ") if name}


def declare(old: str, new: str) -> Callable[[Victim], None]:
    """Change the manifest."""
    assert old in MANIFEST, old

    def plant(victim: Victim) -> None:
        victim.declare(MANIFEST.replace(old, new))

    return plant


FLIP = (
    "ALTER TABLE answers DROP CONSTRAINT answers_game_id_fkey,"
    " ADD FOREIGN KEY (game_id) REFERENCES games ON DELETE "
)
REARM = "PERFORM set_config('seawall.armed', 'on', true)"
DISARM = "PERFORM set_config('seawall.armed', 'off', true)"
WRITE_AND_UNDO = (
    "UPDATE answers SET answer = 'no' WHERE id = 1; UPDATE answers SET answer = 'yes' WHERE id = 1"
)
LEAF = "votes_2024"
A_FUNCTION = (
    "CREATE FUNCTION {name}() RETURNS {returns} LANGUAGE plpgsql AS $f$BEGIN {body} END$f$;"
)


def function(name: str, body: str, returns: str = "trigger") -> str:
    """CREATE FUNCTION."""
    return A_FUNCTION.format(name=name, body=body, returns=returns)


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

IN_THE_RUN = [
    Sabotage(
        what="users’ rows are deleted",
        trigger="DELETE FROM answers WHERE id = 1",
        stopped="failed",
        seen="guards, counters, fingerprints, meanings",
    ),
    Sabotage(
        what="a users’ column is updated",
        trigger="UPDATE answers SET answer = 'no' WHERE id = 1",
        stopped="failed",
        seen="guards, counters, fingerprints",
    ),
    Sabotage(
        what="a row is added to the users’",
        trigger="INSERT INTO users (name) VALUES ('Eve')",
        stopped="failed",
        seen="guards, counters, fingerprints",
    ),
    Sabotage(
        what="a user’s row is overwritten by INSERT … ON CONFLICT",
        trigger="INSERT INTO profiles (user_id) VALUES (1)"
        " ON CONFLICT (user_id) DO UPDATE SET nick = 'eve'",
        stopped="failed",
        seen="guards, counters, fingerprints",
    ),
    Sabotage(
        what="a row is updated where the manifest allows inserts alone",
        trigger="UPDATE links SET user_id = 2",
        stopped="failed",
        seen="guards, counters, fingerprints, meanings",
    ),
    Sabotage(
        what="a write that is undone at once",
        trigger=WRITE_AND_UNDO,
        stopped="failed",
        seen="guards, counters",
    ),
    Sabotage(
        what="the scale of a number: 1.0 → 1.00",
        trigger="UPDATE profiles SET price = 1.00",
        stopped="failed",
        seen="guards, counters, fingerprints",
    ),
    Sabotage(
        what="the scale of a number inside jsonb",
        trigger="UPDATE profiles SET settings = '{\"size\": 1.00}'",
        stopped="failed",
        seen="guards, counters, fingerprints",
    ),
    Sabotage(
        what="case alone, in a type that does not mind it (citext)",
        trigger="UPDATE profiles SET nick = upper(nick::text)",
        stopped="failed",
        seen="guards, counters, fingerprints",
    ),
    Sabotage(
        what="the sign of zero",
        trigger="UPDATE profiles SET ratio = '-0'",
        stopped="failed",
        seen="guards, counters, fingerprints",
    ),
    Sabotage(
        what="the last digit of a float, and settings that hide it",
        trigger="UPDATE profiles SET ratio = ratio + 1.4e-17 WHERE ratio > 0;"
        "PERFORM set_config('extra_float_digits', '-15', true)",
        stopped="failed",
        seen="guards, counters, fingerprints",
    ),
    Sabotage(
        what="the same instant, said in another time zone",
        trigger="UPDATE profiles SET seen = seen AT TIME ZONE 'UTC' AT TIME ZONE 'UTC'",
        stopped="failed",
        seen="guards, counters",
    ),
    Sabotage(
        what="a write whose refusal is swallowed",
        trigger="BEGIN DELETE FROM answers; EXCEPTION WHEN sqlstate 'SW001' THEN NULL; END",
        stopped="failed",
        seen="guards, counters, fingerprints, meanings",
    ),
    Sabotage(
        what="a write inside a savepoint that is rolled back",
        trigger="BEGIN DELETE FROM answers; RAISE 'undo'; EXCEPTION WHEN OTHERS THEN NULL; END",
        stopped="failed",
        seen="guards, counters",
    ),
    Sabotage(
        what="two references are swapped: no orphan",
        trigger="UPDATE answers SET team_id = (SELECT sum(team_id) FROM answers) - team_id",
        stopped="failed",
        seen="guards, counters, fingerprints, meanings",
    ),
    Sabotage(
        what="an imported row gets another key: the reference stands, its meaning does not",
        trigger="UPDATE games SET day = '2030-01-01' WHERE day = '2024-09-24'",
        stopped="failed",
        seen="meanings",
    ),
    Sabotage(
        what="ids are issued anew behind foreign keys that are off",
        trigger="PERFORM set_config('session_replication_role', 'replica', true);"
        "UPDATE clubs SET id = id + 100",
        stopped="failed",
        seen="fingerprints, meanings",
        superuser=True,
    ),
    Sabotage(
        what="session_replication_role = replica inside a trigger, and a DELETE",
        trigger="PERFORM set_config('session_replication_role', 'replica', true);DELETE FROM users",
        stopped="failed",
        seen="guards, counters, fingerprints, meanings",
        superuser=True,
    ),
    Sabotage(
        what="session_replication_role = replica inside a trigger, and nothing more",
        trigger="PERFORM set_config('session_replication_role', 'replica', true)",
        stopped="unverified",
        seen="structure",
        superuser=True,
    ),
    Sabotage(
        what="a user table is truncated",
        trigger="TRUNCATE favourites",
        stopped="failed",
        seen="guards, structure, fingerprints, meanings",
    ),
    Sabotage(
        what="a leaf partition is truncated",
        trigger=f"TRUNCATE {LEAF}",
        stopped="failed",
        seen="guards, structure, fingerprints",
    ),
    Sabotage(
        what="a row moves to another partition",
        trigger="UPDATE votes SET day = '2030-01-01' WHERE id = 1",
        stopped="failed",
        seen="guards, counters, fingerprints",
    ),
    Sabotage(
        what="a row of an inheritance child is deleted",
        trigger="DELETE FROM long_notes",
        stopped="failed",
        seen="guards, counters, fingerprints",
    ),
    Sabotage(
        what="a user table is rewritten (ALTER TYPE)",
        trigger="EXECUTE 'ALTER TABLE profiles ALTER price TYPE numeric(10,0)'",
        stopped="failed",
        seen="structure, fingerprints",
    ),
    Sabotage(
        what="a user table is renamed away and an empty one put in its place, in the run",
        trigger="EXECUTE 'ALTER TABLE favourites RENAME TO gone';"
        "EXECUTE 'CREATE TABLE favourites (LIKE gone)'",
        stopped="failed",
        seen="structure",
    ),
    Sabotage(
        what="a trigger of a user table is added in the run",
        trigger="EXECUTE 'CREATE TRIGGER more BEFORE INSERT ON favourites"
        " FOR EACH ROW EXECUTE FUNCTION meddle()'",
        stopped="failed",
        seen="structure",
    ),
    Sabotage(
        what="a guard is disabled in the run",
        trigger="EXECUTE 'ALTER TABLE answers DISABLE TRIGGER \"0_seawall_guard_rows\"'",
        stopped="failed",
        seen="structure",
        needs_guards=True,
    ),
    Sabotage(
        what="the guards are disarmed, users’ rows deleted, the guards armed again",
        trigger=f"{DISARM}; DELETE FROM favourites; {REARM}",
        stopped="failed",
        seen="counters, fingerprints, meanings",
    ),
    Sabotage(
        what="the guards are disarmed, a write is undone, the guards armed again",
        trigger=f"{DISARM}; {WRITE_AND_UNDO}; {REARM}",
        stopped="failed",
        seen="counters",
    ),
    Sabotage(
        what="the guards are disarmed, and nothing more",
        trigger=DISARM,
        stopped="unverified",
        seen="guards",
    ),
    Sabotage(
        what="a write is undone while the counters are switched off",
        trigger=f"PERFORM set_config('track_counts', 'off', true); {WRITE_AND_UNDO};"
        "PERFORM set_config('track_counts', 'on', true)",
        stopped="failed",
        seen="guards",
        superuser=True,
    ),
    Sabotage(
        what="a users’ column of an imported table is overwritten",
        trigger="UPDATE clubs SET address = 'gone'",
        stopped="failed",
        seen="guards, fingerprints",
    ),
    Sabotage(
        what="the same, with the guards disarmed and armed again",
        trigger=f"{DISARM}; UPDATE clubs SET address = 'gone'; {REARM}",
        stopped="failed",
        seen="fingerprints",
    ),
    Sabotage(
        what="an imported row that users mean is deleted behind a soft reference",
        before="ALTER TABLE teams DROP CONSTRAINT teams_club_id_fkey",
        trigger="DELETE FROM clubs WHERE name = 'Valley Lo'",
        stopped="failed",
        seen="fingerprints, meanings",
    ),
    Sabotage(
        what="a deferred constraint trigger acts at COMMIT",
        before=function("late", "DELETE FROM favourites; RETURN NULL;")
        + "CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON teams DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION late()",
        stopped="failed",
        seen="guards, counters, fingerprints, meanings",
    ),
    Sabotage(
        what="an accepted rule also deletes users’ rows (DO ALSO)",
        before="CREATE RULE forget AS ON DELETE TO games DO ALSO DELETE FROM favourites",
        stopped="failed",
        seen="guards, counters, fingerprints, meanings",
    ),
    Sabotage(
        what="an accepted rule swallows a write (DO INSTEAD)",
        before="CREATE RULE no AS ON DELETE TO games DO INSTEAD NOTHING",
        stopped="failed",
        seen="row counts",
    ),
    Sabotage(
        what="a trigger swallows a write",
        before=function("no", "RETURN NULL;")
        + "CREATE TRIGGER no BEFORE UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION no()",
        stopped="failed",
        seen="row counts",
    ),
    Sabotage(
        what="a trigger writes something else than the feed says",
        before=function("other", "new.wins := 99; RETURN new;")
        + "CREATE TRIGGER other BEFORE UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION other()",
        stopped="unverified",
        seen="second match",
    ),
    Sabotage(
        what="a table that the manifest does not name is written",
        trigger="INSERT INTO visits (page) VALUES ('/import')",
        stopped="failed",
        seen="counters",
    ),
    Sabotage(
        what="a table that the manifest does not name is truncated",
        trigger="TRUNCATE visits",
        stopped="failed",
        seen="structure",
    ),
    Sabotage(
        what="the history of users’ rows is truncated",
        trigger="TRUNCATE seawall.row_history",
        stopped="failed",
        seen="structure",
    ),
    Sabotage(
        what="the ledger forgets whose a table is",
        trigger="DELETE FROM seawall.ownership",
        stopped="failed",
        seen="counters",
    ),
    Sabotage(
        what="the record of the guards is taken away, so that the next run asks for none",
        trigger="DELETE FROM seawall.guards",
        stopped="failed",
        seen="counters",
        needs_guards=True,
    ),
    Sabotage(
        what="the ledger’s record of what references mean is changed",
        trigger="UPDATE seawall.referenced_identity SET identity = ''",
        stopped="failed",
        seen="counters, meanings",
    ),
    Sabotage(
        what="a partition of a user table is detached",
        trigger="EXECUTE 'ALTER TABLE votes DETACH PARTITION votes_2024'",
        stopped="failed",
        seen="structure, fingerprints",
    ),
    Sabotage(
        what="what a large object of a user’s holds is overwritten",
        trigger="PERFORM lo_put(photo, 0, 'no face') FROM profiles",
        stopped="failed",
        seen="counters",
    ),
    Sabotage(
        what="a sequence of a user table is set back",
        trigger="PERFORM setval('answers_id_seq', 1)",
        stopped="unverified",
        seen="structure",
    ),
    Sabotage(
        what="search_path and row_security are changed, and rows hidden behind them",
        before="CREATE SCHEMA other; CREATE TABLE other.answers (LIKE public.answers)",
        trigger="DELETE FROM public.answers WHERE id = 1;"
        "PERFORM set_config('search_path', 'other', true);"
        "PERFORM set_config('row_security', 'on', true)",
        stopped="failed",
        seen="guards, counters, fingerprints, meanings",
    ),
]

FAULTS_OF_OUR_OWN = [
    Sabotage(
        what="the merge’s UPDATE lost its WHERE",
        bug=merge_bugs.update_without_where,
        feed={"teams": changed(FEED["teams"], {"club": "Tennaqua"}, wins=4)},
        stopped="failed",
        seen="row counts",
    ),
    Sabotage(
        what="the merge’s UPDATE joins the wrong rows, as many as planned",
        bug=merge_bugs.update_of_wrong_rows,
        stopped="unverified",
        seen="second match",
    ),
    Sabotage(
        what="the merge’s INSERT gives children the wrong parent",
        bug=merge_bugs.insert_below_wrong_parent,
        stopped="unverified",
        seen="second match",
    ),
    Sabotage(
        what="the merge’s DELETE lost its WHERE",
        bug=merge_bugs.delete_without_where,
        stopped="failed",
        seen="database",
    ),
    Sabotage(
        what="the merge deletes rows that users refer to",
        bug=merge_bugs.delete_held_rows,
        feed={**FEED, "games": FEED["games"][2:]},
        stopped="failed",
        seen="database",
    ),
    Sabotage(
        what="the merge deletes another row than planned",
        bug=merge_bugs.delete_wrong_row,
        stopped="unverified",
        seen="second match",
    ),
    Sabotage(
        what="the merge writes a user table",
        bug=merge_bugs.write_users_too,
        stopped="failed",
        seen="guards, counters, fingerprints",
    ),
    Sabotage(
        what="the merge writes although nothing changed",
        bug=merge_bugs.write_without_need,
        feed=FEED,
        stopped="unverified",
        seen="certificate",
    ),
]

BESIDE_THE_RUN = [
    Sabotage(
        what="somebody disables a guard while the run is at work",
        during=("verifying", 'ALTER TABLE answers DISABLE TRIGGER "0_seawall_guard_rows"'),
        stopped="unverified",
        seen="second look",
    ),
    Sabotage(
        what="somebody drops a user table and makes it anew, empty, after planning",
        after="DROP TABLE journal; CREATE TABLE journal (id integer PRIMARY KEY, entry text)",
        stopped="unverified",
        seen="guards",
        blamed=False,
    ),
    Sabotage(
        what="users insert, change and delete while the run is at work (no sabotage: no blame)",
        during=(
            "verifying",
            "INSERT INTO users (name) VALUES ('Eve'); UPDATE answers SET answer = 'no';"
            "DELETE FROM favourites",
        ),
        stopped="done",
        seen="",
        blamed=False,
    ),
    Sabotage(
        what="a version in the history is altered",
        before="UPDATE seawall.row_history SET row_values[2] = 'Eve' WHERE row_values[2] = 'Ann'",
        stopped="done",
        seen="read-back",
    ),
    Sabotage(
        what="a version in the history is deleted",
        before="DELETE FROM seawall.row_history WHERE row_values[2] = 'Ann'",
        stopped="done",
        seen="read-back",
    ),
]

GROUPS = {
    "Planted before the plan": BEFORE_THE_PLAN,
    "Planted between plan and run": AFTER_THE_PLAN,
    "Done in the run, by an accepted trigger or rule of an imported table": IN_THE_RUN,
    "Faults of seawall’s own merge": FAULTS_OF_OUR_OWN,
    "Done by others": BESIDE_THE_RUN,
}
EVERY = [sabotage for group in GROUPS.values() for sabotage in group]


def named(what: str) -> Sabotage:
    """The sabotage of these words."""
    [found] = [sabotage for sabotage in EVERY if sabotage.what == what]
    return found
