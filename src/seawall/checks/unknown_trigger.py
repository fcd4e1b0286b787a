"""Triggers of tables that a run writes: what they do cannot be known beforehand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("unknown-trigger",)

# PostgreSQL's own trigger functions that write nothing but the row at hand.
_HARMLESS = frozenset(
    [
        "pg_catalog.suppress_redundant_updates_trigger",
        "pg_catalog.tsvector_update_trigger",
        "pg_catalog.tsvector_update_trigger_column",
    ]
)


def find(context: Context) -> Iterator[Finding]:
    """Name the triggers of each table that a run writes, its partitions and heirs included.

    The hash is over their definitions and the text of their functions.
    """
    for name in context.written_tables():
        family = [name, *context.catalogue.same_family(name)]
        triggers = {
            # Triggers of partitions are copies of their parent's, or made for them alone.
            (trigger.name, trigger.definition, trigger.function_digest): trigger
            for member in family
            for trigger in context.catalogue.tables[member].triggers
            if trigger.acts
            and trigger.function not in _HARMLESS
            and not trigger.function.startswith("seawall.")
        }
        if not triggers:
            continue
        text = "\n".join("\n".join(key) for key in sorted(triggers))
        shown = dict.fromkeys(
            f"{trigger.name} ({trigger.function})" for trigger in triggers.values()
        )
        yield Finding(
            check=NAMES[0],
            table=name,
            message=f"{name} has triggers that a reload would fire: {', '.join(shown)}",
            why="What a function does cannot be known from outside. It may write users’ rows, and "
            "then the run would be rolled back; or mail everybody, which cannot be rolled back.",
            fix="Read the functions. Where they write no user’s row and send nothing, accept them; "
            f"or: ALTER TABLE {name} DISABLE TRIGGER {next(iter(triggers))[0]};",
            hash=hashlib.sha256(text.encode()).hexdigest()[:16],
        )
