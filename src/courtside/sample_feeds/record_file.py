"""A JSON array on disk that grows record by record."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from types import TracebackType

import msgspec

Record = dict[str, object]
_encode = msgspec.json.Encoder().encode
_LINES_AT_ONCE = 500


class RecordFile:
    """A file that holds one JSON array, a record a line; complete once it is closed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=1 << 16)
        self._file.write(b"[")
        self.count = 0

    def write(self, records: Iterable[Record]) -> None:
        """Append records; only some hundred are held in memory."""
        iterator = iter(records)
        while lines := [_encode(record) for record in islice(iterator, _LINES_AT_ONCE)]:
            self._file.write(b",\n " if self.count else b"\n ")
            self._file.write(b",\n ".join(lines))
            self.count += len(lines)

    def __enter__(self) -> RecordFile:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            if error_type is None:  # else the file is left visibly incomplete
                self._file.write(b"\n]\n")
