"""How users’ rows stand, examined when an operator asks for it: it reads every row of users.

The newest examination is kept here, in memory, with the moment when it began. A page shows it as
what it is, the state of that moment; nobody waits for a new one who did not ask for it.
"""

from __future__ import annotations

import datetime
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from courtside import league_database
from seawall import Engine


@dataclass(frozen=True)
class Examination:
    """What was seen.

    Attributes:
        seen: as ``Engine.health`` returns it.
        began_at: no row was looked at before; later changes may be in it or not.
    """

    seen: Any
    began_at: datetime.datetime
    seconds: float


class Examinations:
    """At most one under way, in a thread of its own; the newest is kept.

    Args:
        database_url: the same database that the pages use.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="examination")
        self._lock = threading.Lock()
        self._under_way: Future[Examination] | None = None
        self.newest: Examination | None = None

    @property
    def under_way(self) -> bool:
        """Whether one is being made."""
        return self._under_way is not None and not self._under_way.done()

    @property
    def error(self) -> BaseException | None:
        """What stopped the latest one; None where it ended well or goes on."""
        latest = self._under_way
        return latest.exception() if latest is not None and latest.done() else None

    def examine(self, *, timeout_seconds: float) -> None:
        """Begin one, unless one is under way, and wait for its end at most that long."""
        with self._lock:
            if not self.under_way:
                self._under_way = self._thread.submit(self._look)
            latest = self._under_way
        assert latest is not None
        wait([latest], timeout=timeout_seconds)

    def close(self) -> None:
        """Let what is under way come to its end."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _look(self) -> Examination:
        began_at = datetime.datetime.now(datetime.UTC)
        seen = Engine(league_database.manifest(), self._url).health()
        seconds = (datetime.datetime.now(datetime.UTC) - began_at).total_seconds()
        self.newest = Examination(seen, began_at, seconds)
        return self.newest
