"""Who calls the API: by the session of a browser, or by a personal token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from courtside.accounts import people
from courtside.accounts.people import Person
from courtside.api import tokens
from courtside.site import forgery
from courtside.site.failures import Forged, ReadOnly, SignInNeeded


@dataclass(frozen=True)
class Caller:
    """Somebody, and what they may do.

    Attributes:
        csrf_token: what a browser's session must send with each write; None with a token.
    """

    person: Person
    may_write: bool
    csrf_token: str | None


class TokenNeeded(SignInNeeded):
    """Neither a session nor a token that works."""

    title = "Nobody is signed in"
    fix = (
        "Make a token at /account/tokens and send it as “Authorization: Bearer TOKEN”. "
        "Nothing was changed."
    )


class TokenReadsOnly(ReadOnly):
    """The token may not write."""

    title = "This token only reads"
    fix = "Nothing was changed. Make a token that may write at /account/tokens."


class CsrfTokenNeeded(Forged):
    """A write by session without the token that shows that our own page sent it."""

    title = "The CSRF token is missing or old"
    fix = (
        "Nothing was changed. Send “csrf_token” of GET /api/v1/me as the header X-CSRF-Token, "
        "or use a personal token."
    )


def caller(request: Request) -> Caller:
    """Who calls. A token that is sent counts alone: it is never mixed with a session.

    Raises:
        TokenNeeded: nobody is signed in, or the token does not work.
    """
    said = request.headers.get("authorization")
    if said is None:
        person = people.somebody(request)
        if person is None:
            raise TokenNeeded
        return Caller(person, True, forgery.token(forgery.browser_id(request)))
    kind, _, token = said.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise TokenNeeded("The header Authorization holds no bearer token.")
    with request.app.state.database.connected() as connection:
        row = tokens.find(connection, token.strip())
        person = people.of_user(connection, row.user_id) if row else None
    if row is None or person is None:
        raise TokenNeeded("The token is not valid, was revoked, or is too old.")
    state = request.scope["state"]
    state["person"], state["user_id"] = person, person.user_id
    return Caller(person, row.may_write, None)


def writer(request: Request, caller: Annotated[Caller, Depends(caller)]) -> Caller:
    """Who calls, where they may write.

    Raises:
        TokenReadsOnly: by a token that only reads.
        CsrfTokenNeeded: by a session, without the token of its forms.
    """
    if not caller.may_write:
        raise TokenReadsOnly
    if caller.csrf_token is not None:
        try:
            forgery.check_header(request)
        except Forged as forged:
            raise CsrfTokenNeeded(forged.detail) from None
    return caller


Reader = Annotated[Caller, Depends(caller)]
Writer = Annotated[Caller, Depends(writer)]
