"""Faults that seawall's own merge might have. Each replaces one statement of the real merge."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg import sql

from seawall import merge
from seawall.apply import Apply


def _instead(patch: pytest.MonkeyPatch, name: str, table: str, statement: str) -> None:
    """Let one step of one table write another statement; ``{difference}`` is its difference."""
    real = getattr(merge, name)

    def wrong(shape: Any, difference: Any, *others: Any, **options: Any) -> sql.Composed:
        if shape.name != table:
            return real(shape, difference, *others, **options)
        return sql.SQL(statement).format(difference=difference.identifier)  # pyright: ignore

    patch.setattr(merge, name, wrong)


def update_without_where(patch: pytest.MonkeyPatch) -> None:
    """Every row gets the values of the one that changed."""
    _instead(
        patch,
        "update",
        "teams",
        "UPDATE teams AS t SET wins = d.wins FROM {difference} AS d"
        " WHERE d.seawall_action = 'changed'",
    )


def update_of_wrong_rows(patch: pytest.MonkeyPatch) -> None:
    """As many rows as planned, and others than planned."""
    _instead(
        patch,
        "update",
        "teams",
        "UPDATE teams AS t SET wins = d.wins FROM {difference} AS d"
        " WHERE d.seawall_action = 'changed' AND t.id = (SELECT min(o.id) FROM teams o"
        " WHERE o.id <> d.seawall_pk_id)",
    )


def insert_below_wrong_parent(patch: pytest.MonkeyPatch) -> None:
    """New teams go to the first club that there is."""
    _instead(
        patch,
        "insert",
        "teams",
        "INSERT INTO teams (club_id, name, wins)"
        " SELECT (SELECT min(id) FROM clubs), d.name || ' II', d.wins FROM {difference} AS d"
        " WHERE d.seawall_action = 'new'",
    )


def delete_without_where(patch: pytest.MonkeyPatch) -> None:
    """Every game goes."""
    _instead(patch, "delete", "games", "DELETE FROM games AS t USING {difference} AS d")


def delete_held_rows(patch: pytest.MonkeyPatch) -> None:
    """The rows that users hold are deleted with the others."""
    _instead(
        patch,
        "delete",
        "games",
        "DELETE FROM games AS t USING {difference} AS d"
        " WHERE d.seawall_action = 'vanished' AND t.id = d.seawall_pk_id",
    )


def delete_wrong_row(patch: pytest.MonkeyPatch) -> None:
    """One row is deleted, as planned, and it is another one."""
    _instead(
        patch,
        "delete",
        "games",
        "DELETE FROM games AS t USING {difference} AS d"
        " WHERE d.seawall_action = 'vanished' AND t.day = '2024-10-08'",
    )


def write_users_too(patch: pytest.MonkeyPatch) -> None:
    """A statement of the merge reaches a user table."""
    _after_the_merge(patch, "UPDATE answers SET points = points + 1")


def write_without_need(patch: pytest.MonkeyPatch) -> None:
    """An imported row is written on a feed that changes nothing."""
    _after_the_merge(patch, "UPDATE teams SET wins = wins + 1")


def _after_the_merge(patch: pytest.MonkeyPatch, statement: str) -> None:
    real = Apply._merge

    def merge_and_more(self: Apply, progress: Any) -> Any:
        written = real(self, progress)
        self._connection.execute(statement.encode())
        return written

    patch.setattr(Apply, "_merge", merge_and_more)
