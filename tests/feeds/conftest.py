"""A small feed in a directory of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from feed_building import Feed


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    """An empty feed."""
    directory = tmp_path / "2031-02-03"
    directory.mkdir()
    return Feed(directory)
