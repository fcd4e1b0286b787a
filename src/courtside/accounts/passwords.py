"""Passwords: argon2, a few at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from courtside.site.failures import Unavailable

Result = TypeVar("Result")

SHORTEST, LONGEST = 10, 200
# Those who wait hold a thread of the site each; more than this many are no crowd but an attack.
_WAITING_AT_MOST = 10


class Passwords:
    """Hashes and checks passwords, ``at_once`` at a time: each takes 64 MiB and a core."""

    def __init__(self, *, at_once: int) -> None:
        self._hasher = PasswordHasher()
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="password")
        self._places = threading.BoundedSemaphore(at_once + _WAITING_AT_MOST)
        self._of_nobody = ""

    def hash(self, password: str) -> str:
        """The hash to store.

        Raises:
            Unavailable: too many are waiting already.
        """
        return self._in_turn(self._hasher.hash, password)

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one of the stored hash.

        Without a stored hash it takes as long and is false: nobody learns who has an account.

        Raises:
            Unavailable: too many are waiting already.
        """
        return self._in_turn(self._matches, stored, password)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _matches(self, stored: str | None, password: str) -> bool:
        if stored is None:
            self._of_nobody = self._of_nobody or self._hasher.hash("nobody’s password")
        try:
            return self._hasher.verify(stored or self._of_nobody, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False

    def _in_turn(self, work: Callable[..., Result], *arguments: object) -> Result:
        if not self._places.acquire(blocking=False):
            raise Unavailable("Many people are signing in at this moment.")
        try:
            return self._pool.submit(work, *arguments).result()
        finally:
            self._places.release()


def problem_with(password: str) -> str | None:
    """Why a password cannot be taken; None where it can."""
    if len(password) < SHORTEST:
        return f"Choose a password of at least {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"Choose a password of at most {LONGEST} characters."
    return None
