"""Looks at the imported tables after the merge: do they read as the feed has them, and which of
them equal it now as a whole?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
import psycopg

from seawall import impact, recall, row_versions
from seawall.catalog.model import Catalogue
from seawall.match import Matcher
from seawall.naming import Shape
from seawall.plan import Plan
from seawall.row_versions import RowVersions


class SecondMatch(msgspec.Struct, frozen=True):
    """A match of the feed that knows nothing of the merge's statements."""

    connection: psycopg.Connection[Any]
    catalogue: Catalogue
    shapes: Mapping[str, Shape]
    matcher: Matcher
    plan: Plan

    def not_as_staged(self, written: Mapping[str, Mapping[str, int]]) -> list[str]:
        """Tables of which rows are not as the feed has them after the merge, in words.

        Asks the match anew, which knows nothing of the merge's statements. Where a trigger or rule
        may act, every row of the feed is looked at; else those that the plan writes.
        """
        found = []
        afresh = self.matcher.afresh()
        for name, rows in written.items():
            if not any(rows.values()):
                continue
            meddles = self.catalogue.tables[name].may_change_writes
            difference = self.plan.differences[name]
            count = afresh.count_differing(name, None if meddles else difference)
            if rows.keys() & {"retired", "deleted"}:
                count += impact.count_standing(self.connection, self.shapes[name], difference)
            if count:
                found.append(
                    f"merge: {count} rows of {name} do not read as the feed has them; "
                    + ("a trigger or rule of the table" if meddles else "something")
                    + " changes what is written"
                )
        return found

    def equal_tables(
        self,
        found: RowVersions,
        written: Mapping[str, Mapping[str, int]],
        counted: Counter[str] | None,
    ) -> dict[str, recall.Equal]:
        """Tables that equal the feed now, whichever absences count.

        Of those that the merge wrote, the second match has seen the rows that it wrote; that it
        wrote no others, the counters say. A table that something else wrote, be it between plan and
        run, or one whose keys come from such a table, is left out.

        Args:
            found: versions of all rows before the merge.
            counted: rows written since then, by table.
        """
        differences, shapes = self.plan.differences, self.shapes
        wrote = any(any(rows.values()) for rows in written.values())
        now = row_versions.read(self.connection, shapes, {}) if wrote else found
        ours = {
            name: sum(
                count
                for what, count in rows.items()
                # Without a column for it, that a row is retired stands in the ledger.
                if what != "retired" or shapes[name].retired_column
            )
            for name, rows in written.items()
        }
        planned = self.plan.row_versions

        def is_ours_alone(name: str) -> bool:
            """Nobody else has written it since it was matched."""
            if found.tables[name] != planned.tables[name]:
                return False
            if ours.get(name):
                return counted is not None and counted[name] == ours[name]
            return now.tables[name] == found.tables[name]

        asking = recall.Questions(self.matcher.query.afresh(), self.catalogue, now)
        alone = {
            name: difference
            for name, difference in differences.items()
            if not difference.lost and all(map(is_ours_alone, asking.reach(name)))
        }
        # What is recalled was counted when it was found equal, and nobody has written it since.
        asked = [name for name, difference in alone.items() if not difference.recalled]
        standing = row_versions.standing_rows(self.connection, [shapes[name] for name in asked])
        equal = {
            name: difference
            for name, difference in alone.items()
            if difference.recalled or standing[name] == difference.staged
        }
        return asking.answers(equal)
