"""What commands share: output, progress, the question before a write, and exit codes.

What speaks to people takes a tenth of a command's start to load, so it is loaded when it speaks:
never where the output is JSON and all goes well.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
import psycopg

from seawall import embedded, ledger
from seawall.database import connect
from seawall.engine import Engine
from seawall.errors import DatabaseError, ExitCode, SeawallError, UsageError
from seawall.manifest import Notify
from seawall.notification import Notification, NotificationFailed
from seawall.plan import Plan, accept
from seawall.report import Report

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

_EXIT_CODES = {
    "done": ExitCode.DONE,
    "unchanged": ExitCode.DONE,
    "refused": ExitCode.REFUSED,
    "failed": ExitCode.FAILED,
    "unverified": ExitCode.UNVERIFIED,
}
_PIPE_WIDTH = 140


# Records are short-lived and hold no cycles: looking for garbage among them as often as Python does
# by default costs a sixth of the time that a large feed takes.
_GARBAGE_THRESHOLD = 100_000


class Terminal:
    """One command's way to speak: JSON on standard output, or text for people."""

    def __init__(self, *, json: bool = False) -> None:
        self.json = json
        gc.set_threshold(_GARBAGE_THRESHOLD)
        gc.freeze()  # what is loaded stays: no collection need look at it, the last one included
        self.notification: Notification | None = None
        self._status: Status | None = None
        self._shown = 0.0

    @cached_property
    def console(self) -> Console:
        """Standard output, for people."""
        from rich.console import Console

        # Rich asks COLUMNS, or the terminal; a pipe that says nothing gets a width fit for tables.
        width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else _PIPE_WIDTH
        return Console(highlight=False, markup=False, width=width)

    @cached_property
    def errors(self) -> Console:
        """Standard error, for people."""
        from rich.console import Console

        return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

    def print_json(self, value: Any) -> None:
        """Print one JSON value on standard output."""
        text = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2)
        sys.stdout.write(text.decode() + "\n")

    def progress(self, stage: str, done: int) -> None:
        """Show where long work stands, on a terminal only."""
        if self._status is None or time.monotonic() - self._shown < 0.1:
            return
        self._shown = time.monotonic()
        self._status.update(f"{stage} {done:,}" if done else stage)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Show progress while the block runs."""
        if not sys.stderr.isatty():
            yield
            return
        with self.errors.status("starting") as status:
            self._status = status
            try:
                yield
            finally:
                self._status = None

    @contextmanager
    def exits(self) -> Iterator[None]:
        """Turn errors into messages and exit codes."""
        try:
            yield
        except SeawallError as error:
            self._end(error)
        except psycopg.Error as error:
            self._end(
                DatabaseError(
                    str(error).strip().partition("\n")[0],
                    why="The database refused a statement, or the connection broke. What was not "
                    "committed left nothing.",
                    fix="docs/errors.md says what the common ones mean.",
                )
            )
        except BrokenPipeError:
            raise  # whoever read the output has gone: click ends quietly
        except OSError as error:
            where = f"{error.filename}: " if error.filename is not None else ""
            self._end(
                SeawallError(
                    f"{where}{error.strerror or error}",
                    why="The operating system refused it.",
                    fix="Check that the path is there and that you may use it.",
                )
            )
        except KeyboardInterrupt:
            self.errors.print(
                "interrupted: what was not committed is rolled back; “seawall runs” says what was"
            )
            raise SystemExit(130) from None

    def _end(self, error: SeawallError) -> NoReturn:
        if self.json:
            self.print_json({"error": error.as_dict()})
        self.print_error(error)
        refused = error.exit_code is ExitCode.REFUSED
        self.notify(
            {
                "run": None,
                "outcome": "refused" if refused else "failed",
                "error": error.as_dict(),
            }
        )
        raise SystemExit(int(error.exit_code)) from None

    def notify(self, said: Mapping[str, Any]) -> None:
        """Tell whoever wants to hear of it; that this fails changes nothing of the outcome."""
        if self.notification is None:
            return
        try:
            self.notification.send(said)
        except NotificationFailed as error:
            self.print_error(error)

    def print_error(self, error: SeawallError) -> None:
        """Print an error's four parts on standard error."""
        from seawall import render

        render.say(self.errors, (error.code, "bold red"), "  ", error.what)
        if error.why:
            render.say(self.errors, ("  why  ", "dim"), error.why)
        if error.fix:
            render.say(self.errors, ("  fix  ", "dim"), error.fix)

    def exit(self, code: ExitCode) -> None:
        """End the command."""
        raise SystemExit(int(code))


def notification(command: str | None, every_run: bool, said: Notify) -> Notification | None:
    """Whom to tell: what the command line says, else the manifest."""
    line = command or said.command
    return Notification(command=line, every_run=every_run or said.every_run) if line else None


