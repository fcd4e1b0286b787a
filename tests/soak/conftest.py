"""The league of the sabotages, with guards up, for series that take long."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engine"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "guards"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sabotage"))
