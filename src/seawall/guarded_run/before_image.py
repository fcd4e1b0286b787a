"""Users' rows and what they mean, kept before the command and compared after it.

Kept as temporary tables of seawall's own session, in one snapshot. A transaction held open would
see old rows too, but not those of a table that the command truncates or rewrites, and it would make
VACUUM and CREATE INDEX CONCURRENTLY wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall.catalog.model import Catalogue
from seawall.naming import Shape
from seawall.references import UserReference
from seawall.witness.fingerprints import Subject
from seawall.witness.meanings import identity_rows

NAMED_ROWS = 20


class RowChanges(msgspec.Struct, frozen=True, kw_only=True):
    """How the rows of one user table differ."""

    rows_before: int
    rows_after: int
    lost: int
    changed: int
    added: int
    named: list[str]
    """Up to 20 rows, in words."""


class ReferenceChanges(msgspec.Struct, frozen=True, kw_only=True):
    """How the references of one kind differ."""

    checked: int
    dangling: int
    """References that meant a row before and point at nothing now, from rows that still say so."""
    retargeted: int
    """References behind which another key stands now."""
    dangling_before: int
    named: list[str]


class BeforeImage:
    """A copy of users' rows and of what every reference means.

    Args:
        connection: in autocommit; it must stay the same session to the end.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        subjects: Sequence[Subject],
        references: Sequence[UserReference],
        shapes: Mapping[str, Shape],
        catalogue: Catalogue,
    ) -> None:
        self._connection = connection
        self._subjects = subjects
        self._references = references
        self._shapes = shapes
        self._catalogue = catalogue

    def keep(self) -> None:
        """Copy everything, as one snapshot sees it."""
        with self._connection.transaction():
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            for number, subject in enumerate(self._subjects):
                self._connection.execute(
                    sql.SQL("CREATE TEMPORARY TABLE {} AS {}").format(
                        _rows_table(number), subject.keyed_rows()
                    )
                )
            for number, reference in enumerate(self._references):
                self._connection.execute(
                    sql.SQL(
                        "CREATE TEMPORARY TABLE {} AS SELECT seawall_user, seawall_target,"
                        " seawall_identity, seawall_identity IS NULL AS dangling FROM ({}) AS m"
                    ).format(_meanings_table(number), self._identities(reference))
                )

    def _identities(self, reference: UserReference) -> sql.Composed:
        return identity_rows(reference, self._shapes, self._catalogue)

    def rows(self, number: int) -> RowChanges:
        """Compare one subject's rows with its copy.

        Raises:
            psycopg.Error: they cannot be read any more.
        """
        subject = self._subjects[number]
        with self._connection.transaction():
            found = self._connection.execute(
                sql.SQL(
                    "WITH now AS MATERIALIZED ({now}),"
                    " gone AS (SELECT k, r FROM {was} EXCEPT ALL SELECT k, r FROM now),"
                    " came AS (SELECT k, r FROM now EXCEPT ALL SELECT k, r FROM {was}),"
                    " differing AS (SELECT CASE WHEN c.r IS NULL THEN 'lost'"
                    " WHEN g.r IS NULL THEN 'added' ELSE 'changed' END AS kind,"
                    " coalesce(g.k, c.k) AS k, g.r AS old, c.r AS new"
                    " FROM gone AS g FULL JOIN came AS c USING (k)),"
                    " numbered AS (SELECT *, pg_catalog.count(*) OVER (PARTITION BY kind) AS total,"
                    " pg_catalog.row_number() OVER (PARTITION BY kind ORDER BY k) AS number"
                    " FROM differing)"
                    " SELECT kind, total, k, old, new FROM numbered WHERE number <= {limit}"
                    " ORDER BY kind, number"
                ).format(
                    now=subject.keyed_rows(), was=_rows_table(number), limit=sql.Literal(NAMED_ROWS)
                )
            ).fetchall()
            totals = self._connection.execute(
                sql.SQL(
                    "SELECT (SELECT count(*) FROM {}), (SELECT count(*) FROM ({}) AS n)"
                ).format(_rows_table(number), subject.keyed_rows())
            ).fetchone()
        assert totals is not None
        counts = {kind: total for kind, total, *_ in found}
        named = [
            f"{subject.name} {key} {kind}: {' → '.join(row for row in (old, new) if row)}"
            for wanted in ("lost", "changed", "added")
            for kind, _, key, old, new in found
            if kind == wanted
        ]
        return RowChanges(
            rows_before=totals[0],
            rows_after=totals[1],
            lost=counts.get("lost", 0),
            changed=counts.get("changed", 0),
            added=counts.get("added", 0),
            named=named[:NAMED_ROWS],
        )

    def references(self, number: int) -> ReferenceChanges:
        """Compare what one kind of references means with what it meant.

        Raises:
            psycopg.Error: they cannot be read any more.
        """
        reference = self._references[number]
        # A reference counts where its row still says the same: what a row says anew is its
        # user's doing, and its change is counted as a row's.
        differing = sql.SQL(
            "SELECT n.seawall_user, w.seawall_identity AS old, n.seawall_identity AS new"
            " FROM ({}) AS n JOIN (SELECT DISTINCT seawall_user, seawall_target, seawall_identity"
            " FROM {}) AS w USING (seawall_user, seawall_target)"
            " WHERE w.seawall_identity IS NOT NULL"
            " AND n.seawall_identity IS DISTINCT FROM w.seawall_identity"
        ).format(self._identities(reference), _meanings_table(number))
        with self._connection.transaction():
            row = self._connection.execute(
                sql.SQL(
                    "SELECT (SELECT count(*) FROM ({now}) AS m),"
                    " (SELECT count(*) FROM {was} WHERE dangling),"
                    " count(*) FILTER (WHERE new IS NULL),"
                    " count(*) FILTER (WHERE new IS NOT NULL) FROM ({differing}) AS d"
                ).format(
                    now=self._identities(reference),
                    was=_meanings_table(number),
                    differing=differing,
                )
            ).fetchone()
            named = self._connection.execute(
                sql.SQL(
                    "SELECT seawall_user, old, coalesce(new, 'nothing') FROM ({}) AS d"
                    " ORDER BY new IS NOT NULL, seawall_user LIMIT {}"
                ).format(differing, sql.Literal(NAMED_ROWS))
            ).fetchall()
        assert row is not None
        return ReferenceChanges(
            checked=row[0],
            dangling_before=row[1],
            dangling=row[2],
            retargeted=row[3],
            named=[
                f"{reference.user_table} {key} meant {old}, means {new} now"
                for key, old, new in named
            ],
        )


def _rows_table(number: int) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"seawall_rows_{number}")


def _meanings_table(number: int) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"seawall_meanings_{number}")
