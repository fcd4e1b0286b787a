"""The key of an imported table does not identify its rows."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("key-not-unique", "key-null")


def find(context: Context) -> Iterator[Finding]:
    """Trust constraints; where there are none, look at the rows."""
    for name, said in context.manifest.imported().items():
        table = context.catalogue.tables.get(name)
        if table is None or not set(said.key) <= set(table.columns):
            continue  # the manifest is refused for it, before any check
        key = ", ".join(said.key)
        columns = sql.SQL(", ").join(map(sql.Identifier, said.key))
        nullable = [column for column in said.key if not table.columns[column].not_null]
        if nullable:
            some_null = sql.SQL(" OR ").join(
                sql.SQL("{} IS NULL").format(sql.Identifier(column)) for column in nullable
            )
            row = context.connection.execute(
                sql.SQL("SELECT count(*) FROM {} WHERE {}").format(table.identifier, some_null)
            ).fetchone()
            if row and row[0]:
                yield Finding(
                    check="key-null",
                    table=name,
                    message=f"{row[0]} rows of {name} have NULL in their key ({key})",
                    why="NULL equals nothing, so the reload would add such a row again each time.",
                    fix=f"Give them a value, then: ALTER TABLE {name} "
                    + ", ".join(f"ALTER {column} SET NOT NULL" for column in nullable),
                    acceptable=False,
                )
        if table.is_unique(said.key):
            continue
        row = context.connection.execute(
            sql.SQL(
                "SELECT count(*) FROM (SELECT FROM {} GROUP BY {} HAVING count(*) > 1) AS twice"
            ).format(table.identifier, columns)
        ).fetchone()
        if row and row[0]:
            yield Finding(
                check="key-not-unique",
                table=name,
                message=f"{row[0]} keys of {name} ({key}) stand on several rows",
                why="The reload could not tell which of them users mean.",
                fix=f"Remove the extra rows, then: ALTER TABLE {name} ADD UNIQUE ({key})",
                acceptable=False,
            )
