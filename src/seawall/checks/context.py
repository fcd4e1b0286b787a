"""What a check may look at."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg

from seawall.accounts import FileAccount
from seawall.catalog.graph import cascade_paths
from seawall.catalog.model import Catalogue
from seawall.coverage import Coverage, Fed
from seawall.difference import Difference
from seawall.ledger.ledger import Ledger
from seawall.manifest import Manifest
from seawall.naming import Shape
from seawall.plan import UserImpact
from seawall.references import UserReference, user_references
from seawall.staging import StagedFeed


class FeedFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The feed side: what was staged and how it differs."""

    feed: StagedFeed
    files: tuple[FileAccount, ...]
    differences: Mapping[str, Difference]
    shapes: Mapping[str, Shape]
    coverage: Coverage
    newest_as_of: datetime.date | None
    known_scopes: frozenset[str]
    """Scopes that have a row which is not retired."""
    fed: Mapping[str, Fed]
    """What this feed says of each table that it carries."""
    fed_columns: frozenset[tuple[str, str]]
    """(table, staged column) for which applied runs had a value."""
    read_before: Mapping[tuple[str, str], int]
    """(scope, kind) → records in the latest applied feed that had files of it."""
    users: Mapping[str, UserImpact]


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The database side, and the feed's where there is one."""

    connection: psycopg.Connection[Any]
    manifest: Manifest
    catalogue: Catalogue
    references: list[UserReference]
    recorded_owners: Mapping[str, str]
    recorded_columns: Sequence[tuple[str, tuple[str, ...], str]]
    """Columns on record as relied on by users; see ``references.protected``."""
    recorded_identity: tuple[str, str] | None
    facts: FeedFacts | None = None

    def written_tables(self) -> list[str]:
        """Tables that a run writes, or that a foreign key would write with them: imported ones,
        and ignored ones in reach of a cascade."""
        written = dict.fromkeys(n for n in self.manifest.imported() if n in self.catalogue.tables)
        for start in list(written):
            for path, _ in cascade_paths(start, self.catalogue.foreign_keys):
                said = self.manifest.tables.get(path[-1].table)
                if said is not None and said.owner == "ignored":
                    written[path[-1].table] = None
        return list(written)


def context_of(
    connection: psycopg.Connection[Any], manifest: Manifest, catalogue: Catalogue
) -> Context:
    """The database side of a context, with what is on record."""
    book = Ledger(connection)
    return Context(
        connection=connection,
        manifest=manifest,
        catalogue=catalogue,
        references=user_references(manifest, catalogue),
        recorded_owners=book.ownership(),
        recorded_columns=book.protected_columns(),
        recorded_identity=book.identity(),
    )
