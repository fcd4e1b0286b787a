"""What a hostile review found: texts that forge output, feeds that lie, values that change."""

from __future__ import annotations

import datetime
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import psycopg
import pytest
from click.testing import CliRunner, Result
from league import FEED, GAMES, TEAMS, changed
from league_fixtures import MakeReload
from psycopg.conninfo import make_conninfo
from reload_case import Reload, said
from reload_case import Rows as RowList
from rich.console import Console

from seawall import database, render
from seawall.cli import app
from seawall.database import connect
from seawall.errors import DatabaseError, FeedError, PlanError
from seawall.feeds.reading import Evidence, FileRead, Item, Notice, ReadContext, Rows, SetAside
from seawall.feeds.source import day_of
from seawall.plan import Plan
from seawall.report import Report

TEAMS_SCHEMA = """
CREATE TABLE teams (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text NOT NULL UNIQUE, name text,
    founded integer
);
CREATE TABLE votes (team_id integer);
"""
TEAMS_MANIFEST = """
[tables.teams]
owner = "feed"
key = ["code"]
vanished = "delete"
[tables.votes]
owner = "users"
references = [{ columns = ["team_id"], table = "teams" }]
"""


def seawall(reload: Reload, *arguments: str | Path) -> Result:
    command = [*map(str, arguments), "--database", reload.url]
    return CliRunner().invoke(app, [*command, "--manifest", str(reload.manifest_path)])


def loaded(**tables: RowList) -> dict[str, Any]:
    """The league's feed with other rows in some tables."""
    return {**FEED, **tables}


def staged_loads(reload: Reload) -> int:
    """Loads, and tables of loads, that are left in staging."""
    return reload.value(
        "SELECT (SELECT count(*) FROM seawall_stage.loads) + count(*) FROM pg_catalog.pg_tables"
        " WHERE schemaname = 'seawall_stage' AND tablename NOT IN ('loads', 'set_aside')"
    )


# ------------------------------------------------------------------------------- output


def test_what_a_feed_says_cannot_pass_for_seawalls_own_words(league: Reload):
    forged = "\x1b[2J\x9b1mSmith\nwitnesses  all well \u202e"
    feed = league.feed(**loaded(teams=changed(TEAMS, {"club": "Tennaqua"}, captain=forged)))
    result = seawall(league, "plan", feed, "--out", league.directory / "plan.json")
    assert result.exit_code == 0, result.output
    assert not set("\x1b\x9b\u202e") & set(result.stdout)
    assert "\nwitnesses" not in result.stdout
    assert r"\x1b[2J\x9b1mSmith\nwitnesses" in result.stdout


def test_markup_in_names_is_text(league: Reload):
    feed = league.feed(**loaded()).rename(league.directory / "2025 [red] [")
    result = seawall(league, "apply", feed, "--yes")
    assert result.exit_code == 0, result.output
    assert "feed 2025 [red] [" in result.stdout
    assert "2025 [red] [" in seawall(league, "runs").stdout
    assert "feed 2025 [red] [" in seawall(league, "health").stdout


@pytest.mark.parametrize("check", ["concurrent-orphan", "after-commit"])
@pytest.mark.parametrize("findings_shown", [True, False])
def test_findings_after_the_commit_are_shown_with_the_run(
    league: Reload, check: str, findings_shown: bool
):
    report: Report = league.run(**loaded())
    assert "every one means what it meant" in shown(report, findings_shown)
    report["findings"].append(
        {"check": check, "table": "answers", "message": "two of them", "refuses": False}
    )
    text = shown(report, findings_shown)
    assert f"{check} two of them" in text
    assert "every one means what it meant" not in text


def shown(report: Report, findings_shown: bool) -> str:
    console = Console(width=140)
    with console.capture() as capture:
        render.run(console, report, findings_shown)
    return said(capture.get())


# ------------------------------------------------------------------- records set aside


