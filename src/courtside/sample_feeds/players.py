"""players.json: one record a roster spot."""

from __future__ import annotations

from collections.abc import Iterator

from courtside.sample_feeds import quirks
from courtside.sample_feeds.cast import Person
from courtside.sample_feeds.changes import Changes
from courtside.sample_feeds.dialects import location_id
from courtside.sample_feeds.league import Series, Team
from courtside.sample_feeds.record_file import Record


def players(changes: Changes, series: Series, league_code: str) -> Iterator[Record]:
    """Yield a series' records of players.json; ``league_code`` as the records spell it."""
    if not series.has_rosters:
        return
    for team in series.teams:
        if team.number in changes.missing_teams:
            continue
        number = changes.league.first_spot(team.number)
        for record in _roster(changes, team, league_code):
            yield record
            if quirks.REPEATED_PLAYER.hits(number):
                yield record
            number += 1


def _roster(changes: Changes, team: Team, league_code: str) -> Iterator[Record]:
    league = changes.league
    captain = changes.captain_spot(team.number)
    own = league.own_spots(team.number)
    for spot in range(own):
        title = "C" if spot == captain else ""
        if spot == 1 and team.number % 5 < 3:
            title = "CC"
        holder = changes.holder(team.number, spot)
        yield _record(changes, team, holder, title, league_code)
    for source, spot in league.guests(team.number):
        yield _record(changes, team, league.person(source, spot), "", league_code)


def _record(changes: Changes, team: Team, holder: Person, title: str, league_code: str) -> Record:
    # One person's figures differ from roster to roster.
    chance = (holder.number >> 8) + team.number * 7919
    wins = chance % 17 + changes.steps(chance, 8)
    losses = (chance >> 6) % 14
    played = wins + losses
    share = f"{100 * wins / played:.1f}%" if played else "0.0%"
    rating = "N/A"
    if changes.league.code == "APTA_CHICAGO" and chance % 100 >= quirks.RATING_MISSING_PERCENT:
        tenths = 100 + (holder.number >> 20) % 700 - changes.steps(chance, 6) * 3
        rating = f"{tenths / 10:.1f}"
    names = team.names
    return {
        "League": league_code,
        "Series": names.player_series,
        "Series Mapping ID": names.player_team,
        "Club": names.player_club,
        "Location ID": location_id(names.player_club),
        "Player ID": changes.source_id(holder),
        "First Name": holder.first_name,
        "Last Name": holder.last_name,
        "PTI": rating,
        "Wins": str(wins),
        "Losses": str(losses),
        "Win %": share,
        "Captain": title,
    }
