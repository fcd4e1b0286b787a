"""A directory of JSON files named after tables: a feed that needs no code."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec

from seawall.catalog.model import Column
from seawall.feeds.json_records import records
from seawall.feeds.reading import (
    FileRead,
    Item,
    Notice,
    Part,
    PartedReader,
    ReadContext,
    Rows,
    SetAside,
)
from seawall.naming import Shape

BATCH_ROWS = 5000

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])

_TYPES: Mapping[str, Any] = {
    "bool": bool,
    "int2": Annotated[int, msgspec.Meta(ge=-(2**15), le=2**15 - 1)],
    "int4": Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)],
    "int8": Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)],
    "float4": float,
    "float8": float,
    "numeric": decimal.Decimal,
    "date": datetime.date,
    "time": datetime.time,
    "timestamp": Annotated[datetime.datetime, msgspec.Meta(tz=False)],
    "timestamptz": Annotated[datetime.datetime, msgspec.Meta(tz=True)],
    "uuid": uuid.UUID,
    "json": Any,
    "jsonb": Any,
}


class JsonTables(PartedReader):
    """Reads ``<table>.json`` for each imported table; a field is a staged column.

    Args:
        tables: the imported ones, in the manifest's order.
        shapes: what they look like; not asked before a file is read.
    """

    def __init__(
        self, directory: Path, tables: Sequence[str], shapes: Callable[[], Mapping[str, Shape]]
    ) -> None:
        self._tables = [name for name in tables if (directory / f"{name}.json").is_file()]
        self._shapes = shapes

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Every column that the manifest leaves to the feed; what a record lacks is unsaid."""
        shapes = self._shapes()
        return {name: tuple(shapes[name].staged) for name in self._tables}

    def parts(self, directory: Path) -> Sequence[Part]:
        """A part for each file, in the manifest's order."""
        return [
            Part(name, (directory / f"{name}.json").stat().st_size) for name in self._tables
        ] or [Part("", 0)]

    def read_part(self, context: ReadContext, part: Part) -> Generator[Item, None, None]:
        """Stream one file."""
        if part.name in self._tables:
            path = context.directory / f"{part.name}.json"
            yield from _read_table(path, part.name, self._shapes()[part.name])

    def read_rest(self, directory: Path, gathered: Sequence[Any]) -> Iterator[Item]:
        """Say which files were not read."""
        del gathered  # nothing was
        known = {f"{name}.json" for name in self._tables}
        for path in sorted(directory.iterdir()):
            if path.name not in known and not path.name.startswith("."):
                yield Notice(
                    check="unknown-file",
                    scope="",
                    table="feed",
                    message=f"{path.name} is named after no imported table, and was not read",
                    fix="Rename it, or add its table to the manifest.",
                )


def _read_table(path: Path, name: str, shape: Shape) -> Iterator[Item]:
    decoder = msgspec.json.Decoder(_record_type(name, shape.staged), strict=False)
    lenient = msgspec.json.Decoder(_record_type(name, shape.staged, lenient=True), strict=False)
    unknown: Counter[str] = Counter()
    batch: list[tuple[Any, ...]] = []
    position = 0
    for position, raw in records(path):
        try:
            try:
                record = decoder.decode(raw)
            except msgspec.ValidationError:
                record = lenient.decode(raw)
                unknown.update(_fields.decode(raw).keys() - shape.staged.keys())
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            yield SetAside(
                file=path.name,
                position=position,
                reason="not a record of this table",
                detail=str(error),
                record=bytes(raw),
            )
            continue
        batch.append((position, *msgspec.structs.astuple(record)))
        if len(batch) == BATCH_ROWS:
            yield Rows(table=name, file=path.name, rows=batch)
            batch = []
    if batch:
        yield Rows(table=name, file=path.name, rows=batch)
    if unknown:
        listed = ", ".join(f"{field} ({count})" for field, count in sorted(unknown.items()))
        yield Notice(
            check="unknown-field",
            scope="",
            table=name,
            message=f"{path.name} has fields that are no columns of {name}: {listed}",
            fix=f"If one is misspelled, correct it. Columns: {', '.join(shape.staged)}.",
        )
    yield FileRead(file=path.name, scope="", kind=name, table=name, read=position)


def _record_type(
    name: str, staged: Mapping[str, Column], *, lenient: bool = False
) -> type[msgspec.Struct]:
    """A record's type; unless ``lenient``, other fields than the staged columns are an error."""
    fields = [
        # Columns need not be Python identifiers, so fields are numbered and renamed.
        (f"column_{number}", _TYPES.get(column.type_name, _text(column)) | None, None)
        for number, column in enumerate(staged.values())
    ]
    names = {f"column_{number}": column for number, column in enumerate(staged)}
    return msgspec.defstruct(
        name.replace(".", "_"), fields, rename=names, forbid_unknown_fields=not lenient
    )


def _text(column: Column) -> Any:
    """Types that PostgreSQL itself reads from text; arrays come as lists."""
    return list[Any] if column.type_category == "A" else str
