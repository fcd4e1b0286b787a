"""Recall: a table that equalled this feed before, and was not written since, is not matched again;
whatever is not just so is."""

from __future__ import annotations

from typing import Any

import pytest
from league import CLUBS, FEED, GAMES, MANIFEST, SCHEMA, TEAMS
from league_fixtures import MakeReload
from reload_case import Reload, Rows, counts

from seawall import Plan

TABLES = ("clubs", "teams", "games")


def recalled(plan: Plan) -> set[str]:
    return {name for name, difference in plan.differences.items() if difference.recalled}


def forget(league: Reload) -> None:
    league.execute("UPDATE seawall.runs SET equal_tables = '{}'")


def said(plan: Plan) -> Any:
    """What a plan says of its tables and records; examples are in no order."""
    tables = {name: (counts(plan, name), plan.tables[name].unresolved) for name in plan.tables}
    return tables, plan.files, {finding.subject for finding in plan.findings}


def test_an_unchanged_feed_is_recalled_in_whatever_order_it_comes(league: Reload) -> None:
    turned: dict[str, Rows] = {name: rows[::-1] for name, rows in FEED.items()}
    league.execute("INSERT INTO answers (user_id, team_id, answer) SELECT 1, id, 'no' FROM teams")

    plan = league.plan(**turned)

    assert recalled(plan) == set(TABLES)
    report = league.engine.apply(plan)
    assert (report["outcome"], report["certified"]) == ("unchanged", True)
    assert counts(report, "games") == {"staged": 2, "same": 2}


def test_what_a_run_wrote_is_recalled_too(league: Reload) -> None:
    feed = {**FEED, "teams": [{**TEAMS[0], "wins": 4}, TEAMS[1], {**TEAMS[1], "name": "23"}]}
    assert league.load(**feed)["outcome"] == "done"
    assert recalled(league.plan(**feed)) == set(TABLES)


@pytest.mark.parametrize(
    ("table", "rows", "known"),
    [
        ("clubs", [CLUBS[0], {**CLUBS[1], "city": "Wilmette"}], set()),
        ("teams", [{**TEAMS[0], "wins": 4}, TEAMS[1]], {"clubs"}),
        ("games", [{**GAMES[0], "score": "0-6, 0-6"}, GAMES[1]], {"clubs", "teams"}),
        ("games", [*GAMES, {**GAMES[1], "day": "2024-10-08"}], {"clubs", "teams"}),
        ("games", [GAMES[0]], {"clubs", "teams"}),
    ],
)
def test_what_the_feed_changes_is_matched_with_all_that_refers_to_it(
    league: Reload, table: str, rows: Rows, known: set[str]
) -> None:
    plan = league.plan(**{**FEED, table: rows})
    assert recalled(plan) == known
    assert plan.writes


def test_rows_that_exchange_a_value_are_changed(league: Reload) -> None:
    """What tells staged rows apart must not be a sum in which an exchange cancels."""
    teams = [{**TEAMS[0], "wins": TEAMS[1]["wins"]}, {**TEAMS[1], "wins": TEAMS[0]["wins"]}]
    plan = league.plan(**{**FEED, "teams": teams})
    assert recalled(plan) == {"clubs"}
    assert counts(plan, "teams") == {"staged": 2, "changed": 2}


@pytest.mark.parametrize(
    ("deed", "known", "table", "found"),
    [
        ("UPDATE clubs SET city = 'Elsewhere' WHERE id = 1", set(), "clubs", "changed"),
        ("UPDATE clubs SET city = 'Elsewhere'", set(), "clubs", "changed"),
        ("UPDATE clubs SET name = 'Elsewhere' WHERE id = 1", set(), "clubs", "new"),
        ("INSERT INTO clubs (name) VALUES ('Third')", set(), "clubs", "vanished"),
        ("UPDATE teams SET wins = 9 WHERE id = 1", {"clubs"}, "teams", "changed"),
        ("UPDATE teams SET retired_at = now() WHERE id = 1", {"clubs"}, "teams", "reinstated"),
        ("DELETE FROM games WHERE day = '2024-10-01'", {"clubs", "teams"}, "games", "new"),
        (
            "INSERT INTO games (day, home_id) VALUES ('2024-12-24', 1)",
            {"clubs", "teams"},
            "games",
            "vanished",
        ),
        (
            "INSERT INTO seawall.retired (table_name, row_id, run_id)"
            " SELECT 'games', id::text, 1 FROM games WHERE day = '2024-10-01'",
            set(),
            "games",
            "reinstated",
        ),
    ],
)
def test_what_somebody_wrote_by_hand_is_found(
    league: Reload, deed: str, known: set[str], table: str, found: str
) -> None:
    assert recalled(league.plan(**FEED)) == set(TABLES)
    league.execute(deed)

    plan = league.plan(**FEED)

    assert recalled(plan) == known
    assert counts(plan, table)[found] >= 1
    forget(league)
    afresh = league.plan(**FEED)
    assert recalled(afresh) == set()
    assert said(plan) == said(afresh)


