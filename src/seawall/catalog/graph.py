"""Who depends on whom: load order, cycles, and what a write to one table can reach."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from seawall.catalog.model import ForeignKey


class Cycle(Exception):
    """Imported tables refer to one another in a circle."""

    def __init__(self, tables: list[str]) -> None:
        super().__init__(" → ".join(tables))
        self.tables = tables


def load_order(parents: Mapping[str, Iterable[str]]) -> list[str]:
    """Order tables so that every table stands behind those it refers to.

    Args:
        parents: table → the tables it refers to.

    Raises:
        Cycle: there is no such order.
    """
    try:
        return list(
            TopologicalSorter({t: sorted(p) for t, p in sorted(parents.items())}).static_order()
        )
    except CycleError as error:
        raise Cycle(list(error.args[1])) from None


def cascade_paths(
    start: str, foreign_keys: Iterable[ForeignKey]
) -> Iterator[tuple[list[ForeignKey], str]]:
    """Yield how deleting or re-keying a row of ``start`` writes other tables, at any depth.

    The last foreign key of a path acts (CASCADE, SET NULL or SET DEFAULT) on its table; the ones
    before it pass the event on. Every foreign key is reported once an event, by a shortest path.

    Yields:
        (path, event): event is ``delete`` or ``update``, as it arrives at the last foreign key.
    """
    incoming: dict[str, list[ForeignKey]] = {}
    for key in foreign_keys:
        incoming.setdefault(key.target, []).append(key)
    seen: set[tuple[str, str, str]] = set()
    waiting: deque[tuple[str, str, list[ForeignKey]]] = deque(
        [(start, "delete", []), (start, "update", [])]
    )
    while waiting:
        table, event, path = waiting.popleft()
        for key in incoming.get(table, []):
            action = key.on_delete if event == "delete" else key.on_update
            if action in "ar" or (key.table, key.name, event) in seen:
                continue
            seen.add((key.table, key.name, event))
            yield [*path, key], event
            passed_on = "delete" if event == "delete" and action == "c" else "update"
            waiting.append((key.table, passed_on, [*path, key]))


def truncate_reach(starts: Iterable[str], foreign_keys: Iterable[ForeignKey]) -> list[str]:
    """Tables that TRUNCATE … CASCADE of ``starts`` empties too: all that refer to them, at any
    depth, whatever their ON DELETE says."""
    incoming: dict[str, list[str]] = {}
    for key in foreign_keys:
        incoming.setdefault(key.target, []).append(key.table)
    reached = dict.fromkeys(starts)
    waiting = deque(reached)
    first = set(reached)
    while waiting:
        for table in incoming.get(waiting.popleft(), []):
            if table not in reached:
                reached[table] = None
                waiting.append(table)
    return [table for table in reached if table not in first]
