"""Rewrite rules of tables that a run writes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("unknown-rule",)

_NAME = re.compile(r'CREATE RULE ("(?:[^"]|"")+"|\S+) AS')


def find(context: Context) -> Iterator[Finding]:
    """Name the rules of each table that a run writes; the hash is over their definitions."""
    for name in context.written_tables():
        family = [name, *context.catalogue.same_family(name)]
        rules = sorted({rule for each in family for rule in context.catalogue.tables[each].rules})
        if not rules:
            continue
        names = [found[1] if (found := _NAME.match(rule)) else rule for rule in rules]
        yield Finding(
            check=NAMES[0],
            table=name,
            message=f"{name} has rules that rewrite what a reload writes: {', '.join(names)}",
            why="A rule may write other tables, users’ among them, or swallow the write itself.",
            fix=f"DROP RULE {names[0]} ON {name}; or, where it does no harm, accept it.",
            hash=hashlib.sha256("\n".join(rules).encode()).hexdigest()[:16],
        )