@pytest.mark.parametrize(
    "deed",
    ["UPDATE teams SET name = '33' WHERE id = 1", "UPDATE clubs SET name = 'Third' WHERE id = 1"],
)
def test_parents_that_the_feed_does_not_carry_count_too(league: Reload, deed: str) -> None:
    """The games' teams are named by their clubs."""
    league.load(games=GAMES)
    assert recalled(league.plan(games=GAMES)) == {"games"}
    league.execute(deed)
    plan = league.plan(games=GAMES)
    assert recalled(plan) == set()
    forget(league)
    assert said(plan) == said(league.plan(games=GAMES))


@pytest.mark.parametrize("city", ["Deerfield", "Highland Park"])
def test_what_a_trigger_wrote_elsewhere_is_found_by_the_next_run(
    make: MakeReload, city: str
) -> None:
    """Whether the run writes that table itself or not."""
    league = make(
        SCHEMA + "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
        "  UPDATE clubs SET city = 'Meddled' WHERE name = 'Valley Lo'; RETURN NULL; END$$;"
        "CREATE TRIGGER meddle AFTER UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION meddle();",
        MANIFEST,
    )
    league.load(**FEED)
    clubs = [{**CLUBS[0], "city": city}, CLUBS[1]]
    feed = {"clubs": clubs, "teams": [{**TEAMS[0], "wins": 4}, TEAMS[1]]}
    assert league.load(**feed)["outcome"] == "done"

    plan = league.plan(**feed)

    assert "clubs" not in recalled(plan)
    assert counts(plan, "clubs") == {"staged": 2, "same": 1, "changed": 1}


def test_a_row_that_names_a_parent_in_vain_is_counted_as_before(league: Reload) -> None:
    feed = {**FEED, "games": [{**GAMES[0], "away": "99"}, GAMES[1]]}
    league.load(**feed)
    plan = league.plan(**feed)
    assert recalled(plan) == set(TABLES)
    assert plan.tables["games"].unresolved == {"away_id": 1}
    forget(league)
    assert said(plan) == said(league.plan(**feed))


def test_a_row_whose_parent_is_nowhere_is_set_aside_every_time(league: Reload) -> None:
    feed = {**FEED, "games": [*GAMES, {**GAMES[1], "home": "99"}]}
    for _ in range(3):
        report = league.load(**feed)
        assert report["files"]["games.json"]["set_aside"] == 1
        assert "games" not in recalled(league.plan(**feed))


def test_a_row_that_the_feed_lacks_is_counted_as_long_as_users_refer_to_it(
    league: Reload,
) -> None:
    feed = {**FEED, "games": [GAMES[1]]}
    assert counts(league.load(**feed), "games")["held"] == 1
    assert recalled(league.plan(**feed)) == set(TABLES)
    again = league.load(**feed)
    assert (again["outcome"], counts(again, "games")["held"]) == ("unchanged", 1)
    league.execute("DELETE FROM answers")
    assert "held" not in counts(league.load(**feed), "games")


def test_a_row_that_only_other_files_could_miss_stands_in_the_way(league: Reload) -> None:
    """It is not judged as long as its policy is to keep it; another manifest may say otherwise."""
    league.declare(
        league.manifest_text.partition('name = "league"\n')[2].replace(
            'vanished = "delete"', 'vanished = "keep"'
        )
    )
    feed = {**FEED, "games": [GAMES[1]]}
    for _ in range(2):
        assert league.load(**feed)["outcome"] == "unchanged"
        assert recalled(league.plan(**feed)) == {"clubs", "teams"}


def test_another_question_is_asked_anew(league: Reload) -> None:
    """What the manifest says decides what differs."""
    feed = {**FEED, "teams": [{**TEAMS[0], "captain": None, "wins": None}, TEAMS[1]]}
    league.load(**feed)
    assert league.value("SELECT wins FROM teams WHERE id = 1") == 3
    assert recalled(league.plan(**feed)) == set(TABLES)
    league.declare(
        league.manifest_text.partition('name = "league"\n')[2].replace(
            'nulls_overwrite = ["captain"]', 'nulls_overwrite = ["captain", "wins"]'
        )
    )
    plan = league.plan(**feed)
    assert recalled(plan) == {"clubs"}
    assert counts(plan, "teams")["changed"] == 1


def test_a_feed_without_a_table_forgets_nothing_and_invents_nothing(league: Reload) -> None:
    part = {name: FEED[name] for name in ("clubs", "teams")}
    assert recalled(league.plan(**part)) == {"clubs", "teams"}
    league.load(**part)
    assert recalled(league.plan(**FEED)) == {"clubs", "teams"}
    assert league.load(**FEED)["outcome"] == "unchanged"


def test_a_refused_or_failed_run_leaves_nothing_to_recall(league: Reload) -> None:
    feed = {**FEED, "games": []}
    assert league.run(**feed)["outcome"] == "refused"
    plan = league.plan(**FEED)
    assert recalled(plan) == set(TABLES)


def test_an_unverified_run_leaves_nothing_to_recall(make: MakeReload) -> None:
    league = make(
        SCHEMA + "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
        "  NEW.city = upper(NEW.city); RETURN NEW; END$$;"
        "CREATE TRIGGER shout BEFORE INSERT ON clubs FOR EACH ROW EXECUTE FUNCTION shout();",
        MANIFEST,
    )
    assert league.run(**FEED)["outcome"] == "unverified"
    plan = league.plan(**FEED)
    assert recalled(plan) == set()
    assert counts(plan, "clubs") == {"staged": 2, "changed": 2}
