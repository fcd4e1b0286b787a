"""Rows that the feed no longer has: retire, delete, keep, refuse; held rows, and returning ones."""

from __future__ import annotations

import pytest
from league import CLUBS, FEED, GAMES, MANIFEST, TEAMS, changed, without
from reload_case import Reload, checks_of, counts

LESS = {**FEED, "teams": without(TEAMS, club="Valley Lo")}
NO_CLUB = {**FEED, "clubs": without(CLUBS, name="Valley Lo")}
RETIRED = "SELECT t.id FROM teams t WHERE retired_at IS NOT NULL"
IN_LEDGER = "SELECT table_name, row_id::integer FROM seawall.retired"


def with_policy(league: Reload, table: str, policy: str) -> None:
    """Say what happens to vanished rows of a table."""
    before = f'[tables.{table}]\nowner = "feed"\n'
    text = MANIFEST.replace('vanished = "delete"\n', "")
    assert before in text
    text = text.replace(before, f'{before}vanished = "{policy}"\n')
    if policy == "delete":
        text = text.replace('user_columns = ["address"]\n', "")
        league.execute("UPDATE clubs SET address = NULL")
    league.declare_anew(text)


def test_retired_in_a_column_of_the_table(league: Reload):
    team = league.value("SELECT id FROM teams WHERE wins = 1")
    report = league.run(**LESS)
    assert counts(report, "teams") == {"staged": 1, "same": 1, "vanished": 1, "retired": 1}
    assert league.rows(RETIRED) == [(team,)]


def test_retired_in_the_ledger_where_the_table_has_no_column(league: Reload):
    club = league.value("SELECT id FROM clubs WHERE name = 'Valley Lo'")
    report = league.run(**NO_CLUB)
    assert counts(report, "clubs") == {
        "staged": 1,
        "same": 1,
        "vanished": 1,
        "retired": 1,
        "held": 1,
    }
    assert league.rows(IN_LEDGER) == [("clubs", club)]


@pytest.mark.parametrize("gone", [LESS, NO_CLUB], ids=["column", "ledger"])
def test_a_retired_row_is_not_written_again(league: Reload, gone: dict):
    league.run(**gone)
    report = league.run(**gone)
    assert (report["outcome"], report["certified"]) == ("unchanged", True)


@pytest.mark.parametrize(("table", "gone"), [("teams", LESS), ("clubs", NO_CLUB)])
def test_a_returning_row_has_its_old_id(league: Reload, table: str, gone: dict):
    ids = league.rows(f"SELECT id FROM {table} ORDER BY id")
    league.run(**gone)
    report = league.run(**FEED)
    assert counts(report, table) == {"staged": 2, "same": 1, "changed": 1, "reinstated": 1}
    assert league.rows(f"SELECT id FROM {table} ORDER BY id") == ids
    assert league.rows(RETIRED) == league.rows(IN_LEDGER) == []


def test_a_returning_row_brings_its_new_values(league: Reload):
    league.run(**LESS)
    league.run(**{**FEED, "teams": changed(TEAMS, {"club": "Valley Lo"}, wins=7)})
    assert league.rows("SELECT wins, retired_at FROM teams WHERE wins = 7") == [(7, None)]


def test_deleted_when_nothing_refers_to_it(league: Reload):
    report = league.run(**{**FEED, "games": GAMES[:1]})
    assert counts(report, "games") == {"staged": 1, "same": 1, "vanished": 1, "deleted": 1}
    assert league.value("SELECT count(*) FROM games") == 1


def test_held_and_retired_when_a_user_refers_to_it(league: Reload):
    game = league.value("SELECT id::text FROM games WHERE day = '2024-09-24'")
    report = league.run(**{**FEED, "games": GAMES[1:]})
    assert counts(report, "games") == {
        "staged": 1,
        "same": 1,
        "vanished": 1,
        "retired": 1,
        "held": 1,
    }
    assert league.rows("SELECT row_id FROM seawall.retired") == [(game,)]
    assert league.value("SELECT count(DISTINCT game_id) FROM answers") == 1


def test_a_held_row_is_listed_on_every_run(league: Reload):
    held = {**FEED, "games": GAMES[1:]}
    league.run(**held)
    assert counts(league.run(**held), "games") == {"staged": 1, "same": 1, "held": 1}


