"""New rows whose key is blank: an empty text, or nothing but white space."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from seawall.checks.context import Context
from seawall.naming import Shape
from seawall.plan import Finding

NAMES = ("blank-key",)


def find(context: Context) -> Iterator[Finding]:
    """Count new rows of which every part of the key that is their own is blank.

    A part that names a parent tells rows of different parents apart, and nothing else; a number
    or a day is never blank. Rows that stand already were accepted once.
    """
    facts = context.facts
    if facts is None:
        return
    for name, difference in facts.differences.items():
        own = _own_texts(facts.shapes[name])
        if not difference.new or not own:
            continue
        row = context.connection.execute(
            sql.SQL(
                "SELECT count(*), min(s.seawall_position), min(s.seawall_file)::text FROM {} AS d"
                " JOIN {} AS s ON s.seawall_row = d.seawall_row"
                " WHERE d.seawall_action = 'new' AND {}"
            ).format(
                difference.identifier,
                facts.feed.tables[name].identifier,
                sql.SQL(" AND ").join(
                    sql.SQL(r"d.{}::text !~ '\S'").format(sql.Identifier(column)) for column in own
                ),
            )
        ).fetchone()
        if row is None or not row[0]:
            continue
        named = ", ".join(own)
        yield Finding(
            check=NAMES[0],
            table=name,
            message=f"{row[0]:,} new rows of {name} have a blank key ({named}), "
            f"for example record {row[1]} of {facts.feed.file_names[row[2]]}",
            why="A blank is no name: the next record without one would be taken for the same row.",
            fix=f"Mend the source, or let the reader set records without {named} aside.",
        )


def _own_texts(shape: Shape) -> list[str]:
    """The key's own columns where all of them are text, or nothing."""
    own = [column for column in shape.key if column not in shape.parents]
    is_text = all(shape.table.columns[column].type_category == "S" for column in own)
    return own if is_text else []
