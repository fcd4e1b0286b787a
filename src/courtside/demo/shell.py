"""Commands and SQL run as a person would, their output shown and kept."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg
from rich.text import Text

from seawall.terminal import Terminal

WIDTH = 100
_MEANING_ANOTHER = ("DATABASE_URL", "SEAWALL_MANIFEST", "SEAWALL_NOTIFY_COMMAND")


class Ended:
    """What a command or statement said."""

    def __init__(self, exit_code: int, output: str) -> None:
        self.exit_code = exit_code
        self.output = output


class Shell:
    """Runs command lines in a directory, against one database.

    Args:
        url: the database; commands get it as ``DATABASE_URL``.
        directory: where commands run.
        lines_shown: of longer output only so many lines are printed.
    """

    def __init__(self, url: str, directory: Path, *, lines_shown: int = 60) -> None:
        self.console = Terminal().console
        self._url = url
        self._directory = directory
        self._lines_shown = lines_shown
        kept = {k: v for k, v in os.environ.items() if k not in _MEANING_ANOTHER}
        self.environment: Mapping[str, str] = {**kept, "DATABASE_URL": url, "COLUMNS": str(WIDTH)}

    def heading(self, text: str) -> None:
        """Print a heading."""
        self.console.print()
        self.console.print(Text(f"── {text} ──", style="bold"))
        self.console.print()

    def say(self, text: str) -> None:
        """Print a sentence."""
        self.console.print(text, markup=False)

    def run(self, line: str, directory: Path | None = None) -> Ended:
        """Run a command of this environment; what it printed on both streams, in its order."""
        self._echo(f"$ {line}")
        program, *arguments = shlex.split(line)
        done = subprocess.run(
            [str(_program(program)), *arguments],
            env=self.environment,
            cwd=directory or self._directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self._show(done.stdout)
        return Ended(done.returncode, done.stdout)

    def ask(self, statement: str) -> Ended:
        """Run SQL in a session of its own; its rows as text, or the error with code 1."""
        self._echo(f"=> {statement}")
        try:
            with psycopg.connect(self._url, autocommit=True) as connection:
                cursor = connection.execute(statement.encode())
                while cursor.nextset():
                    pass
                rows = cursor.fetchall() if cursor.description else []
                output = "\n".join(" | ".join(map(str, row)) for row in rows)
                ended = Ended(0, output or cursor.statusmessage or "")
        except psycopg.Error as error:
            ended = Ended(1, f"ERROR:  {error}")
        self._show(ended.output)
        return ended

    def _echo(self, text: str) -> None:
        self.console.print(Text(text, style="cyan"), soft_wrap=True)

    def _show(self, output: str) -> None:
        lines = output.rstrip().splitlines()
        for line in lines[: self._lines_shown]:
            self.console.print(Text(line), soft_wrap=True)
        if len(lines) > self._lines_shown:
            self.say(f"… {len(lines) - self._lines_shown} more lines")


def _program(name: str) -> Path | str:
    """The command of this environment, activated or not."""
    if name == "python":
        return sys.executable
    own = Path(sys.executable).with_name(name)
    return own if own.exists() else name
