"""Databases that live as long as a test needs them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo


@contextmanager
def new_database(server_url: str, template: str = "template1") -> Iterator[str]:
    """The URL of a new database; it is gone afterwards, whoever is still connected.

    Args:
        server_url: of a database from which others can be created.
        template: what it is a copy of; nobody may be connected to that.
    """
    name = f"seawall_test_{uuid4().hex[:16]}"
    connection = _connection_to(server_url)
    # Copying files takes a third of the time, but makes a checkpoint: that must not wait.
    waits = connection.execute("SHOW fsync").fetchone() == ("on",)
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} {}").format(
            sql.Identifier(name),
            sql.Identifier(template),
            sql.SQL("" if waits else "STRATEGY FILE_COPY"),
        )
    )
    try:
        yield _with_database(server_url, name)
    finally:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        _connection_to(server_url).execute(drop)


_connections: dict[str, psycopg.Connection[Any]] = {}


def _connection_to(server_url: str) -> psycopg.Connection[Any]:
    """One for all tests of a process: thousands would cost minutes."""
    connection = _connections.get(server_url)
    if connection is None or connection.closed:
        connection = _connections[server_url] = psycopg.connect(server_url, autocommit=True)
    return connection


def close_connections() -> None:
    """At the end of all tests."""
    while _connections:
        _connections.popitem()[1].close()


def name_of(url: str) -> str:
    """The name of a database, as a template."""
    with psycopg.connect(url) as connection:
        return connection.info.dbname


def _with_database(url: str, name: str) -> str:
    if "://" not in url:
        return make_conninfo(url, dbname=name)
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(name, safe='')}"))
