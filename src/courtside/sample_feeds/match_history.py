"""match_history.json: one record a court of a team match that was played."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from courtside.sample_feeds import quirks
from courtside.sample_feeds.cast import substitute_name
from courtside.sample_feeds.changes import Changes
from courtside.sample_feeds.dice import draw_many
from courtside.sample_feeds.league import Series, Team
from courtside.sample_feeds.record_file import Record
from courtside.sample_feeds.scores import MONTHS, score
from courtside.sample_feeds.season import Match

Player = tuple[str, str | None]
"""Name and id."""

_MONTH_NAMES = tuple(month[:3] for month in MONTHS)
_CITA_PLAYERS = 14
_NOBODY: Player = ("", None)


def match_history(
    changes: Changes, series: Series, matches: Iterable[Match], league_code: str
) -> Iterator[Record]:
    """Yield the records of match_history.json for those of a series' ``matches`` that are played.

    ``league_code`` is as the records spell it.
    """
    if not series.has_rosters and changes.league.code != "CITA":
        return
    repeated = quirks.REPEATED_RESULT[changes.league.code]
    today = changes.today
    squads = _Squads(changes)
    for match in matches:
        if match.day >= today or match.visitor is None:
            continue
        for court, record in enumerate(_courts(changes, squads, match, league_code)):
            yield record
            if repeated.hits(match.number * 10 + court):
                yield record


class _Squads:
    """Who plays for a team, kept while its series is written.

    Results name the persons of the first version: a game that was played does not change.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._known: dict[int, list[Player]] = {}

    def of(self, team: int) -> list[Player]:
        """Return a team's players."""
        if team not in self._known:
            self._known[team] = self._squad(team)
        return self._known[team]

    def _squad(self, team: int) -> list[Player]:
        changes = self._changes
        league = changes.league
        if league.code == "CITA":
            return [(league.person(team, spot).full_name, None) for spot in range(_CITA_PLAYERS)]
        squad: list[Player] = []
        for spot in range(league.own_spots(team)):
            one = league.person(team, spot)
            # Sources look ids up on today's rosters: who has left has none.
            left = changes.version > 1 and changes.has_left(team, spot)
            squad.append((one.full_name, None if left else changes.source_id(one)))
        return squad


def _courts(changes: Changes, squads: _Squads, match: Match, league_code: str) -> Iterator[Record]:
    league = changes.league
    code = league.code
    counts = league.proportions.court_counts
    chance, for_home, for_away, *results = draw_many(
        f"{league.seed} match {code} {match.number}", 3 + max(counts)
    )
    courts = counts[chance % len(counts)]
    singles = code == "CITA" and "Singles" in match.series.label
    day = match.day
    date = f"{day.day:02d}-{_MONTH_NAMES[day.month - 1]}-{day.year % 100:02d}"
    home_line_up = _line_up(changes, squads, match, match.host, for_home, courts)
    away_line_up = _line_up(changes, squads, match, match.visitor, for_away, courts)
    home = match.host.names.result_name if match.host else ""
    away = match.visitor.names.result_name if match.visitor else ""
    rider = quirks.RIDER[code]
    no_name_percent = quirks.NO_NAME_PERCENT[code]
    for court in range(courts):
        number = match.number * 10 + court
        result = results[court]
        scores, winner = score(code, result, day)
        home_1, home_2 = home_line_up[2 * court], home_line_up[2 * court + 1]
        away_1, away_2 = away_line_up[2 * court], away_line_up[2 * court + 1]
        if singles or scores[0].isalpha():
            home_2 = away_2 = _NOBODY
        elif (result >> 100) % 100 < no_name_percent:
            away_2 = _NOBODY
        if rider.hits(number):
            away_1 = _ridden(away_1, number // rider.every)
        if quirks.WINNER_UNKNOWN.hits(number):
            winner = "unknown"
        elif quirks.WINNER_CONTRADICTS_SCORE.hits(number) and winner != "unknown":
            winner = "home" if winner == "away" else "away"
        yield {
            "league_id": league_code,
            "Date": date,
            "Home Team": home,
            "Away Team": away,
            "Home Player 1": home_1[0],
            "Home Player 1 ID": home_1[1],
            "Home Player 2": home_2[0],
            "Home Player 2 ID": home_2[1],
            "Away Player 1": away_1[0],
            "Away Player 1 ID": away_1[1],
            "Away Player 2": away_2[0],
            "Away Player 2 ID": away_2[1],
            "Scores": scores,
            "Winner": winner,
        }


def _line_up(
    changes: Changes, squads: _Squads, match: Match, team: Team | None, chance: int, courts: int
) -> list[Player]:
    """Return two players a court, nobody twice."""
    league = changes.league
    squad = squads.of(team.number) if team else []
    places = max(len(squad), 2 * courts)
    start = chance % places
    percent = quirks.NO_ID_PERCENT[league.code]
    if percent == 0 and len(squad) >= 2 * courts:
        return (squad + squad)[start : start + 2 * courts]
    line_up: list[Player] = []
    for number in range(2 * courts):
        place = (start + number) % places
        chance >>= 7
        if place < len(squad) and (chance & 127) * 100 >= percent * 128:
            line_up.append(squad[place])
        else:
            side = team.number if team else "blank"
            key = f"{league.code} {match.number} {side} {number}"
            line_up.append((substitute_name(league.seed, key), None))
    return line_up


def _ridden(player: Player, number: int) -> Player:
    """Return a player whose name carries a remark."""
    name, source_id = player
    rider = quirks.RIDERS[number % len(quirks.RIDERS)]
    return name + rider, source_id if rider.startswith(" (S") else None
