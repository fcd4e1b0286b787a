"""What tests of guards share: putting them up, and seeing one refuse."""

from __future__ import annotations

import psycopg
import pytest
from league import MANIFEST
from reload_case import Reload

from seawall import Engine, guards

ROWS = guards.ROW_REFUSED
TRUNCATE = guards.TRUNCATE_REFUSED

# The user tables of the small league, with partitions and children beside them.
FAMILIES = """
CREATE TABLE votes (id integer, day date NOT NULL, vote text) PARTITION BY RANGE (day);
CREATE TABLE votes_2024 PARTITION OF votes FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')
    PARTITION BY RANGE (day);
CREATE TABLE votes_2024_all PARTITION OF votes_2024 DEFAULT;
CREATE TABLE votes_other PARTITION OF votes DEFAULT;
CREATE TABLE notes (id integer PRIMARY KEY, note text);
CREATE TABLE long_notes (pages integer) INHERITS (notes);
INSERT INTO votes VALUES (1, '2024-09-24', 'yes'), (2, '2020-01-01', 'no');
INSERT INTO notes VALUES (1, 'short');
INSERT INTO long_notes VALUES (2, 'long', 3);
"""
FAMILY_MANIFEST = MANIFEST + '[tables.votes]\nowner = "users"\n[tables.notes]\nowner = "users"\n'


def guard(reload: Reload) -> Reload:
    """Put every guard up."""
    made = reload.engine.install_guards()
    assert made.failed == {}
    assert reload.engine.guards_status().in_force
    return reload


def tried(reload: Reload) -> dict[str, int]:
    """Writes refused since the guards were put up, by table; none are left out."""
    names = guards.definition.guarded(reload.engine.manifest)
    return {name: n for name, n in guards.tries(reload.connection, names).items() if n}


def refuses(reload: Reload, statement: str, state: str = ROWS) -> psycopg.Error:
    """The statement is refused by a guard, with its SQLSTATE and a way out."""
    with pytest.raises(psycopg.Error) as caught:
        reload.execute(statement)
    assert caught.value.sqlstate == state, caught.value
    assert caught.value.diag.message_hint
    return caught.value


def states(engine: Engine) -> dict[tuple[str, str], str]:
    """Guards that are not in force, with their state."""
    return {
        (each.table, each.trigger): each.state
        for each in engine.guards_status().guards
        if each.state != "in force"
    }
