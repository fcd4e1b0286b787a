"""One file of a feed: records decoded, what cannot be used set aside, what is worth counting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from courtside.feeds.leagues import League, is_foreign
from courtside.feeds.values import UnusableError
from seawall.feeds.json_records import records
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
        self, decoder: msgspec.json.Decoder[Record], use: Callable[[int, Record], None]
    ) -> None:
        """A first pass: give every usable record to ``use`` and pass over the others."""
        for position, raw in records(self.path):
            try:
                use(position, self._decoded(decoder, bytes(raw), MAXIMUM_FLAT_RECORD_BYTES))
            except (UnusableError, *_UNDECODABLE):
                continue

    def items(
        self,
        decoder: msgspec.json.Decoder[Record],
        use: Callable[[int, Record], None],
        batches: tuple[Batch, ...],
        *,
        maximum_bytes: int = MAXIMUM_FLAT_RECORD_BYTES,
    ) -> Iterator[Item]:
        """Give every record to ``use``, which appends to ``batches`` or raises ``UnusableError``.

        ``use`` must raise before it appends. Ends with what the file as a whole says.
        """
        foreign = 0
        decoded = self._decoded
        for position, raw in records(self.path):
            self.read = position
            text = bytes(raw)
            try:
                use(position, decoded(decoder, text, maximum_bytes))
            except UnusableError as fault:
                foreign += isinstance(fault, ForeignRecordError)
                yield SetAside(
                    self.name, position, fault.reason, text, fault.detail, fault.expected
                )
            except _UNDECODABLE as fault:
                yield SetAside(self.name, position, "not a record of its kind", text, str(fault))
            # One is enough to ask: a record adds to all of them, or to none.
            if len(batches[0].rows) >= BATCH_ROWS:
                for batch in batches:
                    yield batch.taken(self.name)
        for batch in batches:
            if batch.rows:
                yield batch.taken(self.name)
        if foreign * 2 > self.read:
            yield self._wrong_source(foreign)
        yield FileRead(
            self.name, self.league.code, self.kind, self.table, self.read, dict(self.notes)
        )

    def _decoded(
        self, decoder: msgspec.json.Decoder[Record], text: bytes, maximum_bytes: int
    ) -> Record:
        if len(text) > maximum_bytes:
            raise UnusableError("record is too long", f"{len(text)} bytes; {maximum_bytes} at most")
        record = decoder.decode(text)
        # Looking for one character first is far cheaper, and few records hold any escape.
        if b"\\" in text and b"\\u0000" in text and _holds_nul(msgspec.json.decode(text)):
            raise UnusableError("text holds a NUL character")
        said = record.league
        if said != self.league.code and is_foreign(said, self.league):
            raise ForeignRecordError("record of another league", said or "")
        return record

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
