"""Runs of the import, for operators: what the ledger has, by seawall's own engine."""

from __future__ import annotations

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request

from courtside import league_database
from courtside.api.access import Reader
from courtside.api.models import RunOut, Runs
from courtside.site.failures import NotFound, Unavailable
from seawall import Engine, SeawallError

router = APIRouter(tags=["runs"])


@router.get("/runs")
def runs(request: Request, caller: Reader, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Runs:
    """The latest runs, newest first, without their reports."""
    found = _ask(request, caller, lambda engine: engine.runs(limit))
    return Runs(runs=[_run({**run, "report": None}) for run in found])


@router.get("/runs/{run_id}")
def run(request: Request, caller: Reader, run_id: int) -> RunOut:
    """One run with its report."""
    found = None
    if 0 < run_id < 2**63:
        found = _ask(request, caller, lambda engine: engine.run(run_id))
    if found is None:
        raise NotFound
    return _run(found)


def _ask(request: Request, caller: Reader, question: Any) -> Any:
    if not caller.person.is_operator:
        raise NotFound  # that there are such addresses is not told
    engine = Engine(league_database.manifest(), request.app.state.database_url)
    try:
        return question(engine)
    except SeawallError as error:
        structlog.get_logger("courtside").warning("ledger", error=str(error))
        raise Unavailable("The ledger of runs does not answer.") from None


def _run(row: dict[str, Any]) -> RunOut:
    return RunOut(**{name: row[name] for name in RunOut.model_fields})
