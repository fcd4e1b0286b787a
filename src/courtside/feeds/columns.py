"""What the reader stages: the columns of each table, in the order of its rows.

A reference is named by its parent's key (``league``, ``team_name`` and ``team_series_key`` …); the
manifest says which column names what.
"""

from __future__ import annotations

COLUMNS: dict[str, tuple[str, ...]] = {
    "leagues": ("code", "name"),
    "clubs": ("name_key", "name"),
    "series": ("name",),
    "club_leagues": ("club_key", "league"),
    "series_leagues": ("series_name", "league", "label"),
    "teams": ("league", "name", "series_key", "series_name", "club_key"),
    "players": ("league", "source_id", "first_name", "last_name"),
    "rosters": (
        *("league", "source_id", "team_name", "team_series_key"),
        *("captain", "pti", "wins", "losses", "win_percent", "series", "club"),
    ),
    "player_history": ("league", "source_id", "match_date", "series", "ordinal", "end_pti"),
    "match_scores": (
        *("league", "match_date", "home_name", "away_name"),
        *("home_player_1_name", "home_player_2_name", "away_player_1_name", "away_player_2_name"),
        *("home_team", "away_team"),
        *("home_team_name", "home_team_series_key", "away_team_name", "away_team_series_key"),
        *("home_player_1_source_id", "home_player_2_source_id"),
        *("away_player_1_source_id", "away_player_2_source_id"),
        *("riders", "scores", "winner", "line", "source_match_id"),
    ),
    "series_stats": (
        *("league", "team_name", "team_series_key", "ordinal", "series", "points"),
        *("matches_won", "matches_lost", "matches_tied", "matches_percent"),
        *("lines_won", "lines_lost", "lines_for", "lines_ret", "lines_percent"),
        *("sets_won", "sets_lost", "sets_percent", "games_won", "games_lost", "games_percent"),
    ),
    "schedule": (
        *("league", "match_date", "home_name", "away_name"),
        *("match_time", "home_team", "away_team", "location", "series"),
        *("home_team_name", "home_team_series_key", "away_team_name", "away_team_series_key"),
        "home_away_swapped",
    ),
}
