"""Finds out what a feed is: its name, its day, its digest, and who reads it."""

from __future__ import annotations

import datetime
import hashlib
import importlib
import os
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from seawall.errors import FeedError, ManifestError, SeawallError
from seawall.feeds.directory import JsonTables
from seawall.feeds.reading import Item, Part, PartedReader, ReadContext, Reader
from seawall.manifest import Manifest
from seawall.naming import Shape

_DAY = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")


def open_directory(
    directory: Path, manifest: Manifest, shapes: Callable[[], Mapping[str, Shape]]
) -> PartedReader:
    """The reader for a feed's directory: the manifest's, or the one for plain JSON tables.

    Args:
        shapes: of the imported tables; not asked before something of a table is to be known.

    Raises:
        FeedError: there is no such directory, or nothing in it.
        ManifestError: the manifest names a reader that cannot be imported.
    """
    if not directory.is_dir():
        raise FeedError(
            f"{directory} is no directory",
            why="A feed is a directory of files.",
            fix="Check the path.",
        )
    if not any(directory.iterdir()):
        raise FeedError(
            f"{directory} is empty",
            why="A feed without files says nothing about anything.",
            fix="Check that the scrape ran to its end.",
        )
    if manifest.feed.reader is None:
        return JsonTables(directory, tuple(manifest.imported()), shapes)
    module, _, attribute = manifest.feed.reader.partition(":")
    try:
        reader = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ManifestError(
            f"feed.reader = “{manifest.feed.reader}” cannot be imported: {error}",
            why="The manifest names it as module:attribute.",
            fix="Install the package that holds it, or correct the name.",
        ) from None
    return reader if isinstance(reader, PartedReader) else _Undivided(reader)


class _Undivided(PartedReader):
    """A reader whose feed is one part."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        return self._reader.columns

    def parts(self, directory: Path) -> Sequence[Part]:
        sizes = (path.stat().st_size for path in directory.rglob("*") if path.is_file())
        return [Part("", sum(sizes))]

    def read_part(self, context: ReadContext, part: Part) -> Generator[Item, None, None]:
        del part  # it is the whole
        yield from self._reader.read(context)

    def read_rest(self, directory: Path, gathered: Sequence[Any]) -> Iterator[Item]:
        del directory, gathered
        return iter(())


@contextmanager
def faults_of_reader(directory: Path) -> Iterator[None]:
    """Where a reader is asked something.

    Raises:
        FeedError: the reader failed, whatever its own error was.
    """
    try:
        yield
    except (SeawallError, psycopg.Error):
        raise
    except Exception as error:
        raise FeedError(
            f"the reader failed at {directory}: {type(error).__name__}: {error}",
            why="A part of a feed must not pass for the whole.",
            fix="Mend the reader that the manifest names, or the file it stumbled over.",
        ) from error


def day_of(directory: Path) -> datetime.date | None:
    """The day in a directory's name, e.g. 2025-06-30 or 2025-6-30, or None."""
    found = _DAY.search(directory.resolve().name)
    if found is None:
        return None
    try:
        return datetime.date(*map(int, found.groups()))
    except ValueError:
        return None


def digest_of(directory: Path) -> str:
    """SHA-256 over the names and contents of all files of a directory.

    Raises:
        FeedError: a name in it is no UTF-8, or a file cannot be read.
    """
    whole = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if not _is_unicode(name):
            raise FeedError(
                f"the name of a file in {directory} is no UTF-8: {os.fsencode(name)!r}",
                why="It can be written neither to the ledger nor to a report.",
                fix="Rename it.",
            )
        if path.is_file():
            try:
                with path.open("rb") as file:
                    part = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError as error:
                raise FeedError(
                    f"{path} cannot be read: {error.strerror or error}",
                    why="A file that is there and cannot be read is not a file without records.",
                    fix="Check that it is a file and that you may read it.",
                ) from error
            whole.update(f"{name} {part}\n".encode())
    return whole.hexdigest()


def _is_unicode(name: str) -> bool:
    """False where Python had to keep bytes of the name as halves of surrogate pairs."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
