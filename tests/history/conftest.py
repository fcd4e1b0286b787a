"""The small league, loaded; see tests/engine/league.py."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / directory) for directory in ("engine", "cli", "faults")]

from league_fixtures import league, league_template, make

__all__ = ["league", "league_template", "make"]
