"""Sabotages by triggers and rules of the imported tables, in the run’s own transaction."""

from __future__ import annotations

from planting import (
    DISARM,
    LEAF,
    REARM,
    WRITE_AND_UNDO,
    Sabotage,
    function,
)

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
