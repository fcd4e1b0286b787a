"""What must stand in the tables after a scrape, counted from its JSON in plain Python.

Nothing here uses courtside's reader, so that the two can disagree.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

Record = dict[str, Any]
FIRST_WORDS = ("Series", "Chicago", "Division")


@cache
def records(file: Path) -> list[Record]:
    return json.loads(file.read_bytes()) if file.exists() else []


def files(scrape: Path) -> dict[str, int]:
    """``LEAGUE/kind.json`` → how many records it holds."""
    return {
        f"{path.parent.name}/{path.name}": len(records(path)) for path in scrape.glob("*/*.json")
    }


def rows(scrape: Path) -> dict[str, int]:
    """Imported table → how many rows the scrape makes."""
    found: dict[str, set[Any]] = defaultdict(set)
    history = 0
    standings = 0
    for directory in sorted(path for path in scrape.iterdir() if path.is_dir()):
        league = directory.name
        found["leagues"].add(league)
        for record in records(directory / "players.json"):
            person = (league, record["Player ID"])
            found["players"].add(person)
            found["rosters"].add((*person, spaced(record["Series Mapping ID"])))
            found["clubs"].add(club(league, record["Club"]))
            found["club_leagues"].add((league, club(league, record["Club"])))
        for name in series(directory):
            found["series"].add(name)
            found["series_leagues"].add((league, name))
        found["teams"] |= {(league, *team) for team in teams(directory)}
        for record in records(directory / "match_history.json"):
            found["match_scores"].add((league, json.dumps(record, sort_keys=True)))
        for record in records(directory / "schedules.json"):
            day_and_teams = (record["date"], record["home_team"], record["away_team"])
            found["schedule"].add((league, *day_and_teams))
        for record in records(directory / "player_history.json"):
            if not record["player_id"].startswith("FALLBACK_"):
                history += len(record["matches"])
        standings += len(records(directory / "series_stats.json"))
    counts = {table: len(keys) for table, keys in found.items()}
    return {**counts, "player_history": history, "series_stats": standings}


def teams(directory: Path) -> set[tuple[str, str]]:
    """(name, series) of each team; the series is '' where the name belongs to one team only."""
    listed: dict[str, set[str]] = defaultdict(set)
    for record in records(directory / "series_stats.json"):
        listed[spaced(record["team"])].add(spaced(record["series"]).partition(" ")[2])
    for record in records(directory / "players.json"):
        listed.setdefault(spaced(record["Series Mapping ID"]), set())
    return {
        (name, one if len(of_name) > 1 else "")
        for name, of_name in listed.items()
        for one in of_name or {""}
    }


def series(directory: Path) -> set[str]:
    """The league's series, without the word before them and without a division's letter."""
    labels = {spaced(record["series"]) for record in records(directory / "series_stats.json")}
    labels |= {spaced(record["Series"]) for record in records(directory / "players.json")}
    names: set[str] = set()
    for label in labels - {"Chicago Chicago"}:
        first, _, rest = label.partition(" ")
        if first not in FIRST_WORDS:
            names.add(label)
        elif first == "Division":
            names.add(rest.rstrip("ab"))
        else:
            names.add(rest)
    return names


def club(league: str, said: str) -> str:
    """The club, however it is spelled; CNSWPL says the team instead: "Birchwood 1a"."""
    if league == "CNSWPL":
        said = re.sub(r" (\d+[ab]?|SN)( ?\(\d\))?$", "", spaced(said))
    return spaced(said).casefold()


def spaced(text: str) -> str:
    return " ".join(text.split())
