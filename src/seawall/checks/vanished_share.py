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
        share = context.manifest.vanished_share(name)
        for scope, vanished, total in _counts(context, facts, facts.shapes[name], difference):
            if vanished <= max(1, int(total * share)):
                continue
            where = f" in {scope}" if scope else ""
            kinds = " and ".join(context.manifest.sources(name))
            yield Finding(
                check=NAMES[0],
                table=name,
                scope=scope,
                message=f"{name}{where}: {vanished} of {total} rows "
                f"({_percent(vanished, total)}) are not in this feed; the limit is {share:.0%}",
                why="A feed that shrinks is more often a broken scrape than a smaller world.",
                fix=f"Check {kinds}{where}: is it complete, and does it spell its keys as before?",
            )


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if part * 100 >= whole else f"{part / whole:.1%}"


def _counts(
    context: Context, facts: FeedFacts, shape: Shape, difference: Difference
) -> list[tuple[str, int, int]]:
    """(scope, vanished rows, rows that stood before) of a table."""
    scope_label: sql.Composable = sql.SQL("''::text")
    join: sql.Composable = sql.SQL("")
    scope = context.manifest.scope
    if shape.scope_column and scope and shape.scope_column in shape.parents:
        scope_table = facts.shapes[scope.table]
        join = sql.SQL("JOIN {} AS scope ON scope.{} = {}").format(
            scope_table.table.identifier,
            sql.Identifier(scope_table.primary_key[0]),
            sql.Identifier("t", shape.scope_column),
        )
        scope_label = sql.SQL("{}::text").format(sql.Identifier("scope", scope.column))
    elif shape.scope_column:
        scope_label = sql.SQL("{}::text").format(sql.Identifier("t", shape.scope_column))
    return context.connection.execute(
        sql.SQL(
            "SELECT {scope}, count(d.seawall_action), count(*) FROM {table} AS t {join}"
            " LEFT JOIN {difference} AS d ON d.seawall_action = 'vanished' AND {same_row}"
            " WHERE NOT {retired} GROUP BY 1 HAVING count(d.seawall_action) > 0 ORDER BY 1"
        ).format(
            scope=scope_label,
            table=shape.table.identifier,
            join=join,
            difference=difference.identifier,
            same_row=same_row(shape, "d", "t"),
            retired=retired_condition(shape, "t"),
        )
    ).fetchall()
