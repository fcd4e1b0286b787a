"""Named SQL blocks: static SQL stands in ``.sql`` files, a ``-- name: …`` line before each."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import LiteralString, cast

_HEADING = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


class Queries:
    """The blocks of one ``.sql`` file, by name.

    The files are part of the package, so their text is as literal as source code is.
    """

    def __init__(self, package: str, file: str = "queries.sql") -> None:
        text = resources.files(package).joinpath(file).read_text(encoding="utf-8")
        parts = _HEADING.split(text)
        self._blocks = dict(zip(parts[1::2], (block.strip() for block in parts[2::2]), strict=True))
        self._origin = f"{package}/{file}"

    def __getitem__(self, name: str) -> LiteralString:
        try:
            return cast("LiteralString", self._blocks[name])
        except KeyError:
            raise KeyError(f"no SQL block named {name!r} in {self._origin}") from None

    def names(self) -> list[str]:
        """Names of all blocks, in the order of the file."""
        return list(self._blocks)


@cache
def load(package: str, file: str = "queries.sql") -> Queries:
    """The blocks of a package's ``.sql`` file, read once a process."""
    return Queries(package, file)
