"""Conducts a guarded run: keep, arm and start, watch, compare, judge."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from seawall.catalog.model import Catalogue
from seawall.guarded_run import process, verdict
from seawall.guarded_run.before_image import BeforeImage, ReferenceChanges
from seawall.guarded_run.connections import Connections, Watch
from seawall.guarded_run.verdict import GuardedRun, UserTable
from seawall.manifest import Manifest
from seawall.naming import shapes
from seawall.references import user_references
from seawall.witness import guards
from seawall.witness.fingerprints import Subject

USERS_COLUMNS = " (users’ columns)"


def run(
    connection: psycopg.Connection[Any],
    url: str,
    manifest: Manifest,
    catalogue: Catalogue,
    command: Sequence[str],
    *,
    output_to_errors: bool = False,
) -> GuardedRun:
    """Run a command with the guards armed for every libpq connection that it opens.

    Args:
        connection: to the database, in autocommit; one server session for the whole time.
        url: of the same database; the command gets it as DATABASE_URL where it has none.
        output_to_errors: the command's standard output goes to standard error.

    Raises:
        UsageError: the command cannot be started.
        psycopg.Error: users' rows could not be kept; the command was not started.
    """
    started = time.monotonic()
    references = user_references(manifest, catalogue)
    subjects = _subjects(manifest, catalogue)
    image = BeforeImage(connection, subjects, references, shapes(manifest, catalogue), catalogue)
    before = guards.look(connection, manifest, catalogue)
    image.keep()
    mark = f"[seawall guard {os.getpid()}]"
    watch = Watch(connection, mark)
    command_exit_code = process.run(
        command,
        process.environment(os.environ, url, mark),
        output_to_errors=output_to_errors,
        watch=watch.look,
    )
    connections = watch.end()
    blind = [f"the connection that watched broke: {watch.broken}"] if watch.broken else []
    users: dict[str, UserTable] = {}
    meanings: dict[str, ReferenceChanges] = {}
    state, notes = _state(before), []
    if not connection.closed:
        after, words = _look_again(connection, manifest, catalogue)
        blind += words
        if after is not None:
            blind += _switched_off(before, after)
            notes += [f"{what}, while the command ran" for _, what in guards.altered(before, after)]
        tried = guards.testimony(before, after).tried if after is not None else {}
        for number, subject in enumerate(subjects):
            name, _, _ = subject.name.partition(USERS_COLUMNS)
            said = manifest.tables[name]
            try:
                users[subject.name] = verdict.user_table(
                    image.rows(number),
                    tried.get(name, 0),
                    may_insert=said.owner == "feed" or "insert" in said.allow,
                )
            except psycopg.Error as error:
                blind.append(f"{subject.name} could not be compared: {_first_line(error)}")
        for number, reference in enumerate(references):
            try:
                meanings[reference.label] = image.references(number)
            except psycopg.Error as error:
                blind.append(f"{reference.label} could not be compared: {_first_line(error)}")
    judged = verdict.decide(users, meanings, connections, blind)
    return GuardedRun(
        command=list(command),
        verdict=judged,
        exit_code=verdict.exit_code(judged, command_exit_code),
        command_exit_code=command_exit_code,
        guards=state,
        users=users,
        references=meanings,
        connections=connections,
        unseen=[*blind, *notes, *_untold(state, before, connections, users)],
        seconds=round(time.monotonic() - started, 3),
    )


def _subjects(manifest: Manifest, catalogue: Catalogue) -> list[Subject]:
    """User tables, and users' columns of imported rows that have something in them."""
    subjects = [
        Subject(
            name=name,
            table=catalogue.tables[name],
            columns=tuple(catalogue.tables[name].columns),
        )
        for name in manifest.user_tables()
    ]
    for name, said in manifest.imported().items():
        if said.user_columns:
            table = catalogue.tables[name]
            empty = sql.SQL(" AND ").join(
                sql.SQL("{} IS NULL").format(sql.Identifier("t", column))
                for column in said.user_columns
            )
            subjects.append(
                Subject(
                    name=f"{name}{USERS_COLUMNS}",
                    table=table,
                    columns=(*table.primary_key, *said.user_columns),
                    left_out=empty,
                )
            )
    return subjects


def _look_again(
    connection: psycopg.Connection[Any], manifest: Manifest, catalogue: Catalogue
) -> tuple[guards.Look | None, list[str]]:
    try:
        return guards.look(connection, manifest, catalogue), []
    except psycopg.Error as error:
        return None, [f"the guards could not be looked at afterwards: {_first_line(error)}"]


def _state(before: guards.Look) -> str:
    if not before.status.installed:
        return "not installed"
    return "not in force" if before.status.broken else "armed"


def _switched_off(before: guards.Look, after: guards.Look) -> list[str]:
    """What protected users' rows when the command began and does not any more."""
    stood = {(g.table, g.trigger) for g in before.status.guards if g.state == "in force"}
    stand = {(g.table, g.trigger): g for g in after.status.guards}
    gone = [stand[place].words for place in sorted(stood) if stand[place].state != "in force"]
    keys = [key for key in after.switched_off if key not in before.switched_off]
    return [
        *(f"{words}, since the command ran" for words in gone),
        *(f"foreign key {key} was switched off while the command ran" for key in keys),
    ]


def _untold(
    state: str, before: guards.Look, connections: Connections, users: dict[str, UserTable]
) -> list[str]:
    said = []
    if state == "not installed":
        said.append("no guards are installed, so nothing was stopped: rows were compared alone")
    said += [f"{guard.words}, so it stopped nothing" for guard in before.status.broken]
    if state != "not installed" and before.status.not_guarded:
        said.append(f"not guarded: {', '.join(before.status.not_guarded)}")
    if not connections.armed and connections.too_short:
        said.append("whether the command’s sessions carried the guards: none was seen at work")
    elif not connections.armed:
        said.append(
            "no session of the command was seen: it connected through a pooler, by another driver"
            " than libpq, to another database, or not at all"
        )
    if connections.too_short:
        said.append(
            f"{connections.too_short} sessions came and went between two looks: whose they were"
            " cannot be told"
        )
    if connections.others:
        shown = ", ".join(connections.others[:5])
        more = len(connections.others) - 5
        said.append(
            f"{len(connections.others)} other sessions were there meanwhile: {shown}"
            f"{f' and {more} more' if more > 0 else ''}. What they wrote cannot be told from what"
            " the command wrote by an unguarded connection"
        )
    if not connections.command_only:
        differing = [
            f"{each.lost} lost, {each.changed} changed, {each.added} added in {name}"
            for name, each in users.items()
            if each.lost or each.changed or each.added
        ]
        if differing:
            said.append(f"whose doing it was: {'; '.join(differing)}")
    return said


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().partition("\n")[0]
