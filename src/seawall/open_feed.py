"""A feed that is being read, from before anything else is asked of the database.

Reading writes nothing, so it need not wait until the database is known to be fit: what turns out to
be none of its business is thrown away.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from seawall import ledger
from seawall.catalog.read import read_catalogue
from seawall.database import connected
from seawall.feeds import ahead, source
from seawall.feeds.reading import Item, ReadContext
from seawall.ledger import Ledger
from seawall.manifest import Manifest
from seawall.naming import Shape, as_staged, shapes


@dataclass(frozen=True, slots=True)
class OpenFeed:
    """A directory, and what its reader yields."""

    directory: Path
    as_of: datetime.date | None
    """The day it speaks of, where known."""
    items: Iterator[Item]
    opened_at: float = field(default_factory=time.monotonic)
    """By the clock of ``time.monotonic()``, in seconds."""


@contextmanager
def open_feed(
    database: str,
    manifest: Manifest,
    directory: Path,
    as_of: datetime.date | None,
    *,
    forks: bool,
) -> Iterator[OpenFeed]:
    """Begin to read a directory.

    What is wrong with it, with the manifest or with the database is raised when its items are
    pulled.

    Args:
        forks: a large feed may be read in a forked process, which begins at once.
    """
    day = as_of or source.day_of(directory)

    def read() -> Iterator[Item]:
        with connected(database) as connection:
            # A reader is not the one who writes; not by way of this connection.
            connection.execute("SET SESSION seawall.armed = on")
            connection.execute("SET default_transaction_read_only = on")
            known = _KnownRows(connection, manifest)
            of_tables = {} if manifest.feed.reader else known.shapes()
            reader = source.open_directory(directory, manifest, of_tables)
            evidence: dict[str, Any] = {}
            if ledger.installed_version(connection) is not None:
                evidence = Ledger(connection).last_evidence()
            yield from source.items(reader, ReadContext(directory, known, evidence, day))

    forked = forks and ahead.is_worthwhile(directory)
    with ahead.read_ahead(read) if forked else nullcontext(read()) as items:
        yield OpenFeed(directory, day, items)


class _KnownRows:
    """Rows of the database in the feed's words, for readers."""

    def __init__(self, connection: psycopg.Connection[Any], manifest: Manifest) -> None:
        self._connection = connection
        self._manifest = manifest
        self._shapes: dict[str, Shape] | None = None

    def shapes(self) -> dict[str, Shape]:
        """The imported tables, as they are now; none where none of them is there yet.

        Raises:
            ManifestError: the manifest names what the database does not have.
        """
        if self._shapes is None:
            catalogue = read_catalogue(self._connection)
            there = self._manifest.imported().keys() & catalogue.tables.keys()
            self._shapes = shapes(self._manifest, catalogue) if there else {}
        return self._shapes

    def __call__(self, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        known = self.shapes()
        if not known:
            return
        statement = as_staged(table, tuple(columns), known)
        with (
            self._connection.transaction(),
            self._connection.cursor(name="seawall_known") as cursor,
        ):
            cursor.itersize = 5000
            yield from cursor.execute(statement)
