"""The keys that an import makes of a sample feed's records: what vanishes is counted by them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Record = dict[str, Any]
LEAGUES = ("APTA_CHICAGO", "CNSWPL", "NSTF", "CITA")
_RIDER = re.compile(r"\s*(\((S|S↑|S↓)\))?\s*(By )?(Default|Forfeit)?$")
PLAYER_SLOTS = ("Home Player 1", "Home Player 2", "Away Player 1", "Away Player 2")


def load(feed: Path, league: str, kind: str) -> list[Record]:
    """Return a file's records, none if there is no such file."""
    path = feed / league / f"{kind}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def files(feed: Path) -> list[Path]:
    """Return the feed's files, in order."""
    return sorted(feed.glob("*/*.json"))


def without_rider(name: str) -> str:
    """Return a name without remarks such as "(S)" or "By Default"."""
    return " ".join(_RIDER.sub("", name).split())


def matches(feed: Path, league: str) -> list[Record]:
    """Return the schedule's records that are no practices."""
    return [record for record in load(feed, league, "schedules") if "Practice" not in record]


def results_key(record: Record) -> tuple[str, ...]:
    """Return what tells one court from another."""
    names = tuple(without_rider(record[slot]) for slot in PLAYER_SLOTS)
    return (record["Date"], record["Home Team"], record["Away Team"], *names)


def _history_keys(records: Iterable[Record]) -> set[tuple[str, ...]]:
    keys: set[tuple[str, ...]] = set()
    for record in records:
        ordinals: Counter[tuple[str, str, str]] = Counter()
        for entry in reversed(record["matches"]):
            key = (record["player_id"], entry["date"], entry["series"])
            ordinals[key] += 1
            keys.add((*key, str(ordinals[key])))
    return keys


def table_keys(feed: Path, league: str) -> dict[str, set[Any]]:
    """Return the keys of every table that a league's files fill."""
    players = load(feed, league, "players")
    stats = load(feed, league, "series_stats")
    return {
        "teams": {(record["team"], record["series"]) for record in stats}
        | {record["Series Mapping ID"] for record in players},
        "persons": {record["Player ID"] for record in players},
        "rosters": {(record["Player ID"], record["Series Mapping ID"]) for record in players},
        "schedule": {
            (record["date"], record["home_team"], record["away_team"])
            for record in matches(feed, league)
        },
        "match_scores": {results_key(record) for record in load(feed, league, "match_history")},
        "series_stats": {(record["series"], record["team"]) for record in stats},
        "player_history": _history_keys(load(feed, league, "player_history")),
    }
