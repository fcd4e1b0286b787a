"""Puts on record whose tables and columns are whose."""

from __future__ import annotations

from seawall.catalog.model import Catalogue
from seawall.ledger.ledger import Ledger
from seawall.manifest import Manifest
from seawall.references import protected, user_references


def record(book: Ledger, manifest: Manifest, catalogue: Catalogue) -> None:
    """Record identity, manifest, owners of tables and what users rely on.

    A line that later disappears from the manifest leaves its record here, and with it the
    protection.
    """
    said = manifest.database
    book.record_identity(said.name, said.environment)
    book.record_manifest(manifest)
    book.record_ownership({name: table.owner for name, table in manifest.tables.items()})
    declared = [each for each in user_references(manifest, catalogue) if each.soft]
    book.protect_columns(sorted(protected(manifest, declared)))
