"""Who may look at a team's grid, and who may write there."""

from __future__ import annotations

from dataclasses import dataclass

from courtside.accounts.people import Person
from courtside.availability import answers
from courtside.site.database import Connection
from courtside.site.failures import Failure, NotFound, ReadOnly
from seawall import queries

SQL = queries.load("courtside.captain")


class CaptainsOnly(Failure):
    """The person plays for the team and is no captain."""

    status = 403
    title = "Only captains see this"
    fix = "Ask the operator of this site to name you as a captain, or look at your own matches."


@dataclass(frozen=True)
class CaptainView:
    """A team as a captain, or an operator, may see it.

    Attributes:
        may_write: the person is its captain; an operator only looks, and names captains.
    """

    team_id: int
    name: str
    label: str
    league: str
    club: str
    time_zone: str | None
    is_retired: bool
    may_write: bool

    def check_may_write(self) -> None:
        """Refuse who only looks.

        Raises:
            ReadOnly: the person is no captain of the team.
        """
        if not self.may_write:
            raise ReadOnly("You look at this team as an operator. Its captains change it.")


def view_of(connection: Connection, person: Person, team_id: int) -> CaptainView:
    """The team, for its captains and for operators.

    Raises:
        NotFound: the person has nothing to do with the team; whether it exists is not told.
        CaptainsOnly: the person only plays for it.
    """
    own = next((team for team in person.teams if team.team_id == team_id), None)
    # Somebody may be two players of one team: one captain among them is enough.
    is_captain = any(team.team_id == team_id and team.is_captain for team in person.teams)
    if not is_captain and not person.is_operator:
        raise CaptainsOnly if own else NotFound
    row = None
    if 0 < team_id < 2**63:
        row = connection.execute(answers.SQL["team"], [team_id]).fetchone()
    if row is None:
        raise NotFound
    return CaptainView(*row, may_write=is_captain)
