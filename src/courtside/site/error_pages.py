"""Failures into responses: a page, a part of one, or problem details (RFC 9457) under ``/api/``."""

from __future__ import annotations

from urllib.parse import quote

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from courtside.site import pages
from courtside.site.failures import (
    BadForm,
    BadJson,
    Failure,
    Forged,
    Invalid,
    NotFound,
    SignInNeeded,
    TooLarge,
    Unavailable,
    WrongMethod,
)
from seawall.errors import DatabaseError

_OF_STATUS = {401: SignInNeeded, 404: NotFound, 405: WrongMethod, 413: TooLarge}


def respond(request: Request, failure: Failure) -> Response:
    """The response that says what failed, why, and what to do."""
    request_id = request.scope.get("state", {}).get("request_id", "")
    if request.url.path.startswith("/api/"):
        problem = {
            "type": f"/api#{failure.key()}",
            "title": failure.title,
            "status": failure.status,
            "detail": failure.detail or failure.title,
            "fix": failure.what_to_do,
            "request_id": request_id,
            **failure.members,
        }
        response: Response = JSONResponse(
            problem, status_code=failure.status, media_type="application/problem+json"
        )
        if failure.status == 401:
            response.headers["WWW-Authenticate"] = 'Bearer realm="courtside"'
    elif isinstance(failure, SignInNeeded) and request.method == "GET":
        next_address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        response = pages.go_to(str(request.url_for("sign_in_page").path) + _next(next_address))
    else:
        template = "failure_part.html" if pages.wants_fragment(request) else "failure.html"
        response = pages.page(request, f"site/{template}", status=failure.status, failure=failure)
    if isinstance(failure, Forged):
        response.headers["X-Courtside-Form-Is-Old"] = "1"
    if failure.status in (429, 503):
        response.headers["Retry-After"] = "60" if failure.status == 429 else "2"
    return response


def register(application: FastAPI) -> None:
    """Make the application answer failures this way."""

    def failed(request: Request, error: Exception) -> Response:
        assert isinstance(error, Failure)
        return respond(request, error)

    def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if isinstance(error.__cause__, Failure):  # while the body was read
            return respond(request, error.__cause__)
        otherwise = BadJson if request.url.path.startswith("/api/") else BadForm
        response = respond(request, _OF_STATUS.get(error.status_code, otherwise)())
        if error.headers:
            response.headers.update(error.headers)
        return response

    def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        if request.url.path.startswith("/api/"):
            return respond(request, _invalid_in_api(error))
        in_address = any(problem["loc"][0] in ("path", "query") for problem in error.errors())
        return respond(request, NotFound() if in_address else BadForm())

    def unavailable(request: Request, error: Exception) -> Response:
        structlog.get_logger("courtside").warning("database", error=type(error).__name__)
        return respond(request, Unavailable())

    application.add_exception_handler(Failure, failed)
    application.add_exception_handler(HTTPException, http_error)
    application.add_exception_handler(RequestValidationError, invalid)
    application.add_exception_handler(PoolTimeout, unavailable)
    application.add_exception_handler(DatabaseError, unavailable)
    application.add_exception_handler(psycopg.OperationalError, unavailable)


def _invalid_in_api(error: RequestValidationError) -> Failure:
    """What is wrong with a request, part by part; what was sent is not sent back."""
    problems = error.errors()
    if any(problem["loc"][0] == "path" for problem in problems):
        return NotFound()
    failure = Invalid()
    failure.members["errors"] = [
        {"at": _place(problem["loc"]), "problem": problem["msg"]} for problem in problems
    ]
    return failure


def _place(parts: tuple[int | str, ...]) -> str:
    """Where a problem is. The names come from the request, so they may be anything."""
    text = ".".join(str(part) for part in parts)[:200]
    return text.encode("utf-8", "replace").decode()


def _next(address: str) -> str:
    return "" if address == "/" else f"?next={quote(address, safe='/')}"
