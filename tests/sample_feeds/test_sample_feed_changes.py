"""What differs between versions, and that an import would accept it."""

from __future__ import annotations

import datetime
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from sample_feed_keys import LEAGUES, PLAYER_SLOTS, load, matches, results_key, table_keys

from courtside.sample_feeds import write_sample_feeds

DATE = datetime.date(2026, 11, 22)
SIZES = (500, 563, 1300, 2200, 6000)
LARGEST_SHARE = 0.10


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_sample_feeds(tmp_path_factory.mktemp("changes"), date=DATE, size=20000, versions=5)


@pytest.mark.parametrize("date", [DATE, datetime.date(2024, 9, 30), datetime.date(2025, 7, 2)])
@pytest.mark.parametrize("size", SIZES)
def test_no_table_of_a_league_loses_more_than_an_import_accepts(
    tmp_path: Path, size: int, date: datetime.date
) -> None:
    feeds = write_sample_feeds(tmp_path, date=date, size=size, versions=5)
    for version, (before, after) in enumerate(pairwise(feeds), start=2):
        for league in LEAGUES:
            old, new = table_keys(before, league), table_keys(after, league)
            for table, keys in old.items():
                vanished = len(keys - new[table])
                if (version, league) == (4, "NSTF") and table in ("persons", "rosters"):
                    assert vanished == len(keys)
                else:
                    limit = max(1, int(len(keys) * LARGEST_SHARE))
                    assert vanished <= limit, (version, league, table, vanished, len(keys))


def test_ids_of_nstf_change_once(feeds: list[Path]) -> None:
    ids = [{record["Player ID"] for record in load(feed, "NSTF", "players")} for feed in feeds]
    assert ids[0] & ids[1] and ids[1] & ids[2]  # noqa: PT018
    assert not ids[2] & ids[3]
    assert len(ids[3] & ids[4]) > 0.9 * len(ids[3])
    names = [
        {(record["First Name"], record["Last Name"]) for record in load(feed, "NSTF", "players")}
        for feed in feeds[2:4]
    ]
    assert len(names[0] & names[1]) > 0.9 * len(names[0])
    used = {
        record[f"{slot} ID"]
        for record in load(feeds[3], "NSTF", "match_history")
        for slot in PLAYER_SLOTS
    }
    assert used - {None} <= ids[3]


def test_some_players_move_some_leave_some_come(feeds: list[Path]) -> None:
    for before, after in pairwise(feeds):
        old = {r["Player ID"]: r for r in load(before, "APTA_CHICAGO", "players")}
        new = {r["Player ID"]: r for r in load(after, "APTA_CHICAGO", "players")}
        both = old.keys() & new.keys()
        moved = sum(old[i]["Series Mapping ID"] != new[i]["Series Mapping ID"] for i in both)
        assert 0.01 * len(old) < moved < 0.05 * len(old)
        if after is not feeds[1] and before is not feeds[1]:  # no team vanishes or returns
            assert 0.002 * len(old) < len(old.keys() - both) < 0.01 * len(old)
            assert len(new.keys() - both) == len(old.keys() - both)


def test_captains_and_wins_change_and_most_stays(feeds: list[Path]) -> None:
    def rosters(feed: Path) -> dict[tuple[str, str], tuple[str, str]]:
        return {
            (r["Player ID"], r["Series Mapping ID"]): (r["Captain"], r["Wins"])
            for r in load(feed, "APTA_CHICAGO", "players")
        }

    old, new = rosters(feeds[0]), rosters(feeds[1])
    both = old.keys() & new.keys()
    captains = sum(old[key][0] != new[key][0] for key in both)
    wins = sum(old[key][1] != new[key][1] for key in both)
    assert 0 < captains < 0.05 * len(both)
    assert 0.05 * len(both) < wins < 0.25 * len(both)


def test_a_team_vanishes_and_returns(feeds: list[Path]) -> None:
    teams = [{r["team"] for r in load(feed, "APTA_CHICAGO", "series_stats")} for feed in feeds]
    rosters = [
        {r["Series Mapping ID"] for r in load(feed, "APTA_CHICAGO", "players")} for feed in feeds
    ]
    gone = teams[0] - teams[1]
    assert len(gone) == len(teams[0]) // 150
    assert not gone & rosters[1]
    assert not {"Tennaqua - 22", "Valley Lo - 22"} & gone
    assert gone <= teams[2]
    assert gone <= rosters[2]


