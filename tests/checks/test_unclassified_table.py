"""unclassified-table: a table in reach of an imported one, and nobody said whose it is."""

from __future__ import annotations

from judging import found
from league import MANIFEST
from reload_case import Reload


def test_every_table_in_reach_is_classified(league: Reload):
    league.execute("CREATE TABLE elsewhere (id integer PRIMARY KEY)")
    assert found(league) == {}


def test_a_new_table_that_refers_to_an_imported_one(league: Reload):
    league.execute("CREATE TABLE votes (team_id integer REFERENCES teams)")
    finding = found(league)["unclassified-table"]
    assert finding.table == "votes"
    assert "[tables.votes]" in finding.fix
    assert not finding.acceptable


def test_a_table_that_refers_to_one_in_reach(league: Reload):
    league.execute(
        "CREATE TABLE votes (id integer PRIMARY KEY REFERENCES answers);"
        "CREATE TABLE counts (vote_id integer REFERENCES votes)"
    )
    tables = {f.table for f in league.engine.check() if f.check == "unclassified-table"}
    assert tables == {"votes", "counts"}


def test_an_ignored_table_needs_a_reason_and_passes(league: Reload):
    league.execute("CREATE TABLE votes (team_id integer REFERENCES teams)")
    league.declare(MANIFEST + '[tables.votes]\nowner = "ignored"\nreason = "a cache"\n')
    assert found(league) == {}


def test_taking_a_line_out_of_the_manifest_does_not_end_the_protection(league: Reload):
    league.declare(MANIFEST.replace('[tables.answers]\nowner = "users"\n', ""))
    finding = next(f for f in league.engine.check() if f.table == "answers")
    assert finding.stops
    assert "users" in finding.message


def test_partitions_follow_their_parent(league: Reload):
    league.execute(
        "CREATE TABLE votes (team_id integer REFERENCES teams, n integer) PARTITION BY LIST (n);"
        "CREATE TABLE votes_1 PARTITION OF votes FOR VALUES IN (1)"
    )
    league.declare(MANIFEST + '[tables.votes]\nowner = "users"\n')
    assert found(league) == {}
