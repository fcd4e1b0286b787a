"""match_history.json: matches played. A record is one court of a team match."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from courtside.feeds.home_and_away import HomeAndAway
from courtside.feeds.names import collapse, split_riders
from courtside.feeds.scores import winner_of
from courtside.feeds.scrape_file import Batch, RecordKind, ScrapeFile
from courtside.feeds.teams import TeamRegister
from courtside.feeds.values import parse_day
from seawall.feeds.reading import Item


class Court(
    msgspec.Struct,
    gc=False,
    rename={
        "league": "league_id",
        "date": "Date",
        "home_team": "Home Team",
        "away_team": "Away Team",
        "home_player_1": "Home Player 1",
        "home_player_2": "Home Player 2",
        "away_player_1": "Away Player 1",
        "away_player_2": "Away Player 2",
        "home_player_1_id": "Home Player 1 ID",
        "home_player_2_id": "Home Player 2 ID",
        "away_player_1_id": "Away Player 1 ID",
        "away_player_2_id": "Away Player 2 ID",
        "scores": "Scores",
        "winner": "Winner",
        "line": "Line",
    },
):
    """One record as scraped. Line and match_id came later."""

    league: str | None = None
    date: str | None = None
    home_team: str | None = None
    away_team: str | None = None
    home_player_1: str | None = None
    home_player_2: str | None = None
    away_player_1: str | None = None
    away_player_2: str | None = None
    home_player_1_id: str | None = None
    home_player_2_id: str | None = None
    away_player_1_id: str | None = None
    away_player_2_id: str | None = None
    scores: str | None = None
    winner: str | None = None
    line: str | int | None = None
    match_id: str | int | None = None


_kind = RecordKind(Court)
_SLOTS = ("home 1", "home 2", "away 1", "away 2")


class _Side(NamedTuple):
    """What a team's name in a record means."""

    name: str
    team_name: str | None = None
    team_series_key: str | None = None
    why_not_found: str = ""


def read(file: ScrapeFile, teams: TeamRegister, home_and_away: HomeAndAway) -> Iterator[Item]:
    """Yield the rows of ``match_scores``; gather who played at home."""
    batch = Batch("match_scores")
    code, notes = file.league.code, file.notes
    sides: dict[str | None, _Side] = {}

    def side(said: str | None) -> _Side:
        name = collapse(said)
        team = teams.find(name) if name else None
        found = _Side(name, *team) if team else _Side(name, why_not_found=teams.why_not_found(name))
        # Remembered only what is bounded by the number of teams: other texts may be without end.
        if teams.has_name(name):
            sides[said] = found
        return found

    # The busiest function of an import: plain tuples, no helper calls that a condition can spare.
    def use(position: int, record: Court) -> None:
        day = parse_day(record.date)
        home_1, home_1_rider = split_riders(record.home_player_1)
        home_2, home_2_rider = split_riders(record.home_player_2)
        away_1, away_1_rider = split_riders(record.away_player_1)
        away_2, away_2_rider = split_riders(record.away_player_2)
        riders = ""
        if home_1_rider or home_2_rider or away_1_rider or away_2_rider:
            riders = _riders(home_1_rider, home_2_rider, away_1_rider, away_2_rider)
            notes["riders behind names"] += 1
        home = sides.get(record.home_team) or side(record.home_team)
        away = sides.get(record.away_team) or side(record.away_team)
        if home.why_not_found:
            notes[home.why_not_found] += 1
        if away.why_not_found:
            notes[away.why_not_found] += 1
        home_and_away.add_played(day, home.name, away.name)
        scores, winner = record.scores or "", record.winner
        won = winner_of(scores)
        if won == "unreadable":
            notes["score cannot be read"] += 1
        elif won != winner and won != "undecided" and winner in ("home", "away"):
            notes["winner contradicts score"] += 1
        line, match_id = record.line, record.match_id
        batch.rows.append(
            (
                position,
                code,
                day,
                home.name,
                away.name,
                home_1,
                home_2,
                away_1,
                away_2,
                record.home_team or "",
                record.away_team or "",
                home.team_name,
                home.team_series_key,
                away.team_name,
                away.team_series_key,
                record.home_player_1_id or None,
                record.home_player_2_id or None,
                record.away_player_1_id or None,
                record.away_player_2_id or None,
                riders,
                scores,
                winner,
                None if line is None else str(line),
                None if match_id is None else str(match_id),
            )
        )

    yield from file.items(_kind, use, (batch,))


def _riders(*of_slots: str) -> str:
    named = (f"{slot}: {rider}" for slot, rider in zip(_SLOTS, of_slots, strict=True) if rider)
    return "; ".join(named)
