"""Accounts for every record of a feed: read = used + repeated + set aside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import msgspec
import psycopg

from seawall import queries
from seawall.errors import FeedError
from seawall.naming import Shape
from seawall.settling import without_parent
from seawall.staging import StagedFeed

_SQL = queries.load("seawall", "staging.sql")


class FileAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file's records: read = used + repeated + set_aside."""

    file: str
    scope: str
    kind: str
    table: str | None
    read: int
    used: int
    repeated: int
    set_aside: int
    unexpected: int
    """Of the records set aside, those that count against the budget."""
    reasons: dict[str, int]
    notes: dict[str, int]


def account(connection: psycopg.Connection[Any], feed: StagedFeed) -> list[FileAccount]:
    """What became of every file's records, after everything that may set one aside.

    Raises:
        FeedError: the reader's rows stand for more records than it says it read.
    """
    reasons: dict[str, dict[str, int]] = defaultdict(dict)
    unexpected: Counter[str] = Counter()
    for file, reason, expected, count in connection.execute(
        _SQL["count_set_aside"], {"load_id": feed.load_id}
    ):
        reasons[file][reason] = reasons[file].get(reason, 0) + count
        unexpected[file] += 0 if expected else count
    accounts = []
    for read in feed.reads:
        again = feed.repeated.get(read.table or "", {}).get(read.file, 0)
        aside = sum(reasons[read.file].values())
        used = read.read - again - aside
        if used < 0:
            raise FeedError(
                f"{read.file}: the reader says that it read {read.read} records, "
                f"but {again} repeated and {aside} set aside are more",
                why="Every record is accounted for: read = used + repeated + set aside.",
                fix="Mend the reader: one row a record for the table that its FileRead names.",
            )
        accounts.append(
            FileAccount(
                file=read.file,
                scope=read.scope,
                kind=read.kind,
                table=read.table,
                read=read.read,
                used=used,
                repeated=again,
                set_aside=aside,
                unexpected=unexpected[read.file],
                reasons=reasons[read.file],
                notes=dict(read.notes),
            )
        )
    return accounts


def incomplete(
    connection: psycopg.Connection[Any], feed: StagedFeed, shapes: Mapping[str, Shape]
) -> tuple[tuple[str, str], ...]:
    """(scope, kind) of the files of which a record was set aside that no one expected.

    A record that names a parent in its key which is nowhere is no such one: the database cannot
    have a row for it, so no row seems to vanish because of it.
    """
    harmless = {
        without_parent(parent.table, name)
        for name, shape in shapes.items()
        for column, parent in shape.parents.items()
        if column in shape.key
    } - {
        without_parent(parent.table, name)
        for name, shape in shapes.items()
        for column, parent in shape.parents.items()
        if column not in shape.key and parent.required
    }
    files = {
        file
        for file, reason, expected, _ in connection.execute(
            _SQL["count_set_aside"], {"load_id": feed.load_id}
        )
        if not expected and reason not in harmless
    }
    return tuple(sorted({(read.scope, read.kind) for read in feed.reads if read.file in files}))
