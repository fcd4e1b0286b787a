"""A feed speaks only of what it carries: leagues and kinds of file that are missing say nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from league_fixtures import MakeReload
from reload_case import Reload, checks_of, counts

from seawall.feeds.json_records import records
from seawall.feeds.reading import FileRead, Item, ReadContext, Rows

SCHEMA = """
CREATE TABLE leagues (id serial PRIMARY KEY, code text NOT NULL UNIQUE);
CREATE TABLE clubs (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE teams (id serial PRIMARY KEY, league_id integer NOT NULL REFERENCES leagues,
                    name text NOT NULL, UNIQUE (league_id, name));
"""
TABLES = """
[scope]
table = "leagues"
column = "code"
[tables.leagues]
owner = "feed"
key = ["code"]
sources = ["teams", "games"]
[tables.clubs]
owner = "feed"
key = ["name"]
sources = ["teams", "games"]
[tables.teams]
owner = "feed"
key = ["league_id", "name"]
scope = "league_id"
sources = ["teams", "games"]
[tables.teams.parents.league_id]
table = "leagues"
by = { code = "league" }
"""
LIMITS = """
[limits]
vanished_share = 1.0
exchanged_share = 1.0
shrunk_share = 1.0
"""
MANIFEST = f'[feed]\nreader = "test_scope:reader"\n{LIMITS}{TABLES}'
JSON_MANIFEST = f"{LIMITS}{TABLES}".replace('sources = ["teams", "games"]\n', "")


class TwoKinds:
    """``<league>/<kind>.json``: both kinds name teams, and a team's first word is its club."""

    columns: ClassVar = {"leagues": ("code",), "clubs": ("name",), "teams": ("league", "name")}

    def read(self, context: ReadContext) -> Iterator[Item]:
        for path in sorted(context.directory.glob("*/*.json")):
            file, league = path.relative_to(context.directory).as_posix(), path.parent.name
            yield Rows("leagues", file, [(1, league)])
            read = 0
            for position, raw in records(path):
                name = json.loads(bytes(raw))["team"]
                yield Rows("clubs", file, [(position, name.split()[0])])
                yield Rows("teams", file, [(position, league, name)])
                read = position
            yield FileRead(file=file, scope=league, kind=path.stem, table=None, read=read)


reader = TwoKinds()


@pytest.fixture
def two_leagues(make: MakeReload, monkeypatch: pytest.MonkeyPatch) -> Reload:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    made = make(SCHEMA, MANIFEST)
    run(made, {"A/teams": ["X 1", "X 2"], "A/games": ["X 1", "X 3"], "B/teams": ["Y 1", "Y 2"]})
    return made


def run(reload: Reload, files: dict[str, list[str]]) -> dict[str, Any]:
    directory = reload.feed()
    for name, teams in files.items():
        path = directory / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps([{"team": team} for team in teams]))
    return reload.engine.apply(reload.engine.plan(directory))


def test_a_missing_league_says_nothing(two_leagues: Reload):
    report = run(two_leagues, {"A/teams": ["X 1", "X 2"], "A/games": ["X 1", "X 3"]})
    assert report["outcome"] == "unchanged"


def test_a_row_fed_by_several_kinds_vanishes_only_when_all_are_there(two_leagues: Reload):
    missing = run(two_leagues, {"A/teams": ["X 1"], "B/teams": ["Y 1", "Y 2"]})
    assert counts(missing, "teams") == {"staged": 3, "same": 3}
    both = run(two_leagues, {"A/teams": ["X 1"], "A/games": ["X 1"], "B/teams": ["Y 1", "Y 2"]})
    assert counts(both, "teams") == {"staged": 3, "same": 3, "vanished": 2, "retired": 2}


def test_a_row_without_scope_vanishes_only_when_every_scope_is_there(two_leagues: Reload):
    all_x = {"A/teams": ["Z 1"], "A/games": ["Z 1"]}
    assert counts(run(two_leagues, all_x), "clubs") == {"staged": 1, "new": 1}
    report = run(two_leagues, {**all_x, "B/teams": ["Y 1", "Y 2"]})
    assert counts(report, "clubs") == {"staged": 2, "same": 2, "vanished": 1, "retired": 1}


def test_the_plan_says_what_it_cannot_judge(two_leagues: Reload):
    directory = two_leagues.feed()
    (directory / "A").mkdir()
    (directory / "A/teams.json").write_text('[{"team": "X 1"}]')
    plan = two_leagues.engine.plan(directory)
    assert plan.tables["teams"].not_judged == {"A": ["games"]}


def test_an_empty_file_of_one_league_names_it(two_leagues: Reload):
    report = run(two_leagues, {"A/teams": ["X 1", "X 2"], "A/games": [], "B/teams": ["Y 1", "Y 2"]})
    assert report["outcome"] == "refused"
    assert [(f["check"], f["scope"]) for f in report["findings"]] == [("empty-feed", "A")]


def test_the_limit_counts_in_each_league(two_leagues: Reload):
    run(two_leagues, {"B/teams": [f"Y {n}" for n in range(30)]})
    two_leagues.declare(MANIFEST.replace("vanished_share = 1.0", "vanished_share = 0.2"))
    # 2 of 3 rows of A, and 2 of 33 rows in all.
    files = {"A/teams": ["X 1"], "A/games": ["X 1"], "B/teams": [f"Y {n}" for n in range(30)]}
    report = run(two_leagues, files)
    assert checks_of(report) == {"vanished-share"}
    assert [(f["table"], f["scope"]) for f in report["findings"]] == [("teams", "A")]


def test_files_without_scope_speak_of_the_scopes_in_their_rows(make: MakeReload):
    made = make(SCHEMA, JSON_MANIFEST)
    teams = [{"league": league, "name": name} for league in "AB" for name in "12"]
    made.load(leagues=[{"code": "A"}, {"code": "B"}], clubs=[{"name": "X"}], teams=teams)
    report = made.run(teams=teams[:1])
    # Of league B the file says nothing.
    assert counts(report, "teams") == {"staged": 1, "same": 1, "vanished": 1, "retired": 1}


def test_files_without_scope_speak_of_all_rows_without_scope(make: MakeReload):
    made = make(SCHEMA, JSON_MANIFEST)
    made.load(leagues=[{"code": "A"}, {"code": "B"}], clubs=[{"name": "X"}, {"name": "Y"}])
    assert counts(made.run(clubs=[{"name": "X"}]), "clubs")["retired"] == 1
