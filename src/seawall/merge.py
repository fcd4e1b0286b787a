"""One step of the merge → one SQL statement. Nothing here decides anything."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import sql

from seawall.difference import Difference
from seawall.impact import same_row
from seawall.naming import Shape, one_text


def lock(shapes: Mapping[str, Shape], order: tuple[str, ...]) -> sql.Composed:
    """Lock the imported tables, parents first. Readers and users' referencing rows go on."""
    return sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(
        sql.SQL(", ").join(shapes[name].table.identifier for name in order)
    )


def issue_ids(
    shape: Shape, difference: Difference, differences: Mapping[str, Difference]
) -> sql.Composed:
    """Give new rows their primary keys in the difference: what refers to them can be written, and
    they can be told from the rows that stood before."""
    values: list[sql.Composable] = []
    for column in shape.primary_key:
        if column not in shape.written:
            value = _default(shape, column)
        elif column in shape.parents:
            value = _reference(shape, column, differences)
        else:
            value = sql.Identifier("d", column)
        values.append(sql.SQL("{} AS {}").format(value, sql.Identifier(f"seawall_pk_{column}")))
    return sql.SQL(
        "UPDATE {difference} AS o SET {assignments} FROM (SELECT d.seawall_row, {values}"
        " FROM {difference} AS d {joins} WHERE d.seawall_action = 'new' ORDER BY d.seawall_row)"
        " AS i WHERE o.seawall_action = 'new' AND o.seawall_row = i.seawall_row"
    ).format(
        difference=difference.identifier,
        assignments=sql.SQL(", ").join(
            sql.SQL("{0} = {1}").format(
                sql.Identifier(f"seawall_pk_{column}"), sql.Identifier("i", f"seawall_pk_{column}")
            )
            for column in shape.primary_key
        ),
        values=sql.SQL(", ").join(values),
        joins=_joins(shape, difference, differences),
    )


def insert(
    shape: Shape, difference: Difference, differences: Mapping[str, Difference], *, ids: bool
) -> sql.Composed:
    """Insert new rows.

    Args:
        ids: they have been issued already, by ``issue_ids``.
    """
    issued = [column for column in shape.primary_key if column not in shape.written]
    columns = [*(issued if ids else []), *difference.columns]
    values: list[sql.Composable] = []
    for column in columns:
        if column in issued:
            values.append(sql.Identifier("d", f"seawall_pk_{column}"))
        elif column in shape.parents:
            values.append(_reference(shape, column, differences))
        elif shape.table.columns[column].has_default and column not in shape.nulls_overwrite:
            values.append(
                sql.SQL("coalesce({}, {})").format(
                    sql.Identifier("d", column), _default(shape, column)
                )
            )
        else:
            values.append(sql.Identifier("d", column))
    always = any(shape.table.columns[column].identity == "a" for column in columns)
    return sql.SQL(
        "INSERT INTO {table} ({columns}) {overriding} SELECT {values} FROM {difference} AS d"
        " {joins} WHERE d.seawall_action = 'new' ORDER BY d.seawall_row"
    ).format(
        table=shape.table.identifier,
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        overriding=sql.SQL("OVERRIDING SYSTEM VALUE" if always else ""),
        values=sql.SQL(", ").join(values),
        difference=difference.identifier,
        joins=_joins(shape, difference, differences),
    )


def update(
    shape: Shape, difference: Difference, differences: Mapping[str, Difference]
) -> sql.Composed | None:
    """Write what changed, and take back rows that returned."""
    assignments: list[sql.Composable] = []
    for column in difference.columns:
        if column in shape.key:
            continue
        value: sql.Composable = sql.Identifier("d", column)
        if column in shape.parents:
            value = _reference(shape, column, differences)
        if column not in shape.nulls_overwrite:
            value = sql.SQL("coalesce({}, {})").format(value, sql.Identifier("t", column))
        assignments.append(sql.SQL("{} = {}").format(sql.Identifier(column), value))
    if shape.retired_column:
        assignments.append(sql.SQL("{} = NULL").format(sql.Identifier(shape.retired_column)))
    if not assignments:
        return None
    return sql.SQL(
        "UPDATE {table} AS t SET {assignments} FROM {difference} AS d {joins}"
        " WHERE d.seawall_action IN ('changed', 'reinstated') AND {same_row}"
    ).format(
        table=shape.table.identifier,
        assignments=sql.SQL(", ").join(assignments),
        difference=difference.identifier,
        joins=_joins(shape, difference, differences),
        same_row=same_row(shape, "d", "t"),
    )


