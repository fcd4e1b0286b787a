"""The demo's database: made anew each time, and never at the cost of somebody else's."""

from __future__ import annotations

import psycopg
from psycopg import sql

from seawall import embedded, queries
from seawall.errors import DatabaseError

MARK = "made by courtside’s demo, which drops it and makes it anew"


def make_database(server: embedded.Server, name: str) -> str:
    """Drop the database of an earlier demo and make an empty one; return its URL.

    Raises:
        DatabaseError: a database of this name is there, and no demo made it.
    """
    query = queries.load("courtside.demo")["comment_of_database"]
    with psycopg.connect(server.url(), autocommit=True) as connection:
        row = connection.execute(query, [name]).fetchone()
        if row is not None and row[0] != MARK:
            raise DatabaseError(
                f"the database {name} is there already, and no demo made it",
                why="The demo begins with an empty database, and drops only what it made itself.",
                fix="Run the demo in another directory, or rename or drop that database yourself.",
            )
        # Marked before it gets its name: a demo that is killed half-way leaves nothing that the
        # next one would take for somebody else's.
        new, final = sql.Identifier(f"{name}_demo_new"), sql.Identifier(name)
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(drop.format(new))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(new)
        )
        connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(new, sql.Literal(MARK)))
        connection.execute(drop.format(final))
        connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(new, final))
    return server.url(name)
