"""What changed in the database's structure since the last run, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from seawall.catalog.model import Catalogue, Table

_SHOWN = 60
"""Values longer than this are not repeated: a definition does not fit a line."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is new, gone, or not what it was."""

    change: Literal["added", "dropped", "altered"]
    kind: str
    """``table``, ``column``, ``key``, ``foreign key``, ``constraint``, ``trigger`` or ``rule``."""
    table: str
    name: str
    """Within its table; empty for the table itself."""
    detail: str
    """What of it is altered, in words; else its type or definition, where that is short."""

    @property
    def words(self) -> str:
        """The change in one line."""
        what = f"{self.kind} {self.name} of {self.table}" if self.name else f"table {self.table}"
        return f"{what} {self.change}" + (f": {self.detail}" if self.detail else "")


class Structure(msgspec.Struct, frozen=True, kw_only=True):
    """The structure compared with that of the last run that was applied."""

    since_run: int | None
    """None before the first run."""
    known: bool
    """What that run found is on record."""
    changes: list[Change]


def compare(was: Catalogue, now: Catalogue) -> list[Change]:
    """What changed, table by table. Storage does not count."""
    return list(_changes(was, now))


def _changes(was: Catalogue, now: Catalogue) -> Iterator[Change]:
    shared = [name for name in was.tables if name in now.tables]
    # Where no table has its number any more the whole database was restored from a dump.
    restored = not any(was.tables[name].oid == now.tables[name].oid for name in shared)
    before, after = _foreign_keys(was), _foreign_keys(now)
    for name in sorted(set(was.tables) | set(now.tables)):
        if name not in shared:
            change = "added" if name in now.tables else "dropped"
            yield Change(change=change, kind="table", table=name, name="", detail="")
            continue
        old, new = was.tables[name], now.tables[name]
        if old.oid != new.oid and not restored:
            yield _altered_table(name, "it is another table, which took the name of the one before")
        said = _differences(_of_table(old), _of_table(new))
        if said:
            yield _altered_table(name, said)
        for kind, parts, parts_now in (
            ("column", old.columns, new.columns),
            ("key", _named(old.keys), _named(new.keys)),
            ("foreign key", before.get(name, {}), after.get(name, {})),
            ("constraint", old.constraints, new.constraints),
            ("trigger", _named(old.triggers), _named(new.triggers)),
            ("rule", dict.fromkeys(old.rules), dict.fromkeys(new.rules)),
        ):
            yield from _compare(kind, name, parts, parts_now)


def _compare(
    kind: str, table: str, was: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[Change]:
    for name in [*was, *(each for each in now if each not in was)]:
        if name not in now:
            yield Change(change="dropped", kind=kind, table=table, name=name, detail="")
        elif name not in was:
            detail = getattr(now[name], "type", "")
            yield Change(change="added", kind=kind, table=table, name=name, detail=detail)
        elif was[name] != now[name]:
            detail = _differences(was[name], now[name])
            yield Change(change="altered", kind=kind, table=table, name=name, detail=detail)


def _altered_table(name: str, detail: str) -> Change:
    return Change(change="altered", kind="table", table=name, name="", detail=detail)


def _of_table(table: Table) -> dict[str, Any]:
    """What a table is, apart from its parts."""
    names = ("kind", "is_partition", "owner", "row_security", "row_security_forced")
    return {name: getattr(table, name) for name in names}


def _named(parts: tuple[Any, ...]) -> dict[str, Any]:
    return {part.name: part for part in parts}


def _foreign_keys(catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for key in catalogue.foreign_keys:
        # A partition's own keys go by its partitioned table's name, and may be called the same.
        of_table = found.setdefault(key.table, {})
        name, number = key.name, 2
        while name in of_table:
            name, number = f"{key.name} ({number})", number + 1
        of_table[name] = key
    return found


def _differences(was: Any, now: Any) -> str:
    """Which properties differ, each with its values where they are short."""
    before, after = _properties(was), _properties(now)
    said = []
    for name, value in before.items():
        if value == after[name]:
            continue
        words = name.removesuffix("_digest").removesuffix("_expression").replace("_", " ")
        values = f"{_short(value)} → {_short(after[name])}"
        digest = name.endswith("_digest")
        said.append(words if digest or len(values) > _SHOWN else f"{words} {values}")
    return "; ".join(said)


def _properties(part: Any) -> dict[str, Any]:
    if isinstance(part, dict):
        return part
    return (
        msgspec.structs.asdict(part) if isinstance(part, msgspec.Struct) else {"definition": part}
    )


def _short(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
