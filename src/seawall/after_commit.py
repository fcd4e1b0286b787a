"""What follows a committed run, in transactions of its own: look again, remember, tidy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from seawall import report
from seawall.apply import Outcome
from seawall.catalog.model import Catalogue
from seawall.manifest import Manifest
from seawall.naming import Shape, shapes
from seawall.plan import Finding
from seawall.references import UserReference, user_references
from seawall.staging import Progress
from seawall.witness import meanings
from seawall.witness.fingerprints import count_rows

# Below this share of written rows, autovacuum is left to do its work.
_VACUUM_SHARE = 0.2
_VACUUM_ROWS = 50_000


def follow_up(
    connection: psycopg.Connection[Any],
    manifest: Manifest,
    catalogue: Catalogue,
    run_id: int,
    outcome: Outcome,
    result: report.Report,
    progress: Progress,
) -> None:
    """Complete a committed run; adds to its report what only now can be known.

    Raises:
        psycopg.Error: something could not be done; the run stands all the same.
    """
    known = shapes(manifest, catalogue)
    references = user_references(manifest, catalogue)
    rows = count_rows(connection, {n: catalogue.tables[n].identifier for n in outcome.users})
    result["meanwhile"] = {
        name: rows[name] - users.rows_after for name, users in outcome.users.items()
    }
    result["findings"] += report.findings(
        _concurrent_orphans(connection, catalogue, known, references, outcome, rows)
    )
    for reference in references:
        if rows[reference.user_table]:
            meanings.remember(connection, reference, known, catalogue, run_id)
    _vacuum(connection, known, outcome, progress)


def incomplete(error: psycopg.Error) -> Finding:
    """The finding that says so."""
    return Finding(
        check="after-commit",
        table="",
        message=f"the run is committed, but not everything after it worked: {str(error).strip()}",
        why="References may not be on record yet, or tables not vacuumed.",
        fix="The next run does it again.",
        refuses=False,
    )


def _concurrent_orphans(
    connection: psycopg.Connection[Any],
    catalogue: Catalogue,
    known: Mapping[str, Shape],
    references: list[UserReference],
    outcome: Outcome,
    rows: Mapping[str, int],
) -> list[Finding]:
    """Soft references that users made to rows which the run deleted at the same moment."""
    found = []
    soft = [each for each in references if each.soft and each.table in known]
    meant = meanings.take(connection, soft, known, catalogue, rows)
    for reference in soft:
        orphans = meant[reference.label].orphans
        before = outcome.proof["references"][reference.label]["orphans"]
        if orphans > before:
            found.append(
                Finding(
                    check="concurrent-orphan",
                    table=reference.user_table,
                    message=f"{orphans - before} references ({reference.label}) were made while "
                    "the run deleted what they mean",
                    why="No foreign key holds them, so the database could not stop it.",
                    fix=f"Add a foreign key, or set vanished = “retire” for {reference.table}.",
                    refuses=False,
                )
            )
    return found


def _vacuum(
    connection: psycopg.Connection[Any],
    known: Mapping[str, Shape],
    outcome: Outcome,
    progress: Progress,
) -> None:
    """After a large change, write hint bits now: the next reload would seem to have caused them."""
    connection.execute("RESET default_statistics_target")
    for name, table in outcome.tables.items():
        written = table.changed + table.new + table.retired + table.deleted
        if written > max(_VACUUM_ROWS, _VACUUM_SHARE * (table.same + table.changed)):
            progress("vacuum", written)
            connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(known[name].table.identifier))