def test_a_record_set_aside_is_not_a_row_that_vanished(make: MakeReload):
    reload = make(TEAMS_SCHEMA, "[limits]\nvanished_share = 1.0\n" + TEAMS_MANIFEST)
    rows: list[dict[str, Any]] = [{"code": code, "founded": 1900} for code in "ABC"]
    reload.load(teams=rows)
    before = reload.image("teams")
    damaged = changed(rows[:2], {"code": "B"}, founded="n/a")  # and C is really gone
    report = reload.load(teams=damaged)
    assert "incomplete-file" in {finding["check"] for finding in report["findings"]}
    assert reload.image("teams") == before
    assert reload.load(teams=rows[:1])["tables"]["teams"]["deleted"] == 2


def test_a_record_set_aside_for_want_of_its_parent_is_not_a_row_that_vanished(make: MakeReload):
    reload = make(
        "CREATE TABLE clubs (id serial PRIMARY KEY, name text UNIQUE NOT NULL);"
        "CREATE TABLE teams (id serial PRIMARY KEY, code text UNIQUE NOT NULL,"
        " club_id integer NOT NULL REFERENCES clubs); CREATE TABLE votes (team_id integer)",
        "[limits]\nvanished_share = 1.0\n[tables.clubs]\nowner = 'feed'\nkey = ['name']\n"
        + TEAMS_MANIFEST
        + "[tables.teams.parents.club_id]\ntable = 'clubs'\nby = { name = 'club' }\n"
        "required = true\n",
    )
    clubs = [{"name": "Tennaqua"}]
    teams = [{"code": "A", "club": "Tennaqua"}, {"code": "B", "club": "Tennaqua"}]
    reload.load(clubs=clubs, teams=teams)
    before = reload.image("teams")
    report = reload.load(clubs=clubs, teams=changed(teams, {"code": "B"}, club="Tenaqua"))
    assert report["tables"]["teams"]["staged"] == 1
    assert report["files"]["teams.json"]["set_aside"] == 1
    assert reload.image("teams") == before


def test_a_row_whose_parent_in_its_key_is_nowhere_hides_no_other(league: Reload):
    """The database cannot have had that row, so the rest of the file is believed."""
    stranger = {**GAMES[0], "club": "Nowhere"}
    report = league.run(**loaded(games=[*GAMES[:1], stranger]))
    assert report["files"]["games.json"]["set_aside"] == 1
    assert report["tables"]["games"]["vanished"] == 1


# -------------------------------------------------------------------------- the reader


class Reader:
    """Yields what a test gives it."""

    columns: ClassVar = {"teams": ("code", "name")}
    items: Sequence[Item] = ()

    def read(self, context: ReadContext) -> Iterator[Item]:
        del context
        yield from self.items


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


READER = Reader()
ONE = Rows("teams", "f.json", [(1, "A", "a")])
READ = FileRead("f.json", "", "teams", "teams", 1)
JUNK = SetAside("f.json", 2, "odd", b"{}", expected=True)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([ONE, READ, FileRead("f.json", "", "extra", None, 1)], "twice"),
        ([ONE], "no file"),
        ([Rows("teams", "g.json", [(1, "B", "b")]), READ], "g.json"),
        ([SetAside("g.json", 1, "odd", b"{}"), READ], "g.json"),
        ([ONE, JUNK, READ], "record 2 of f.json"),
        ([Rows("teams", "f.json", [(1, "A", "a"), (2, "B", "b")]), READ], "record 2 of f.json"),
        ([Rows("teams", "f.json", [(1, "A", "a"), (1, "A", "a"), (1, "A", "a")]), READ], "f.json"),
        ([Rows("teams", "f.json", [("x", "A", "a")]), READ], "positions in f.json"),
        ([ONE, READ, Evidence("x", object())], "(Evidence)"),
        ([ONE, READ, Evidence("x", "a\0b")], "NUL"),
        ([ONE, READ, Evidence("x", {2: "a", datetime.date(2026, 1, 1): "b"})], "(Evidence)"),
        ([ONE, READ, Evidence("x", "\ud800")], "(Evidence)"),
        ([ONE, READ, Evidence("x", nested(3000))], "(Evidence)"),
        ([ONE, READ, Evidence(5, 1)], "(Evidence)"),  # pyright: ignore[reportArgumentType]
        ([ONE, READ, Notice("x", None, "", "m", "f")], "(Notice)"),  # pyright: ignore[reportArgumentType]
        ([ONE, msgspec.structs.replace(READ, scope=None)], "(FileRead)"),
        ([ONE, msgspec.structs.replace(READ, read=None)], "(FileRead)"),
        ([ONE, msgspec.structs.replace(READ, notes={"x": object()})], "(FileRead)"),
        ([ONE, READ, msgspec.structs.replace(JUNK, record="text")], "(SetAside)"),
        ([ONE, READ, msgspec.structs.replace(JUNK, reason="\ud800")], "(SetAside)"),
        ([ONE, READ, msgspec.structs.replace(JUNK, reason="a\0b")], "NUL"),
        ([ONE, READ, "what"], "(str)"),
    ],
)
def test_a_reader_whose_accounts_are_wrong_is_refused_and_leaves_nothing(
    make: MakeReload, items: list[Item], message: str
):
    reload = make(TEAMS_SCHEMA, f'[feed]\nreader = "{__name__}:READER"\n' + TEAMS_MANIFEST)
    READER.items = items
    with pytest.raises(FeedError) as caught:
        reload.plan(ignored=[])
    assert message in caught.value.what
    assert staged_loads(reload) == 0
    READER.items = [ONE, READ, Evidence("x", "a\\u0000b"), Notice("n", "", "teams", "m", "f")]
    reload.engine.plan(reload.feed(ignored=[]))