def test_a_team_is_respelled(feeds: list[Path]) -> None:
    teams = [{r["team"] for r in load(feed, "APTA_CHICAGO", "series_stats")} for feed in feeds]
    (old,) = teams[0] - teams[2]
    (new,) = teams[2] - teams[0]
    assert " C.C." in new
    assert new.replace(" C.C.", "") == old
    for kind, name in (("players", "Series Mapping ID"), ("schedules", "home_team")):
        names = {r.get(name) for r in load(feeds[2], "APTA_CHICAGO", kind)}
        assert new in names
        assert old not in names


def test_results_come_in_and_stay(feeds: list[Path]) -> None:
    for league in LEAGUES:
        seen: Counter[str] = Counter()
        for number, feed in enumerate(feeds):
            results = load(feed, league, "match_history")
            days = [datetime.datetime.strptime(r["Date"], "%d-%b-%y").date() for r in results]
            today = DATE + datetime.timedelta(days=7 * number)
            assert max(days) < today
            keys = Counter("|".join(results_key(r)) for r in results)
            if league != "APTA_CHICAGO":  # where a team is respelled
                assert not seen - keys
            assert len(keys) > len(seen) or (league == "NSTF" and len(keys) == len(seen))
            seen = keys


def test_times_and_days_change_and_matches_are_dropped(feeds: list[Path]) -> None:
    def times(feed: Path) -> dict[tuple[str, str, str], str]:
        return {
            (r["date"], r["home_team"], r["away_team"]): r["time"] for r in matches(feed, "CNSWPL")
        }

    old, new = times(feeds[2]), times(feeds[3])
    later = sum(old[key] != new[key] for key in old.keys() & new.keys())
    gone, come = old.keys() - new.keys(), new.keys() - old.keys()
    moved = {key[1:] for key in gone} & {key[1:] for key in come}
    assert 0 < later < 0.05 * len(old)
    assert moved
    assert len(gone) < 0.05 * len(old)
    dropped = sum(
        len(matches(before, "APTA_CHICAGO")) > len(matches(after, "APTA_CHICAGO"))
        for before, after in pairwise(feeds[2:])
    )
    assert dropped == 2


@pytest.mark.parametrize(
    "date",
    [DATE, datetime.date(2024, 9, 24), datetime.date(2024, 11, 5), datetime.date(2024, 8, 20)],
)
def test_the_incident_is_in_every_version(tmp_path: Path, date: datetime.date) -> None:
    incident = {
        "date": "09/24/2024",
        "time": "06:30 pm",
        "home_team": "Valley Lo - 22",
        "away_team": "Tennaqua - 22",
        "location": "Tennaqua",
        "series": "Chicago 22",
        "League": "APTA_CHICAGO",
    }
    for feed in write_sample_feeds(tmp_path, date=date, size=500, versions=3):
        found = [
            r
            for r in matches(feed, "APTA_CHICAGO")
            if r["date"] == incident["date"]
            and {r["home_team"], r["away_team"]} == {"Valley Lo - 22", "Tennaqua - 22"}
        ]
        assert found == [incident]
        players = {r["Series Mapping ID"] for r in load(feed, "APTA_CHICAGO", "players")}
        assert {"Valley Lo - 22", "Tennaqua - 22"} <= players
        played = any(
            r["Date"] == "24-Sep-24" and r["Home Team"] == "Tennaqua - 22"
            for r in load(feed, "APTA_CHICAGO", "match_history")
        )
        assert played == (feed.name > "2024-09-24")


def test_the_season_lies_around_the_day(feeds: list[Path]) -> None:
    for league in LEAGUES:
        days = [
            datetime.datetime.strptime(r["date"], "%m/%d/%Y").date()
            for r in matches(feeds[0], league)
        ]
        days = [day for day in days if day.year > 2024]
        weeks = [(day - DATE).days / 7 for day in days]
        assert -11 < min(weeks) < -8
        assert 8 < max(weeks) < 11
        assert 0.35 < sum(week < 0 for week in weeks) / len(weeks) < 0.6
        assert any(0 < week < 4 for week in weeks)
