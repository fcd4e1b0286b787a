"""Templates into responses."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response

from courtside.site import forgery
from courtside.site.clock import day_in_words, stamp_in_words, time_in_words

# The script asks with this header for the part of a page that changed, in place of a redirect.
FRAGMENT_HEADER = "x-courtside-fragment"
_FEATURES = ("site", "accounts", "availability", "captain", "api", "imports", "operator")


@cache
def environment() -> Environment:
    """The templates of all features, as ``FEATURE/NAME.html``; everything is escaped."""
    made = Environment(
        loader=PrefixLoader({name: PackageLoader(f"courtside.{name}") for name in _FEATURES}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(static=static_url, number=number_cell)
    made.filters.update(day=day_in_words, time=time_in_words, stamp=stamp_in_words)
    return made


def number_cell(number: int) -> Markup:
    """A table's cell with a number. Not a macro: a run's page has hundreds of them."""
    return Markup(f'<td class="number{"" if number else " zero"}">{number:,}</td>')


@cache
def static_url(name: str) -> str:
    """The address of a static file. It changes with the content, so browsers may keep the file."""
    content = resources.files("courtside.site").joinpath("static", name).read_bytes()
    return f"/static/{name}?{hashlib.sha256(content).hexdigest()[:12]}"


def render(request: Request, template: str, **context: Any) -> str:
    """A template's text. Every template knows ``request``, ``person`` and ``csrf_token``."""
    return (
        environment()
        .get_template(template)
        .render(
            request=request,
            person=request.scope.get("state", {}).get("person"),
            csrf_token=forgery.token(forgery.browser_id(request)),
            request_id=request.scope.get("state", {}).get("request_id", ""),
            **context,
        )
    )


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A page, or a part of one for the script, with the browser's cookie where it had none."""
    response = HTMLResponse(render(request, template, **context), status_code=status)
    if request.scope["state"].get("browser_id_is_new"):
        set_browser_id(request, response, forgery.browser_id(request), seconds=None)
    return response


def wants_fragment(request: Request) -> bool:
    """Whether our script asks, and not the browser itself."""
    return FRAGMENT_HEADER in request.headers


def go_to(address: str) -> RedirectResponse:
    """After a POST: the browser gets the page at ``address``; loading it again sends nothing."""
    return RedirectResponse(address, status_code=303)


def own_address(address: str, otherwise: str) -> str:
    """``address`` where it leads to a page of this site, else ``otherwise``."""
    is_own = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_own and address.isprintable() else otherwise


def set_browser_id(
    request: Request, response: Response, browser_id: str, *, seconds: int | None
) -> None:
    """Give the browser its cookie; without ``seconds`` it ends with the browser."""
    response.set_cookie(
        forgery.cookie_name(request),
        browser_id,
        max_age=seconds,
        path="/",
        secure=request.app.state.configuration.is_https,
        httponly=True,
        samesite="lax",
    )
