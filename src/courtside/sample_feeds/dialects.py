"""How each league spells its series, its clubs and its teams, kind of file by kind of file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from courtside.sample_feeds import quirks
from courtside.sample_feeds.cast import club_name

_ROMAN = ("", "I", "II")
_CITA_LEVELS = (
    "3.5 & Under",
    "4.0 & Under",
    "4.0 Singles",
    "4.5 & Under",
    "Open",
    "3.0 & Under",
    "4.5 Singles",
    "3.0 - 3.5 Singles",
    "4.0 - 4.5 Singles",
    "4.5+",
)
_CITA_DAYS = ("Wed", "Fri", "Sat", "Sun", "Thur", "Tue", "Mon")


@dataclass(frozen=True, slots=True)
class TeamNames:
    """One team as the several files write it."""

    name: str
    """In series_stats."""
    result_name: str
    """In match_history."""
    schedule_name: str
    club: str
    """The club itself, as a schedule's location writes it."""
    player_series: str
    player_club: str
    player_team: str


class Dialect(Protocol):
    """A league's way of writing."""

    def labels(self, count: int) -> list[str]:
        """Return that many spelling-free names of series, such as "22" or "2A"."""
        ...

    def series(self, label: str) -> str:
        """Return the series as series_stats and schedules write it."""
        ...

    def team(self, club: int, label: str, *, twin: int, number: int, respelled: bool) -> TeamNames:
        """Return a team's names.

        Args:
            club: number of the club.
            label: the series, spelling-free.
            twin: 1 or 2 where the club has two teams in the series, else 0.
            number: the team's number in the league.
            respelled: write the club in its second spelling.
        """
        ...


class _Apta:
    def labels(self, count: int) -> list[str]:
        labels = ["22"]
        number = 1
        while len(labels) < count:
            if number != 22:
                labels.append(str(number))
            if number >= 7 and number % 2:
                labels.append(f"{number} SW")
            number += 1
        return labels[:count]

    def series(self, label: str) -> str:
        return f"Chicago {label}"

    def team(self, club: int, label: str, *, twin: int, number: int, respelled: bool) -> TeamNames:
        del number
        name = club_name(club) + (" C.C." if respelled else "")
        if twin:
            name = f"{name} {_ROMAN[twin]}"
        dashed = club == quirks.CLUB_WITH_DASH
        team = f"{name} - Chicago - {label}" if dashed else f"{name} - {label}"
        series = "Chicago Chicago" if dashed else self.series(label)
        return TeamNames(team, team, team, name, series, name, team)


class _Cnswpl:
    def labels(self, count: int) -> list[str]:
        labels: list[str] = []
        letters = numbers = 0
        for index in range(count):
            if quirks.LETTER_SERIES.hits(index):
                rest, text = letters, ""
                while rest >= 0:
                    text = chr(ord("A") + rest % 26) + text
                    rest = rest // 26 - 1
                labels.append(text)
                letters += 1
            else:
                numbers += 1
                labels.append(str(numbers))
        return labels

    def series(self, label: str) -> str:
        return f"Series {label}"

    def team(self, club: int, label: str, *, twin: int, number: int, respelled: bool) -> TeamNames:
        del number, respelled
        name = club_name(club)
        if club == quirks.CLUB_IN_TWO_CASES:
            name = name.capitalize()
        if label.isalpha():
            suffix = f"{label}({twin})" if twin else label
        else:
            suffix = label + ("", "a", "b")[twin]
        team = f"{name} {suffix}"
        return TeamNames(
            name=team,
            result_name=team,
            schedule_name=f"{team} - {self.series(label)}",
            club=name,
            player_series=f"Division {suffix}",
            player_club=team,
            player_team=team,
        )


class _Nstf:
    def labels(self, count: int) -> list[str]:
        labels = ["1", "2A", "2B", "3", "A"]
        labels += [f"{4 + index // 2}{'AB'[index % 2]}" for index in range(count)]
        return labels[:count]

    def series(self, label: str) -> str:
        return f"Series {label}"

    def team(self, club: int, label: str, *, twin: int, number: int, respelled: bool) -> TeamNames:
        del respelled
        name = club_name(club)
        space = "  " if quirks.DOUBLE_SPACE_TEAM.hits(number) else " "
        suffix = f" T{twin}" if twin else ""
        team = f"{name}{space}S{label}{suffix}"
        return TeamNames(
            name=team,
            result_name=f"{name} S{label}{suffix}",
            schedule_name=f"{team} - {self.series(label)}",
            club=name,
            player_series=self.series(label),
            player_club=name,
            player_team=team,
        )


class _Cita:
    def labels(self, count: int) -> list[str]:
        labels: list[str] = []
        for index in range(count):
            level = _CITA_LEVELS[index % 10]
            day = _CITA_DAYS[(index + index // 10) % 7]
            again = f" {1 + index // 70}" if index >= 70 else ""
            labels.append(f"{level} {day}{again}")
        return labels

    def series(self, label: str) -> str:
        return f"Series {label}"

    def team(self, club: int, label: str, *, twin: int, number: int, respelled: bool) -> TeamNames:
        del number, respelled
        name = club_name(club) + (" - East" if club % 5 == 0 else " Racquet Club")
        team = f"{name} {twin}" if twin else name
        # Without the first word "Series", and no roster: the last three are never written.
        return TeamNames(team, team, f"{team} - {label}", name, "", "", "")


DIALECTS: dict[str, Dialect] = {
    "APTA_CHICAGO": _Apta(),
    "CNSWPL": _Cnswpl(),
    "NSTF": _Nstf(),
    "CITA": _Cita(),
}


@lru_cache(maxsize=64)
def location_id(club: str) -> str:
    """Return a club's "Location ID": capitals, "AND" for "&", "_" for everything else."""
    return re.sub(r"[^A-Z0-9]+", "_", club.upper().replace("&", "AND")).strip("_")