@pytest.mark.parametrize("odd", ["\ud800", nested(3000)], ids=["half a character", "too deep"])
def test_a_cell_that_no_json_can_hold_is_set_aside(make: MakeReload, odd: object):
    reload = make(TEAMS_SCHEMA, f'[feed]\nreader = "{__name__}:READER"\n' + TEAMS_MANIFEST)
    rows = Rows("teams", "f.json", [(1, "A", "a"), (2, "B", odd)])
    READER.items = [rows, msgspec.structs.replace(READ, read=2)]
    plan = reload.engine.plan(reload.feed(ignored=[]))
    assert [(file.used, file.set_aside) for file in plan.files] == [(1, 1)]
    [(record,)] = reload.rows("SELECT record FROM seawall_stage.set_aside")
    assert json.loads(record)["code"] == "'B'"


# ----------------------------------------------------------------------- plain JSON feeds


def test_misspelled_fields_are_told(league: Reload):
    teams = changed(TEAMS, {"club": "Tennaqua"}, captian="Eve")
    report = league.load(**loaded(teams=teams))
    [finding] = [f for f in report["findings"] if f["check"] == "unknown-field"]
    assert "captian (1)" in finding["message"]
    assert report["files"]["teams.json"]["set_aside"] == 0


def test_a_feed_of_which_no_file_is_read_is_refused(league: Reload):
    with pytest.raises(FeedError, match="no file"):
        league.plan(Teams=TEAMS)
    assert staged_loads(league) == 0


def test_a_record_without_scope(make: MakeReload):
    reload = make(
        "CREATE TABLE leagues (id serial PRIMARY KEY, code text UNIQUE NOT NULL);"
        "CREATE TABLE teams (id serial PRIMARY KEY, code text UNIQUE NOT NULL,"
        " league_id integer REFERENCES leagues); CREATE TABLE votes (team_id integer)",
        '[scope]\ntable = "leagues"\ncolumn = "code"\n'
        '[tables.leagues]\nowner = "feed"\nkey = ["code"]\n'
        + TEAMS_MANIFEST.replace("[tables.votes]", 'scope = "league_id"\n[tables.votes]')
        + '[tables.teams.parents.league_id]\ntable = "leagues"\nby = { code = "league" }\n',
    )
    teams = [{"code": "A", "league": "L"}, {"code": "B"}]
    report = reload.load(leagues=[{"code": "L"}], teams=teams)
    assert report["tables"]["teams"]["new"] == 2


def test_a_file_name_that_is_no_utf8(league: Reload):
    feed = league.feed(**loaded())
    Path(os.fsdecode(os.fsencode(feed) + b"/\xff.json")).write_text("[]")
    with pytest.raises(FeedError, match="UTF-8"):
        league.engine.plan(feed)


