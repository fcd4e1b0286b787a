"""Turns a staged feed into a plan: match, judge, and say what it means."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall import checks, impact, recall, row_versions
from seawall.accounts import FileAccount, account
from seawall.accounts import incomplete as incomplete_kinds
from seawall.catalog.model import Catalogue
from seawall.checks import reference_cycle
from seawall.coverage import Coverage, Fed, fed_by, scopes_in_database
from seawall.difference import Difference, DifferenceQuery
from seawall.examples import examples
from seawall.ledger import Ledger
from seawall.manifest import Manifest
from seawall.match import Matcher
from seawall.naming import Shape
from seawall.plan import Finding, Plan, TablePlan, UserImpact
from seawall.row_versions import RowVersions
from seawall.staging import Progress, StagedFeed
from seawall.witness import meanings
from seawall.witness.fingerprints import count_rows
from seawall.witness.meanings import Meaning

_NO_FEED = StagedFeed(
    load_id="",
    feed="",
    as_of=None,
    digest="",
    file_names={},
    tables={},
    reads=(),
    repeated={},
    evidence={},
    notices=(),
)


def make_plan(
    context: checks.Context,
    shapes: Mapping[str, Shape],
    staged: StagedFeed,
    findings: Sequence[Finding],
    started: float,
    progress: Progress,
) -> Plan:
    """Match a staged feed with the database and judge the difference, all in one snapshot.

    Args:
        findings: what the checks of manifest and database found before.
        started: ``time.monotonic()`` when the planning began.
    """
    connection, manifest = context.connection, context.manifest
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    staged = msgspec.structs.replace(
        staged, incomplete=incomplete_kinds(connection, staged, shapes)
    )
    order = reference_cycle.order(context)
    connection.execute("SAVEPOINT unmatched")
    book = Ledger(connection)
    versions = row_versions.read(connection, shapes, {})
    # Matching sets records aside, and what is set aside decides which absences count: where it
    # decides otherwise than known before, match again.
    while True:
        coverage = coverage_of(connection, manifest, shapes, staged)
        query = DifferenceQuery(connection, manifest, shapes, staged, coverage)
        asking = recall.Questions(query, context.catalogue, versions)
        same = recall.recalled(order, asking, book.equal_tables())
        unresolved = {name: equal.unresolved for name, equal in same.items()}
        differences = Matcher(query).match(order, unresolved, progress)
        incomplete = incomplete_kinds(connection, staged, shapes)
        if incomplete == staged.incomplete:
            break
        connection.execute("ROLLBACK TO SAVEPOINT unmatched")
        staged = msgspec.structs.replace(staged, incomplete=incomplete)
    files = tuple(account(connection, staged))
    lost = {name for name, difference in differences.items() if difference.lost}
    fed = fed_by(connection, manifest, shapes, staged, lost)
    progress("planning", 0)
    rows = user_rows(context)
    meant = meanings.take(connection, context.references, shapes, context.catalogue, rows)
    users = user_impacts(context, shapes, differences, rows, meant)
    facts = checks.FeedFacts(
        feed=staged,
        files=files,
        differences=differences,
        shapes=shapes,
        coverage=coverage,
        newest_as_of=book.newest_as_of(),
        known_scopes=frozenset(scopes_in_database(connection, manifest, shapes)),
        fed=fed,
        fed_columns=frozenset(book.fed_columns()),
        read_before=book.last_read(),
        users=users,
    )
    tables = _table_plans(context, facts, order)
    plan = _sealed(
        manifest,
        context.catalogue,
        staged,
        (*findings, *checks.check_feed(msgspec.structs.replace(context, facts=facts))),
        files=files,
        last_run_id=book.last_run_id(),
        order=tuple(order),
        differences=differences,
        row_versions=msgspec.structs.replace(
            versions, differences=row_versions.of_differences(connection, differences)
        ),
        tables=tables,
        users=users,
        fed=fed,
        started=started,
    )
    connection.execute("COMMIT")
    return plan


def refused_plan(
    manifest: Manifest, catalogue: Catalogue, feed: Path | str, findings: Sequence[Finding]
) -> Plan:
    """A plan that holds findings alone: nothing was staged."""
    staged = msgspec.structs.replace(_NO_FEED, feed=Path(feed).name)
    return _sealed(manifest, catalogue, staged, tuple(findings))


def coverage_of(
    connection: psycopg.Connection[Any],
    manifest: Manifest,
    shapes: Mapping[str, Shape],
    staged: StagedFeed,
) -> Coverage:
    """What a feed may make vanish, seen with all that was loaded before."""
    book = Ledger(connection)
    return Coverage(
        manifest,
        staged.complete,
        book.carried() | staged.present,
        scopes_in_database(connection, manifest, shapes),
        book.fed_scopes(),
    )


def _sealed(
    manifest: Manifest,
    catalogue: Catalogue,
    staged: StagedFeed,
    findings: tuple[Finding, ...],
    *,
    files: tuple[FileAccount, ...] = (),
    last_run_id: int = 0,
    order: tuple[str, ...] = (),
    differences: dict[str, Difference] | None = None,
    row_versions: RowVersions = row_versions.NONE,
    tables: dict[str, TablePlan] | None = None,
    users: dict[str, UserImpact] | None = None,
    fed: dict[str, Fed] | None = None,
    started: float | None = None,
) -> Plan:
    return Plan(
        seawall=metadata.version("seawall"),
        made_at=datetime.datetime.now(datetime.UTC),
        seconds=round(time.monotonic() - started, 3) if started is not None else 0.0,
        feed=staged,
        files=files,
        manifest_digest=manifest.digest,
        catalogue_digest=catalogue.digest,
        database=(manifest.database.name, manifest.database.environment),
        last_run_id=last_run_id,
        order=order,
        differences=differences or {},
        row_versions=row_versions,
        tables=tables or {},
        users=users or {},
        fed=fed or {},
        findings=findings,
    ).sealed()


def _table_plans(
    context: checks.Context, facts: checks.FeedFacts, order: Sequence[str]
) -> dict[str, TablePlan]:
    connection, manifest = context.connection, context.manifest
    identifiers = {name: t.identifier for name, t in context.catalogue.tables.items()}
    held_back = _hold_back(context, facts, order, identifiers)
    plans: dict[str, TablePlan] = {}
    for name in order:
        difference = facts.differences.get(name)
        if difference is None:
            continue
        shape, policy = facts.shapes[name], manifest.tables[name].vanished
        held = held_back.get(name, 0)
        plans[name] = TablePlan(
            staged=difference.staged,
            same=difference.same,
            changed=difference.changed,
            new=difference.new,
            vanished=difference.vanished,
            reinstated=difference.reinstated,
            retire={"retire": difference.vanished, "delete": held}.get(policy, 0),
            delete=difference.vanished - held if policy == "delete" else 0,
            held=impact.count_held(
                connection,
                shape,
                difference,
                context.references,
                identifiers,
            ),
            policy=policy,
            unresolved=difference.unresolved,
            not_judged={
                scope: missing
                for scope in sorted({scope for scope, _ in facts.feed.present})
                if (missing := facts.coverage.missing(name, scope))
            },
            examples=tuple(
                examples(connection, facts.shapes, difference, facts.feed.tables[name].identifier)
            ),
        )
    return plans


def _hold_back(
    context: checks.Context,
    facts: checks.FeedFacts,
    order: Sequence[str],
    identifiers: Mapping[str, sql.Identifier],
) -> dict[str, int]:
    """Mark rows that would be deleted but are referred to; children first, so that a row to which
    only its vanishing children refer can go with them. Returns how many, by table."""
    users = set(context.manifest.user_tables())
    others = {name: table for name, table in identifiers.items() if name not in users}
    leaving: dict[str, tuple[Shape, Difference]] = {}
    arriving = {name: (facts.shapes[name], d) for name, d in facts.differences.items()}
    held_back: dict[str, int] = {}
    for name in reversed(order):
        difference = facts.differences.get(name)
        if difference is None or context.manifest.tables[name].vanished != "delete":
            continue
        shape = facts.shapes[name]
        if difference.vanished:
            by_users = impact.referenced_by_users(shape, context.references, identifiers)
            by_others = impact.referenced_by_other(
                context.catalogue.foreign_keys, shape, others, leaving=leaving, arriving=arriving
            )
            held_back[name] = impact.mark_held(
                context.connection,
                shape,
                difference,
                sql.SQL("({} OR {})").format(by_users, by_others),
            )
        leaving[name] = (shape, difference)
    return held_back


def user_rows(context: checks.Context) -> dict[str, int]:
    """How many rows each user table has."""
    tables = context.catalogue.tables
    return count_rows(
        context.connection,
        {name: tables[name].identifier for name in context.manifest.user_tables()},
    )


def user_impacts(
    context: checks.Context,
    shapes: Mapping[str, Shape],
    differences: Mapping[str, Difference],
    user_rows: Mapping[str, int],
    meant: Mapping[str, Meaning],
) -> dict[str, UserImpact]:
    """What the differences mean for each user table, as its rows are now.

    Args:
        user_rows: how many rows each has.
        meant: what references mean, by label; those that are absent count as sound.
    """
    connection, catalogue, manifest = context.connection, context.catalogue, context.manifest
    identifiers = {name: table.identifier for name, table in catalogue.tables.items()}
    retiring = {
        name: difference
        for name, difference in differences.items()
        if manifest.tables[name].vanished in ("retire", "delete")
    }
    person = manifest.users.table if manifest.users else None
    impacts: dict[str, UserImpact] = {}
    for name in manifest.user_tables():
        table = identifiers[name]
        mine = [reference for reference in context.references if reference.user_table == name]
        sums = [meant[reference.label] for reference in mine if reference.label in meant]
        vanishing, moved = {}, {}
        for reference in mine:
            difference = differences.get(reference.table)
            if difference is None:
                continue
            shape = shapes[reference.table]
            if difference.vanished:
                vanishing[reference.label] = impact.count_vanishing_references(
                    connection, reference, table, shape, difference
                )
            if difference.changed:
                moved[reference.label] = impact.count_moved(
                    connection, reference, table, shape, difference
                )
        rows, users = impact.affected(connection, mine, identifiers, shapes, retiring, person)
        impacts[name] = UserImpact(
            rows=user_rows[name],
            orphans=sum(meaning.orphans for meaning in sums),
            retargeted=sum(meaning.retargeted for meaning in sums),
            vanishing={label: count for label, count in vanishing.items() if count},
            affected_rows=rows,
            affected_users=users,
            moved={label: count for label, count in moved.items() if count},
        )
    return impacts
