"""A feed's reader reads: by the connection that it is given it cannot write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from victim import MANIFEST, Victim

from seawall.errors import DatabaseError
from seawall.feeds.reading import Item, ReadContext


class Reader:
    """Reaches behind ``known`` for the connection, and commits."""

    columns: ClassVar[dict[str, tuple[str, ...]]] = {"clubs": ("name",)}
    statement = ""

    def read(self, context: ReadContext) -> Iterator[Item]:
        connection = context.known._connection  # pyright: ignore
        connection.execute(self.statement)
        connection.execute("COMMIT")
        yield from ()


reader = Reader()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM answers", "read-only transaction"),
        ("BEGIN; TRUNCATE favourites", "read-only transaction"),
        ("BEGIN READ WRITE; DELETE FROM answers", "seawall refuses DELETE in answers"),
    ],
)
def test_a_reader_that_writes(
    victim: Victim, monkeypatch: pytest.MonkeyPatch, statement: str, words: str
) -> None:
    monkeypatch.setattr(Reader, "statement", statement)
    monkeypatch.setattr("test_readers.reader", reader)
    victim.guarded()
    users = victim.users_rows()
    victim.declare('[feed]\nreader = "test_readers:reader"\n' + MANIFEST)
    with pytest.raises(DatabaseError, match=words):
        victim.plan(any=[])
    assert victim.users_rows() == users
