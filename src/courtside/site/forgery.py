"""Whether a form comes from a page of ours that this browser was shown.

Every browser has one random cookie. The token in our forms is derived from it, so nothing is kept
here for people who are not signed in, and a new cookie at sign-in makes old forms void.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from courtside.site.failures import BadForm, Forged

FIELD = "csrf_token"
HEADER = "x-csrf-token"
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


def cookie_name(request: Request) -> str:
    """The cookie's name; by https one that no other host and no plain http can set."""
    return "__Host-courtside" if request.app.state.configuration.is_https else "courtside"


def new_browser_id() -> str:
    """A random id for a browser's cookie: 256 bits."""
    return secrets.token_urlsafe(32)


def browser_id(request: Request) -> str:
    """The id in the browser's cookie; a new one, to be set with the response, where it has none."""
    state = request.scope.setdefault("state", {})
    if "browser_id" not in state:
        given = request.cookies.get(cookie_name(request), "")
        state["browser_id_is_new"] = not 20 <= len(given) <= 100
        state["browser_id"] = new_browser_id() if state["browser_id_is_new"] else given
    return state["browser_id"]


def token(browser_id: str) -> str:
    """The token of a browser's forms; it does not tell the id."""
    return hmac.new(browser_id.encode(), b"courtside form", hashlib.sha256).hexdigest()


async def check(request: Request) -> None:
    """Refuse a request that writes and does not come from one of our pages. GETs pass.

    Raises:
        Forged: the Origin is another site's, or the token is not this browser's.
        BadForm: the body is no form.
    """
    if request.method in _SAFE_METHODS:
        return
    check_origin(request)
    _check_token(request, request.headers.get(HEADER) or (await _form(request)).get(FIELD))


def check_header(request: Request) -> None:
    """The same for requests without a form: the token comes in the header ``X-CSRF-Token``.

    Raises:
        Forged: the Origin is another site's, or the token is not this browser's.
    """
    if request.method in _SAFE_METHODS:
        return
    check_origin(request)
    _check_token(request, request.headers.get(HEADER))


def check_origin(request: Request) -> None:
    """Refuse what a browser sends from another site's page.

    Raises:
        Forged: the Origin is another site's.
    """
    configuration = request.app.state.configuration
    own = configuration.public_url or str(request.base_url)
    origin = request.headers.get("origin")
    if origin is not None and origin != _origin(own):
        raise Forged("The form was sent from another site.")


def _check_token(request: Request, given: object) -> None:
    if not isinstance(given, str) or not hmac.compare_digest(
        given.encode(), token(browser_id(request)).encode()
    ):
        raise Forged


async def read_form(request: Request) -> dict[str, str]:
    """The form's fields as text, without line ends of a browser's making (CR LF become LF).

    Raises:
        BadForm: the body is no form, carries a file, or names a field twice.
    """
    fields: dict[str, str] = {}
    for name, value in (await _form(request)).multi_items():
        if isinstance(value, UploadFile) or name in fields or "\x00" in value:
            raise BadForm
        fields[name] = value.replace("\r\n", "\n")
    return fields


Form = Annotated[dict[str, str], Depends(read_form)]


def whole_number(text: str) -> int | None:
    """A field or parameter as a number of at most 17 digits, fit for the database; else None."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 18 else None


async def _form(request: Request) -> FormData:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _FORM_TYPES:
        raise BadForm
    return await request.form(max_files=0, max_fields=50)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
