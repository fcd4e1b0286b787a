"""Runs of the import, for operators: what the ledger has."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from courtside.api.access import Reader
from courtside.api.models import RunOut, Runs
from courtside.imports import ledger
from courtside.site.failures import NotFound

router = APIRouter(tags=["runs"])


@router.get("/runs")
def runs(request: Request, caller: Reader, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Runs:
    """The latest runs, newest first, without their reports."""
    _check_operator(caller)
    with request.app.state.database.connected() as connection:
        found = ledger.runs(connection, limit)
    return Runs(runs=[_run({**run, "report": None}) for run in found])


@router.get("/runs/{run_id}")
def run(request: Request, caller: Reader, run_id: int) -> RunOut:
    """One run with its report."""
    _check_operator(caller)
    with request.app.state.database.connected() as connection:
        found = ledger.run(connection, run_id)
    if found is None:
        raise NotFound
    return _run(found)


def _check_operator(caller: Reader) -> None:
    if not caller.person.is_operator:
        raise NotFound  # that there are such addresses is not told


def _run(row: dict[str, Any]) -> RunOut:
    return RunOut(**{name: row[name] for name in RunOut.model_fields})
