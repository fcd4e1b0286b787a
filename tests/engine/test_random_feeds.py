"""Random feeds over random states: the database equals the model, and users' rows never move."""

from __future__ import annotations

from typing import Any

import league_model
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from league import MANIFEST, SCHEMA, USER_TABLES
from league_fixtures import MakeReload
from reload_case import Reload, counts

CLUBS, TEAMS, DAYS = ("A", "B", "C"), ("1", "2"), ("2024-09-24", "2024-10-01")
Feed = dict[str, list[dict[str, Any]]]


def rows(key: tuple[str, ...], **columns: some.SearchStrategy[Any]) -> some.SearchStrategy[Any]:
    return some.lists(
        some.fixed_dictionaries(columns),
        max_size=4,
        unique_by=lambda row: tuple(row[column] for column in key),
    )


def one_of(*values: Any) -> some.SearchStrategy[Any]:
    return some.sampled_from(values)


# Each file may be missing, empty, or name parents that no other file has.
FEEDS = some.fixed_dictionaries(
    {},
    optional={
        "clubs": rows(("name",), name=one_of(*CLUBS), city=one_of(None, "x", "y")),
        "teams": rows(
            ("club", "name"),
            club=one_of(*CLUBS),
            name=one_of(*TEAMS),
            wins=one_of(None, 1, 2),
            captain=one_of(None, "Ann"),
        ),
        "games": rows(
            ("day", "club", "home"),
            day=one_of(*DAYS),
            club=one_of(*CLUBS),
            home=one_of(*TEAMS),
            away_club=one_of(None, *CLUBS),
            away=one_of(*TEAMS),
            score=one_of(None, "6-4", "4-6"),
        ),
    },
).filter(bool)

# What users do between two reloads; %s is any number.
DEEDS = {
    "answer": "INSERT INTO answers (user_id, team_id, answer) SELECT 1, id, 'yes' FROM teams"
    " ORDER BY md5(club_id || name || %s) LIMIT 1",
    "answer for a game": "INSERT INTO answers (user_id, team_id, game_id, answer)"
    " SELECT 1, home_id, id, 'yes' FROM games ORDER BY md5(home_id || day::text || %s) LIMIT 1",
    "take an answer back": "DELETE FROM answers WHERE id IN"
    " (SELECT id FROM answers ORDER BY md5(id || %s) LIMIT 1)",
    "favourite": "INSERT INTO favourites SELECT 1, id FROM clubs ORDER BY md5(id || %s) LIMIT 1",
    "address": "UPDATE clubs SET address = 'address ' || %s",
}
DEED = some.tuples(one_of(*DEEDS), some.integers(0, 9).map(str))
STEPS = some.lists(some.tuples(some.lists(DEED, max_size=3), FEEDS), min_size=1, max_size=3)

REFERENCES = (
    "SELECT a.id, c.name, t.name, g.day::text FROM answers a JOIN teams t ON t.id = a.team_id"
    " JOIN clubs c ON c.id = t.club_id LEFT JOIN games g ON g.id = a.game_id ORDER BY 1"
)
GAMES_OF_USERS = (
    "SELECT g.day::text, c.name, t.name FROM games g JOIN teams t ON t.id = g.home_id"
    " JOIN clubs c ON c.id = t.club_id WHERE EXISTS (SELECT FROM answers WHERE game_id = g.id)"
)


@pytest.fixture
def empty(make: MakeReload) -> Reload:
    made = make(SCHEMA, MANIFEST)
    made.engine.check()
    return made


def check_steps(reload: Reload, steps: list[tuple[list[tuple[str, str]], Feed]]) -> None:
    reload.execute(
        "TRUNCATE users, answers, favourites, games, teams, clubs RESTART IDENTITY CASCADE;"
        "TRUNCATE seawall.runs RESTART IDENTITY CASCADE; INSERT INTO users (name) VALUES ('Ann')"
    )
    for deeds, feed in steps:
        for deed, number in deeds:
            reload.execute(DEEDS[deed], number)
        check_reload(reload, feed)
    again = run(reload, steps[-1][1])
    assert (again["outcome"], again["certified"]) == ("unchanged", True)
    health = reload.engine.health()
    assert [table.stable_percent for table in health.users.values()] == [100.0] * len(USER_TABLES)


def check_reload(reload: Reload, feed: Feed) -> None:
    expected = league_model.stored(reload)
    expected.reload(feed, set(reload.rows(GAMES_OF_USERS)))
    ids = league_model.ids(reload)
    users = reload.image(*USER_TABLES), reload.rows(REFERENCES)
    addresses = dict(reload.rows("SELECT id, address FROM clubs"))

    plan = reload.plan(**feed)
    accept = {finding.subject: "any" for finding in plan.refusals}
    report = reload.engine.apply(plan, acceptances=accept)

    assert report["outcome"] == ("done" if plan.writes else "unchanged"), report["findings"]
    assert report["certified"] == (not plan.writes)
    assert {t: counts(report, t) for t in feed} == {t: counts(plan, t) for t in feed}
    for file in report["files"].values():
        assert file["read"] == file["used"] + file["repeated"] + file["set_aside"]
    stored = league_model.stored(reload)
    assert (stored.clubs, stored.teams, stored.games) == (
        expected.clubs,
        expected.teams,
        expected.games,
    )
    now = league_model.ids(reload)
    assert {key: now.get(key) for key in ids if key in now} == {
        key: id_ for key, id_ in ids.items() if key in now
    }
    assert (reload.image(*USER_TABLES), reload.rows(REFERENCES)) == users
    kept = dict(reload.rows("SELECT id, address FROM clubs"))
    assert addresses.items() <= kept.items()


def run(reload: Reload, feed: Feed) -> dict[str, Any]:
    plan = reload.plan(**feed)
    accept = {finding.subject: "any" for finding in plan.refusals}
    return reload.engine.apply(plan, acceptances=accept)


ONE_DATABASE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@given(steps=STEPS)
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=ONE_DATABASE)
def test_random_feeds(empty: Reload, steps: list[Any]):
    check_steps(empty, steps)


@pytest.mark.soak
@pytest.mark.timeout(0)
@given(steps=STEPS)
@settings(max_examples=3000, deadline=None, suppress_health_check=ONE_DATABASE)
def test_random_feeds_for_long(empty: Reload, steps: list[Any]):
    check_steps(empty, steps)