def forget_stale_retired(shape: Shape, difference: Difference) -> sql.Composed:
    """Take new rows out of ``seawall.retired``: an earlier row of that key was removed by hand."""
    return sql.SQL(
        "DELETE FROM seawall.retired AS r USING {} AS d WHERE d.seawall_action = 'new'"
        " AND r.table_name = {} AND r.row_id = {}"
    ).format(
        difference.identifier,
        sql.Literal(shape.name),
        one_text([sql.Identifier("d", column) for column in shape.primary_key]),
    )


def forget_retired(shape: Shape, difference: Difference) -> sql.Composed:
    """Take rows that returned out of ``seawall.retired``."""
    return sql.SQL(
        "DELETE FROM seawall.retired AS r USING {} AS d WHERE d.seawall_action = 'reinstated'"
        " AND r.table_name = {} AND r.row_id = {}"
    ).format(difference.identifier, sql.Literal(shape.name), _difference_row_id(shape))


def retire(shape: Shape, difference: Difference, run_id: int, *, only_held: bool) -> sql.Composed:
    """Mark vanished rows.

    Args:
        only_held: only those that something refers to; the others will be deleted.
    """
    held = sql.SQL("AND d.seawall_held" if only_held else "")
    if shape.retired_column:
        return sql.SQL(
            "UPDATE {} AS t SET {} = now() FROM {} AS d"
            " WHERE d.seawall_action = 'vanished' {} AND {}"
        ).format(
            shape.table.identifier,
            sql.Identifier(shape.retired_column),
            difference.identifier,
            held,
            same_row(shape, "d", "t"),
        )
    return sql.SQL(
        "INSERT INTO seawall.retired (table_name, row_id, run_id) SELECT {}, {}, {} FROM {} AS d"
        " WHERE d.seawall_action = 'vanished' {}"
    ).format(
        sql.Literal(shape.name),
        _difference_row_id(shape),
        sql.Literal(run_id),
        difference.identifier,
        held,
    )


def delete(shape: Shape, difference: Difference) -> sql.Composed:
    """Delete vanished rows that nothing refers to."""
    return sql.SQL(
        "DELETE FROM {} AS t USING {} AS d"
        " WHERE d.seawall_action = 'vanished' AND NOT d.seawall_held AND {}"
    ).format(shape.table.identifier, difference.identifier, same_row(shape, "d", "t"))


def _default(shape: Shape, column: str) -> sql.Composable:
    """The expression that gives a column its value when none is said."""
    described = shape.table.columns[column]
    if described.identity and described.sequence:
        return sql.SQL("nextval({}::regclass)").format(sql.Literal(described.sequence))
    # The catalogue's own text, from pg_get_expr().
    return sql.SQL(described.default_expression or "NULL")  # pyright: ignore[reportArgumentType]


def _difference_row_id(shape: Shape) -> sql.Composable:
    return one_text([sql.Identifier("d", f"seawall_pk_{column}") for column in shape.primary_key])


def _reference(shape: Shape, column: str, differences: Mapping[str, Difference]) -> sql.Composable:
    """A reference's value: the id found before, or the one that a new parent was given."""
    if shape.parents[column].table not in differences:
        return sql.Identifier("d", column)
    return sql.SQL("coalesce({}, {})").format(
        sql.Identifier("d", column), sql.Identifier(f"new_{column}", "seawall_parent_id")
    )


def _joins(
    shape: Shape, difference: Difference, differences: Mapping[str, Difference]
) -> sql.Composable:
    """Joins to the differences of parents, where new ones have their ids."""
    joins: list[sql.Composable] = []
    for column in difference.columns:
        parent = shape.parents.get(column)
        if parent is None or parent.table not in differences:
            continue
        joins.append(
            sql.SQL(
                "LEFT JOIN (SELECT n.seawall_row, n.{} AS seawall_parent_id FROM {} AS n"
                " WHERE n.seawall_action = 'new') AS {} ON {}.seawall_row = d.{}"
            ).format(
                sql.Identifier(differences[parent.table].new_id_column),
                differences[parent.table].identifier,
                sql.Identifier(f"new_{column}"),
                sql.Identifier(f"new_{column}"),
                sql.Identifier(f"seawall_new_{column}"),
            )
        )
    return sql.SQL(" ").join(joins)
