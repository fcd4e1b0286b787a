"""What follows from what was seen: harmed, unseen, stopped or unharmed, and the exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from seawall.errors import ExitCode
from seawall.guarded_run.before_image import ReferenceChanges, RowChanges
from seawall.guarded_run.connections import Connections

Verdict = Literal["harmed", "unseen", "stopped", "unharmed"]


class UserTable(msgspec.Struct, frozen=True, kw_only=True):
    """What a command did to one user table, or to users' columns of an imported one."""

    rows_before: int
    rows_after: int
    tried: int
    """Writes that the guards refused."""
    lost: int
    changed: int
    added: int
    named: list[str]
    may_insert: bool
    """The manifest allows others than users to add rows."""


class GuardedRun(msgspec.Struct, frozen=True, kw_only=True):
    """The report of ``seawall guard run``."""

    command: list[str]
    verdict: Verdict
    exit_code: int
    command_exit_code: int
    guards: str
    """``armed``, ``not installed`` or ``not in force``."""
    users: dict[str, UserTable]
    references: dict[str, ReferenceChanges]
    connections: Connections
    unseen: list[str]
    """What could not be seen or told, in words."""
    seconds: float


def user_table(rows: RowChanges, tried: int, *, may_insert: bool) -> UserTable:
    """A table's changes together with what was tried on it."""
    return UserTable(
        rows_before=rows.rows_before,
        rows_after=rows.rows_after,
        tried=tried,
        lost=rows.lost,
        changed=rows.changed,
        added=rows.added,
        named=rows.named,
        may_insert=may_insert,
    )


def decide(
    users: Mapping[str, UserTable],
    references: Mapping[str, ReferenceChanges],
    connections: Connections,
    blind: Sequence[str],
) -> Verdict:
    """Judge.

    Args:
        connections: where others were there too, their writes cannot be told from the command's.
        blind: what made it impossible to see.
    """
    # Users do not write imported rows: a reference that means something else is not their doing.
    if any(each.dangling or each.retargeted for each in references.values()):
        return "harmed"
    written = [name for name, each in users.items() if each.lost or each.changed]
    added = [name for name, each in users.items() if each.added and not each.may_insert]
    if (written or added) and connections.command_only:
        return "harmed"
    if blind or written:
        return "unseen"
    if any(each.tried for each in users.values()):
        return "stopped"
    return "unharmed"


def exit_code(verdict: Verdict, command_exit_code: int) -> int:
    """With which code to end; the command's own where nothing was harmed, stopped or unseen."""
    codes = {
        "harmed": ExitCode.FAILED,
        "unseen": ExitCode.UNVERIFIED,
        "stopped": ExitCode.REFUSED,
    }
    return int(codes.get(verdict, command_exit_code))
