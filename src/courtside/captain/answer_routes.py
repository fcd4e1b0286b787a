"""One day of a team: who is in, and answers that a captain gives for others."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from courtside.accounts.people import Person, SignedIn
from courtside.availability import answers
from courtside.availability.answers import STATUS_OF_WORD, WORD_OF_STATUS, Answer, Slot, Stale
from courtside.availability.routes import DayOfPath, TooLateToAnswer
from courtside.captain import grid
from courtside.captain.access import SQL, CaptainView, view_of
from courtside.captain.grid import GridDay, GridRow
from courtside.site import pages
from courtside.site.database import Connection
from courtside.site.failures import BadForm, NotFound
from courtside.site.forgery import Form, whole_number

router = APIRouter()
_HEADINGS = (("clear", "No answer yet"), ("in", "In"), ("maybe", "Maybe"), ("out", "Out"))
_MEMBERS_SHOWN = 25
_REQUEST_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")


@dataclass(frozen=True)
class MemberAnswer:
    """A player's answer for one day, as the captain sees it.

    Attributes:
        can_have_answer: somebody with an account plays, or played, for the team as this player.
        previous: the status before the last change, as a word, to undo it with.
        author: who set it, where that was not the player.
    """

    row: GridRow
    answer: Answer
    can_have_answer: bool
    previous: str
    author: str

    @property
    def word(self) -> str:
        """``in``, ``out``, ``maybe`` or ``clear``."""
        return WORD_OF_STATUS[self.answer.status]


@dataclass(frozen=True)
class TeamDay:
    """The day of a team with everybody's answers."""

    column: GridDay
    members: list[MemberAnswer]
    is_past: bool

    def groups(self, first: int, last: int) -> list[tuple[str, str, list[MemberAnswer]]]:
        """(word, heading, members) of the ``first`` to ``last`` member; empty ones are left out."""
        groups: list[tuple[str, str, list[MemberAnswer]]] = []
        for word, heading, member in self.listed[first:last]:
            if not groups or groups[-1][0] != word:
                groups.append((word, heading, []))
            groups[-1][2].append(member)
        return groups

    @property
    def listed(self) -> list[tuple[str, str, MemberAnswer]]:
        """(word, heading, member), those without an answer first, who left the team last."""
        placed = [
            (word, heading, member)
            for word, heading in _HEADINGS
            for member in self.members
            if member.word == word and (member.row.is_on_roster or word != "clear")
        ]
        gone = [m for m in self.members if not m.row.is_on_roster and m.word == "clear"]
        return placed + [("gone", "No longer on the roster", member) for member in gone]

    def place(self, user_id: int) -> int:
        """Where a member stands among those listed; 0 for nobody of them."""
        users = [member.row.user_id for _, _, member in self.listed]
        return users.index(user_id) if user_id in users else 0

    def member(self, user_id: int) -> MemberAnswer:
        """One of them.

        Raises:
            NotFound: no player of the team is this user.
        """
        for member in self.members:
            if member.row.user_id == user_id and member.can_have_answer:
                return member
        raise NotFound


@router.get("/captain/{team_id}/{day}")
def team_day(
    request: Request,
    person: SignedIn,
    team_id: int,
    day: DayOfPath,
    saved: str = "",
    member: str = "",
    after: str = "",
) -> Response:
    """Everybody's answer for one day, a part of them at a time; ``member`` is on it."""
    with request.app.state.database.connected() as connection:
        view = view_of(connection, person, team_id)
        found = _day(request, connection, view, day)
    wanted = whole_number(member or saved)
    place = found.place(wanted) if wanted else whole_number(after) or 0
    first = min(place, len(found.listed) - 1) // _MEMBERS_SHOWN * _MEMBERS_SHOWN
    return pages.page(
        request,
        "captain/day.html",
        view=view,
        shown=found,
        groups=found.groups(first, first + _MEMBERS_SHOWN),
        before=first,
        behind=max(0, len(found.listed) - first - _MEMBERS_SHOWN),
        most=_MEMBERS_SHOWN,
        saved=whole_number(saved) or 0,
        local=request.app.state.clock.local,
    )


@router.post("/captain/{team_id}/{day}/{user_id}/status")
def answer_for(
    request: Request, person: SignedIn, team_id: int, day: DayOfPath, user_id: int, form: Form
) -> Response:
    """In, out, maybe or no answer, for somebody else. Their note stays; the history names both."""
    word, key = form.get("status", ""), form.get("key", "")
    version = whole_number(form.get("version", ""))
    if word not in STATUS_OF_WORD or version is None or (key and not _REQUEST_KEY.fullmatch(key)):
        raise BadForm
    database = request.app.state.database
    is_stale = False
    try:
        with database.transaction() as connection:
            view = view_of(connection, person, team_id)
            view.check_may_write()
            found = _day(request, connection, view, day)
            found.member(user_id)
            if found.is_past:
                raise TooLateToAnswer
            answers.save(
                connection,
                Slot(user_id, team_id, day),
                changed_by=person.user_id,
                status=STATUS_OF_WORD[word],
                shown_version=version,
                events=[event.as_shown() for event in found.column.events],
                request_key=key or None,
            )
    except Stale:
        is_stale = True
    if not is_stale and not pages.wants_fragment(request):
        return pages.go_to(f"/captain/{team_id}/{day}?saved={user_id}#member-{user_id}")
    return _member(request, person, team_id, day, user_id, wanted=word if is_stale else None)


def _member(
    request: Request,
    person: Person,
    team_id: int,
    day: datetime.date,
    user_id: int,
    *,
    wanted: str | None,
) -> Response:
    """One player's part of the page; with ``wanted``, both values to choose from (409)."""
    with request.app.state.database.connected() as connection:
        view = view_of(connection, person, team_id)
        found = _day(request, connection, view, day)
    context: dict[str, Any] = {
        "view": view,
        "shown": found,
        "member": found.member(user_id),
        "local": request.app.state.clock.local,
    }
    if wanted is None:
        return pages.page(request, "captain/member_part.html", **context)
    template = "conflict_part" if pages.wants_fragment(request) else "conflict"
    return pages.page(
        request, f"captain/{template}.html", status=409, wanted_word=wanted, **context
    )


def _day(
    request: Request, connection: Connection, view: CaptainView, day: datetime.date
) -> TeamDay:
    """The day with everybody who plays for the team, also who did until the feed forgot them.

    Raises:
        NotFound: the team plays nothing on that day.
    """
    found = grid.of_team(connection, view.team_id, first=day, last=day, most=1)
    if not found.days:
        raise NotFound("This team has no match or practice on that day.")
    changes = {
        row.user_id: row for row in connection.execute(SQL["last_changes"], [view.team_id, day])
    }
    members = connection.execute(SQL["members"], [view.team_id]).fetchall()
    of_team = {member.user_id for member in members}
    shown = {row.user_id for row in found.rows}
    rows = found.rows + [
        GridRow(member.user_id, member.name, {}, is_on_roster=False)
        for member in members
        if member.user_id not in shown
    ]
    made = []
    seen: set[int | None] = {None}
    for row in rows:
        change = changes.get(row.user_id)
        made.append(
            MemberAnswer(
                row=row,
                answer=row.answer(day),
                # One form for somebody who is two players of the team.
                can_have_answer=row.user_id in of_team - seen,
                previous=WORD_OF_STATUS[change.old_status] if change else "clear",
                author=change.author if change and change.changed_by != row.user_id else "",
            )
        )
        seen.add(row.user_id)
    today = request.app.state.clock.today(view.time_zone)
    return TeamDay(found.days[0], made, is_past=day < today)
