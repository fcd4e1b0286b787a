"""Recalls that a table equalled its feed: the same question of the same rows has the same answer.

What a match answers depends on its SQL, on the staged rows, and on the tables that it reads. A run
that leaves a table equal to its feed keeps a digest of these three in the ledger. Where the next
feed brings the same digest, there is no difference, and nobody has to look for one.

Only whole tables are recalled: no standing row that the feed lacks, whichever absences count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from seawall.catalog.model import Catalogue
from seawall.difference import Difference, DifferenceQuery
from seawall.row_versions import RowVersions


class Equal(msgspec.Struct, frozen=True, kw_only=True):
    """A table that equals the feed."""

    question: str
    """SHA-256 of what the match asks, and of everything that it looks at."""
    unresolved: dict[str, int]
    """Reference column → staged rows that name a parent which does not exist."""


def recalled(
    order: Iterable[str], asking: Questions, known: Mapping[str, Equal]
) -> dict[str, Equal]:
    """Tables of a feed that equal it already.

    Args:
        order: parents first. A row may refer to one that is new in the feed, so a table is recalled
            only together with its parents.
        known: what the last run has left.
    """
    found: dict[str, Equal] = {}
    for name in order:
        if name not in asking.query.feed.tables or name not in known:
            continue
        parents = asking.parents(name) & asking.query.feed.tables.keys()
        if parents <= found.keys() and known[name].question == asking.question(name):
            found[name] = known[name]
    return found


class Questions(msgspec.Struct, frozen=True):
    """What matching a feed asks, table by table, as the rows are now."""

    query: DifferenceQuery
    """One that knows of no difference."""
    catalogue: Catalogue
    versions: RowVersions

    def question(self, name: str) -> str:
        """The digest of one table's question."""
        said = [
            self.catalogue.digest,
            self.query.question(name),
            self.query.feed.tables[name].content,
            self.versions.retired,
            *(self.versions.tables[table] for table in self.reach(name)),
        ]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()

    def answers(self, differences: Mapping[str, Difference]) -> dict[str, Equal]:
        """What to recall of tables that equal the feed now."""
        return {
            name: Equal(question=self.question(name), unresolved=difference.unresolved)
            for name, difference in differences.items()
        }

    def parents(self, name: str) -> set[str]:
        """Other tables to which a table's rows refer by key."""
        return {parent.table for parent in self.query.shapes[name].parents.values()} - {name}

    def reach(self, name: str) -> list[str]:
        """The tables that a match reads: its own, and all from which their keys come."""
        return sorted(self._reached(name, set()))

    def _reached(self, name: str, seen: set[str]) -> Iterator[str]:
        if name not in seen:
            seen.add(name)
            yield name
            for parent in self.parents(name):
                yield from self._reached(parent, seen)
