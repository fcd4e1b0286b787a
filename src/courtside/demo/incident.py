"""``make verify-incident``: every point of the incident's report, shown one after another."""

from __future__ import annotations

import html
import http.cookiejar
import re
import socket
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from courtside.demo.incident_points import POINTS, SETTING, TEAM, Point, Step
from courtside.demo.prepared_league import PreparedLeague
from courtside.demo.running_site import RunningSite
from courtside.demo.sample_users import INCIDENT_DAY, INCIDENT_TEAM, INCIDENT_USER, PASSWORD
from courtside.demo.shell import Ended
from seawall import SeawallError
from seawall.terminal import Terminal

DATABASE = "courtside_incident"
_REPOSITORY = Path(__file__).resolve().parents[3]
_LINES_SHOWN = 24

_IDS = (
    "SELECT 'team', league_id::text, name, series_key::text, id FROM teams"
    " UNION ALL SELECT 'player', league_id::text, source_id, '', id FROM players"
)


@dataclass(frozen=True)
class Look:
    """What must stand, at one moment."""

    users: set[Any]
    """Every row and column that users own: (table, row)."""
    ids: dict[Any, int]
    """Team or player, by its key → its id."""


class Verification:
    """One run through all points."""

    def __init__(self, directory: Path) -> None:
        self._site = RunningSite(directory)
        self._site.stop()
        self._league = PreparedLeague(directory, DATABASE, lines_shown=_LINES_SHOWN)
        self._shell = self._league.shell
        self._visitor: Visitor | None = None
        self._team_id = 0

    def verify(self) -> dict[int, list[str]]:
        """Go through the points; what was wrong with each, in words, by its number."""
        self._shell.heading("A league, its first scrape, sixty users who answer, and the site")
        for line in SETTING:
            if self._shell.run(line.removeprefix("$ ")).exit_code:
                raise SeawallError(f"“{line}” went wrong", fix="The output above says why.")
        self._team_id = self._league.add_users().team_ids[INCIDENT_TEAM]
        try:
            self._visitor = self._sign_in()
            return {point.number: self._show(point) for point in POINTS}
        finally:
            self._site.stop()

    def _sign_in(self) -> Visitor:
        # As if it were the week of the match; on a port that nobody else has.
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        said = {"COURTSIDE_TODAY": "2024-09-20", "COURTSIDE_PORT": str(port)}
        address = self._site.start({**self._shell.environment, **said})
        self._shell.say(f"the site runs at {address}; “make demo” leaves it at port 8080")
        return Visitor(address, f"user{INCIDENT_USER}@example.org")

    def _show(self, point: Point) -> list[str]:
        self._shell.heading(f"{point.number}. {point.title}")
        before = self._look()
        ended = [self._do(step) for step in point.steps]
        wrong = wrong_with(point, ended, before, self._look())
        for words in wrong:
            self._shell.say(f"WRONG  {words}")
        return wrong

    def _look(self) -> Look:
        with psycopg.connect(self._league.url) as connection:
            ids = {row[:-1]: row[-1] for row in connection.execute(_IDS)}
        return Look(set(self._league.rows_of_users()), ids)

    def _do(self, step: Step) -> Ended:
        kind, _, rest = step.line.partition(" ")
        rest = rest.replace(f"/{TEAM}/", f"/{self._team_id}/")
        if kind == "$":
            return self._shell.run(rest, _REPOSITORY if step.in_repository else None)
        if kind == "=>":
            return self._shell.ask(rest)
        assert self._visitor is not None
        address, _, field = rest.partition(" ")
        ended = self._visitor.get(address) if kind == "GET" else self._visitor.post(address, field)
        self._shell.say(step.line)
        for line in _about_the_day(ended.output):
            self._shell.say(f"    {line}")
        return ended


def wrong_with(point: Point, ended: Sequence[Ended], before: Look, after: Look) -> list[str]:
    """What a point did not show, in words."""
    wrong = []
    for step, did in zip(point.steps, ended, strict=True):
        if did.exit_code != step.exit_code:
            wrong.append(f"{step.line}: ended with {did.exit_code}, not {step.exit_code}")
        wrong += [
            f"{step.line}: does not say {pattern}"
            for pattern in step.shows
            if not re.search(pattern, did.output, re.MULTILINE)
        ]
    # Clubs may come with a scrape; what users wrote into the earlier ones must stand.
    more = [row for row in after.users - before.users if row[0] != "clubs"]
    if point.users_stand and (before.users - after.users or more):
        wrong.append("users’ rows are not as they were")
    moved = before.ids.items() - after.ids.items()
    if point.ids_stand and moved:
        wrong.append(f"{len(moved)} teams and players do not have the ids that they had")
    return wrong


class Visitor:
    """A browser without a window, signed in: it keeps cookies, and pages come as text.

    Raises:
        SeawallError: the site does not let it in.
    """

    def __init__(self, site: str, email: str) -> None:
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)
        self._site = site
        self.post("/sign-in", f"email={email}&password={PASSWORD}")
        with self._opener.open(f"{site}/mobile/availability", timeout=30) as answer:
            if not answer.geturl().endswith("/mobile/availability"):
                raise SeawallError(f"the site does not let {email} in")

    def get(self, address: str) -> Ended:
        """A page as text."""
        return self._open(urllib.request.Request(f"{self._site}{address}"))

    def post(self, address: str, fields: str) -> Ended:
        """Fill in a form as the page has it, and send it; the page that follows."""
        with self._opener.open(f"{self._site}/mobile/availability", timeout=30) as answer:
            page = answer.read().decode()
        _, _, form = page.partition(f'action="{address}"')
        hidden = re.findall(
            r'type="hidden" name="(\w+)" value="([^"]*)"', form.partition("</form>")[0]
        )
        sent = dict(hidden) | dict(urllib.parse.parse_qsl(fields))
        data = urllib.parse.urlencode(sent).encode()
        return self._open(urllib.request.Request(f"{self._site}{address}", data))

    def _open(self, request: urllib.request.Request) -> Ended:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return Ended(0, _text_of(answer.read().decode()))
        except urllib.error.HTTPError as error:
            return Ended(error.code, _text_of(error.read().decode(errors="replace")))


def _text_of(page: str) -> str:
    """What a page says, without its tags; the content of form fields too."""
    page = re.sub(r"<(script|style|svg|head)\b.*?</\1>", " ", page, flags=re.DOTALL)
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def _about_the_day(text: str) -> list[str]:
    """The lines of a page around the day of the incident."""
    lines = text.splitlines()
    day = f"{INCIDENT_DAY:%A} {INCIDENT_DAY.day} {INCIDENT_DAY:%B %Y}"
    at = next((number for number, line in enumerate(lines) if day in line), 0)
    return lines[at : at + 8]


def main() -> None:
    """Go through the points, print the table, end with 1 where one failed."""
    terminal = Terminal()
    failed: list[int] = []
    with terminal.exits():
        started = time.monotonic()
        try:
            verification = Verification(Path(".seawall").resolve() / "incident")
            results = verification.verify()
        except psycopg.Error as error:
            raise SeawallError(f"the verification broke off: {error}") from error
        shell = terminal.console
        shell.print("\npoint  result  what the report asked for")
        for point in POINTS:
            result = "failed" if results[point.number] else "passed"
            shell.print(f"{point.number:>5}  {result}  {point.title}", markup=False)
        failed = [number for number, wrong in results.items() if wrong]
        shell.print(
            f"\n{len(POINTS) - len(failed)} of {len(POINTS)} points passed"
            f" in {time.monotonic() - started:.0f} s"
        )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
