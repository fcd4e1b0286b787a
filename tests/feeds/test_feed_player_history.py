"""player_history.json: ratings after each match, numbered so that new ones renumber nothing."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from feed_building import Feed

FILE = "APTA_CHICAGO/player_history.json"


def _career(player_id: str, *matches: tuple[str, Any, str], **said: Any) -> dict[str, Any]:
    keys = ("date", "end_pti", "series")
    return {
        "league_id": "APTA_CHICAGO",
        "player_id": player_id,
        "name": "Ann Doe",
        "rating": "-16.4",
        "matches": [dict(zip(keys, match, strict=True)) for match in matches],
    } | said


def _read(feed: Feed, *careers: Any) -> list[Any]:
    read = feed.put("APTA_CHICAGO", "player_history", *careers).read()
    return read.rows("player_history", "source_id", "match_date", "series", "ordinal", "end_pti")


def test_matches_of_one_day_and_series_are_numbered_from_the_oldest(feed: Feed) -> None:
    day = datetime.date(2030, 3, 4)
    older = [("03/04/2030", 20.5, "Series: 1"), ("03/04/2030", "-3", "Series: 1")]
    rows = _read(feed, _career("nndz-1", *older))
    assert rows == [
        ("nndz-1", day, "Series: 1", 1, Decimal(-3)),
        ("nndz-1", day, "Series: 1", 2, Decimal("20.5")),
    ]
    newer = [("03/05/2030", 21, "Series: 1"), ("03/04/2030", 20.7, "Series: 1")]
    assert _read(feed, _career("nndz-1", *newer, *older))[:2] == rows


def test_entities_are_resolved_and_spaces_collapse(feed: Feed) -> None:
    rows = _read(feed, _career("nndz-1", ("03/04/2030", None, "Saddle &amp;  Cycle: 1")))
    assert rows == [("nndz-1", datetime.date(2030, 3, 4), "Saddle & Cycle: 1", 1, None)]


def test_people_without_matches_are_used_and_links_are_not_people(feed: Feed) -> None:
    read = feed.put(
        "APTA_CHICAGO",
        "player_history",
        _career("nndz-1"),
        _career("FALLBACK_1", rating="9/9"),
        _career(""),
        _career("nndz-2", ("soon", 1, "Series: 1")),
        _career("nndz-3", ("03/04/2030", "much", "Series: 1")),
        _career("nndz-4", ("03/04/2030", 1, "S" * 400)),
        _career("nndz-5", ("03/04/2030", 1, "Series: 1")),
    ).read()
    assert read.rows("player_history", "source_id") == ["nndz-5"]
    assert [(position, reason, expected) for _, position, reason, expected in read.reasons()] == [
        (2, "fallback id: a link scraped as a player", True),
        (3, "blank player id", False),
        (4, "date cannot be read", False),
        (5, "number cannot be read", False),
        (6, "record is too long", False),
    ]
    file = read.files[FILE]
    assert (file.table, file.read, file.notes) == (None, 7, {"no matches": 1})


def test_a_long_career_is_one_record(feed: Feed) -> None:
    matches = [(f"03/{day:02}/2030", 1, "Series: 1") for day in range(1, 29)] * 40
    assert len(_read(feed, _career("nndz-1", *matches))) == 28 * 40
