"""One file of a feed: records decoded, what cannot be used set aside, what is worth counting."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from courtside.feeds.leagues import League, is_foreign
from courtside.feeds.values import UnusableError
from seawall.feeds.json_records import Block, blocks
from seawall.feeds.reading import FileRead, Item, Notice, Rows, SetAside, Value

BATCH_ROWS = 5000
_UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# A key must fit into a third of an index page (2,704 bytes). What is read out of so many bytes of
# JSON cannot be longer than they are.
MAXIMUM_FLAT_RECORD_BYTES = 2000
MAXIMUM_NESTED_RECORD_BYTES = 1 << 24


class ScrapedRecord(Protocol):
    """What every kind of record has."""

    @property
    def league(self) -> str | None: ...


Record = TypeVar("Record", bound=ScrapedRecord)


class RecordKind(Generic[Record]):
    """Decodes one kind of record."""

    def __init__(self, record: type[Record]) -> None:
        self.one = msgspec.json.Decoder(record).decode
        self.all_of = msgspec.json.Decoder(list[record]).decode


class Batch:
    """Rows for one table, handed on some thousands at a time."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.rows: list[tuple[Value, ...]] = []

    def taken(self, file: str) -> Rows:
        """What has gathered; the batch is empty again."""
        rows, self.rows = self.rows, []
        return Rows(self.table, file, rows)


class ScrapeFile:
    """A file of one league and kind, read once from beginning to end with ``items``."""

    def __init__(self, path: Path, league: League, kind: str, table: str | None) -> None:
        self.path = path
        self.league = league
        self.kind = kind
        self.table = table
        self.name = f"{path.parent.name}/{path.name}"
        self.read = 0
        self.notes: Counter[str] = Counter()

    def scan(
        self,
        kind: RecordKind[Record],
        use: Callable[[int, Record], None],
        *,
        maximum_records: float = math.inf,
    ) -> None:
        """A first pass: give every usable record to ``use`` and pass over the others.

        Args:
            maximum_records: after so many it stops.
        """
        for block in blocks(self.path):
            for position, record in enumerate(
                self._decoded(kind, block, MAXIMUM_FLAT_RECORD_BYTES), block.first
            ):
                if position > maximum_records:
                    return
                if not isinstance(record, UnusableError):
                    with suppress(UnusableError):
                        use(position, record)

    def items(
        self,
        kind: RecordKind[Record],
        use: Callable[[int, Record], None],
        batches: tuple[Batch, ...],
        *,
        maximum_bytes: int = MAXIMUM_FLAT_RECORD_BYTES,
    ) -> Iterator[Item]:
        """Give every record to ``use``, which appends to ``batches`` or raises ``UnusableError``.

        ``use`` must raise before it appends. Ends with what the file as a whole says.
        """
        foreign = 0
        # One is enough to ask: a record adds to all of them, or to none.
        asked = batches[0]
        for block in blocks(self.path):
            decoded = self._decoded(kind, block, maximum_bytes)
            for position, record in enumerate(decoded, block.first):
                try:
                    if isinstance(record, UnusableError):
                        raise record
                    use(position, record)
                except UnusableError as fault:
                    foreign += isinstance(fault, ForeignRecordError)
                    text = bytes(block.records[position - block.first])
                    yield SetAside(
                        self.name, position, fault.reason, text, fault.detail, fault.expected
                    )
                if len(asked.rows) >= BATCH_ROWS:
                    for batch in batches:
                        yield batch.taken(self.name)
            self.read += len(decoded)
        for batch in batches:
            if batch.rows:
                yield batch.taken(self.name)
        if foreign * 2 > self.read:
            yield self._wrong_source(foreign)
        yield FileRead(
            self.name, self.league.code, self.kind, self.table, self.read, dict(self.notes)
        )

    def _decoded(
        self, kind: RecordKind[Record], block: Block, maximum_bytes: int
    ) -> Sequence[Record | UnusableError]:
        """The records of a block, and in the place of one that cannot be used what is wrong."""
        # All at once costs half as much as one by one, and nearly every block has no bad record.
        if block.array and b"\\u0000" not in block.array:
            with suppress(*_UNDECODABLE):
                records = kind.all_of(block.array)
                if max(map(len, block.records)) <= maximum_bytes and not any(
                    self._is_foreign(said) for said in {record.league for record in records}
                ):
                    return records
        return [self._one(kind, bytes(raw), maximum_bytes) for raw in block.records]

    def _one(
        self, kind: RecordKind[Record], text: bytes, maximum_bytes: int
    ) -> Record | UnusableError:
        if len(text) > maximum_bytes:
            return UnusableError(
                "record is too long", f"{len(text)} bytes; {maximum_bytes} at most"
            )
        try:
            record = kind.one(text)
            if b"\\u0000" in text and _holds_nul(msgspec.json.decode(text)):
                return UnusableError("text holds a NUL character")
        except _UNDECODABLE as fault:
            return UnusableError("not a record of its kind", str(fault))
        if self._is_foreign(record.league):
            return ForeignRecordError("record of another league", record.league or "")
        return record

    def _is_foreign(self, said: str | None) -> bool:
        return said != self.league.code and is_foreign(said, self.league)

    def _wrong_source(self, foreign: int) -> Notice:
        return Notice(
            check="wrong-source",
            scope=self.league.code,
            table=self.table or self.kind,
            message=f"{self.name}: {foreign} of {self.read} records are of another league",
            fix="Check whether the file was put into the wrong league's directory.",
            refuses=True,
        )


class ForeignRecordError(UnusableError):
    """A record that says it is of another known league."""


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(inner) for pair in value.items() for inner in pair)
    return isinstance(value, list) and any(map(_holds_nul, value))
