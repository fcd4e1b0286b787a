"""The points of the incident's report: what shows the answer to each, and what must be seen.

docs/incident.md lists the same lines under the same numbers; a test compares.
"""

from __future__ import annotations

from dataclasses import dataclass

from courtside.demo.prepared_league import FIRST, SECOND, THIRD
from courtside.demo.sample_users import INCIDENT_NOTE

TEAM = "TEAM"
"""Stands for the id of the incident's team, which nobody knows beforehand."""

_ANSWER = (
    "SELECT match_date, availability_status, notes FROM player_availability "
    "WHERE user_id = 43 AND match_date = '2024-09-24'"
)
_MATCH = (
    "SELECT to_char(match_date, 'FMDay FMDD FMMonth YYYY'), to_char(match_time, 'FMHH12:MI AM'), "
    "home_team, away_team FROM schedule WHERE match_date = '2024-09-24' "
    "AND home_team = 'Valley Lo - 22' AND away_team = 'Tennaqua - 22'"
)
_MATCH_SAID = r"^Tuesday 24 September 2024 \| 6:30 PM \| Valley Lo - 22 \| Tennaqua - 22$"
_IMPORT_AGAIN = f"$ courtside import scrapes/{SECOND} --yes"
_MISTAKE = f"$ seawall apply scrapes/{THIRD} --yes --manifest mistake.toml"
_REFUSED = r"^refused +user-table-written +player_availability is declared as the feed’s"
_STANDS = rf"^2024-09-24 \| 1 \| {INCIDENT_NOTE}$"


@dataclass(frozen=True)
class Step:
    """One line, and what must be seen.

    ``$`` begins a command, ``=>`` SQL, ``GET`` and ``POST`` a page of the site, as user 43.
    """

    line: str
    shows: tuple[str, ...] = ()
    """Patterns that its output must have, each somewhere."""
    exit_code: int = 0
    in_repository: bool = False


@dataclass(frozen=True)
class Point:
    """One statement of the report, answered."""

    number: int
    title: str
    steps: tuple[Step, ...]
    users_stand: bool = True
    """Every row of users is afterwards as it was before."""
    ids_stand: bool = True
    """Every team and player that was there before has the id that it had."""


SETTING = (
    f"$ courtside sample-feeds scrapes --date {FIRST} --size 4000 --versions 3",
    f"$ courtside import scrapes/{FIRST} --yes",
)

POINTS = (
    Point(
        1,
        "Twelve tables, reloaded",
        (
            Step(_IMPORT_AGAIN, (r"^run 2 done", r"^reloaded +12 tables")),
            Step(
                _IMPORT_AGAIN,
                (r"^run 3 unchanged", r"certificate: the\s+transaction wrote nothing"),
            ),
        ),
    ),
    Point(
        2,
        "A reference that stays",
        (
            Step(
                "=> SELECT conname, confrelid::regclass, confdeltype FROM pg_constraint WHERE "
                "conrelid = 'player_availability'::regclass AND contype = 'f' ORDER BY 1",
                (r"_user_id_fkey \| users \| a$", r"_team_id_fkey \| teams \| a$"),
            ),
            Step(
                "=> SELECT count(*) FROM player_availability a LEFT JOIN users u "
                "ON u.id = a.user_id WHERE u.id IS NULL",
                (r"^0$",),
            ),
        ),
    ),
    Point(
        3,
        "Found by user id",
        (
            Step(f"POST /availability/{TEAM}/2024-09-24/status status=out"),
            Step(f"=> {_ANSWER}", (rf"^2024-09-24 \| 2 \| {INCIDENT_NOTE}$",)),
            Step(f"POST /availability/{TEAM}/2024-09-24/status status=in"),
            Step(f"=> {_ANSWER}", (_STANDS,)),
        ),
        users_stand=False,
    ),
    Point(
        4,
        "An error where answers would be cleared",
        (
            Step(_MISTAKE, (_REFUSED, r"^nothing was written"), exit_code=3),
            Step(
                "=> TRUNCATE player_availability",
                (r"seawall refuses TRUNCATE of player_availability: its rows belong to users",),
                exit_code=1,
            ),
            Step("$ seawall guard status", (r"^player_availability +in force",)),
        ),
    ),
    Point(
        5,
        "Before, during and after",
        (Step("$ seawall show 2", (r"guards armed, .*fingerprints equal", r"of run 2 read back")),),
    ),
    Point(
        6,
        "The number of answers",
        (
            Step(
                "=> SELECT report #>> '{users,player_availability}' FROM seawall.runs WHERE id = 2",
                (r'"rows_before": ?301, ?"rows_after": ?301, ?"changed_by_run": ?0',),
            ),
        ),
    ),
    Point(
        7,
        "Health",
        (
            Step("$ seawall health", (r"^player_availability +301 +301 +100\.0 %", r"^healthy$")),
            Step("=> UPDATE teams SET name = name || ' (new)'"),
            Step(
                "$ seawall health",
                (r"^player_availability +301 +0 +0\.0 %", r"the limit is 90 %", r"^unhealthy$"),
                exit_code=5,
            ),
            Step("=> UPDATE teams SET name = left(name, -6)"),
            Step("$ seawall health", (r"^healthy$",)),
        ),
    ),
    Point(
        8,
        "The lines of a run",
        (
            Step(
                "$ seawall show 2",
                (
                    r"^protected +player_availability +301 rows, 0 changed by this run",
                    r"^reloaded +12 tables +\d+ references checked, every one means what it meant",
                    r"^backup +history of run 2 read back, \d+ rows",
                ),
            ),
        ),
    ),
    Point(
        9,
        "The answer put back by hand",
        (
            Step("$ seawall backup", (r"^backup 4 read back",)),
            Step("=> DELETE FROM player_availability WHERE user_id = 43"),
            Step(
                "$ seawall restore --backup 4 --table player_availability "
                '--where "user_id = 43" --yes',
                (r"^restore 1 done", r"counters as planned, all other rows equal"),
            ),
            Step(f"=> {_ANSWER}", (_STANDS,)),
        ),
    ),
    Point(
        10,
        "The page",
        (Step("GET /mobile/availability", (r"Tennaqua - 22", r"in, and I can bring balls")),),
    ),
    Point(
        11,
        "The same day everywhere",
        (
            Step(f"=> SET TimeZone = 'Pacific/Kiritimati'; {_MATCH}", (_MATCH_SAID,)),
            Step(f"=> SET TimeZone = 'America/Chicago'; {_MATCH}", (_MATCH_SAID,)),
            Step(
                "GET /mobile/availability",
                (r"Tuesday 24 September 2024", r"6:30 PM", r"Tennaqua - 22 against Valley Lo - 22"),
            ),
        ),
    ),
    Point(
        12,
        "Steps to verify",
        (
            Step(_IMPORT_AGAIN, (r"certificate: the\s+transaction wrote nothing",)),
            Step(f"=> {_ANSWER}", (_STANDS,)),
        ),
    ),
    Point(
        13,
        "The next import",
        (
            Step(
                f"$ courtside import scrapes/{THIRD} --yes",
                (r"^run \d+ done", r"^protected +player_availability +301 rows, 0 changed"),
            ),
            Step(_MISTAKE, (_REFUSED, r"^nothing was written"), exit_code=3),
        ),
    ),
    Point(
        14,
        "Taught to the team",
        (
            Step(
                '$ python -m pytest -q tests/docs -k "marked_examples and stable-references"',
                (r"^1 passed",),
                in_repository=True,
            ),
        ),
    ),
)
