"""``make demo-protection``: four mistakes, what stops each, and what puts right the last one.

With ``--write FILE`` the output of each goes into FILE, between the marks that name it.
"""

from __future__ import annotations

import datetime
import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from courtside.demo.prepared_league import FIRST, SECOND, PreparedLeague
from courtside.demo.shell import Ended
from seawall import ExitCode, SeawallError
from seawall.terminal import Terminal

DATABASE = "courtside_protection"
EMPTY, CHANGED = datetime.date(2026, 1, 16), datetime.date(2026, 1, 17)

# “run 2 refused in 0.1 s”, a blank line, “nothing was written: …”
_CLOSING_LINES = 3

_LEAGUES = ("APTA_CHICAGO", "CNSWPL", "NSTF")


class Protection:
    """One telling of the four; ``told`` has the output of each by its name."""

    def __init__(self, directory: Path) -> None:
        self.league = PreparedLeague(directory, DATABASE, lines_shown=200)
        self.shell = self.league.shell
        self.told: dict[str, str] = {}

    def tell(self) -> None:
        """Run from beginning to end.

        Raises:
            SeawallError: something was not stopped, or a user's row is not as it was.
        """
        self.shell.heading("A league, its first scrapes, and sixty users who answer")
        self.league.write_scrapes()
        self.shell.run(f"courtside import scrapes/{FIRST} --yes")
        self.league.add_users()
        for name, heading, scene in (
            ("clear-list", "The answers, declared as the feed’s", self._clear_list),
            ("empty-scrape", "A scrape with an empty file", self._empty_scrape),
            ("changed-ids", "A scrape whose ids all changed", self._changed_ids),
            ("stray-delete", "A stray DELETE", self._stray_delete),
        ):
            self._scene(name, heading, scene)

    def _scene(self, name: str, heading: str, scene: Callable[[], list[str]]) -> None:
        self.shell.heading(heading)
        before = self.league.rows_of_users()
        self.told[name] = "\n\n".join(scene())
        now = self.league.rows_of_users()
        if now != before:
            raise SeawallError(
                f"after “{heading}” users’ rows are not as they were",
                why=f"For example {next(iter(set(before) ^ set(now)))}.",
            )
        self.shell.say(f"every one of the users’ {len(now)} rows is as it was")

    # ------------------------------------------------------------ scenes

    def _clear_list(self) -> list[str]:
        line = f"seawall apply scrapes/{SECOND} --yes --manifest mistake.toml"
        return [self._run(line, ExitCode.REFUSED)]

    def _empty_scrape(self) -> list[str]:
        scrape = self._copy(EMPTY)
        (scrape / "NSTF" / "players.json").write_text("[]\n", encoding="utf-8")
        return [self._run(f"courtside import scrapes/{EMPTY} --yes", ExitCode.REFUSED)]

    def _changed_ids(self) -> list[str]:
        scrape = self._copy(CHANGED)
        for league in _LEAGUES:
            file = scrape / league / "players.json"
            records = json.loads(file.read_bytes())
            for record in records:
                record["Player ID"] = f"{record['Player ID'][:5]}{record['Player ID'][:4:-1]}"
            file.write_text(json.dumps(records), encoding="utf-8")
        return [self._run(f"courtside import scrapes/{CHANGED} --yes", ExitCode.REFUSED)]

    def _stray_delete(self) -> list[str]:
        delete = "DELETE FROM player_availability WHERE id > 2"
        with psycopg.connect(self.league.url) as connection:
            row = connection.execute("SELECT max(id) FROM seawall.backups").fetchone()
        assert row is not None
        restore = f"seawall restore --backup {row[0] + 1} --table player_availability --yes"
        return [
            self._run("seawall backup", ExitCode.DONE, last=1),
            _said(f"=> {delete}", self.shell.ask(delete)),
            self._run("seawall health", ExitCode.UNHEALTHY, last=4),
            self._run(restore, ExitCode.DONE),
            self._run("seawall health", ExitCode.DONE, last=1),
        ]

    # ------------------------------------------------------------ steps

    def _copy(self, day: datetime.date) -> Path:
        scrape = self.league.scrape(day)
        shutil.copytree(self.league.scrape(SECOND), scrape)
        return scrape

    def _run(self, line: str, expected: ExitCode, *, last: int = 0) -> str:
        """Run a command; of its output the last lines, or of a refusal what is refused, and all
        of any other."""
        ended = self.shell.run(line)
        if ended.exit_code != expected:
            raise SeawallError(
                f"“{line}” ended with {ended.exit_code}, not with {expected:d}",
                fix="The output above says what went wrong.",
            )
        return _said(f"$ {line}", ended, last)


def _said(line: str, ended: Ended, last: int = 0) -> str:
    lines = [each.rstrip() for each in ended.output.rstrip().splitlines()]
    refusals = [number for number, each in enumerate(lines) if each.startswith("refused")]
    if last and len(lines) > last:
        lines = ["…", *lines[-last:]]
    elif refusals:
        # Two findings show what they look like; the rest is more of the same.
        end = refusals[2] if len(refusals) > 2 else len(lines) - _CLOSING_LINES
        more = ["…", ""] if len(refusals) > 2 else []
        lines = ["…", *lines[refusals[0] : end], *more, *lines[-_CLOSING_LINES:]]
    return "\n".join([line, *lines])


def with_output(text: str, told: dict[str, str]) -> str:
    """A document with the outputs in the places that are marked for them.

    Raises:
        SeawallError: the document has no place for one.
    """
    for name, output in told.items():
        begin, end = f"<!-- output: {name} -->\n", "<!-- end of output -->"
        head, found, tail = text.partition(begin)
        if not found:
            raise SeawallError(f"the document has no mark {begin.strip()}")
        indented = "".join(f"    {line}".rstrip() + "\n" for line in output.splitlines())
        text = f"{head}{begin}\n{indented}\n{end}{tail.partition(end)[2]}"
    return text


def main() -> None:
    """Tell it; end with 0 only where everything was stopped or put right."""
    terminal = Terminal()
    with terminal.exits():
        started = time.monotonic()
        try:
            protection = Protection(Path(".seawall") / "protection")
            protection.tell()
        except psycopg.Error as error:
            raise SeawallError(f"the demo broke off: {error}") from error
        if sys.argv[1:2] == ["--write"]:
            document = Path(sys.argv[2])
            text = document.read_text(encoding="utf-8")
            document.write_text(with_output(text, protection.told), encoding="utf-8")
        terminal.console.print(f"\ndone in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
