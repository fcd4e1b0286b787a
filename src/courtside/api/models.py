"""What the API takes and gives. Days and times are the club's own and belong to no zone."""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from courtside.availability.answers import LONGEST_NOTE
from courtside.captain.practices import LONGEST_NOTES, LONGEST_PLACE

Status = Literal["in", "out", "maybe"]


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("it has a NUL character or half of a surrogate pair")
    return text if text.strip() else ""


def _day(said: object) -> object:
    if not isinstance(said, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", said, re.ASCII):
        raise ValueError("it is no day such as 2024-09-24")
    return said


Day = Annotated[datetime.date, BeforeValidator(_day)]
Note = Annotated[
    str, Field(max_length=LONGEST_NOTE, description="Kept exactly; blank is no note."),
    AfterValidator(_storable),
]  # fmt: skip


class TeamOut(BaseModel):
    """One of the caller's teams."""

    team_id: int
    name: str
    label: str = Field(description="The series as the league calls it; may be empty.")
    league: str
    club: str
    time_zone: str | None
    is_captain: bool
    is_current: bool = Field(description="The feed has the caller on this team.")
    is_retired: bool = Field(description="The feed no longer has the team.")


class Teams(BaseModel):
    """The caller's teams."""

    teams: list[TeamOut]


class Me(BaseModel):
    """Who calls."""

    user_id: int
    email: str
    display_name: str
    is_operator: bool
    chosen_team_id: int | None = Field(description="The team that pages show first.")
    may_write: bool
    csrf_token: str | None = Field(description="For X-CSRF-Token; null when called by a token.")
    teams: list[TeamOut]


class EventOut(BaseModel):
    """A match or a practice."""

    kind: Literal["match", "practice"]
    id: int
    team_id: int
    day: datetime.date
    time: str | None = Field(description="The club's wall clock, such as 18:30; no zone.")
    home: str
    away: str
    is_home: bool
    place: str
    address: str
    directions: str
    notes: str
    is_retired: bool = Field(description="No longer on the schedule, or cancelled.")
    moved_to: datetime.date | None


class Events(BaseModel):
    """Events of the caller's teams, in order."""

    events: list[EventOut]


class Counts(BaseModel):
    """How a team stands on a day."""

    in_: int = Field(alias="in")
    out: int
    maybe: int
    none: int


class AnswerOut(BaseModel):
    """The caller's answer for one team and day."""

    day: datetime.date
    team_id: int
    status: Status | None = Field(description="null: no answer.")
    note: str
    version: int = Field(description="Counts changes; 0 where nothing ever stood.")
    updated_at: datetime.datetime | None
    set_by: str | None = Field(description="Who set it, where that was not the caller.")
    changes: list[str] = Field(description="What is different since it was answered.")
    is_past: bool
    events: list[EventOut]
    counts: Counts


class Answers(BaseModel):
    """The caller's answers, in order of days."""

    answers: list[AnswerOut]


class AnswerPut(BaseModel):
    """The whole answer. To change one part of it, send PATCH."""

    model_config = ConfigDict(extra="forbid")
    status: Status | None
    note: Note


class AnswerPatch(BaseModel):
    """Parts of the answer: what is absent stays; a status of null clears it."""

    model_config = ConfigDict(extra="forbid")
    status: Status | None = None
    note: Note = ""


class GridAnswer(BaseModel):
    """A player's answer for a day."""

    day: datetime.date
    status: Status | None
    note: str
    version: int


class GridPlayer(BaseModel):
    """A player of the team."""

    user_id: int | None = Field(description="null: no account, so no answer.")
    name: str
    is_on_roster: bool
    answers: list[GridAnswer]


class GridDayOut(BaseModel):
    """A day of the grid."""

    day: datetime.date
    events: list[EventOut]
    counts: Counts


class GridOut(BaseModel):
    """Players × days, those who have not answered for the next day first."""

    team_id: int
    days: list[GridDayOut]
    players: list[GridPlayer]


class PracticeOut(BaseModel):
    """A practice of a team."""

    id: int
    team_id: int
    day: datetime.date
    time: str = Field(description="The club's wall clock, such as 18:30; no zone.")
    place: str
    notes: str
    version: int
    series: int | None = Field(description="Practices that were entered together share it.")
    is_cancelled: bool
    moved_to: datetime.date | None


class Practices(BaseModel):
    """Practices of a team, in order."""

    practices: list[PracticeOut]


class PracticeIn(BaseModel):
    """A practice as a captain enters it."""

    model_config = ConfigDict(extra="forbid")
    day: Day
    time: str = Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="Such as 18:30.")
    place: Annotated[str, Field(max_length=LONGEST_PLACE), AfterValidator(_storable)] = ""
    notes: Annotated[str, Field(max_length=LONGEST_NOTES), AfterValidator(_storable)] = ""


class PracticesIn(PracticeIn):
    """The same, or one a week."""

    until: Day | None = Field(default=None, description="The last day of one practice a week.")


class PracticesAdded(BaseModel):
    """What stands at the days that were asked for."""

    added: int = Field(description="How many were not there yet.")
    practices: list[PracticeOut]


class RunOut(BaseModel):
    """A run of the import, as the ledger has it."""

    id: int
    started_at: datetime.datetime
    ended_at: datetime.datetime | None
    outcome: str | None
    certified: bool | None
    feed: str | None
    as_of: datetime.date | None
    report: dict[str, Any] | None


class Runs(BaseModel):
    """Runs, newest first."""

    runs: list[RunOut]


class ProblemPart(BaseModel):
    """One part of a request that is wrong."""

    at: str
    problem: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(extra="allow")
    type: str
    title: str
    status: int
    detail: str
    fix: str = Field(description="What to do now.")
    request_id: str
    errors: list[ProblemPart] = []
