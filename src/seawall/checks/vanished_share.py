"""Too many rows of a table vanished from the feed at once."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from seawall.checks.context import Context, FeedFacts
from seawall.impact import same_row
from seawall.match import Difference
from seawall.naming import Shape, retired_condition
from seawall.plan import Finding

NAMES = ("vanished-share",)


def find(context: Context) -> Iterator[Finding]:
    """Compare vanished rows with the limit, per table and scope. Growth never counts."""
    facts = context.facts
    if facts is None:
        return
    for name, difference in facts.differences.items():
        if not difference.vanished:
            continue
        new = _new_rows(context, facts, facts.shapes[name], difference)
        for scope, vanished, total in _counts(context, facts, facts.shapes[name], difference):
            limit = context.manifest.limit(name, "vanished_share", total)
            if vanished <= limit:
                continue
            where = f" in {scope}" if scope else ""
            kinds = " and ".join(context.manifest.sources(name))
            why = "A feed that shrinks is more often a broken scrape than a smaller world."
            fix = f"Check {kinds}{where}: is it complete?"
            others = ""
            if new.get(scope, 0) * 2 >= vanished:
                # As many came as went: the same things under other keys.
                key = ", ".join(facts.shapes[name].staged_key)
                others = f"; {new[scope]:,} others are new, so the source probably changed its keys"
                why = (
                    f"A row is recognised by its key ({key}). If the source calls the same things "
                    "by other keys, a reload would retire every old row, and what users refer to "
                    "would no longer be kept up to date."
                )
                fix = f"Check {kinds}{where}: do its keys read as in the last scrape?"
            yield Finding(
                check=NAMES[0],
                table=name,
                scope=scope,
                message=f"{name}{where}: {vanished:,} of {total:,} rows "
                f"({_percent(vanished, total)}) are not in this feed; the limit is {limit:,}"
                + others,
                why=why,
                fix=fix,
            )


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if part * 100 >= whole else f"{part / whole:.1%}"


def _scope_of(
    context: Context, facts: FeedFacts, shape: Shape, row: str
) -> tuple[sql.Composable, sql.Composable]:
    """(label, join) that say to which scope a row belongs; '' where a table has no scope."""
    scope = context.manifest.scope
    if shape.scope_column is None:
        return sql.SQL("''::text"), sql.SQL("")
    column = sql.Identifier(row, shape.scope_column)
    if scope is None or shape.scope_column not in shape.parents:
        return sql.SQL("{}::text").format(column), sql.SQL("")
    scope_table = facts.shapes[scope.table]
    join = sql.SQL("JOIN {} AS scope ON {} = {}").format(
        scope_table.table.identifier,
        sql.Identifier("scope", scope_table.primary_key[0]),
        column,
    )
    return sql.SQL("{}::text").format(sql.Identifier("scope", scope.column)), join


def _counts(
    context: Context, facts: FeedFacts, shape: Shape, difference: Difference
) -> list[tuple[str, int, int]]:
    """(scope, vanished rows, rows that stood before) of a table."""
    label, join = _scope_of(context, facts, shape, "t")
    return context.connection.execute(
        sql.SQL(
            "SELECT {label}, count(d.seawall_action), count(*) FROM {table} AS t {join}"
            " LEFT JOIN {difference} AS d ON d.seawall_action = 'vanished' AND {same_row}"
            " WHERE NOT {retired} GROUP BY 1 HAVING count(d.seawall_action) > 0 ORDER BY 1"
        ).format(
            label=label,
            table=shape.table.identifier,
            join=join,
            difference=difference.identifier,
            same_row=same_row(shape, "d", "t"),
            retired=retired_condition(shape, "t"),
        )
    ).fetchall()


def _new_rows(
    context: Context, facts: FeedFacts, shape: Shape, difference: Difference
) -> dict[str, int]:
    """New rows by scope."""
    if shape.scope_column and shape.scope_column not in difference.columns:
        return {}
    label, join = _scope_of(context, facts, shape, "d")
    rows = context.connection.execute(
        sql.SQL(
            "SELECT {}, count(*) FROM {} AS d {} WHERE d.seawall_action = 'new' GROUP BY 1"
        ).format(label, difference.identifier, join)
    ).fetchall()
    return dict(rows)
