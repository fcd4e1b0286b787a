"""Runs: the list, one run with its proof, its records set aside."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from courtside.accounts.people import Operator
from courtside.imports import ledger, scrapes
from courtside.imports.summary import protected_rows, witnesses, written_rows
from courtside.site import pages
from courtside.site.database import Connection
from courtside.site.failures import NotFound
from courtside.site.forgery import whole_number
from seawall import queries

SQL = queries.load("courtside.imports")
router = APIRouter()

_RUNS_SHOWN = 20
_HELD_SHOWN = 20
_RETIRED_SHOWN = 20
FINDINGS_SHOWN = 10
_RECORDS_SHOWN = 25
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")
_HELD = ("held_teams", "held_players", "retired_matches")
# What a report has; a run without an outcome has none yet, and a refused one no proof.
_EMPTY: dict[str, Any] = {
    "backup": None,
    "certified": False,
    "damage": [],
    "examples": {},
    "files": {},
    "findings": [],
    "references_checked": 0,
    "seconds": None,
    "tables": {},
    "unverified": [],
    "users": {},
}
_RECORD_FIELDS = ("file", "position", "reason", "detail", "expected", "record")


@router.get("/imports")
def runs(request: Request, person: Operator, before: str = "") -> Response:
    """Runs, newest first, and the way to a new one."""
    del person
    imports = request.app.state.imports
    roots = request.app.state.configuration.import_roots
    with request.app.state.database.connected() as connection:
        found = ledger.runs(connection, _RUNS_SHOWN + 1, before=whole_number(before))
    return pages.page(
        request,
        "imports/runs.html",
        runs=[
            {**row, "written": written_rows(row), "protected": protected_rows(row)}
            for row in found[:_RUNS_SHOWN]
        ],
        has_more=len(found) > _RUNS_SHOWN,
        scrapes=scrapes.available(roots),
        roots=roots,
        job=imports.job,
        waiting=imports.waiting,
        problem=None,
        local=request.app.state.clock.local,
    )


@router.get("/imports/{run_id:int}")
def run(request: Request, person: Operator, run_id: int) -> Response:
    """One run: what it did, and the evidence."""
    del person
    held: dict[str, list[Any]] = {name: [] for name in (*_HELD, "retired")}
    with request.app.state.database.connected() as connection:
        row = _run(connection, run_id)
        report = {**_EMPTY, **(row["report"] or {})}
        span = {"started_at": row["started_at"], "ended_at": row["ended_at"]}
        started_by = connection.execute(
            SQL["started_by"], {"plan_digest": row["plan_digest"]}
        ).fetchone()
        if row["ended_at"] and written_rows(row) is not None:
            for name in _HELD:
                held[name] = connection.execute(
                    SQL[name], {**span, "limit": _HELD_SHOWN}
                ).fetchall()
            held["retired"] = connection.execute(
                SQL["retired_in_this_run"], {**span, "limit": _RETIRED_SHOWN}
            ).fetchall()
    aside = sum(file["set_aside"] for file in report["files"].values())
    return pages.page(
        request,
        "imports/run.html",
        run=row,
        report=report,
        started_by=started_by,
        written=written_rows(row),
        protected=protected_rows(row),
        witnesses=witnesses(report),
        held=held,
        aside=aside,
        findings_shown=FINDINGS_SHOWN,
        held_shown=_HELD_SHOWN,
        local=request.app.state.clock.local,
    )


@router.get("/imports/{run_id:int}/set-aside")
def set_aside(request: Request, person: Operator, run_id: int) -> Response:
    """Records that the run set aside: the first ones, and all of them to download."""
    del person
    with request.app.state.database.connected() as connection:
        row = _run(connection, run_id)
        records = ledger.set_aside(connection, run_id, limit=_RECORDS_SHOWN)
    files = (row["report"] or {}).get("files", {}).values()
    return pages.page(
        request,
        "imports/set_aside.html",
        run=row,
        records=records,
        total=sum(file["set_aside"] for file in files),
    )


@router.get("/imports/{run_id:int}/set-aside.jsonl")
def set_aside_lines(request: Request, person: Operator, run_id: int) -> Response:
    """All records set aside, exactly, a JSON object a line."""
    del person
    text = "".join(
        json.dumps({name: record[name] for name in _RECORD_FIELDS}, ensure_ascii=False) + "\n"
        for record in _all_set_aside(request, run_id)
    )
    return _download(text, f"set-aside-{run_id}.jsonl", "application/jsonl")


@router.get("/imports/{run_id:int}/set-aside.csv")
def set_aside_table(request: Request, person: Operator, run_id: int) -> Response:
    """All records set aside, for a spreadsheet."""
    del person
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(_RECORD_FIELDS)
    for record in _all_set_aside(request, run_id):
        writer.writerow([_cell(record[name]) for name in _RECORD_FIELDS])
    return _download(table.getvalue(), f"set-aside-{run_id}.csv", "text/csv")


def _run(connection: Connection, run_id: int) -> Mapping[str, Any]:
    row = ledger.run(connection, run_id)
    if row is None:
        raise NotFound("There is no run with this number.", fix="Look for it in the list of runs.")
    return row


def _all_set_aside(request: Request, run_id: int) -> list[dict[str, Any]]:
    with request.app.state.database.connected() as connection:
        _run(connection, run_id)
        return ledger.set_aside(connection, run_id)


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula: such text gets an apostrophe before it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA_BEGINS) else text


def _download(text: str, name: str, kind: str) -> Response:
    # What a feed says may hold halves of surrogate pairs, which no encoding of text can write.
    return Response(
        text.encode("utf-8", "backslashreplace"),
        media_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
