"""The small league, loaded; see tests/engine/league.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engine"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "faults"))

from league_fixtures import league, league_template, make

__all__ = ["league", "league_template", "make"]
