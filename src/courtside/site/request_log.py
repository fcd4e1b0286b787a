"""One structured line a request, with its id; what nobody caught becomes a page with that id.

No address is logged with its parameters: a reset link carries its secret there. Tracebacks come
without the values of variables, for the same reason.
"""

from __future__ import annotations

import re
import secrets
import sys
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from courtside.site import error_pages
from courtside.site.failures import Broken, TooLarge

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
LARGEST_BODY_BYTES = 64 * 1024


def configure_log() -> None:
    """Lines of JSON on standard error; on a terminal, lines for people."""
    for_people = sys.stderr.isatty()
    last = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if for_people
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if for_people else [structlog.processors.format_exc_info]),
            last,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


class RequestLog:
    """ASGI middleware: request id, log line, limit of bodies, last resort for exceptions."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = structlog.get_logger("courtside")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        received_bytes = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        async def receive_limited() -> Message:
            nonlocal received_bytes
            message = await receive()
            received_bytes += len(message.get("body", b""))
            if received_bytes > LARGEST_BODY_BYTES:
                raise TooLarge
            return message

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive_limited, send_with_id)
            except TooLarge as failure:
                if not status:
                    response = error_pages.respond(Request(scope), failure)
                    await response(scope, receive, send_with_id)
            except Exception:
                self._log.exception("request failed", route=_route(scope))
                if not status:
                    response = error_pages.respond(Request(scope), Broken())
                    await response(scope, receive, send_with_id)
            self._log.info(
                "request",
                method=scope["method"],
                route=_route(scope),
                status=status,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
                user_id=scope["state"].get("user_id"),
            )


def _route(scope: Scope) -> str:
    """The route's pattern, such as ``/availability/{team_id}/{day}``; “-” where there is none."""
    return getattr(scope.get("route"), "path", "-")