def test_held_by_a_soft_reference(league: Reload):
    with_policy(league, "clubs", "delete")
    report = league.run(clubs=[], teams=[], games=[], accept=empty("clubs", "teams", "games"))
    assert counts(report, "clubs") == {"vanished": 2, "retired": 2, "held": 2}
    assert league.value("SELECT count(*) FROM clubs") == 2


def test_children_are_deleted_before_their_parents(league: Reload):
    league.execute("DELETE FROM answers; DELETE FROM favourites; UPDATE clubs SET address = NULL")
    text = MANIFEST.replace('user_columns = ["address"]\n', "").replace('vanished = "delete"\n', "")
    league.declare_anew(text.replace('owner = "feed"\n', 'owner = "feed"\nvanished = "delete"\n'))
    report = league.run(clubs=CLUBS[:1], teams=TEAMS[:1], games=[], accept=empty("games"))
    assert report["outcome"] == "done"
    assert {table: counts(report, table)["deleted"] for table in FEED} == {
        "clubs": 1,
        "teams": 1,
        "games": 2,
    }


def test_a_parent_is_held_while_an_imported_row_refers_to_it(league: Reload):
    league.execute("DELETE FROM favourites")
    with_policy(league, "clubs", "delete")
    plan = league.plan(**NO_CLUB)
    report = league.engine.apply(plan)
    expected = {"staged": 1, "same": 1, "vanished": 1, "retired": 1}
    assert counts(plan, "clubs") == counts(report, "clubs") == expected


def test_a_parent_is_held_when_a_new_row_refers_to_it(league: Reload):
    """The feed's games name a team that its teams lack: plan and outcome agree on holding it."""
    league.execute("DELETE FROM answers; DELETE FROM games")
    with_policy(league, "teams", "delete")
    plan = league.plan(**LESS)
    report = league.engine.apply(plan)
    expected = {"staged": 1, "same": 1, "vanished": 1, "retired": 1}
    assert counts(plan, "teams") == counts(report, "teams") == expected


def test_a_parent_goes_when_its_last_child_moves_away(league: Reload):
    league.execute("DELETE FROM answers")
    with_policy(league, "teams", "delete")
    moved = [{**GAMES[0], "away_club": "Tennaqua"}]
    league.run(**{**FEED, "games": moved}, accept=None)
    league.execute("DELETE FROM games WHERE day <> '2024-09-24'")
    league.run(**{**FEED, "games": GAMES[:1]})
    plan = league.plan(clubs=CLUBS, teams=without(TEAMS, club="Valley Lo"), games=moved)
    report = league.engine.apply(plan)
    expected = {"staged": 1, "same": 1, "vanished": 1, "deleted": 1}
    assert counts(plan, "teams") == counts(report, "teams") == expected


def test_kept_as_it_is(league: Reload):
    with_policy(league, "teams", "keep")
    before = league.image("teams")
    plan = league.plan(**LESS)
    report = league.engine.apply(plan)
    assert report["outcome"] == "unchanged"
    assert counts(plan, "teams") == counts(report, "teams")
    assert league.image("teams") == before


def test_refused_and_kept_when_accepted(league: Reload):
    with_policy(league, "teams", "refuse")
    before = league.image("teams", "answers")
    refused = league.run(**LESS)
    assert (refused["outcome"], checks_of(refused)) == ("refused", {"vanished-refused"})
    accepted = league.run(**LESS, accept={"vanished-refused:teams": "it folded"})
    assert accepted["outcome"] == "unchanged"
    assert league.image("teams", "answers") == before


def test_a_missing_file_says_nothing(league: Reload):
    report = league.run(clubs=CLUBS)
    assert report["outcome"] == "unchanged"
    assert list(report["tables"]) == ["clubs"]


def test_an_empty_file_is_refused_and_then_accepted(league: Reload):
    refused = league.run(**{**FEED, "games": []})
    assert (refused["outcome"], checks_of(refused)) == ("refused", {"empty-feed"})
    assert league.value("SELECT count(*) FROM games") == 2
    accepted = league.run(**{**FEED, "games": []}, accept=empty("games"))
    assert counts(accepted, "games") == {"vanished": 2, "retired": 1, "deleted": 1, "held": 1}


def empty(*tables: str) -> dict[str, str]:
    """Acceptances of empty files."""
    return {f"empty-feed:{table}": "the season has not begun" for table in tables}
