"""One reload in four parts: schema and manifest, the feed's rows, the run, the expected rows."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from seawall import Engine, Manifest, Plan
from seawall.report import Report

Rows = list[dict[str, Any]]

HEADING = 'manifest_version = 1\n[database]\nname = "league"\n'


class Reload:
    """A database with imported and user tables, and the feeds that are loaded into it.

    Args:
        url: an empty database.
        directory: where feeds may be written.
        schema: SQL that makes the tables.
        manifest: TOML; its heading is put before it.
    """

    def __init__(self, url: str, directory: Path, schema: str, manifest: str) -> None:
        self.url = url
        self.directory = directory
        self._numbers = itertools.count(1)
        self.connection = psycopg.connect(url, autocommit=True)
        self.execute(schema)
        self.declare(manifest)

    def declare(self, manifest: str) -> None:
        """Use another manifest from now on."""
        self.manifest_text = HEADING + manifest
        self.engine = Engine(Manifest.parse(self.manifest_text), self.url)

    def declare_anew(self, manifest: str) -> None:
        """Use another manifest, and forget which columns the earlier one put under protection."""
        self.execute("DELETE FROM seawall.protected_columns")
        self.declare(manifest)

    @property
    def manifest_path(self) -> Path:
        """The manifest as a file, for commands."""
        path = self.directory / "seawall.toml"
        path.write_text(self.manifest_text, encoding="utf-8")
        return path

    def feed(self, day: str = "", **tables: Rows) -> Path:
        """Write a feed: one JSON file a table. ``schema__table`` stands for ``schema.table``."""
        directory = self.directory / f"feed-{next(self._numbers)}{day and '-' + day}"
        directory.mkdir()
        for table, rows in tables.items():
            path = directory / f"{table.replace('__', '.')}.json"
            path.write_text(json.dumps(rows), encoding="utf-8")
        return directory

    def plan(self, day: str = "", **tables: Rows) -> Plan:
        """Plan a feed."""
        return self.engine.plan(self.feed(day, **tables))

    def run(
        self, day: str = "", *, accept: Mapping[str, str] | None = None, **tables: Rows
    ) -> Report:
        """Plan a feed and apply it. Triggers and rules are accepted: somebody looked at them, and
        saw no harm; ``unknown-trigger`` and ``unknown-rule`` have tests of their own."""
        plan = self.plan(day, **tables)
        return self.engine.apply(plan, acceptances={**unknown(plan), **(accept or {})})

    def load(self, **tables: Rows) -> Report:
        """Run a feed that must go in."""
        report = self.run(**tables)
        assert report["outcome"] in ("done", "unchanged"), report["findings"]
        return report

    def execute(self, statement: str, *values: Any) -> None:
        """Do something in the database, as its users would."""
        # The tests' own text; psycopg asks for a literal.
        self.connection.execute(statement.encode(), values or None)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database."""
        return self.connection.execute(query.encode(), values or None).fetchall()

    def value(self, query: str, *values: Any) -> Any:
        """Ask the database for one value."""
        return self.rows(query, *values)[0][0]

    def image(self, *tables: str) -> dict[str, list[str]]:
        """Every row of some tables as text, with where it stands and who wrote it."""
        return {
            table: [
                row[0]
                for row in self.connection.execute(
                    sql.SQL("SELECT concat_ws(' ', t.ctid, t.xmin, t::text) FROM {} AS t").format(
                        sql.Identifier(*table.split("."))
                    )
                )
            ]
            for table in tables
        }


def unknown(plan: Plan) -> dict[str, str]:
    """Acceptances of a plan's triggers and rules."""
    return {
        finding.subject: "seen"
        for finding in plan.refusals
        if finding.check in ("unknown-trigger", "unknown-rule")
    }


def checks_of(result: Plan | Report) -> set[str]:
    """Names of the findings of a plan or report that stop the run."""
    if isinstance(result, Plan):
        return {finding.check for finding in result.refusals}
    return {f["check"] for f in result["findings"] if f["refuses"] and not f["accepted"]}


def counts(result: Plan | Report, table: str) -> dict[str, int]:
    """Plan and outcome of a table in the same words; counts of 0 are left out."""
    if isinstance(result, Plan):
        planned = result.tables[table]
        said = {
            "staged": planned.staged,
            "same": planned.same,
            "changed": planned.changed,
            "new": planned.new,
            "vanished": planned.vanished,
            "retired": planned.retire,
            "reinstated": planned.reinstated,
            "deleted": planned.delete,
            "held": planned.held,
        }
    else:
        said = result["tables"][table]
    return {name: number for name, number in said.items() if number}


def said(text: str) -> str:
    """Text without line breaks and colours, so that wrapping hides nothing from a test."""
    return re.sub(r"\s+", " ", re.sub(r"\x1b\[[0-9;]*m", "", text))
