"""Accounts for every record of a feed: read = used + repeated + set aside."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import msgspec
import psycopg

from seawall import queries
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
    """What became of every file's records, after everything that may set one aside."""
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
        accounts.append(
            FileAccount(
                file=read.file,
                scope=read.scope,
                kind=read.kind,
                table=read.table,
                read=read.read,
                used=read.read - again - aside,
                repeated=again,
                set_aside=aside,
                unexpected=unexpected[read.file],
                reasons=reasons[read.file],
                notes=dict(read.notes),
            )
        )
    return accounts