@pytest.mark.parametrize(
    ("name", "day"),
    [("2025-6-1", "2025-06-01"), ("nightly 2025-06-30 b", "2025-06-30"), ("2025-13-1", None)],
)
def test_the_day_in_a_directorys_name(tmp_path: Path, name: str, day: str | None):
    found = day_of(tmp_path / name)
    assert (found.isoformat() if found else None) == day


# ------------------------------------------------------------------- another tool's tables


@pytest.mark.parametrize(
    ("type_name", "value", "fits"),
    [
        ("double precision", "1.6", False),
        ("double precision", "2", True),
        ("numeric(10, 2)", "2.00", True),
        ("bigint", "2", True),
        ("lake.words", "'2'", True),
        ("lake.words", "'two'", False),
    ],
)
def test_a_staged_value_that_the_cast_would_change_is_set_aside(
    make: MakeReload, type_name: str, value: str, fits: bool
):
    reload = make(TEAMS_SCHEMA, TEAMS_MANIFEST)
    reload.execute(
        "CREATE SCHEMA lake; CREATE DOMAIN lake.words AS text;"
        f"CREATE TABLE lake.teams (code text, founded {type_name});"
        f"INSERT INTO lake.teams VALUES ('A', {value})"
    )
    if not fits and "words" in type_name and reload.connection.info.server_version < 160000:
        # PostgreSQL 15 cannot be asked whether text fits, so it refuses the feed.
        with pytest.raises(FeedError, match="does not fit its column"):
            reload.engine.plan(staged_schema="lake")
        return
    report = reload.engine.apply(reload.engine.plan(staged_schema="lake"))
    assert report["files"]["lake.teams"]["set_aside"] == (0 if fits else 1)
    assert reload.rows("SELECT founded FROM teams") == ([(2,)] if fits else [])


def test_staged_numbers_of_another_precision_fit(make: MakeReload):
    reload = make(TEAMS_SCHEMA.replace("founded integer", "founded real"), TEAMS_MANIFEST)
    reload.execute(
        "CREATE SCHEMA lake; CREATE TABLE lake.teams (code text, founded double precision);"
        "INSERT INTO lake.teams VALUES ('A', 0.1)"
    )
    report = reload.engine.apply(reload.engine.plan(staged_schema="lake"))
    assert report["files"]["lake.teams"]["set_aside"] == 0


# ----------------------------------------------------------------------------- health


def test_rows_that_are_alike_are_counted_each(make: MakeReload):
    reload = make(TEAMS_SCHEMA, TEAMS_MANIFEST)
    reload.load(teams=[{"code": "A"}])
    reload.execute("INSERT INTO votes SELECT 999 FROM generate_series(1, 100)")
    votes = reload.engine.health().users["votes"]
    assert (votes.total, votes.stable) == (100, 0)


def test_health_never_rounds_up(make: MakeReload):
    reload = make(TEAMS_SCHEMA, "[health]\nstable_share = 1.0\n" + TEAMS_MANIFEST)
    reload.load(teams=[{"code": "A"}])
    reload.execute("INSERT INTO votes SELECT 1 FROM generate_series(1, 20000)")
    assert reload.engine.health().healthy
    reload.execute("INSERT INTO votes VALUES (999)")
    health = reload.engine.health()
    assert not health.healthy
    assert health.users["votes"].stable_percent == 99.99
    assert "99.9 %" in seawall(reload, "health").stdout


def test_references_by_different_columns_are_not_confused(make: MakeReload):
    reload = make(
        "CREATE TABLE teams (id serial PRIMARY KEY, code text UNIQUE NOT NULL,"
        " number integer UNIQUE); CREATE TABLE a (team_id integer REFERENCES teams);"
        "CREATE TABLE b (team_number integer);"
        "INSERT INTO teams (code, number) VALUES ('A', 2), ('B', 1);"
        "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)",
        '[tables.teams]\nowner = "feed"\nkey = ["code"]\n'
        '[tables.a]\nowner = "users"\n[tables.b]\nowner = "users"\n'
        'references = [{ columns = ["team_number"], table = "teams", to = ["number"] }]\n',
    )
    reload.load(teams=[{"code": "A", "number": 2}, {"code": "B", "number": 1}])
    assert reload.engine.health().healthy
    reload.execute("UPDATE teams SET number = -number; UPDATE teams SET number = 3 + number")
    users = reload.engine.health().users
    assert (users["a"].stable, users["b"].retargeted) == (1, {"b.team_number → teams": 1})


