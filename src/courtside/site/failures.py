"""What a request cannot have, and what its sender can do about it."""

from __future__ import annotations

import re
from typing import Any, ClassVar


class Failure(Exception):
    """Something a request cannot have.

    Attributes:
        status: the HTTP status.
        title: what happened, in a few words.
        fix: what to do now.
        members: what a program may want to know beside it; the API's problem details carry it.
    """

    status: ClassVar[int] = 400
    title: ClassVar[str] = "That did not work"
    fix: ClassVar[str] = "Go back and try again."

    def __init__(self, detail: str = "", *, fix: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.what_to_do = self.fix if fix is None else fix
        self.members: dict[str, Any] = {}

    @classmethod
    def key(cls) -> str:
        """The kind of failure as the API names it: ``sign-in-needed``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


class SignInNeeded(Failure):
    """Nobody is signed in."""

    status = 401
    title = "Please sign in"
    fix = "Sign in, then do it again. Nothing was changed."


class NotFound(Failure):
    """There is no such thing, or it is not this person's to know."""

    status = 404
    title = "Nothing here"
    fix = "Check the address, or go back to your matches."


class ReadOnly(Failure):
    """The person may look, not write."""

    status = 403
    title = "You may look, but not change this"
    fix = "Nothing was changed."


class WrongMethod(Failure):
    """The address knows no such method."""

    status = 405
    title = "That cannot be done at this address"


class Forged(Failure):
    """The form does not come from a page of ours that this browser was shown."""

    status = 403
    title = "This form is out of date"
    fix = "Nothing was changed. Load the page again, and then do it once more."


class BadForm(Failure):
    """A form that no page of ours sends."""

    status = 400
    title = "That form cannot be read"


class BadJson(Failure):
    """A body of a request to the API that cannot be read at all."""

    status = 400
    title = "That is no JSON"
    fix = "Nothing was changed. Send JSON in UTF-8."


class Invalid(Failure):
    """A request to the API that is not as its description says."""

    status = 422
    title = "That cannot be understood"
    fix = "Nothing was changed. Mend what “errors” names; the description stands at /api."


class TooLarge(Failure):
    """The request's body is too large."""

    status = 413
    title = "That is too much at once"
    fix = "Send less."


class TooMany(Failure):
    """Tried too often."""

    status = 429
    title = "Too many attempts"
    fix = "Wait a quarter of an hour, then try again."


class Unavailable(Failure):
    """The database or something else that is needed does not answer."""

    status = 503
    title = "The site cannot answer just now"
    fix = "Nothing was changed. Try again in a moment."


class Broken(Failure):
    """Our mistake."""

    status = 500
    title = "Something went wrong on our side"
    fix = "Try again. If it goes on, tell the operator the number below."
