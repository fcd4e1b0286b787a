"""blank-key, column-emptied, column-silent, dates-collapsed, shrunk-file: odd contents."""

from __future__ import annotations

from typing import Any

import pytest
from league_fixtures import MakeReload
from reload_case import Reload, Rows, checks_of

SCHEMA = """
CREATE TABLE games (id serial PRIMARY KEY, code text NOT NULL, n integer NOT NULL DEFAULT 0,
                    day date, score text, referee text, UNIQUE (code, n));
"""
MANIFEST = """
[limits]
vanished_share = 1.0
[tables.games]
owner = "feed"
key = ["code"]
nulls_overwrite = ["score"]
"""


def games(count: int = 20, **values: Any) -> Rows:
    return [
        {"code": f"g{n}", "day": f"2024-01-{n % 28 + 1:02}", "score": f"{n}-0", "referee": "Ann"}
        | values
        for n in range(count)
    ]


@pytest.fixture
def season(make: MakeReload) -> Reload:
    made = make(SCHEMA.replace(", UNIQUE (code, n)", ", UNIQUE (code)"), MANIFEST)
    made.load(games=games())
    return made


def notices(report: dict) -> set[str]:
    return {finding["check"] for finding in report["findings"]}


@pytest.mark.parametrize("blank", ["", "  ", "\t\n"])
def test_a_blank_key(season: Reload, blank: str):
    report = season.run(games=[*games(), {"code": blank}])
    assert (report["outcome"], checks_of(report)) == ("refused", {"blank-key"})
    assert "record 21 of games.json" in report["findings"][0]["message"]


def test_a_blank_key_is_asked_about_once(season: Reload):
    feed = [*games(), {"code": ""}]
    assert season.run(games=feed, accept={"blank-key:games": "the bye"})["outcome"] == "done"
    assert season.run(games=feed)["outcome"] == "unchanged"


def test_a_key_with_a_number_is_never_blank(make: MakeReload):
    made = make(SCHEMA, MANIFEST.replace('["code"]', '["code", "n"]'))
    made.load(games=[{"code": "", "n": 1}])


@pytest.mark.parametrize("nothing", [None, "", " "])
def test_a_column_that_would_be_emptied(season: Reload, nothing: str | None):
    before = season.image("games")
    report = season.run(games=games(score=nothing))
    assert (report["outcome"], checks_of(report)) == ("refused", {"column-emptied"})
    assert (
        "score of games would be emptied in 20 of the 20 rows" in report["findings"][0]["message"]
    )
    assert season.image("games") == before


def test_blanks_overwrite_where_null_does_not(season: Reload):
    assert checks_of(season.run(games=games(referee=""))) == {"column-emptied"}


def test_where_null_does_not_overwrite_a_notice_tells(season: Reload):
    report = season.run(games=games(referee=None))
    assert report["outcome"] == "unchanged"
    assert notices(report) == {"column-silent"}


def test_some_values_gone_are_no_finding(season: Reload):
    assert season.run(games=games()[:12] + games(score=None)[12:])["outcome"] == "done"


def test_emptied_on_purpose(season: Reload):
    accept = {"column-emptied:games": "scores are secret from now on"}
    assert season.run(games=games(score=None), accept=accept)["outcome"] == "done"


def test_all_days_the_same(season: Reload):
    before = season.image("games")
    report = season.run(games=games(day="2025-06-30"))
    assert (report["outcome"], checks_of(report)) == ("refused", {"dates-collapsed"})
    assert "2025-06-30 in every row" in report["findings"][0]["message"]
    assert season.image("games") == before


def test_all_days_but_one_the_same(season: Reload):
    assert season.run(games=games(day="2025-06-30")[:19] + games()[19:])["outcome"] == "done"


def test_new_rows_of_one_day_beside_others(season: Reload):
    more = [{"code": f"h{n}", "day": "2025-06-30"} for n in range(15)]
    assert season.run(games=games() + more)["outcome"] == "done"


def test_a_file_of_less_than_half(season: Reload):
    report = season.run(games=games(9))
    assert (report["outcome"], checks_of(report)) == ("refused", {"shrunk-file"})
    assert "9 records; the last feed had 20" in report["findings"][0]["message"]
    assert season.run(games=games(10))["outcome"] == "done"


def test_a_small_file_accepted(season: Reload):
    report = season.run(
        games=games(9), accept={"shrunk-file:games": "the second half was annulled"}
    )
    assert report["outcome"] == "done"
