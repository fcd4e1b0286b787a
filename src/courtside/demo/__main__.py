"""``python -m courtside.demo``: load a scrape, let users answer, reload, look at what stands."""

from __future__ import annotations

import datetime
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
from rich.text import Text

from courtside import league_database
from courtside.demo.own_database import make_database
from courtside.demo.prepared_league import team_names, write_mistake
from courtside.demo.running_site import RunningSite
from courtside.demo.sample_users import (
    INCIDENT_DAY,
    INCIDENT_NOTE,
    INCIDENT_STATUS,
    INCIDENT_TEAM,
    INCIDENT_USER,
    PASSWORD,
    SQL,
    BackgroundUser,
    Cast,
    add_users,
)
from seawall import ExitCode, SeawallError, embedded
from seawall.terminal import Terminal

DATABASE = "courtside"
SIZE = 4000
WIDTH = 100
MEANING_ANOTHER = ("DATABASE_URL", "SEAWALL_MANIFEST")
STATUS_WORDS = {1: "available", 2: "unavailable", 3: "not sure"}


class Demo:
    """One telling. Everything it makes lies in ``.seawall/`` below the current directory."""

    def __init__(self, today: datetime.date) -> None:
        if not sys.stdout.isatty():
            os.environ.setdefault("COLUMNS", str(WIDTH))
        self.console = Terminal().console
        self.first_day = today - datetime.timedelta(days=7)
        self.directory = Path(".seawall") / "demo"
        self.scrapes = self.directory / "scrapes"
        self.first = self.scrapes / self.first_day.isoformat()
        self.second = self.scrapes / today.isoformat()
        self.mistake = self.directory / "mistake.toml"
        self.site = RunningSite(self.directory)
        # The commands must find the demo's database, whatever the shell has in mind otherwise.
        self.environment = {k: v for k, v in os.environ.items() if k not in MEANING_ANOTHER}

    def tell(self) -> None:
        """Run from beginning to end.

        Raises:
            SeawallError: something did not go as the demo says it does.
        """
        started = time.monotonic()
        self._heading("A league database, and two scrapes of four leagues, a week apart")
        self.site.stop()
        url = make_database(embedded.start(embedded.default_data_directory()), DATABASE)
        self._write_mistake()
        self._run(
            "courtside", "sample-feeds", str(self.scrapes),
            "--date", str(self.first_day), "--size", str(SIZE), "--versions", "2",
        )  # fmt: skip
        self._heading("The first load")
        self._run("courtside", "import", str(self.first), "--yes")
        with psycopg.connect(url, autocommit=True) as connection:
            league_database.guard(url)
            self._heading("Users answer")
            leaving_team = self._leaving_team()
            cast = add_users(connection, today=self.first_day, leaving_team=leaving_team)
            self._say(
                f"{cast.users} users, a link to a player each, {cast.answers} answers; among them "
                "the one that a reload once lost:"
            )
            self._say_incident_answer(connection, cast)
            before = self._rows_of_users(connection, cast)

            self._heading("The second load, a week later, while one more user keeps answering")
            user = self._load_while_a_user_answers(url, cast, leaving_team)

            self._heading("What stands")
            self._say_figures(connection, user)
            self._compare(connection, cast, before)
            self._say_incident_answer(connection, cast)
            self._say_leaving_team(connection, cast, leaving_team)
            self.console.print()
            self._run("seawall", "health")

            self._heading("The incident’s mistake: answers declared as the feed’s")
            self._run(
                "seawall", "apply", str(self.second), "--yes", "--manifest", str(self.mistake),
                expected=ExitCode.REFUSED,
            )  # fmt: skip
            self.console.print()
            self._compare(connection, cast, before)
            captain = connection.execute(SQL["captain_among_users"], [INCIDENT_TEAM]).fetchone()
        self._say_what_next()
        if os.environ.get("SERVE") != "no":
            self._serve(captain[0] if captain else "")
        self.console.print()
        self._say(f"demo done in {time.monotonic() - started:.0f} s")

    # ------------------------------------------------------------ steps

    def _write_mistake(self) -> None:
        """A copy of courtside's manifest that gives the feed what is the users'."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        write_mistake(self.mistake)

    def _leaving_team(self) -> str:
        """The team that the second scrape does not have."""
        first, second = team_names(self.first), team_names(self.second)
        return min(first - second)

    def _load_while_a_user_answers(self, url: str, cast: Cast, leaving_team: str) -> BackgroundUser:
        others = [name for name in cast.team_ids if name not in (INCIDENT_TEAM, leaving_team)]
        user = BackgroundUser(
            url,
            user_id=cast.background_user_id,
            team_ids=[cast.team_ids[t] for t in (INCIDENT_TEAM, leaving_team, *others[:20])],
            first_day=self.first_day,
        )
        user.start()
        try:
            self._run("courtside", "import", str(self.second), "--yes")
        finally:
            user.stop()
        return user

    def _rows_of_users(self, connection: psycopg.Connection[Any], cast: Cast) -> list[Any]:
        """Every row and column that users own, but for the user who goes on answering."""
        arguments = {"except": cast.background_user_id}
        return connection.execute(SQL["every_row_of_users"], arguments).fetchall()

    def _compare(self, connection: psycopg.Connection[Any], cast: Cast, before: list[Any]) -> None:
        now = self._rows_of_users(connection, cast)
        # Clubs may come with a scrape; what users wrote into the earlier ones must stand.
        missing = set(before) - set(now)
        more = [row for row in set(now) - set(before) if row[0] != "clubs"]
        if missing or more:
            raise SeawallError(
                f"{len(missing)} rows of users are not as they were, {len(more)} are new",
                why=f"For example {next(iter([*missing, *more]))}.",
                fix="This must never happen: please report it with the output above.",
            )
        self._say(f"all other rows of users, {len(before):,} of them: identical in every column")

    # ------------------------------------------------------------ words

    def _say_figures(self, connection: psycopg.Connection[Any], user: BackgroundUser) -> None:
        lost = user.lost(connection)
        self._say(
            f"the user who kept answering: {user.written} writes, {lost} lost, "
            f"{len(user.errors)} errors, the slowest {user.slowest_seconds * 1000:.0f} ms"
        )
        if lost or user.errors:
            raise SeawallError(
                f"the user who kept answering lost {lost} answers",
                why="; ".join(user.errors),
                fix="This must never happen: please report it with the output above.",
            )

    def _say_incident_answer(self, connection: psycopg.Connection[Any], cast: Cast) -> None:
        row = connection.execute(
            SQL["incident_answer"], [cast.incident_user_id, INCIDENT_DAY]
        ).fetchone()
        if row is None or row[6:] != (INCIDENT_TEAM, INCIDENT_STATUS, INCIDENT_NOTE):
            raise SeawallError(
                f"the answer for {INCIDENT_DAY} is not as it was given: {row}",
                fix="This must never happen: please report it with the output above.",
            )
        day, at, home, away, user_id, email, team, status, note = row
        self.console.print()
        self.console.print(
            f"  {day:%A} {day.day} {day:%B %Y}, {at:%I:%M %p}".replace(" 0", " ")
            + f"   {home} against {away}\n"
            f"  user {user_id} ({email}) for {team}: {STATUS_WORDS[status]}, “{note}”",
            markup=False,
        )
        self.console.print()

    def _say_leaving_team(
        self, connection: psycopg.Connection[Any], cast: Cast, leaving_team: str
    ) -> None:
        arguments = {"team_id": cast.team_ids[leaving_team], "except": cast.background_user_id}
        row = connection.execute(SQL["team_and_what_refers_to_it"], arguments).fetchone()
        if row is None or not row[0]:
            raise SeawallError(f"{leaving_team} was not retired: {row}")
        _, answers, users = row
        self._say(
            f"{leaving_team} is not in the second scrape: retired, its id kept, because "
            f"{answers} answers of {users} users mean it"
        )

    def _serve(self, captain: str) -> None:
        """Leave the site running on what was loaded, and say whom to sign in as."""
        self._heading("The site")
        roots = str(self.scrapes.resolve())
        address = self.site.start({**self.environment, "COURTSIDE_IMPORT_ROOTS": roots})
        self._say(f"it runs on the demo’s data: {address}/mobile/availability")
        self._say(f"sign in with the password {PASSWORD} as")
        for email, who in (
            (f"user{INCIDENT_USER}@example.org", f"the player of the incident, {INCIDENT_TEAM}"),
            (captain, "a captain"),
            ("operator@example.org", "the operator"),
        ):
            if email:
                self.console.print(Text(f"    {email:<24}", style="cyan") + Text(who))
        self._say("this stops it, and PostgreSQL:")
        self._command("make stop")

    def _say_what_next(self) -> None:
        self._heading("Try next")
        if names := [name for name in MEANING_ANOTHER if os.environ.get(name)]:
            self._say(f"{' and '.join(names)} may mean another database, so first:")
            self._command(f"unset {' '.join(names)}")
        third = self.first_day + datetime.timedelta(days=14)
        for what, *command in (
            ("the same scrape again: unchanged, and certified",
             "courtside", "import", str(self.second), "--yes"),
            ("the second run, with its proof", "seawall", "show", "2"),
            ("a third scrape, in which the team that was gone is back …",
             "courtside", "sample-feeds", str(self.scrapes), "--date", str(self.first_day),
             "--size", str(SIZE), "--versions", "3"),
            ("… and its import: the team returns under the id it had",
             "courtside", "import", str(self.scrapes / str(third)), "--yes"),
            ("all runs", "seawall", "runs"),
        ):  # fmt: skip
            self._say(what)
            self._command(self._spelled(command))
        self._say("PostgreSQL goes on running; this stops it (make clean removes everything):")
        self._command(self._spelled(["seawall", "db", "stop"]))

    def _heading(self, text: str) -> None:
        self.console.print()
        self.console.print(Text(f"── {text} ──", style="bold"))
        self.console.print()

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False)

    def _command(self, text: str) -> None:
        # Unbroken, so that it can be copied.
        self.console.print(Text(f"    {text}", style="cyan"), soft_wrap=True)

    # ------------------------------------------------------------ commands

    def _run(self, program: str, *arguments: str, expected: int = ExitCode.DONE) -> None:
        """Run a command as a person would, its output going where ours goes."""
        self.console.print(
            Text(f"$ {self._spelled([program, *arguments])}", style="cyan"), soft_wrap=True
        )
        sys.stdout.flush()
        done = subprocess.run(
            [str(_program(program)), *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode != expected:
            raise SeawallError(
                f"“{program} {arguments[0]}” ended with {done.returncode}, not with {expected:d}",
                why="The demo shows what it does when all is well.",
                fix="The output above says what went wrong.",
            )

    @staticmethod
    def _spelled(command: list[str]) -> str:
        """A command line that can be copied into the shell that runs the demo."""
        program = _program(command[0])
        found = shutil.which(command[0])
        if found and Path(found).resolve() == program.resolve():
            return shlex.join(command)
        if program.is_relative_to(Path.cwd()):
            program = program.relative_to(Path.cwd())
        return shlex.join([str(program), *command[1:]])


def _program(name: str) -> Path:
    """The command of this environment, activated or not."""
    return Path(sys.executable).with_name(name)


def main() -> None:
    """Tell the story, and end with 0 only where all of it was so; ``stop`` ends what it left."""
    terminal = Terminal()
    with terminal.exits():
        if sys.argv[1:] == ["stop"]:
            RunningSite(Demo(datetime.date.today()).directory).stop()
            embedded.stop(embedded.default_data_directory())
            return
        try:
            Demo(datetime.date.today()).tell()
        except (OSError, psycopg.Error) as error:
            raise SeawallError(f"the demo broke off: {error}") from error


if __name__ == "__main__":
    main()
