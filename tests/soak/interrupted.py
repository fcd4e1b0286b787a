"""One reload that is killed at a point, as a process of its own.

Run as ``python interrupted.py URL MANIFEST FEED WHAT POSTMASTER AT``. WHAT is ``importer``,
``backend`` or ``server``; AT is ``statement:N`` (just before the N-th statement), ``seconds:S``
(after S seconds of planning and applying) or ``never``. Prints how many statements it had and how
many seconds it took, as one JSON object, where it comes to its end.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from seawall import Engine, Manifest
from seawall.errors import SeawallError

executed = 0
latest: list[psycopg.Connection[Any]] = []


def kill(what: str, postmaster: int) -> None:
    """Kill -9."""
    if what == "importer":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "server":
        os.kill(postmaster, signal.SIGKILL)
    elif latest:
        with suppress(ProcessLookupError, psycopg.Error):
            os.kill(latest[-1].info.backend_pid, signal.SIGKILL)


def count_statements(what: str, postmaster: int, fatal: int) -> None:
    """Count every statement, and kill just before one of them."""
    real = psycopg.Cursor.execute

    def execute(self: Any, *arguments: Any, **options: Any) -> Any:
        global executed
        executed += 1
        latest[:] = [self.connection]
        if executed == fatal:
            kill(what, postmaster)
        return real(self, *arguments, **options)

    psycopg.Cursor.execute = execute  # pyright: ignore


def main(url: str, manifest: str, feed: str, what: str, postmaster: str, at: str) -> None:
    """Reload, if it is not killed."""
    kind, _, point = at.partition(":")
    count_statements(what, int(postmaster), int(point) if kind == "statement" else 0)
    if kind == "seconds":
        timer = threading.Timer(float(point), kill, [what, int(postmaster)])
        timer.daemon = True
        timer.start()
    engine = Engine(Manifest.parse(Path(manifest).read_text(encoding="utf-8")), url)
    started = time.monotonic()
    try:
        report = engine.apply(engine.plan(Path(feed)))
    except SeawallError as error:
        report = {"outcome": error.code}
    seconds = time.monotonic() - started
    said = {"statements": executed, "seconds": seconds, "outcome": report["outcome"]}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
