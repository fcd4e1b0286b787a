"""cascade-to-users: deleting or re-keying an imported row would reach users' rows."""

from __future__ import annotations

import pytest
from judging import EVERY_TABLE, found
from league import FEED, MANIFEST, TEAMS, without
from reload_case import Reload, checks_of

AGAIN = (
    "ALTER TABLE answers DROP CONSTRAINT answers_team_id_fkey,"
    " ADD CONSTRAINT answers_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams {}"
)


@pytest.mark.parametrize("action", ["ON DELETE NO ACTION", "ON DELETE RESTRICT ON UPDATE RESTRICT"])
def test_actions_that_stop_a_delete_pass(league: Reload, action: str):
    league.execute(AGAIN.format(action))
    assert found(league) == {}


@pytest.mark.parametrize(
    "action",
    [
        "ON DELETE CASCADE",
        "ON DELETE SET NULL",
        "ON DELETE SET DEFAULT",
        "ON UPDATE CASCADE",
        "ON UPDATE SET NULL",
    ],
)
def test_actions_that_write_users_rows_are_refused(league: Reload, action: str):
    league.execute(AGAIN.format(action))
    before = league.image(*EVERY_TABLE)
    finding = found(league)["cascade-to-users"]
    assert finding.table == "answers"
    assert action in finding.message
    report = league.run(**{**FEED, "teams": without(TEAMS, club="Tennaqua")})
    assert (report["outcome"], checks_of(report)) == ("refused", {"cascade-to-users"})
    assert league.image(*EVERY_TABLE) == before


def test_the_fix_that_is_printed_mends_it(league: Reload):
    league.execute(AGAIN.format("ON DELETE CASCADE"))
    league.execute(found(league)["cascade-to-users"].fix)
    assert found(league) == {}


def test_a_cascade_through_another_imported_table(league: Reload):
    league.execute(
        "ALTER TABLE games DROP CONSTRAINT games_home_id_fkey, ADD CONSTRAINT games_home_id_fkey"
        " FOREIGN KEY (home_id) REFERENCES teams ON DELETE CASCADE;"
        "ALTER TABLE answers DROP CONSTRAINT answers_game_id_fkey, ADD CONSTRAINT"
        " answers_game_id_fkey FOREIGN KEY (game_id) REFERENCES games ON DELETE SET NULL"
    )
    assert "answers_game_id_fkey" in found(league)["cascade-to-users"].message


def test_a_cascade_between_imported_tables_alone_passes(league: Reload):
    league.execute(
        "ALTER TABLE games DROP CONSTRAINT games_away_id_fkey, ADD CONSTRAINT games_away_id_fkey"
        " FOREIGN KEY (away_id) REFERENCES teams ON DELETE CASCADE"
    )
    assert found(league) == {}


def test_it_cannot_be_accepted(league: Reload):
    league.execute(AGAIN.format("ON DELETE CASCADE"))
    assert not found(league)["cascade-to-users"].acceptable


SHAPES = {
    "a composite key": (
        "CREATE TABLE picks (id integer PRIMARY KEY, club_id integer, name text,"
        " FOREIGN KEY (club_id, name) REFERENCES teams (club_id, name) {})"
    ),
    "a table that also refers to itself": (
        "CREATE TABLE picks (id integer PRIMARY KEY, reply_to integer REFERENCES picks"
        " ON DELETE CASCADE, team_id integer REFERENCES teams {})"
    ),
    "a partitioned table": (
        "CREATE TABLE picks (id integer, day date, team_id integer REFERENCES teams {})"
        " PARTITION BY RANGE (day); CREATE TABLE picks_all PARTITION OF picks DEFAULT"
    ),
    "one partition": (
        "CREATE TABLE picks (id integer, day date, team_id integer) PARTITION BY RANGE (day);"
        "CREATE TABLE picks_all PARTITION OF picks DEFAULT;"
        "ALTER TABLE picks_all ADD FOREIGN KEY (team_id) REFERENCES teams {}"
    ),
    "an inheritance child": (
        "CREATE TABLE picks (id integer, team_id integer);"
        "CREATE TABLE more_picks () INHERITS (picks);"
        "ALTER TABLE more_picks ADD FOREIGN KEY (team_id) REFERENCES teams {}"
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_a_users_table(league: Reload, shape: str):
    league.declare(MANIFEST + '[tables.picks]\nowner = "users"\n')
    league.execute(SHAPES[shape].format("ON DELETE NO ACTION"))
    assert "cascade-to-users" not in found(league)
    league.execute("DROP TABLE picks CASCADE")
    league.execute(SHAPES[shape].format("ON DELETE CASCADE"))
    assert "picks" in found(league)["cascade-to-users"].message
