"""Writes the versions of a feed: directories of files, streamed record by record."""

from __future__ import annotations

import datetime
from contextlib import ExitStack
from pathlib import Path

from courtside.sample_feeds import quirks
from courtside.sample_feeds.cast import MOST_CLUBS
from courtside.sample_feeds.changes import DAYS_BETWEEN_VERSIONS, Changes
from courtside.sample_feeds.league import INCIDENT_LEAGUE, LEAGUES, PROPORTIONS, League
from courtside.sample_feeds.match_history import match_history
from courtside.sample_feeds.player_history import fallback_rows, player_history
from courtside.sample_feeds.players import players
from courtside.sample_feeds.record_file import RecordFile
from courtside.sample_feeds.schedules import practices, schedules
from courtside.sample_feeds.season import matches
from courtside.sample_feeds.series_stats import series_stats
from seawall.errors import UsageError

KINDS = ("players", "series_stats", "schedules", "match_history", "player_history")
SMALLEST_SIZE = 500
"""Records: fewer would not hold four leagues with their oddities."""

_FIRST_VERSION_SHARE = 0.987
"""Results come in week by week: the first version is a little smaller than asked for, the fourth a
little larger."""
_SMALLEST_CLUB_COUNT = 17


def write_sample_feeds(
    directory: Path, *, date: datetime.date, size: int, versions: int = 1, seed: int = 1
) -> list[Path]:
    """Write made-up feeds as ``directory/<YYYY-MM-DD>/<LEAGUE>/<kind>.json``.

    Args:
        directory: where to write; made if it is not there, files of the same name are replaced.
        date: day of the first version; each further one is seven days younger. The season lies
            around it, and the incident's match (24 September 2024) is in every version.
        size: records of one version over all its files, from 500; kept within 2 % by the first
            four versions (3 % below 1,000 records). Then the break of the season is over, and
            results add about 5 % a week.
        versions: how many to write, from 1. A version does not depend on how many follow.
        seed: another seed, another cast and other results.

    Returns:
        The directories of the versions, oldest first: each is one feed.

    Raises:
        UsageError: ``size`` or ``versions`` is too small.
        OSError: a file cannot be written.
    """
    if size < SMALLEST_SIZE:
        raise UsageError(
            f"a sample feed of {size} records is too small",
            why="Four leagues with clubs, teams, rosters and results need some records each.",
            fix=f"Ask for at least {SMALLEST_SIZE}.",
        )
    if versions < 1:
        raise UsageError(
            f"{versions} versions cannot be written", fix="Ask for at least one version."
        )
    club_count = _club_count(size)
    leagues = [League(code, seed, size, club_count) for code in LEAGUES]
    feeds: list[Path] = []
    history_count = 0
    for version in range(1, versions + 1):
        day = date + datetime.timedelta(days=DAYS_BETWEEN_VERSIONS * (version - 1))
        feed = directory / day.isoformat()
        states = {league.code: Changes(league, date, version) for league in leagues}
        written = 0
        for state in states.values():
            written += _write_league(feed, state, size)
        if version == 1:
            # What the other files leave is the history's, so that the whole is as large as asked.
            left = round(size * _FIRST_VERSION_SHARE) - written
            history_count = max(left - _fallback_count(left), size // 100)
        _write_history(feed, states, history_count)
        feeds.append(feed)
    return feeds


def _write_league(feed: Path, state: Changes, size: int) -> int:
    """Write all files of a league but player_history; return how many records that were."""
    league = state.league
    folder = feed / league.code
    folder.mkdir(parents=True, exist_ok=True)
    kinds = [kind for kind in KINDS if kind != "player_history"]
    if not PROPORTIONS[league.code].roster_spots:
        kinds.remove("players")
    spelled = {
        kind: quirks.nstf_code(kind, state.version) if league.code == "NSTF" else league.code
        for kind in kinds
    }
    with ExitStack() as stack:
        files = {kind: stack.enter_context(RecordFile(folder / f"{kind}.json")) for kind in kinds}
        files["schedules"].write(practices(state, size))
        # Series by series into all files at once: persons and matches are worked out only once.
        for series in league.all_series(state.respelled_teams):
            series_matches = list(matches(state, series))
            if "players" in files:
                files["players"].write(players(state, series, spelled["players"]))
            files["series_stats"].write(series_stats(state, series, spelled["series_stats"]))
            files["schedules"].write(schedules(state, series_matches, spelled["schedules"]))
            files["match_history"].write(
                match_history(state, series, series_matches, spelled["match_history"])
            )
    return sum(file.count for file in files.values())


def _write_history(feed: Path, states: dict[str, Changes], count: int) -> None:
    records = {
        INCIDENT_LEAGUE: player_history(states[INCIDENT_LEAGUE], INCIDENT_LEAGUE, count),
        "CNSWPL": fallback_rows(states["CNSWPL"], _fallback_count(count)),
    }
    for code, league_records in records.items():
        with RecordFile(feed / code / "player_history.json") as file:
            file.write(league_records)


def _fallback_count(history_count: int) -> int:
    fewest, most = quirks.FALLBACK_ROWS
    return min(most, max(fewest, history_count // 1000))


def _club_count(size: int) -> int:
    """Return how many clubs there are: a prime, about one for nine teams."""
    teams = sum(share.teams for share in PROPORTIONS.values()) * size
    count = min(max(_SMALLEST_CLUB_COUNT, int(teams / 9)), MOST_CLUBS)
    while any(count % divisor == 0 for divisor in range(2, int(count**0.5) + 1)):
        count += 1
    return count
