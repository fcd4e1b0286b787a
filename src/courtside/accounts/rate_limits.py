"""How often somebody may try. Counted in this process; a restart forgets."""

from __future__ import annotations

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from courtside.site.failures import TooMany

# One person's forgotten password, a club house behind one address, and an attack from everywhere.
_SIGN_INS_OF_EMAIL_AT_ADDRESS = RateLimitItemPerMinute(10, 15)
_SIGN_INS_OF_EMAIL = RateLimitItemPerMinute(50, 15)
_SIGN_INS_AT_ADDRESS = RateLimitItemPerMinute(100, 15)
_REGISTRATIONS_AT_ADDRESS = RateLimitItemPerHour(40)
_SEARCHES_OF_USER = RateLimitItemPerHour(200)


class RateLimits:
    """Counters of attempts.

    Each method counts one attempt and raises ``TooMany`` where it is one too many.
    """

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def sign_in(self, email: str, address: str) -> None:
        """Somebody tries a password."""
        self._count(_SIGN_INS_AT_ADDRESS, "sign-in", address)
        self._count(_SIGN_INS_OF_EMAIL_AT_ADDRESS, "sign-in", email, address)
        self._count(_SIGN_INS_OF_EMAIL, "sign-in", email)

    def register(self, address: str) -> None:
        """Somebody makes an account, or tries a reset link."""
        self._count(_REGISTRATIONS_AT_ADDRESS, "register", address)

    def search(self, user_id: int) -> None:
        """Somebody looks for players."""
        self._count(_SEARCHES_OF_USER, "search", str(user_id))

    def _count(self, limit: RateLimitItem, *key: str) -> None:
        if not self._limiter.hit(limit, *key):
            raise TooMany
