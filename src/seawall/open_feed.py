"""A feed that is being read, from before anything else is asked of the database.

Reading writes nothing, so it need not wait until the database is known to be fit: what turns out to
be none of its business is thrown away. Rows go into staging from the process that reads them.
"""

from __future__ import annotations

import datetime
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import psycopg

from seawall import ledger, reading_processes
from seawall.catalog.read import read_catalogue
from seawall.copying import Stored, Target, store
from seawall.database import arm, connected, wait_for_no_disk
from seawall.errors import PlanStale, SeawallError, UsageError
from seawall.feeds import source
from seawall.feeds.reading import Gathered, Item, Part, ReadContext, Rows
from seawall.ledger import Ledger
from seawall.manifest import Manifest
from seawall.naming import Shape, as_staged, shapes
from seawall.reading_processes import ReadingProcess

# So many wait in a process for the tables that they go into.
_ROWS_AHEAD = 20_000

_Numbered: TypeAlias = tuple[int, Item | Gathered]
"""The number of a part, and what its reader yields."""


class _Reading(msgspec.Struct, frozen=True):
    """What a process needs to know to read parts of a feed."""

    database: str
    manifest: Manifest
    directory: Path
    as_of: datetime.date | None
    parts: Sequence[Part]

    def read(
        self, numbers: Iterable[int], shapes: dict[str, Shape] | None = None
    ) -> Iterator[_Numbered]:
        """Read parts, by their numbers.

        Args:
            shapes: the imported tables, where somebody has looked at them already.
        """
        with connected(self.database) as connection:
            # A reader is not the one who writes; not by way of this connection.
            arm(connection)
            connection.execute("SET default_transaction_read_only = on")
            known = _KnownRows(connection, self.manifest, shapes)
            run_id, evidence = 0, dict[str, Any]()
            if ledger.installed_version(connection) is not None:
                run_id, evidence = Ledger(connection).last_applied()
            context = ReadContext(self.directory, known, evidence, self.as_of)
            reader = source.open_directory(self.directory, self.manifest, known.shapes)
            for number in numbers:
                read = partial(reader.read_part, context, self.parts[number])
                yield number, Gathered((yield from self._numbered(number, read)), run_id)

    def read_rest(self, gathered: Sequence[Any]) -> Iterator[_Numbered]:
        """Read what follows the parts."""
        reader = source.open_directory(self.directory, self.manifest, dict)
        return self._numbered(len(self.parts), partial(reader.read_rest, self.directory, gathered))

    def _numbered(
        self, number: int, read: Callable[[], Iterator[Item]]
    ) -> Generator[_Numbered, None, Any]:
        """What a reader yields, with the number of its part; returns what the reader does."""
        with source.faults_of_reader(self.directory):
            items = read()
            while True:
                try:
                    item = next(items)
                except StopIteration as end:
                    return end.value
                yield number, item

    def read_and_store(self, numbers: Iterable[int], line: Connection) -> None:
        """Read parts, from now on; store them, from when the parent says where; report to it."""
        items = self.read(numbers)
        waiting: deque[_Numbered] = deque()
        rows = 0
        while rows < _ROWS_AHEAD and not line.poll() and (item := next(items, None)):
            waiting.append(item)
            rows += len(item[1].rows) if isinstance(item[1], Rows) else 0
        targets = line.recv()
        with connected(self.database) as connection:
            arm(connection)
            wait_for_no_disk(connection)
            every = chain(_emptied(waiting), items)
            for said in store(connection, targets, every):
                reading_processes.send(line, said)


def _emptied(waiting: deque[_Numbered]) -> Iterator[_Numbered]:
    while waiting:
        yield waiting.popleft()


class OpenFeed:
    """A directory whose parts are being read.

    Args:
        reading: what there is to read; or what was wrong with it from the start.
        processes: those that read it; where there are none, it is read when it is loaded.
    """

    def __init__(
        self,
        directory: Path,
        as_of: datetime.date | None,
        reading: _Reading | SeawallError,
        processes: Sequence[ReadingProcess],
    ) -> None:
        self.directory = directory
        self.as_of = as_of
        """The day it speaks of, where known."""
        self.opened_at = time.monotonic()
        """In seconds, by the clock of that name."""
        self._reading = reading
        self._processes = processes
        self._is_loaded = False
        self._last_run_ids: set[int] = set()

    def refuse_read_before(self, run_id: int) -> None:
        """Refuse what was read when another run was the last.

        Args:
            run_id: the last one, of the same snapshot as what the feed is compared with.

        Raises:
            PlanStale: readers may have asked the database before that run.
        """
        if self._last_run_ids - {run_id}:
            raise PlanStale(
                "another feed was loaded while this one was being read",
                why="Its reader has asked for rows, or evidence, that are no longer the last.",
                fix="Read it again: plan again.",
            )

    def load(
        self,
        shapes: Mapping[str, Shape],
        connection: psycopg.Connection[Any],
        targets: Mapping[str, Target],
    ) -> Iterator[tuple[int, Stored]]:
        """Have the feed's rows stored.

        Args:
            shapes: the imported tables; processes that read have looked at them by themselves.
            connection: stores what is not read in a process of its own.
            targets: where the rows of each table go.

        Returns:
            What became of them, each with the number of its part; the order is that of the feed
            inside a part only.

        Raises:
            UsageError: it was loaded before.
            SeawallError: what is wrong with the feed, the manifest or the database.
        """
        if self._is_loaded:
            raise UsageError(
                f"{self.directory} was read already",
                why="An open feed is read once.",
                fix="Open it again for another plan.",
            )
        self._is_loaded = True
        if isinstance(self._reading, SeawallError):
            raise self._reading
        reading_processes.tell(self._processes, targets)
        return self._loaded(self._reading, dict(shapes), connection, targets)

    def _loaded(
        self,
        reading: _Reading,
        shapes: dict[str, Shape],
        connection: psycopg.Connection[Any],
        targets: Mapping[str, Target],
    ) -> Iterator[tuple[int, Stored]]:
        if self._processes:
            items = reading_processes.received(self._processes)
        else:
            parts = range(len(reading.parts))
            items = store(connection, targets, reading.read(parts, shapes))
        gathered: dict[int, Any] = {}
        for number, item in items:
            if isinstance(item, Gathered):
                gathered[number] = item.value
                self._last_run_ids.add(item.last_run_id)
            else:
                yield number, item
        rest = reading.read_rest([value for _, value in sorted(gathered.items())])
        yield from store(connection, targets, rest)


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

    What is wrong with it, with the manifest or with the database is raised when it is loaded.

    Args:
        forks: a large feed may be read in forked processes, which begin at once.
    """
    day = as_of or source.day_of(directory)
    try:
        with source.faults_of_reader(directory):
            parts = source.open_directory(directory, manifest, dict).parts(directory)
    except SeawallError as error:
        yield OpenFeed(directory, day, error, [])
        return
    reading = _Reading(database, manifest, directory, day, parts)
    shares = reading_processes.shared_out(parts) if forks else []
    works = [partial(reading.read_and_store, share) for share in shares]
    with reading_processes.forked(works) as processes:
        yield OpenFeed(directory, day, reading, processes)


class _KnownRows:
    """Rows of the database in the feed's words, for readers."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        manifest: Manifest,
        shapes: dict[str, Shape] | None,
    ) -> None:
        self._connection = connection
        self._manifest = manifest
        self._shapes = shapes

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
