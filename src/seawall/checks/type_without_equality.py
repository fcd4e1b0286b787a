"""Types whose values PostgreSQL cannot compare, or cannot hash."""

from __future__ import annotations

from collections.abc import Iterator
from typing import LiteralString

import psycopg
from psycopg import sql

from seawall.catalog.model import Column
from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("type-without-equality",)

_ORDINARY = frozenset(
    [
        "bool",
        "int2",
        "int4",
        "int8",
        "float4",
        "float8",
        "numeric",
        "text",
        "varchar",
        "bpchar",
        "char",
        "name",
        "date",
        "time",
        "timetz",
        "timestamp",
        "timestamptz",
        "interval",
        "uuid",
        "bytea",
        "jsonb",
        "inet",
        "cidr",
        "macaddr",
        "citext",
    ]
)

_HASHED = "SELECT hash_record_extended(ROW(NULL::{}), 0)"
_COMPARED = "SELECT NULL::{0} IS DISTINCT FROM NULL::{0}"


def find(context: Context) -> Iterator[Finding]:
    """Ask the server itself, once a type; ordinary ones need no question."""
    answers: dict[tuple[str, str], bool] = {}

    def can(question: LiteralString, column: Column) -> bool:
        if column.type_name in _ORDINARY:
            return True
        known = (question, column.type)
        if known not in answers:
            answers[known] = _can(context, question, column.type)
        return answers[known]

    for name, said in context.manifest.imported().items():
        table = context.catalogue.tables.get(name)
        if table is None:
            continue
        not_fed = {*said.user_columns, said.retired_column}
        for column in table.columns.values():
            if column.name in said.key:
                if not can(_HASHED, column):
                    yield _finding(name, column, "its key", "ALTER it to text, or choose another.")
            elif column.name not in not_fed and not column.generated:
                if column.compared_as_text or can(_COMPARED, column):
                    continue
                fix = f'Write user_columns = ["{column.name}"] in [tables.{name}], or change it.'
                yield _finding(name, column, "a column of the feed", fix)


def _can(context: Context, question: LiteralString, type_name: str) -> bool:
    # The type is the catalogue's own text, from format_type().
    asked = sql.SQL(question).format(sql.SQL(type_name))  # pyright: ignore[reportArgumentType]
    try:
        with context.connection.transaction():
            context.connection.execute(asked)
    except (psycopg.errors.UndefinedFunction, psycopg.errors.DatatypeMismatch):
        return False
    except psycopg.errors.IntegrityError:
        pass  # a domain that forbids NULL: the question was understood
    return True


def _finding(table: str, column: Column, part: str, fix: str) -> Finding:
    return Finding(
        check=NAMES[0],
        table=table,
        message=f"{column.name} of {table} is {part} and of type {column.type}, whose values "
        "PostgreSQL cannot compare",
        why="Rows could not be recognised, nor told whether they changed.",
        fix=fix,
        acceptable=False,
    )
