"""The ledger of runs, read on a connection of the site’s own: a page need not open another."""

from __future__ import annotations

from typing import Any

from courtside.site.database import Connection
from seawall.ledger import Ledger, installed_version


def runs(connection: Connection, limit: int, *, before: int | None = None) -> list[dict[str, Any]]:
    """The latest runs, or those with a number below ``before``; newest first."""
    return Ledger(connection).runs(limit, before=before) if _is_there(connection) else []


def run(connection: Connection, run_id: int) -> dict[str, Any] | None:
    """One run with all that was recorded, or None."""
    if not 0 < run_id < 2**63 or not _is_there(connection):
        return None
    return Ledger(connection).run(run_id)


def set_aside(
    connection: Connection, run_id: int, *, limit: int | None = None
) -> list[dict[str, Any]]:
    """Records that a run set aside, with file, position, reason and the record itself."""
    return Ledger(connection).set_aside(run_id, limit=limit) if _is_there(connection) else []


def _is_there(connection: Connection) -> bool:
    """Whether the first command of seawall has made its schema."""
    return installed_version(connection) is not None
