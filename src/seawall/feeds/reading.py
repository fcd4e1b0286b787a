"""What a feed reader is given and what it yields: the contract between a feed and staging.

A reader is any object with ``columns`` and ``read``; one whose feed falls into parts that can be
read at the same time is a ``PartedReader``. The manifest names it as ``module:attribute``. It
streams: it may keep what is bounded by the number of clubs or teams, never what grows with the
number of records. It writes nothing and asks the database only through ``ReadContext.known``.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import msgspec

Value: TypeAlias = Any
"""A cell: str, int, float, Decimal, bool, date, time, datetime, UUID, list, dict, or None."""


class KnownRows(Protocol):
    """Rows that the database holds, named the way a feed names them."""

    def __call__(self, table: str, columns: Sequence[str]) -> Iterator[tuple[Value, ...]]:
        """Yield ``columns`` (staged column names) of every row of an imported ``table``.

        Retired rows are included. A parent's key is reached by the staged name of the column that
        names the parent, so ``known("teams", ["league", "name"])`` yields league codes, not ids.
        """
        ...


class ReadContext(msgspec.Struct, frozen=True):
    """What a reader may look at besides the files."""

    directory: Path
    known: KnownRows
    previous_evidence: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """Evidence by name, as the last run that was applied recorded it."""
    as_of: datetime.date | None = None
    """The day the feed speaks of, where known."""


class Rows(msgspec.Struct, frozen=True):
    """Rows for one table from one file.

    Each row is ``(position, *values)``: the 1-based position of its record in the file, then the
    values in the order of ``Reader.columns[table]``. A list of some thousand rows is best.
    """

    table: str
    file: str
    rows: list[tuple[Value, ...]]


class SetAside(msgspec.Struct, frozen=True):
    """A record that is not used, with the reason and the record itself."""

    file: str
    position: int
    reason: str
    """Few words, the same for all records of one kind: reasons are counted."""
    record: bytes
    detail: str = ""
    expected: bool = False
    """True for junk the reader knows and can name; it does not count against the budget."""


class FileRead(msgspec.Struct, frozen=True):
    """A file was read to its end."""

    file: str
    """Path relative to the feed's directory, with forward slashes."""
    scope: str
    """What part of the world the file speaks of (a league), or '' for all of it."""
    kind: str
    """What the file speaks of; the manifest's ``sources`` name these."""
    table: str | None
    """The table that gets one row a record, or None; exact repeats there count as repeated."""
    read: int
    """Records in the file, those set aside included."""
    notes: Mapping[str, int] = msgspec.field(default_factory=dict)
    """Things worth counting in records that were used, e.g. ``{"practice": 19}``."""


class Evidence(msgspec.Struct, frozen=True):
    """Something the reader decided from what it saw; recorded with the run."""

    name: str
    value: Any
    """JSON-encodable."""


class Notice(msgspec.Struct, frozen=True):
    """Something a person should know; becomes a finding that does not stop the run."""

    check: str
    scope: str
    table: str
    message: str
    fix: str
    refuses: bool = False
    """True for what must stop the run unless it is accepted."""


Item: TypeAlias = Rows | SetAside | FileRead | Evidence | Notice


class Reader(Protocol):
    """Turns a feed's directory into items."""

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Staged column names by table, in the order of ``Rows.rows`` (position left out)."""
        ...

    def read(self, context: ReadContext) -> Iterator[Item]:
        """Stream the feed.

        Raises:
            FeedError: the feed as a whole cannot be read (unknown directory, unreadable file).
        """
        ...


class Part(msgspec.Struct, frozen=True):
    """A piece of a feed that can be read without the others."""

    name: str
    size_bytes: int
    """How much there is to read: work is shared out by it."""


class Gathered(msgspec.Struct, frozen=True):
    """The end of a part, and what its reader keeps of it for the end of the feed."""

    value: Any
    last_run_id: int
    """The last run that was applied before the reader asked the database anything; 0 for none."""


class PartedReader(ABC):
    """A reader whose feed falls into parts, which several processes may read at the same time.

    What is numbered in the order of the feed is so in the order of its parts, whoever reads them.
    """

    @property
    @abstractmethod
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Staged column names by table, in the order of ``Rows.rows`` (position left out)."""

    @abstractmethod
    def parts(self, directory: Path) -> Sequence[Part]:
        """The parts of a feed; at least one.

        Raises:
            FeedError: the feed as a whole cannot be read.
        """

    @abstractmethod
    def read_part(self, context: ReadContext, part: Part) -> Generator[Item, None, Any]:
        """Stream one part.

        A file belongs to one part. The process may be another one than that of other parts.

        Returns:
            What ``read_rest`` wants to know of it; it must be possible to pickle it.
        """

    @abstractmethod
    def read_rest(self, directory: Path, gathered: Sequence[Any]) -> Iterator[Item]:
        """Stream what can be said only when all parts were read.

        Args:
            directory: the feed's.
            gathered: what ``read_part`` returned, in the order of ``parts``.
        """

    def read(self, context: ReadContext) -> Iterator[Item]:
        """Stream the feed, one part after the other."""
        gathered = []
        for part in self.parts(context.directory):
            gathered.append((yield from self.read_part(context, part)))
        yield from self.read_rest(context.directory, gathered)