# ---------------------------------------------------------------------- no tracebacks


def test_a_plan_that_cannot_be_saved_leaves_nothing(league: Reload):
    (league.directory / "file").write_text("")
    out = league.directory / "file" / "plan.json"
    result = seawall(league, "plan", league.feed(**loaded()), "--out", out)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "  fix  " in result.stderr
    assert staged_loads(league) == 0


@pytest.mark.parametrize("content", [b'{"format": 1, "a": "\xff"}', b"[" * 200_000])
def test_a_plan_file_that_is_no_plan(tmp_path: Path, content: bytes):
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(PlanError):
        Plan.load(path)


def test_a_wrong_acceptance_leaves_nothing(league: Reload):
    arguments = ("--yes", "--accept", "no:such", "--reason", "x")
    result = seawall(league, "apply", league.feed(**loaded()), *arguments)
    assert result.exit_code == 2
    assert staged_loads(league) == 0


def test_a_database_that_is_not_in_unicode(server_url: str, tmp_path: Path):
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS seawall_latin1 WITH (FORCE)")
        server.execute(
            "CREATE DATABASE seawall_latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
        )
        try:
            url = make_conninfo(server_url, dbname="seawall_latin1")
            reload = Reload(url, tmp_path, TEAMS_SCHEMA, TEAMS_MANIFEST)
            rows = [{"code": "A", "name": "Évian"}, {"code": "A", "name": "Évian"}]
            reload.load(teams=rows)
            assert reload.rows("SELECT name FROM teams") == [("Évian",)]
            reload.execute("INSERT INTO votes VALUES (999)")
            assert reload.engine.health().users["votes"].orphans == {"votes.team_id → teams": 1}
            reload.connection.close()
        finally:
            server.execute("DROP DATABASE seawall_latin1 WITH (FORCE)")


@pytest.mark.parametrize(
    "address", ["postgres//joe:s3cret@h/d", "postgresql://joe:s3cret@h:notaport/d"]
)
def test_a_password_is_never_repeated(address: str):
    with pytest.raises(DatabaseError) as caught:
        connect(address)
    assert "s3cret" not in json.dumps(caught.value.as_dict())


def test_a_function_of_the_roles_own_schema_is_not_asked(league: Reload):
    """A search path that puts another schema first must not choose who takes the fingerprint."""
    league.execute(
        "CREATE FUNCTION public.hashtextextended(text, bigint) RETURNS bigint LANGUAGE sql"
        " AS 'SELECT 0::bigint'; CREATE FUNCTION public.concat_ws(text, VARIADIC text[])"
        " RETURNS text LANGUAGE sql AS 'SELECT '''''"
    )
    name = league.value("SELECT current_database()")
    league.execute(f"ALTER DATABASE {name} SET search_path = public, pg_catalog")
    report = league.run(**loaded(teams=changed(TEAMS, {"club": "Tennaqua"}, wins=4)))
    assert report["outcome"] == "done", report["findings"]
    hashes = {each["hash"] for each in report["proof"]["references"].values()}
    assert "0" not in hashes


def test_a_connection_that_does_not_last_is_an_error_with_its_fix(
    database_url: str, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(database._PINNED, "work_mem", "much")
    with pytest.raises(DatabaseError, match="the connection did not last") as caught:
        connect(database_url)
    assert caught.value.fix
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'seawall'"
    mine = sessions + " AND datname = current_database()"
    deadline = time.monotonic() + 30
    while connection.execute(mine).fetchone() != (0,):
        assert time.monotonic() < deadline, "the session stays"
        time.sleep(0.01)
