"""Pages stay light, however much there is to show; and what one page leaves out, others have."""

from __future__ import annotations

import datetime
import re
from typing import Any

import psycopg
import pytest
from cast import INCIDENT_DAY, TODAY, Cast, Visitor
from psycopg.types.json import Json

from courtside.site.paging import day_asked, part_of

LIMIT_BYTES = 60_000
PLAYERS, PRACTICES = 70, 90


def weight(visitor: Visitor, address: str) -> int:
    """Bytes that a browser gets that has nothing of ours yet: page, style and script."""
    page = visitor.get(address)
    assert page.status_code == 200, address
    total = len(page.content)
    for part in re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js)[^"]*)"', page.text):
        total += int(visitor.get(part, **{"Accept-Encoding": "gzip"}).headers["content-length"])
    return total


@pytest.fixture
def large_team(database: psycopg.Connection[Any], people: Cast) -> None:
    """Seventy players who all answered for every day; some notes; a practice every third day."""
    ids = {"team": people.team_id, "mate": people.mate.user_id, "owner": people.owner.user_id}
    database.execute(
        """
        WITH made AS (
            INSERT INTO players (league_id, source_id, first_name, last_name)
            SELECT t.league_id, 'large-' || n, 'Maximiliane', 'Featherstonehaugh ' || n
            FROM teams t, generate_series(1, %(players)s) n WHERE t.id = %(team)s
            RETURNING id, league_id, source_id, first_name || ' ' || last_name AS name
        ), spots AS (
            INSERT INTO rosters (league_id, player_id, team_id, captain, series, club)
            SELECT league_id, id, %(team)s, 'player', '', '' FROM made
        ), accounts AS (
            INSERT INTO users (email, display_name)
            SELECT source_id || '@example.org', name FROM made RETURNING id, email
        )
        INSERT INTO user_player_associations (user_id, player_id)
        SELECT a.id, m.id FROM accounts a JOIN made m ON a.email = m.source_id || '@example.org'
        """,
        {**ids, "players": PLAYERS},
    )
    database.execute(
        """
        INSERT INTO practices (team_id, practice_date, start_time, location, notes, created_by)
        SELECT %(team)s, %(today)s::date + 3 * n, '19:00', 'Court 3', repeat('balls ', 20), %(mate)s
        FROM generate_series(0, %(practices)s - 1) n
        """,
        {**ids, "today": TODAY, "practices": PRACTICES},
    )
    database.execute(
        """
        INSERT INTO player_availability
            (user_id, match_date, team_id, availability_status, notes)
        SELECT a.user_id, d.day, %(team)s, 1 + (a.user_id + d.number) %% 3,
            CASE WHEN a.user_id = %(owner)s OR a.user_id %% 9 = 0 THEN repeat('late ', 30) END
        FROM rosters r JOIN user_player_associations a USING (player_id)
        CROSS JOIN (
            SELECT day, row_number() OVER (ORDER BY day) AS number FROM (
                SELECT match_date AS day FROM schedule
                WHERE %(team)s IN (home_team_id, away_team_id)
                UNION SELECT practice_date FROM practices
            ) AS days
        ) AS d
        WHERE r.team_id = %(team)s
        """,
        ids,
    )
    database.execute(
        """
        INSERT INTO availability_history
            (user_id, match_date, team_id, version, new_status, new_notes, changed_by, reason)
        SELECT %(owner)s, %(day)s, %(team)s, n, 1, repeat('late ', 99), %(mate)s, 'he called me'
        FROM generate_series(1, 100) n
        """,
        {**ids, "day": INCIDENT_DAY},
    )


@pytest.mark.usefixtures("large_team")
def test_pages_of_a_large_team_are_light(
    owner: Visitor, mate: Visitor, operator: Visitor, people: Cast
) -> None:
    team, user = people.team_id, people.owner.user_id
    day = TODAY + datetime.timedelta(days=90)
    for address in (
        "/availability",
        "/availability?all=yes",
        f"/availability?from={day}",
        "/availability/history",
        f"/availability/{team}/{INCIDENT_DAY}/history",
        "/account",
        "/find-yourself?league=1&name=e",
    ):
        assert weight(owner, address) < LIMIT_BYTES, address
    for address in (
        "",
        "?all=yes",
        f"?from={day}",
        f"/{INCIDENT_DAY}",
        f"/{INCIDENT_DAY}?after=25",
        f"/{INCIDENT_DAY}?member={user}",
        "/print",
        f"/print?from={day}",
        "/practices",
    ):
        for visitor in (mate, operator):
            assert weight(visitor, f"/captain/{team}{address}") < LIMIT_BYTES, address
    for address in ("/users", "/users?q=feather", f"/users/{user}", "/captain?q=a"):
        assert weight(operator, address) < LIMIT_BYTES, address
    assert weight(mate, "/api") < LIMIT_BYTES


@pytest.mark.usefixtures("large_team")
def test_every_day_can_be_reached(owner: Visitor, mate: Visitor, people: Cast) -> None:
    """From page to page by the links: each day once, in order, and with its card or column."""
    cards = re.compile(r'<article [^>]*id="day-([\d-]+)"')
    columns = re.compile(rf'<th scope="col"[^>]*><a href="/captain/{people.team_id}/([\d-]+)"')
    practices = re.compile(r"<h3>([^<]+)</h3>")
    for visitor, start, pattern in (
        (owner, "/availability?all=yes", cards),
        (mate, f"/captain/{people.team_id}?all=yes", columns),
        (mate, f"/captain/{people.team_id}/practices", practices),
    ):
        seen: list[str] = []
        address = start
        while address:
            page = visitor.get(address).text
            found = pattern.findall(page)
            assert found, address
            seen += found
            follows = re.search(r'href="([^"]+from=[\d-]+)">\d+ later', page)
            address = follows[1].replace("&amp;", "&") if follows else ""
        assert len(seen) == len(set(seen)) >= PRACTICES
        if pattern is not practices:
            assert seen == sorted(seen)


@pytest.mark.usefixtures("large_team")
def test_what_was_answered_is_shown_afterwards(owner: Visitor, people: Cast) -> None:
    """Without script the page is loaded again: with the card that was tapped, wherever it is."""
    day = TODAY + datetime.timedelta(days=150)
    done = owner.post(f"/availability/{people.team_id}/{day}/status", status="out", version="1")
    page = owner.get(done.headers["location"]).text
    assert f'id="day-{day}"' in page
    assert "Saved" in page


@pytest.mark.usefixtures("large_team")
def test_everybody_of_a_large_team_can_be_reached(mate: Visitor, people: Cast) -> None:
    address = f"/captain/{people.team_id}/{INCIDENT_DAY}"
    seen: list[str] = []
    follows = address
    while follows:
        page = mate.get(follows).text
        seen += re.findall(r'id="member-(\d+)"', page)
        link = re.search(r'href="([^"]+)">\d+ more player', page)
        follows = link[1] if link else ""
    assert len(seen) == len(set(seen)) == PLAYERS + 2
    for user_id in (seen[0], seen[-1]):
        assert f'id="member-{user_id}"' in mate.get(f"{address}?member={user_id}").text
        done = mate.post(f"{address}/{user_id}/status", status="clear", version="1")
        assert f'id="member-{user_id}"' in mate.get(done.headers["location"]).text
    for odd in ("-1", "x", "9" * 17, "0"):
        assert mate.get(f"{address}?after={odd}").status_code == 200


def test_a_run_with_much_to_tell_is_light(
    operator: Visitor, database: psycopg.Connection[Any], people: Cast
) -> None:
    row = database.execute("SELECT report FROM seawall.runs").fetchone()
    assert row
    finding = {
        "check": "shrinkage", "table": "players", "scope": "APTA_CHICAGO", "accepted": None,
        "message": "m" * 300, "why": "w" * 300, "fix": "f" * 300, "refuses": True,
    }  # fmt: skip
    report = row[0] | {
        "findings": [finding] * 300,
        "damage": ["player_availability (1, 2024-09-24, 5)"] * 300,
    }
    database.execute("UPDATE seawall.runs SET report = %s", [Json(report)])
    database.execute(
        "INSERT INTO seawall.set_aside (run_id, file, position, reason, detail, expected, record)"
        " SELECT 1, 'f', n, 'reason', repeat('d', 200), false,"
        " json_build_object('text', repeat('<&>\"', 500)) FROM generate_series(1, 2000) n"
    )
    database.execute(
        """
        INSERT INTO player_availability (user_id, match_date, team_id, availability_status)
        SELECT u.id, %s, t.id, 1 FROM teams t CROSS JOIN users u
        """,
        [INCIDENT_DAY],
    )
    database.execute("UPDATE teams SET retired_at = now()")
    database.execute(
        "INSERT INTO operator_actions (operator_id, action, user_id, reason, details)"
        " SELECT %s, 'correct answer', %s, repeat('r', 500), '{}' FROM generate_series(1, 200)",
        [people.operator.user_id, people.owner.user_id],
    )
    database.execute(
        "INSERT INTO seawall.runs (feed, as_of, feed_digest, plan_digest, manifest_digest,"
        " catalogue_digest, who, versions, acceptances, evidence, outcome, ended_at, report)"
        " SELECT feed, as_of, feed_digest, plan_digest, manifest_digest, catalogue_digest, who,"
        " versions, acceptances, evidence, outcome, ended_at, report"
        " FROM seawall.runs, generate_series(1, 60)"
    )
    for address in ("/imports", "/imports/1", "/imports/1/set-aside", "/users/log"):
        assert weight(operator, address) < LIMIT_BYTES, address
    assert "290 more" in operator.get("/imports/1").text
    seen: list[str] = []
    address = "/imports"
    while address:
        page = operator.get(address).text
        seen += re.findall(r'href="/imports/(\d+)"', page)
        follows = re.search(r'href="(/imports\?before=\d+)"', page)
        address = follows[1] if follows else ""
    assert seen == [str(number) for number in range(61, 0, -1)]


class _Day:
    def __init__(self, number: int) -> None:
        self.day = datetime.date(2024, 9, number)


DAYS = [_Day(number) for number in range(1, 31)]


@pytest.mark.parametrize(
    ("days", "at_first", "at_most", "all", "asked", "shown", "more", "more_from"),
    [
        (30, 6, 10, False, "", range(1, 7), 24, None),
        (30, 6, 10, True, "", range(1, 11), 20, 11),
        (30, 6, 10, False, "2024-09-11", range(11, 21), 10, 21),
        (30, 6, 10, False, "2024-09-25", range(25, 31), 0, None),
        (30, 6, 10, False, "2024-09-06", range(1, 7), 24, None),
        (30, 6, 10, False, "2025-01-01", range(1, 7), 24, None),
        (30, 6, 10, False, "x", range(1, 7), 24, None),
        (6, 6, 10, False, "", range(1, 7), 0, None),
        (7, 6, 10, False, "", range(1, 7), 1, None),
        # Where nothing unfolds, the next page is the way on.
        (30, 3, 3, False, "", range(1, 4), 27, 4),
        (0, 6, 10, False, "", range(0), 0, None),
    ],
)  # fmt: skip
def test_parts(
    days: int,
    at_first: int,
    at_most: int,
    all: bool,
    asked: str,
    shown: range,
    more: int,
    more_from: int | None,
) -> None:
    part = part_of(DAYS[:days], at_first=at_first, at_most=at_most, all=all, day=day_asked(asked))
    assert [one.day.day for one in part.shown] == list(shown)
    assert part.more == more
    assert part.more_from == (datetime.date(2024, 9, more_from) if more_from else None)
