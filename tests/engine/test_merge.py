"""What a reload writes: ids stay with their keys, and only what differs is written."""

from __future__ import annotations

from league import CLUBS, FEED, GAMES, TEAMS, USER_TABLES, changed, without
from reload_case import Reload, counts

IDS = "SELECT c.name, t.name, t.id FROM teams t JOIN clubs c ON c.id = t.club_id ORDER BY 1, 2"
WRITERS = "SELECT c.name, t.xmin::text FROM teams t JOIN clubs c ON c.id = t.club_id"


def test_ids_stay_with_their_keys(league: Reload):
    ids = league.rows(IDS)
    report = league.run(
        clubs=changed(CLUBS, {"name": "Tennaqua"}, city="Chicago"),
        teams=[*reversed(changed(TEAMS, {"club": "Tennaqua"}, wins=4))],
        games=GAMES,
    )
    assert league.rows(IDS) == ids
    assert counts(report, "teams") == {"staged": 2, "same": 1, "changed": 1}
    assert league.rows("SELECT city FROM clubs ORDER BY name") == [("Chicago",), ("Glenview",)]
    assert league.value("SELECT sum(wins) FROM teams") == 5


def test_a_row_that_did_not_change_is_not_written(league: Reload):
    before = dict(league.rows(WRITERS))
    league.run(**{**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=4)})
    after = dict(league.rows(WRITERS))
    assert after["Valley Lo"] == before["Valley Lo"]
    assert after["Tennaqua"] != before["Tennaqua"]


def test_an_unchanged_feed_writes_nothing(league: Reload):
    tables = (*USER_TABLES, "clubs", "teams", "games")
    sequences = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
    before, numbers = league.image(*tables), league.rows(sequences)
    report = league.run(**FEED)
    assert (report["outcome"], report["certified"]) == ("unchanged", True)
    assert league.image(*tables) == before
    assert league.rows(sequences) == numbers


def test_a_changed_feed_is_not_certified(league: Reload):
    report = league.run(**{**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=4)})
    assert (report["outcome"], report["certified"]) == ("done", False)


def test_null_says_nothing(league: Reload):
    report = league.run(**{**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=None)})
    assert report["outcome"] == "unchanged"
    assert league.rows("SELECT wins FROM teams ORDER BY wins") == [(1,), (3,)]


def test_null_overwrites_where_the_manifest_says_so(league: Reload):
    report = league.run(**{**FEED, "teams": changed(TEAMS, {"club": "Tennaqua"}, captain=None)})
    assert counts(report, "teams")["changed"] == 1
    assert league.rows("SELECT DISTINCT captain FROM teams") == [(None,)]


def test_a_null_beside_a_change_does_not_overwrite(league: Reload):
    game = {**GAMES[0], "score": "1-0", "away": None, "away_club": None}
    report = league.run(**{**FEED, "games": [game, GAMES[1]]})
    assert counts(report, "games")["changed"] == 1
    assert league.rows("SELECT score, away_id IS NULL FROM games WHERE day = '2024-09-24'") == [
        ("1-0", False)
    ]
    league.run(**{**FEED, "games": [{**GAMES[0], "score": None, "away_club": "Tennaqua"}]})
    assert league.value("SELECT score FROM games WHERE day = '2024-09-24'") == "1-0"


def test_users_columns_are_not_written(league: Reload):
    given = changed(CLUBS, {"name": "Tennaqua"}, city="Chicago", address="not the feed's to say")
    report = league.run(**{**FEED, "clubs": given})
    assert report["outcome"] == "done"
    assert league.rows("SELECT city, address FROM clubs WHERE name = 'Tennaqua'") == [
        ("Chicago", "Tennaqua Road 1")
    ]


def test_parents_and_grandparents_new_in_the_same_feed(league: Reload):
    report = league.run(
        clubs=[*CLUBS, {"name": "Legends"}],
        teams=[*TEAMS, {"club": "Legends", "name": "9"}],
        games=[*GAMES, {"day": "2024-10-08", "club": "Legends", "home": "9", "score": "1-0"}],
    )
    assert {t: counts(report, t)["new"] for t in FEED} == {"clubs": 1, "teams": 1, "games": 1}
    assert league.rows(
        "SELECT c.name, t.name, g.score FROM games g JOIN teams t ON t.id = g.home_id"
        " JOIN clubs c ON c.id = t.club_id WHERE g.day = '2024-10-08'"
    ) == [("Legends", "9", "1-0")]


def test_a_reference_moves_to_a_parent_that_is_new(league: Reload):
    league.run(
        clubs=CLUBS,
        teams=[*TEAMS, {"club": "Tennaqua", "name": "23"}],
        games=changed(GAMES, {"home": "22", "club": "Tennaqua"}, away_club="Tennaqua", away="23"),
    )
    assert league.value(
        "SELECT t.name FROM games g JOIN teams t ON t.id = g.away_id WHERE day = '2024-09-24'"
    ) == ("23")


def test_an_optional_reference_that_nobody_knows_stays_null(league: Reload):
    row = {"day": "2024-10-09", "club": "Tennaqua", "home": "22"}
    report = league.run(**{**FEED, "games": [*GAMES, {**row, "away_club": "?", "away": "?"}]})
    assert report["outcome"] == "done"
    assert league.value("SELECT away_id FROM games WHERE day = '2024-10-09'") is None
    assert [f["check"] for f in report["findings"]] == ["unresolved-reference"]


def test_a_row_without_its_required_parent_is_set_aside(league: Reload):
    report = league.run(**{**FEED, "teams": [*TEAMS, {"club": "Nowhere", "name": "1"}]})
    assert counts(report, "teams") == {"staged": 2, "same": 2}
    assert report["files"]["teams.json"] == {
        "read": 3,
        "used": 2,
        "repeated": 0,
        "set_aside": 1,
        "reasons": {"no clubs of that key for teams": 1},
        "notes": {},
    }


def test_exact_repeats_count_as_repeated(league: Reload):
    report = league.run(**{**FEED, "clubs": [*CLUBS, CLUBS[0]]})
    assert report["outcome"] == "unchanged"
    account = report["files"]["clubs.json"]
    assert (account["read"], account["used"], account["repeated"]) == (3, 2, 1)


def test_what_a_record_lacks_is_left_as_it_is(league: Reload):
    report = league.run(**{**FEED, "clubs": [{"name": "Tennaqua"}, {"name": "Valley Lo"}]})
    assert report["outcome"] == "unchanged"


def test_a_swap_of_values_between_rows(league: Reload):
    # Not of keys: what stands behind an id stays.
    swapped = [{**CLUBS[0], "city": "Glenview"}, {**CLUBS[1], "city": "Deerfield"}]
    report = league.run(**{**FEED, "clubs": swapped})
    assert counts(report, "clubs") == {"staged": 2, "changed": 2}


def test_a_club_and_its_teams_vanish_while_another_comes(league: Reload):
    ids = dict(league.rows("SELECT name, id FROM clubs"))
    report = league.run(
        clubs=[*without(CLUBS, name="Valley Lo"), {"name": "Legends"}],
        teams=without(TEAMS, club="Valley Lo"),
        games=[without(GAMES, club="Valley Lo")[0]],
    )
    assert report["outcome"] == "done"
    now = dict(league.rows("SELECT name, id FROM clubs"))
    assert {name: now[name] for name in ids} == ids
    assert now["Legends"] not in ids.values()
