"""The small league, loaded; see tests/engine/league.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engine"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

import pytest
from guarding import FAMILIES, FAMILY_MANIFEST, guard
from league_fixtures import league, league_template, make
from reload_case import Reload

__all__ = ["league", "league_template", "make"]


@pytest.fixture
def guarded(league: Reload) -> Reload:
    """The small league with every guard up."""
    return guard(league)


@pytest.fixture
def families(league: Reload) -> Reload:
    """The same with partitions and inheritance children."""
    league.execute(FAMILIES)
    league.declare(FAMILY_MANIFEST)
    return guard(league)
