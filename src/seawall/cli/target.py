"""Which engine a command works with."""

from __future__ import annotations

from pathlib import Path

from seawall.engine import Engine, recorded_manifest
from seawall.errors import UsageError
from seawall.manifest import Manifest
from seawall.terminal import Terminal, database_url

DEFAULT_MANIFEST = Path("seawall.toml")


def engine_for(terminal: Terminal, manifest: Path | None, database: str | None) -> Engine:
    """The engine for a manifest file, or for the manifest that the database has on record."""
    if manifest is None and DEFAULT_MANIFEST.is_file():
        manifest = DEFAULT_MANIFEST
    if manifest is not None:
        loaded = Manifest.load(manifest)
        return Engine(
            loaded,
            database_url(database, loaded.database.name),
            progress=terminal.progress,
            forks=True,
        )
    url = database_url(database)
    recorded = recorded_manifest(url)
    if recorded is None:
        raise UsageError(
            f"there is no {DEFAULT_MANIFEST}, and the database has no manifest on record",
            why="Without a manifest nobody knows which rows are the users’.",
            fix="Name it with --manifest FILE; docs/manifest.md shows a small one.",
        )
    return Engine(recorded, url, progress=terminal.progress, forks=True)
