"""Finds what differs between staging and the database: same, changed, new, vanished.

The difference of each table is one SELECT. It is materialised once, in staging, when a plan is
made, and asked again under lock, with parents read from the live tables, to prove that the plan
still describes what would happen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from psycopg import sql

from seawall.difference import Difference, DifferenceQuery, is_required
from seawall.naming import STAGE
from seawall.settling import as_record, file_name, without_parent
from seawall.staging import Progress


class Matcher:
    """Writes the difference of each table, in load order."""

    def __init__(self, query: DifferenceQuery) -> None:
        self.query = query
        self.differences = query.differences
        self._connection = query.connection
        self._shapes = query.shapes
        self._feed = query.feed

    def match(
        self,
        order: Iterable[str],
        recalled: Mapping[str, Mapping[str, int]],
        progress: Progress,
    ) -> dict[str, Difference]:
        """Materialise every staged table's difference.

        Args:
            order: parents first.
            recalled: tables that are known to equal the feed → what is unresolved in them.
        """
        for done, name in enumerate(order, 1):
            if name in recalled:
                self.differences[name] = self._none(name, recalled[name])
            elif name in self._feed.tables:
                self.differences[name] = self._materialise(name)
            progress("matching", done)
        return self.differences

    def afresh(self) -> Matcher:
        """A matcher that knows of no difference."""
        return Matcher(self.query.afresh())

    def count_differing(self, name: str, difference: Difference | None = None) -> int:
        """Count staged rows that the table does not have, or has otherwise.

        Args:
            difference: look only at rows that it writes.
        """
        row = self._connection.execute(
            sql.SQL(
                "SELECT count(*) FROM ({}) AS d WHERE seawall_action NOT IN ('vanished', 'same')"
            ).format(self.query.select(name, difference))
        ).fetchone()
        assert row is not None
        return row[0]

    def still_holds(self, difference: Difference) -> bool:
        """Ask the difference again, references included, and compare it with the one in staging."""
        name = difference.table
        rows = self._connection.execute(
            sql.SQL(
                "SELECT {digest} FROM ({asked}) AS d WHERE seawall_action <> 'same'"
                " UNION ALL SELECT {digest} FROM {kept} AS d"
            ).format(
                digest=self.query.digest(name),
                asked=self.query.select(name),
                kept=difference.identifier,
            )
        ).fetchall()
        return rows[0] == rows[1]

    def _look_up(self, table: str) -> None:
        """Write down once what every reference to a table may mean.

        Several columns of several tables name the same parents, and on an analysed table the
        planner hashes the parents instead of the wide rows that name them.
        """
        if table in self.query.lookups:
            return
        number = list(self._shapes).index(table)
        target = sql.Identifier(STAGE, f"{self._feed.load_id}_{number}_parents")
        self._connection.execute(
            sql.SQL("CREATE UNLOGGED TABLE {} WITH (autovacuum_enabled = false) AS {}").format(
                target, self.query.parent_rows(table)
            )
        )
        self._connection.execute(sql.SQL("ANALYZE {}").format(target))
        self.query.lookups[table] = target

    def _set_aside_lost(self, name: str, references: Sequence[str], target: sql.Identifier) -> int:
        """Set aside staged rows whose required parent neither feed nor database has.

        Returns:
            How many.
        """
        shape = self._shapes[name]
        gone = 0
        for column in references:
            if not is_required(shape, column):
                continue
            cursor = self._connection.execute(
                sql.SQL(
                    "WITH lost AS (DELETE FROM {difference} AS d"
                    "   WHERE d.seawall_action = 'lost' AND d.{lost} RETURNING d.seawall_row),"
                    " gone AS (DELETE FROM {staged} AS s USING lost"
                    "   WHERE s.seawall_row = lost.seawall_row RETURNING s.*)"
                    " INSERT INTO seawall_stage.set_aside"
                    " SELECT {load_id}, {file}, seawall_position, {reason}, '', false, {record}"
                    " FROM gone"
                ).format(
                    difference=target,
                    lost=sql.Identifier(f"seawall_lost_{column}"),
                    staged=self._feed.tables[name].identifier,
                    load_id=sql.Literal(self._feed.load_id),
                    file=file_name(self._feed.file_names),
                    reason=sql.Literal(without_parent(shape.parents[column].table, name)),
                    record=as_record("gone"),
                )
            )
            gone += cursor.rowcount
        return gone

    def _none(self, name: str, unresolved: Mapping[str, int]) -> Difference:
        """The difference of a table that equals the feed."""
        staged, shape = self._feed.tables[name], self._shapes[name]
        difference = Difference(
            table=name,
            stage=f"{staged.stage}_d",
            primary_key=shape.primary_key,
            columns=self.query.carried(name),
            staged=staged.rows,
            changed=0,
            new=0,
            vanished=0,
            reinstated=0,
            recalled=True,
            unresolved=dict(unresolved),
        )
        self._connection.execute(
            sql.SQL(
                "CREATE UNLOGGED TABLE {} WITH (autovacuum_enabled = false) AS"
                " SELECT d.*, false AS seawall_held FROM ({}) AS d WITH NO DATA"
            ).format(difference.identifier, self.query.select(name, whole=True))
        )
        return difference

    def _analyze(self, table: sql.Identifier, columns: Iterable[str]) -> None:
        """Tell the planner of the columns by which rows are joined; others are many, and long."""
        self._connection.execute(
            sql.SQL("ANALYZE {} ({})").format(
                table, sql.SQL(", ").join(map(sql.Identifier, columns))
            )
        )

    def _materialise(self, name: str) -> Difference:
        staged = self._feed.tables[name]
        shape, carried = self._shapes[name], self.query.carried(name)
        references = [column for column in carried if column in shape.parents]
        joined = dict.fromkeys(("seawall_row", *shape.staged_key))
        for of_parent in shape.parents.values():
            joined |= dict.fromkeys(of_parent.by.values())
        self._analyze(
            staged.identifier, [c for c in joined if c in ("seawall_row", *staged.columns)]
        )
        for parent in dict.fromkeys(shape.parents[column].table for column in references):
            self._look_up(parent)
        stage = f"{staged.stage}_d"
        target = sql.Identifier(STAGE, stage)
        self._connection.execute(
            sql.SQL(
                "CREATE UNLOGGED TABLE {} WITH (autovacuum_enabled = false) AS"
                " SELECT d.*, false AS seawall_held FROM ({}) AS d"
            ).format(target, self.query.select(name))
        )
        row = self._connection.execute(
            sql.SQL(
                "SELECT count(*) FILTER (WHERE seawall_action IN ('changed', 'reinstated')),"
                " count(*) FILTER (WHERE seawall_action = 'new'),"
                " count(*) FILTER (WHERE seawall_action = 'vanished'),"
                " count(*) FILTER (WHERE seawall_action = 'reinstated'),"
                " count(*) FILTER (WHERE seawall_action = 'lost'),"
                " count(*) FILTER (WHERE seawall_action = 'same'), {} FROM {} AS d"
            ).format(
                sql.SQL("ARRAY[{}]::bigint[]").format(
                    sql.SQL(", ").join(
                        sql.SQL("count(*) FILTER (WHERE d.{} AND seawall_action <> 'lost')").format(
                            sql.Identifier(f"seawall_lost_{column}")
                        )
                        for column in references
                    )
                ),
                target,
            )
        ).fetchone()
        assert row is not None
        changed, new, vanished, reinstated, lost, same, unresolved = row
        gone = self._set_aside_lost(name, references, target) if lost else 0
        if same:
            # They were needed to count what they name in vain.
            self._connection.execute(
                sql.SQL("DELETE FROM {} WHERE seawall_action = 'same'").format(target)
            )
        merged_by = ["seawall_action", "seawall_row"]
        merged_by += [f"seawall_pk_{column}" for column in shape.primary_key]
        merged_by += [f"seawall_new_{column}" for column in references]
        self._analyze(target, merged_by)
        return Difference(
            table=name,
            stage=stage,
            primary_key=shape.primary_key,
            columns=carried,
            staged=staged.rows - gone,
            changed=changed,
            new=new,
            vanished=vanished,
            reinstated=reinstated,
            lost=gone,
            unresolved={c: n for c, n in zip(references, unresolved, strict=True) if n},
        )
