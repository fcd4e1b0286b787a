"""The API's description: OpenAPI as JSON, and a page that draws it, all from here."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import JSONResponse, Response

from courtside.accounts.people import Somebody
from courtside.api import answer_routes, practice_routes, run_routes, team_routes
from courtside.api.access import CsrfTokenNeeded, TokenNeeded, TokenReadsOnly
from courtside.api.answer_routes import AnswerStale, TwoTeams
from courtside.api.models import Problem
from courtside.api.practice_routes import PracticeChanged
from courtside.api.team_routes import BadSpan
from courtside.availability.routes import TooLateToAnswer
from courtside.captain.access import CaptainsOnly
from courtside.captain.practices import PracticeOver, PracticeTaken
from courtside.site import pages
from courtside.site.failures import (
    BadJson,
    Broken,
    Failure,
    Invalid,
    NotFound,
    ReadOnly,
    TooLarge,
    Unavailable,
    WrongMethod,
)

PREFIX = "/api/v1"
ROUTERS = (team_routes.router, practice_routes.router, answer_routes.router, run_routes.router)
PROBLEMS: tuple[type[Failure], ...] = (
    BadJson,
    TokenNeeded,
    TokenReadsOnly,
    CsrfTokenNeeded,
    CaptainsOnly,
    ReadOnly,
    TooLateToAnswer,
    PracticeOver,
    NotFound,
    WrongMethod,
    TwoTeams,
    AnswerStale,
    PracticeChanged,
    TooLarge,
    Invalid,
    BadSpan,
    PracticeTaken,
    Broken,
    Unavailable,
)
# Statuses of problems by method; those of every method first.
_ALWAYS = {401: "nobody is signed in", 404: "no such thing, or not yours", 422: "not understood"}
_OF_WRITES = {
    400: "the body cannot be read",
    412: "changed elsewhere",
    413: "too large",
}
_OF_ANSWERS = {409: "several teams play; “choices” has them"}
_FORBIDDEN = {403: "you may not do that"}

pages_router = APIRouter()


def api_router() -> APIRouter:
    """All addresses of the API."""
    router = APIRouter(prefix=PREFIX)
    for part in ROUTERS:
        router.include_router(part)
    return router


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document."""
    made = get_openapi(
        title="courtside",
        version="1",
        description="Answers for matches and practices. Write by a personal token that may write, "
        "or by the session of a browser with the header X-CSRF-Token.",
        routes=api_router().routes,
    )
    components = made["components"]
    components["schemas"].pop("HTTPValidationError", None)
    components["schemas"].pop("ValidationError", None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= problem.pop("$defs", {}) | {"Problem": problem}
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "courtside"},
    }
    made["security"] = [{"token": []}, {"session": []}]
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            _describe_problems(path, method, operation)
    return made


def _describe_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    statuses = dict(_ALWAYS)
    if "/availability/" in path:
        statuses |= {} if "{team_id}" in path else _OF_ANSWERS
        statuses |= _OF_WRITES | _FORBIDDEN if method != "get" else {}
    if "/teams/{team_id}/" in path:
        statuses |= _FORBIDDEN | (_OF_WRITES if method != "get" else {})
    schema = {"$ref": "#/components/schemas/Problem"}
    for status, text in statuses.items():
        operation["responses"][str(status)] = {
            "description": text,
            "content": {"application/problem+json": {"schema": schema}},
        }


@pages_router.get(f"{PREFIX}/openapi.json")
def openapi() -> JSONResponse:
    """The OpenAPI document."""
    return JSONResponse(description())


@pages_router.get("/api")
def reference(request: Request, somebody: Somebody) -> Response:
    """The same to read."""
    del somebody  # the navigation shows who is signed in
    return pages.page(request, "api/reference.html", description=description(), problems=PROBLEMS)
