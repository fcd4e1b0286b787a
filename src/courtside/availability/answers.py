"""One answer: per user, day and team. Every way to write one leads through ``save``."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Final

from psycopg.types.json import Jsonb

from courtside.site.database import Connection
from courtside.site.failures import Failure
from seawall import queries

SQL = queries.load("courtside.availability")

LONGEST_NOTE = 500
STATUS_OF_WORD: Final = {"in": 1, "out": 2, "maybe": 3, "clear": None}
WORD_OF_STATUS: Final = {1: "in", 2: "out", 3: "maybe", None: "clear"}


class _Kept:
    """Marks what a change leaves as it is; None would clear it."""


KEPT: Final = _Kept()


@dataclass(frozen=True)
class Slot:
    """Whose answer, for which team and day."""

    user_id: int
    team_id: int
    day: datetime.date


@dataclass(frozen=True)
class Answer:
    """What stands.

    Attributes:
        status: 1 in, 2 out, 3 maybe, None no answer.
        version: counts its changes; 0 where nothing ever stood.
    """

    status: int | None = None
    note: str = ""
    version: int = 0
    updated_at: datetime.datetime | None = None


class Stale(Failure):
    """Another device changed the answer after this page was shown.

    Attributes:
        answer: what stands now.
    """

    status = 409
    title = "Your answer was changed elsewhere"

    def __init__(self, answer: Answer) -> None:
        super().__init__("It was changed after this page was shown to you.")
        self.answer = answer


def of_row(row: Any | None) -> Answer:
    """The answer of a row of ``player_availability``; of no row, no answer."""
    if row is None:
        return Answer()
    return Answer(row.status, row.notes or "", row.version, row.updated_at)


def save(
    connection: Connection,
    slot: Slot,
    *,
    changed_by: int,
    status: int | _Kept | None = KEPT,
    note: str | _Kept = KEPT,
    shown_version: int | None = None,
    events: list[dict[str, Any]] | None = None,
    request_key: str | None = None,
    reason: str | None = None,
) -> Answer:
    """Write status or note, and the history of it. Call it inside a transaction.

    Args:
        changed_by: the user who does it: the slot's own, a captain or an operator.
        status: 1, 2, 3 or None for no answer; ``KEPT`` leaves it.
        note: the note, ``""`` for none; ``KEPT`` leaves it.
        shown_version: the version that the page showed; None writes over whatever stands.
        events: the day's events as they are shown; they go into the history with a status.
        request_key: what the device calls this write; the same key is never written twice.
        reason: why somebody else changed it.

    Returns:
        What stands now.

    Raises:
        Stale: another version stands, and it says something else. Nothing was written.
    """
    while True:
        row = connection.execute(
            SQL["answer_to_change"], [slot.user_id, slot.day, slot.team_id]
        ).fetchone()
        before = of_row(row)
        if (
            request_key
            and connection.execute(SQL["was_written"], [changed_by, request_key]).fetchone()
        ):
            return before
        new_status = before.status if isinstance(status, _Kept) else status
        new_note = before.note if isinstance(note, _Kept) else note
        is_same = (new_status, new_note) == (before.status, before.note)
        if is_same and (events is None or not _events_differ(connection, slot, events)):
            return before
        if shown_version not in (None, before.version) and not is_same:
            raise Stale(before)
        if row:
            values = [new_status, new_note or None, row.id]
            written = connection.execute(SQL["change_answer"], values).fetchone()
        else:
            values = [slot.user_id, slot.day, slot.team_id, new_status, new_note or None]
            written = connection.execute(SQL["add_answer"], values).fetchone()
        if written:
            break
        # Somebody added the row between our two statements: look again.
    connection.execute(
        SQL["add_history"],
        {
            "user_id": slot.user_id,
            "day": slot.day,
            "team_id": slot.team_id,
            "version": written.version,
            "old_status": before.status,
            "old_notes": before.note or None,
            "new_status": new_status,
            "new_notes": new_note or None,
            "events": None if events is None else Jsonb(events),
            "changed_by": changed_by,
            "reason": reason,
            "request_key": request_key,
        },
    )
    return Answer(new_status, new_note, written.version, written.updated_at)


def _events_differ(connection: Connection, slot: Slot, events: list[dict[str, Any]]) -> bool:
    """Whether an answer that stands was given for other events than these: then it is confirmed."""
    arguments = {
        "user_id": slot.user_id,
        "team_id": slot.team_id,
        "first": slot.day,
        "last": slot.day,
    }
    row = connection.execute(SQL["last_changes_of_user"], arguments).fetchone()
    return row is not None and row.new_status is not None and row.events != events
