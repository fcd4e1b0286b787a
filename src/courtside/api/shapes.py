"""Rows of the site into what the API gives."""

from __future__ import annotations

from collections.abc import Iterable

from courtside.accounts.people import Person, Team
from courtside.api.models import AnswerOut, Counts, EventOut, Status, TeamOut
from courtside.availability.answers import Answer
from courtside.availability.days import Day, Standing
from courtside.availability.events import Event

_STATUS: dict[int, Status] = {1: "in", 2: "out", 3: "maybe"}


def status_of(answer: Answer) -> Status | None:
    """The answer's word; None where there is none."""
    return None if answer.status is None else _STATUS[answer.status]


def teams_of(person: Person) -> list[TeamOut]:
    """The person's teams, each once, also where they are two players of it."""
    found: dict[int, Team] = {}
    for team in person.teams:
        if team.team_id not in found or (team.is_captain and not found[team.team_id].is_captain):
            found[team.team_id] = team
    return [
        TeamOut(
            team_id=team.team_id,
            name=team.name,
            label=team.label,
            league=team.league,
            club=team.club,
            time_zone=team.time_zone,
            is_captain=team.is_captain,
            is_current=team.is_current,
            is_retired=team.is_retired,
        )
        for team in found.values()
    ]


def events_of(team_id: int, events: Iterable[Event]) -> list[EventOut]:
    """Events of one team."""
    return [
        EventOut(
            kind=event.kind,
            id=event.id,
            team_id=team_id,
            day=event.day,
            time=event.time.isoformat("minutes") if event.time else None,
            home=event.home,
            away=event.away,
            is_home=event.is_home,
            place=event.place,
            address=event.address,
            directions=event.directions,
            notes=event.notes,
            is_retired=event.is_retired,
            moved_to=event.moved_to,
        )
        for event in events
    ]


def counts_of(standing: Standing) -> Counts:
    """How many said what."""
    return Counts.model_validate(
        {
            "in": len(standing.in_),
            "out": len(standing.out),
            "maybe": len(standing.maybe),
            "none": len(standing.none),
        }
    )


def answer_of(day: Day) -> AnswerOut:
    """One's answer for a day, as the page shows it."""
    return AnswerOut(
        day=day.day,
        team_id=day.team_id,
        status=status_of(day.answer),
        note=day.answer.note,
        version=day.answer.version,
        updated_at=day.answer.updated_at,
        set_by=day.author or None,
        changes=day.changes,
        is_past=day.is_past,
        events=events_of(day.team_id, day.events),
        counts=counts_of(day.standing),
    )
