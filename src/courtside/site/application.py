"""The application: features put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from importlib import resources
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles

from courtside import league_database
from courtside.accounts import linking_routes
from courtside.accounts import routes as accounts
from courtside.accounts.passwords import Passwords
from courtside.accounts.rate_limits import RateLimits
from courtside.api import reference, token_routes
from courtside.availability import routes as availability
from courtside.captain import answer_routes, captain_routes, practice_routes
from courtside.imports import health_routes, planning_routes, run_routes
from courtside.imports.examination import Examinations
from courtside.imports.work import Imports
from courtside.operator import answer_routes as correction_routes
from courtside.operator import restore_routes, user_routes
from courtside.operator.restore_routes import WaitingRestores
from courtside.site import error_pages, forgery
from courtside.site.clock import Clock
from courtside.site.configuration import Configuration
from courtside.site.database import Database
from courtside.site.headers import SecurityHeaders
from courtside.site.request_log import RequestLog

# Every router of pages stands here, so that none is without the check of forms.
PAGE_ROUTERS = (
    accounts.router,
    linking_routes.router,
    availability.router,
    captain_routes.router,
    practice_routes.router,  # before addresses with a day in the same place
    answer_routes.router,
    token_routes.router,
    reference.pages_router,
    planning_routes.router,
    run_routes.router,
    health_routes.router,
    user_routes.router,
    correction_routes.router,
    restore_routes.router,
)


def create_application(configuration: Configuration, database_url: str) -> FastAPI:
    """The site as an ASGI application; it connects to the database when it is started.

    ``application.state`` carries ``configuration``, ``database``, ``database_url``, ``clock``,
    ``passwords``, ``rate_limits``, ``imports``, ``examinations`` and ``restores``.
    """
    database = Database(database_url, connections=configuration.connections)
    passwords = Passwords(at_once=configuration.passwords_at_once)
    imports = Imports(league_database.manifest(), database_url)
    examinations = Examinations(database_url)

    @asynccontextmanager
    async def life(application: FastAPI) -> AsyncIterator[None]:
        del application
        database.open()
        try:
            yield
        finally:
            imports.close()
            examinations.close()
            database.close()
            passwords.close()

    application = FastAPI(
        title="courtside",
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # The outermost first.
        middleware=[
            Middleware(SecurityHeaders, https=configuration.is_https),
            Middleware(RequestLog),
        ],
    )
    state = application.state
    state.configuration = configuration
    state.database = database
    state.database_url = database_url
    state.clock = Clock(configuration.time_zone, configuration.today)
    state.passwords = passwords
    state.imports = imports
    state.examinations = examinations
    state.restores = WaitingRestores()
    state.rate_limits = RateLimits()
    error_pages.register(application)
    application.add_api_route("/health", _health, methods=["GET", "HEAD"], include_in_schema=False)
    static = Path(str(resources.files("courtside.site").joinpath("static")))
    # Only files: a compressed page would let its length tell of the secrets in it.
    application.mount("/static", GZipMiddleware(_KeptFiles(directory=static)), name="static")
    application.router.routes.extend(_routes())
    return application


@cache
def _routes() -> list[BaseRoute]:
    """Pages and API. To work them out takes FastAPI longer than all the rest: it is done once,
    however many applications there are."""
    routes = APIRouter()
    for router in PAGE_ROUTERS:
        routes.include_router(
            router, dependencies=[Depends(forgery.check)], include_in_schema=False
        )
    # It checks writes itself: by token, or by the header X-CSRF-Token.
    routes.include_router(reference.api_router())
    return routes.routes


def _health(request: Request) -> JSONResponse:
    """Whether the site and its database answer; 503 where the database does not."""
    with request.app.state.database.connected() as connection:
        connection.execute("SELECT 1")
    return JSONResponse({"status": "ok"})


class _KeptFiles(StaticFiles):
    """Static files that browsers may keep: their address changes with their content."""

    def file_response(self, *arguments: object, **named: object) -> Response:
        response = super().file_response(*arguments, **named)  # pyright: ignore[reportArgumentType]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
