"""series_stats.json: one record a team."""

from __future__ import annotations

from collections.abc import Iterator

from courtside.sample_feeds.changes import Changes
from courtside.sample_feeds.dice import draw
from courtside.sample_feeds.league import Series
from courtside.sample_feeds.record_file import Record


def series_stats(changes: Changes, series: Series, league_code: str) -> Iterator[Record]:
    """Yield a series' records of series_stats.json; ``league_code`` as the records spell it."""
    league = changes.league
    shifted = league.code == "CITA"
    pointless = league.code in ("CNSWPL", "CITA")
    for team in series.teams:
        if team.number in changes.missing_teams:
            continue
        chance = draw(f"{league.seed} standing {league.code} {team.number}")
        grown = changes.steps(team.number, 3)
        matches = _figures(chance % 9 + grown, (chance >> 8) % 9)
        matches = {
            "won": matches["won"],
            "lost": matches["lost"],
            "tied": (chance >> 16) % 3 if league.code == "CITA" else 0,
            "percentage": matches["percentage"],
        }
        lines = _figures((chance >> 20) % 36 + 3 * grown, (chance >> 28) % 36)
        by_forfeit = (chance >> 36) % 3
        sets = _figures((chance >> 40) % 90 + 7 * grown, (chance >> 50) % 90)
        games = _figures((chance >> 60) % 600 + 200, (chance >> 72) % 600 + 200)
        if shifted:
            # The real file's columns slid: what follows lines.lost stands one too far left.
            lines["lost"], by_forfeit = by_forfeit, lines["lost"]
            lines["percentage"] = str((chance >> 82) % 2)
            sets = {"won": 0, "lost": games["won"], "percentage": str(games["lost"])}
            games = {"won": 0, "lost": 0, "percentage": ""}
        yield {
            "series": league.dialect.series(series.label),
            "team": team.names.name,
            "league_id": league_code,
            "points": 0 if pointless else 5 * (chance % 9) + (chance >> 4) % 40 + 4 * grown,
            "matches": matches,
            "lines": {
                "won": lines["won"],
                "lost": lines["lost"],
                "for": by_forfeit,
                "ret": 0,
                "percentage": lines["percentage"],
            },
            "sets": sets,
            "games": games,
        }


def _figures(won: int, lost: int) -> dict[str, int | str]:
    total = won + lost
    share = f"{100 * won / total:.1f}%" if total else "0.0%"
    return {"won": won, "lost": lost, "percentage": share}