def acceptances(accepts: Sequence[str], reasons: Sequence[str]) -> dict[str, str]:
    """Pair ``--accept`` with ``--reason``: one reason for all, or one each.

    Raises:
        UsageError: a reason is missing or blank.
    """
    if not accepts and not reasons:
        return {}
    enough = bool(accepts) and len(reasons) in (1, len(accepts))
    if not enough or not all(reason.strip() for reason in reasons):
        raise UsageError(
            f"{len(accepts)} --accept and {len(reasons)} --reason",
            why="Whoever reads the ledger must see why a refusal was overruled.",
            fix='Give one --reason "…" for all, or one for each --accept.',
        )
    every = reasons if len(reasons) == len(accepts) else [reasons[0]] * len(accepts)
    return dict(zip(accepts, every, strict=True))


def database_url(option: str | None, name: str | None = None) -> str:
    """The database to use: ``--database``, ``DATABASE_URL``, or one of the bundled server.

    Args:
        name: which database of the bundled server; created where it is absent. Without a name it
            is the one that carries a ledger, if there is just one.

    Raises:
        EmbeddedError: the bundled server does not start.
        UsageError: nothing tells which database is meant.
    """
    url = option or os.environ.get("DATABASE_URL")
    if url:
        return url
    data = embedded.default_data_directory()
    if name is not None:
        return embedded.ensure_database(embedded.start(data), name)
    candidates = []
    if data.is_dir():
        server = embedded.start(data)
        with connect(server.url()) as connection:
            names = [row[0] for row in connection.execute(_DATABASES)]
        candidates = [each for each in names if _has_ledger(server.url(each))]
        if len(candidates) == 1:
            return server.url(candidates[0])
    raise UsageError(
        f"which database? The bundled server has {len(candidates)} with a ledger"
        + (f": {', '.join(candidates)}" if candidates else ""),
        fix="Name it with --database URL or DATABASE_URL, or name a manifest with --manifest.",
    )


_DATABASES = "SELECT datname FROM pg_catalog.pg_database WHERE NOT datistemplate ORDER BY datname"


def _has_ledger(url: str) -> bool:
    with connect(url) as connection:
        return ledger.installed_version(connection) is not None


def run_feed(
    terminal: Terminal,
    engine: Engine,
    make_plan: Any,
    *,
    command: str,
    yes: bool,
    accepted: dict[str, str],
    saved: bool = False,
) -> ExitCode:
    """Plan, show, ask, apply, show: what ``seawall apply`` and ``courtside import`` do.

    Args:
        make_plan: called without arguments for the plan.
        command: how the person would call it again.
        yes: do not ask.
        accepted: ``CHECK:TABLE[@SCOPE]`` → reason.
        saved: the plan is a file, which can be applied later: keep its staged rows.
    """
    with terminal.working():
        plan: Plan = make_plan()
    applied = False
    try:
        marked, _ = accept(plan.findings, accepted)
        shown = msgspec.structs.replace(plan, findings=marked)
        if not terminal.json:
            from seawall import render

            render.plan(terminal.console, shown, command)
        if not yes and not _agreed(terminal, shown):
            return ExitCode.USAGE
        with terminal.working():
            report = engine.apply(plan, acceptances=accepted)
        applied = report["outcome"] != "refused"
    finally:
        if not applied and not saved:
            with suppress(SeawallError):
                engine.discard(plan)
    return finish(terminal, report)


def _agreed(terminal: Terminal, plan: Plan) -> bool:
    """Ask a person; where there is none to ask, the answer is no."""
    if terminal.json or not sys.stdin.isatty():
        error = UsageError(
            "nothing was written: nobody confirmed it",
            why="There is no terminal to ask at.",
            fix="Add --yes to apply without a question.",
        )
        terminal.print_error(error)
        if terminal.json:
            terminal.print_json({"error": error.as_dict()})
        return False
    if plan.refusals:
        return True  # nothing to ask: apply records the refusal and writes nothing else
    terminal.console.print()
    terminal.console.print("apply this plan? [y/N] ", end="")
    answer = sys.stdin.readline().strip().lower()
    if answer in ("y", "yes"):
        return True
    terminal.console.print("nothing was written")
    return False


def finish(terminal: Terminal, report: Report) -> ExitCode:
    """Print a run's report and say with which code to end."""
    if terminal.json:
        terminal.print_json(report)
    else:
        from seawall import render

        render.run(terminal.console, report, findings_shown=True)
    terminal.notify(report)
    return _EXIT_CODES[report["outcome"]]


def default_plan_path(plan: Plan) -> Path:
    """Where a plan is saved when nobody says where."""
    return Path(".seawall") / "plans" / f"{plan.feed.feed}-{plan.digest[:12]}.json"
