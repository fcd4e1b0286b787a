"""A captain's grid, answers for others, paper and files; also with reloads in between."""

from __future__ import annotations

import csv
import datetime
import html
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest
from captain_answers import DAY, answer_address, answers_of, set_answer
from cast import LEAGUE, Cast, Visitor, add_member, spots

from courtside import league_database
from seawall import Engine


def names_in_rows(page: str) -> list[str]:
    return [html.unescape(name) for name in re.findall(r'<th scope="row">([^<]+)', page)][1:]


# ------------------------------------------------------------------------------------- the grid


def test_who_has_not_answered_stands_first(
    mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    set_answer(database, people, people.owner, 1, "late <b>&\U0001f3be")
    page = mate.get(f"/captain/{people.team_id}").text
    names = names_in_rows(page)
    assert names[0] == people.mate.name
    assert names[-1] == people.owner.name
    assert "late &lt;b&gt;&amp;\U0001f3be" in page


def test_the_grid_says_what_the_players_pages_say(
    mate: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    set_answer(database, people, people.owner, 2)
    set_answer(database, people, people.mate, 3)
    # Somebody who answered and whom the feed forgot afterwards.
    extra = add_member(database, "extra", *spots(database, people.team_id)[2])
    set_answer(database, people, extra, 1)
    database.execute(
        "UPDATE rosters SET retired_at = now() WHERE player_id = %s", [extra.player_id]
    )
    counts = re.compile(r"\d+ in · \d+ out · \d+ maybe · \d+ no answer")
    grid = counts.findall(mate.get(f"/captain/{people.team_id}?all=yes").text)
    page = owner.get(f"/availability?team={people.team_id}&all=yes").text
    own = counts.findall(page.partition('class="past"')[0])
    assert grid == own
    assert grid[0].startswith("1 in · 1 out · 1 maybe")
    assert f"{extra.name} (not on the roster)" in mate.get(f"/captain/{people.team_id}").text
    day = mate.get(f"/captain/{people.team_id}/{DAY}").text
    assert counts.findall(day)[0] == grid[0]


def test_the_captains_own_tap_shows_in_the_grid(
    mate: Visitor, owner: Visitor, people: Cast
) -> None:
    owner.post(f"/availability/{people.team_id}/{DAY}/status", status="in", version="0")
    page = mate.get(f"/captain/{people.team_id}").text
    cell = re.search(
        rf'<td class="(\w+)"><a href="[^"]+{DAY}[^"]*#member-{people.owner.user_id}"', page
    )
    assert cell
    assert cell[1] == "in"


def test_a_team_without_days(
    mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    database.execute("DELETE FROM schedule")
    for part in ("", "/print", "/answers.csv", "/practices"):
        assert mate.get(f"/captain/{people.team_id}{part}").status_code == 200
    assert mate.get(f"/captain/{people.team_id}/{DAY}").status_code == 404


# ---------------------------------------------------------------------------- answers for others


def test_a_captain_answers_for_a_player(
    mate: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    note = 'knee\'s "bad"\n</script>'
    owner.post(f"/availability/{people.team_id}/{DAY}/note", note=note, version="0")
    done = mate.post(answer_address(people, people.owner), status="out", version="1")
    assert done.status_code == 303
    assert f"#member-{people.owner.user_id}" in done.headers["location"]
    assert answers_of(database, people.owner) == [(DAY, people.team_id, 2, note, 2)]
    assert answers_of(database, people.mate) == []
    page = owner.get("/availability").text
    assert f"Set by {html.escape(people.mate.name)}" in page
    assert html.escape(people.mate.name) in owner.get("/availability/history").text
    last = database.execute(
        "SELECT user_id, changed_by, events FROM availability_history ORDER BY id DESC LIMIT 1"
    ).fetchone()
    assert last
    assert last[:2] == (people.owner.user_id, people.mate.user_id)
    assert last[2][0]["title"] == "Tennaqua - 22 – Valley Lo - 22"


def test_undo_and_clear(mate: Visitor, people: Cast, database: psycopg.Connection[Any]) -> None:
    address = answer_address(people, people.owner)
    mate.post(address, status="in", version="0")
    part = mate.tap(address, status="out", version="1").text
    assert 'value="in">Undo' in part
    assert 'data-also="standing">0 in · 1 out' in part
    mate.tap(address, status="clear", version="2")
    assert answers_of(database, people.owner)[0][2] is None


def test_a_stale_answer_for_a_player_is_refused(
    mate: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    owner.post(f"/availability/{people.team_id}/{DAY}/status", status="in", version="0")
    for send in (mate.post, mate.tap):
        refused = send(answer_address(people, people.owner), status="out", version="0")
        assert refused.status_code == 409
        assert "Stands now" in refused.text
        assert "Change it to Out" in refused.text
        assert f"by {html.escape(people.owner.name)}" in refused.text
    assert answers_of(database, people.owner) == [(DAY, people.team_id, 1, None, 1)]


def test_one_tap_that_arrives_twice_is_written_once(
    mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    for _ in range(2):
        done = mate.tap(
            answer_address(people, people.owner), status="in", version="0", key="abcdefgh1"
        )
        assert done.status_code == 200
    assert answers_of(database, people.owner) == [(DAY, people.team_id, 1, None, 1)]


def test_only_players_of_the_team_can_be_answered_for(
    mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    for other in (people.stranger.user_id, people.newcomer.user_id, 0, 999999, 10**30):
        address = f"/captain/{people.team_id}/{DAY}/{other}/status"
        assert mate.post(address, status="in", version="0").status_code == 404
    assert database.execute("SELECT FROM player_availability").fetchall() == []


def test_a_player_whom_the_feed_forgot_can_still_be_answered_for(
    mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    database.execute(
        "UPDATE rosters SET retired_at = now() WHERE player_id = %s", [people.owner.player_id]
    )
    page = mate.get(f"/captain/{people.team_id}/{DAY}").text
    assert "No longer on the roster" in page
    done = mate.post(answer_address(people, people.owner), status="in", version="0")
    assert done.status_code == 303
    assert answers_of(database, people.owner) == [(DAY, people.team_id, 1, None, 1)]


def test_a_day_that_is_over_is_only_read(
    mate: Visitor, people: Cast, day_over: datetime.date
) -> None:
    page = mate.get(f"/captain/{people.team_id}/{day_over}")
    assert page.status_code == 200
    assert "aria-pressed" not in page.text
    address = f"/captain/{people.team_id}/{day_over}/{people.owner.user_id}/status"
    assert mate.post(address, status="in", version="0").status_code == 403


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "yes", "version": "0"},
        {"status": "in"},
        {"version": "0"},
        {"status": "in", "version": "-1"},
        {"status": "in", "version": "0", "key": "x"},
    ],
)
def test_a_form_that_no_page_sends(
    fields: dict[str, str], mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    assert mate.post(answer_address(people, people.owner), **fields).status_code == 400
    assert database.execute("SELECT FROM player_availability").fetchall() == []


# ------------------------------------------------------------------------------ paper and files


@pytest.mark.parametrize(
    "note",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\n=1", "＝1", "%0A", "|calc", '";=1', "a,=b"],
)
def test_the_file_runs_nothing(
    note: str, mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    set_answer(database, people, people.owner, 1, note)
    response = mate.get(f"/captain/{people.team_id}/answers.csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    assert len({len(row) for row in rows}) == 1
    row = next(row for row in rows if row[0] == people.owner.name)
    assert row[1:3] == ["yes", "In"]
    assert row[3].removeprefix("'") == note
    for cell in (cell for row in rows for cell in row):
        assert not cell.lstrip().startswith(("=", "+", "-", "@", "|", "%", "＝")), cell


def test_the_file_has_every_player_and_the_totals(
    mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    set_answer(database, people, people.owner, 2)
    text = mate.get(f"/captain/{people.team_id}/answers.csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    roster = database.execute(
        "SELECT count(*) FROM rosters WHERE team_id = %s AND retired_at IS NULL", [people.team_id]
    ).fetchone()
    assert roster
    assert len(rows) == roster[0] + 2
    assert rows[0][2] == f"Tue {DAY}"
    assert rows[-1][2] == f"0 · 1 · 0 · {roster[0] - 1}"


def test_the_print_view_has_words_and_notes(
    mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    set_answer(database, people, people.owner, 3, "on call")
    page = mate.get(f"/captain/{people.team_id}/print").text
    assert "Maybe *" in page
    assert f"<strong>{people.owner.name}:</strong> on call" in page
    assert "Tuesday 24 September 2024" in page


# ----------------------------------------------------------------------------------- reloads


def test_a_reload_between_any_two_requests_changes_nothing(
    mate: Visitor,
    owner: Visitor,
    operator: Visitor,
    people: Cast,
    site_url: str,
    scrape: Path,
    tmp_path: Path,
) -> None:
    """Grid, day, practices, file, tokens and named captains; rows come in another order."""
    directory = tmp_path / scrape.name
    shutil.copytree(scrape, directory)
    # The feed has captains of its own; ours is marked in it as the cast has it.
    first, _, last = people.mate.name.partition(" ")
    file = directory / LEAGUE / "players.json"
    records = json.loads(file.read_text())
    for record in records:
        if record["First Name"] == first and record["Last Name"] == last:
            record["Captain"] = "C"
    engine = Engine(league_database.manifest(), site_url)

    def reload() -> None:
        nonlocal records
        records = records[::-1]
        file.write_text(json.dumps(records))
        report = engine.apply(engine.plan(directory))
        assert report["outcome"] in ("done", "unchanged"), report["findings"]

    reload()
    operator.post(
        f"/captain/{people.team_id}/captains", user=str(people.owner.user_id), decision="name"
    )
    token_page = mate.post("/account/tokens", name="x", scope="write", days="30").text
    token = token_page.partition('class="secret">')[2].partition("<")[0]
    headers = {"Authorization": f"Bearer {token}"}
    steps = [
        lambda: mate.post(answer_address(people, people.owner), status="in", version="0"),
        lambda: owner.post(answer_address(people, people.mate), status="out", version="0"),
        lambda: mate.post(
            f"/captain/{people.team_id}/practices", day="2024-10-02", time="18:30",
            until="2024-10-16",
        ),
        lambda: mate.post(answer_address(people, people.owner), status="maybe", version="1"),
    ]  # fmt: skip
    parts = ["", "?all=yes", f"/{DAY}", "/practices", "/answers.csv"]

    def all_that_shows() -> list[str]:
        shown = [mate.get(f"/captain/{people.team_id}{part}").text for part in parts]
        shown.append(owner.get(f"/captain/{people.team_id}").text)
        for address in (f"/teams/{people.team_id}/grid", f"/availability/{DAY}", "/events"):
            response = mate.client.get(f"/api/v1{address}", headers=headers)
            assert response.status_code == 200
            shown.append(response.text)
        return shown

    for step in steps:
        assert step().status_code == 303
        before = all_that_shows()
        reload()
        assert all_that_shows() == before
