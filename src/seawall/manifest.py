"""The manifest: who owns which table, how its rows are recognised, what may happen to them.

TOML in, frozen data out. Nothing here asks the database; docs/manifest.md describes every key.
"""

from __future__ import annotations

import datetime
import difflib
import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from seawall.errors import ManifestError

Owner = Literal["feed", "users", "ignored"]
Policy = Literal["retire", "delete", "keep", "refuse"]
Operation = Literal["insert"]


class Database(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The identity that the target database must carry."""

    name: str
    environment: str = ""


class Users(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which table says who a user is."""

    table: str


class FeedSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the feed is read."""

    reader: str | None = None
    """``module:attribute`` of a reader; without it, JSON files are named after tables."""
    set_aside_budget: float = 0.01
    """Share of a file's records that may be set aside (at least one may)."""


class Scope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The table whose rows are the parts of the world that a feed speaks about (leagues)."""

    table: str
    column: str


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much may change before a person is asked. Shares from 0 to 1."""

    vanished_share: float = 0.10
    """Of a table's rows in one scope, that vanish."""
    exchanged_share: float = 0.50
    """Of a table's rows in one scope, in whose place as many others come."""
    shrunk_share: float = 0.50
    """Of a file's records, that are fewer than in the last feed."""
    user_retired_share: float = 0.05
    """Of a user table's rows, whose imported row vanishes."""


class TableLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Limits of one table; what is left out is as in the general ones."""

    vanished_share: float | None = None
    exchanged_share: float | None = None
    user_retired_share: float | None = None


class Acceptance(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A finding that is accepted in every run."""

    finding: str
    """``CHECK:TABLE[@SCOPE]``, as the refusal prints it."""
    reason: str
    hash: str = ""
    """As the refusal prints it, where it prints one."""
    until: datetime.date | None = None
    """The last day on which it holds."""

    @property
    def check(self) -> str:
        """The check's name."""
        return self.finding.partition(":")[0]

    @property
    def table(self) -> str:
        """What it is about; a table as a rule."""
        return self.finding.partition(":")[2].partition("@")[0]


class HealthSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When ``seawall health`` warns."""

    stable_share: float = 0.90
    gone_share: float = 0.10
    """Share of a user table's rows in the last backup that may be gone now."""
    backup_age_hours: float | None = None
    """How old the last backup may be; without it, as old as it is."""


class BackupSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long the history of users' rows reaches back."""

    keep_runs: int = 30


class Notify(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who hears how a run ended."""

    command: str = ""
    """A line for the shell; it gets the run's JSON on standard input."""
    every_run: bool = False
    """Also runs that went well; otherwise refused, failed and unverified ones."""


class Parent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A reference from one imported table to another, named in the feed by the parent's key."""

    table: str
    by: Mapping[str, str]
    """Parent's staged key column → this table's staged column."""
    required: bool = False


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Columns of a user table that mean an imported row, where the database has no foreign key."""

    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...] = ()
    """Columns of the imported table; its primary key where left out."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the manifest says about one table."""

    owner: Owner
    key: tuple[str, ...] = ()
    scope: str | None = None
    sources: tuple[str, ...] = ()
    vanished: Policy = "retire"
    retired_column: str | None = None
    nulls_overwrite: tuple[str, ...] = ()
    user_columns: tuple[str, ...] = ()
    parents: Mapping[str, Parent] = {}
    references: tuple[Reference, ...] = ()
    allow: tuple[Operation, ...] = ()
    backup: bool = True
    backup_leave_out: tuple[str, ...] = ()
    limits: TableLimits | None = None
    reason: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    manifest_version: int
    database: Database
    users: Users | None = None
    feed: FeedSection = FeedSection()
    scope: Scope | None = None
    limits: Limits = Limits()
    health: HealthSection = HealthSection()
    backup: BackupSection = BackupSection()
    accept: tuple[Acceptance, ...] = ()
    notify: Notify = Notify()
    tables: Mapping[str, Table]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the engine must be told. Tables outside ``public`` are named ``schema.table``."""

    database: Database
    users: Users | None
    feed: FeedSection
    scope: Scope | None
    limits: Limits
    health: HealthSection
    backup: BackupSection
    accept: tuple[Acceptance, ...]
    notify: Notify
    tables: Mapping[str, Table]
    digest: str
    """SHA-256 of what the file says (spelling and comments do not count)."""

    @classmethod
    def load(cls, path: Path | str) -> Manifest:
        """Read a manifest file.

        Raises:
            ManifestError: the file is missing, is no TOML, or says something that cannot be.
        """
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ManifestError(
                f"cannot read the manifest {path}: {error}",
                why="Without a manifest nobody knows which rows are the users'.",
                fix="Name it with --manifest FILE; docs/manifest.md shows a small one.",
            ) from None
        return cls.parse(text, origin=str(path))

    @classmethod
    def parse(cls, text: str, *, origin: str = "manifest") -> Manifest:
        """Read a manifest from TOML text.

        Raises:
            ManifestError: the text is no TOML, or says something that cannot be.
        """
        try:
            raw = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ManifestError(
                f"{origin} is not valid TOML: {error}", fix="Correct that line."
            ) from None
        unknown = next(_unknown_keys(raw, _File, ""), None)
        if unknown:
            where, key, known = unknown
            close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"Did you mean “{close[0]}”?" if close else f"Known keys: {', '.join(known)}."
            raise ManifestError(
                f"{origin}: unknown key “{key}” in {where or 'the top level'}",
                why="A key that is not understood would protect nothing.",
                fix=hint,
            )
        try:
            file = msgspec.convert(raw, _File)
        except msgspec.ValidationError as error:
            raise ManifestError(
                f"{origin}: {error}", fix="docs/manifest.md lists every key and its values."
            ) from None
        if file.manifest_version != 1:
            raise ManifestError(
                f"{origin}: manifest_version {file.manifest_version} is not known here",
                fix="This seawall reads manifest_version = 1.",
            )
        twice = [
            table
            for table in file.tables
            if table.startswith("public.") and table.removeprefix("public.") in file.tables
        ]
        if twice:
            raise ManifestError(
                f"{origin}: {twice[0]} and {twice[0].removeprefix('public.')} are one table",
                why="Two sections for one table could give its rows two owners.",
                fix="Keep one of them.",
            )
        digest = hashlib.sha256(msgspec.json.encode(file, order="sorted")).hexdigest()
        manifest = cls(
            database=file.database,
            users=file.users,
            feed=file.feed,
            scope=file.scope,
            limits=file.limits,
            health=file.health,
            backup=file.backup,
            accept=file.accept,
            notify=file.notify,
            tables={table.removeprefix("public."): said for table, said in file.tables.items()},
            digest=digest,
        )
        for problem in _contradictions(manifest):
            raise ManifestError(f"{origin}: {problem}", fix="docs/manifest.md explains the key.")
        return manifest

    def to_json(self) -> str:
        """The manifest as the ledger keeps it: without the command, for the shell runs none that
        stands in a table of the database."""
        kept = msgspec.structs.replace(self, notify=Notify())
        return msgspec.json.encode(kept).decode()

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """A manifest that the ledger kept.

        Raises:
            ManifestError: another version of seawall wrote it.
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.MsgspecError as error:
            raise ManifestError(
                f"the manifest on record cannot be read: {error}", fix="Name one with --manifest."
            ) from None

    def imported(self) -> dict[str, Table]:
        """Tables whose rows belong to the feed."""
        return {name: table for name, table in self.tables.items() if table.owner == "feed"}

    def user_tables(self) -> dict[str, Table]:
        """Tables whose rows belong to users."""
        return {name: table for name, table in self.tables.items() if table.owner == "users"}

    def sources(self, name: str) -> tuple[str, ...]:
        """Kinds of file that feed a table; a table's own name where nothing is said."""
        return self.tables[name].sources or (name,)

    def share(self, name: str, of: str) -> float:
        """A limit as it holds for one table.

        Args:
            of: the limit's key, ``vanished_share`` for instance.
        """
        own = self.tables[name].limits
        share = getattr(own, of, None) if own else None
        return getattr(self.limits, of) if share is None else share

    def limit(self, name: str, of: str, rows: int) -> int:
        """How many of a table's rows a limit lets pass without a question: always one."""
        return max(1, int(rows * self.share(name, of) + 1e-9))  # 0.29 × 100 falls short of 29

    def staged_key(self, name: str) -> tuple[str, ...]:
        """Staged columns that identify a row: the key, with references named by parents' keys."""
        table = self.tables[name]
        columns: list[str] = []
        for column in table.key:
            parent = table.parents.get(column)
            names = parent.by.values() if parent else (column,)
            columns += [staged for staged in names if staged not in columns]
        return tuple(columns)


def _unknown_keys(raw: Any, shape: Any, where: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield (place, key, known keys) for keys that no field stands for."""
    if get_origin(shape) is Mapping and isinstance(raw, dict):
        for name, value in raw.items():
            yield from _unknown_keys(value, get_args(shape)[1], f"{where}.{name}".lstrip("."))
    elif get_origin(shape) is tuple and isinstance(raw, list):
        for index, value in enumerate(raw):
            yield from _unknown_keys(value, get_args(shape)[0], f"{where}[{index}]")
    elif isinstance(shape, type) and issubclass(shape, msgspec.Struct) and isinstance(raw, dict):
        fields = _types_of_fields(shape)
        for name, value in raw.items():
            if name not in fields:
                yield where, name, list(fields)
            else:
                yield from _unknown_keys(value, fields[name], f"{where}.{name}".lstrip("."))
    else:
        for option in get_args(shape):
            if isinstance(option, type) and issubclass(option, msgspec.Struct):
                yield from _unknown_keys(raw, option, where)


@cache  # to find them out takes longer than to read a whole manifest
def _types_of_fields(shape: type[msgspec.Struct]) -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(shape)}


def _contradictions(manifest: Manifest) -> Iterator[str]:
    """Yield what the file says that cannot be, without asking any database."""
    for name, table in manifest.tables.items():
        place = f"tables.{name}"
        if table.owner == "feed":
            if not table.key:
                yield f"{place}: an imported table needs a key"
            for column, parent in table.parents.items():
                target = manifest.tables.get(parent.table)
                if target is None or target.owner != "feed":
                    yield f"{place}.parents.{column}: “{parent.table}” is not an imported table"
                elif set(parent.by) != set(manifest.staged_key(parent.table)):
                    key = ", ".join(manifest.staged_key(parent.table))
                    yield f"{place}.parents.{column}.by must name the key of {parent.table}: {key}"
            if table.user_columns and table.vanished == "delete":
                yield (
                    f"{place}: vanished = “delete” would delete what users wrote in "
                    f"{', '.join(table.user_columns)}; use “retire”"
                )
            if set(table.user_columns) & {*table.key, *table.parents}:
                yield f"{place}: a key or reference cannot be the users' own column"
            if table.references or table.allow:
                yield f"{place}: references and allow are for tables that users own"
            scope_parent = table.parents.get(table.scope or "")
            if scope_parent and (
                manifest.scope is None or scope_parent.table != manifest.scope.table
            ):
                yield f"{place}.scope: “{table.scope}” must name a row of the table of [scope]"
        else:
            if table.key or table.parents or table.sources or table.scope:
                yield f"{place}: key, parents, sources and scope are for imported tables"
            for reference in table.references:
                target = manifest.tables.get(reference.table)
                if target is None or target.owner == "ignored":
                    yield f"{place}.references: “{reference.table}” is not in the manifest"
        if table.owner != "users" and (not table.backup or table.backup_leave_out):
            yield f"{place}: backup and backup_leave_out are for tables that users own"
        if table.owner == "ignored" and not table.reason:
            yield f"{place}: owner = “ignored” needs a reason"
    if manifest.scope:
        scope_table = manifest.tables.get(manifest.scope.table)
        if scope_table is None or scope_table.key != (manifest.scope.column,):
            yield "scope: its table must be imported, with its column as the key"
    if manifest.users and manifest.users.table not in manifest.tables:
        yield f"users: the table “{manifest.users.table}” is not in tables"
    limits = [manifest.limits, *(t.limits for t in manifest.tables.values() if t.limits)]
    shares = [share for limit in limits for share in msgspec.structs.astuple(limit)]
    shares += [manifest.feed.set_aside_budget, manifest.health.stable_share]
    shares.append(manifest.health.gone_share)
    age_hours = manifest.health.backup_age_hours
    if age_hours is not None and not age_hours > 0:
        yield "health.backup_age_hours: more than 0, or left out where any age will do"
    if manifest.backup.keep_runs < 1:
        yield "backup.keep_runs: at least the latest backup is kept"
    if any(share is not None and not 0 <= share <= 1 for share in shares):
        yield "limits and shares go from 0 to 1"
    yield from _wrong_acceptances(manifest)


def _wrong_acceptances(manifest: Manifest) -> Iterator[str]:
    """Yield what is wrong with the acceptances; whether a check has that name, its caller knows."""
    named = {"feed", *manifest.tables, *(n for t in manifest.tables.values() for n in t.sources)}
    seen: set[str] = set()
    for number, each in enumerate(manifest.accept):
        place = f"accept[{number}]"
        if not each.check or not each.table:
            yield f"{place}: “{each.finding}” is not of the form CHECK:TABLE[@SCOPE]"
        elif each.table not in named:
            close = difflib.get_close_matches(each.table, named, n=1, cutoff=0.5)
            hint = f"; did you mean “{close[0]}”?" if close else ""
            yield f"{place}: no table of the manifest is called “{each.table}”{hint}"
        if not each.reason.strip():
            yield f"{place}: an acceptance needs a reason"
        if each.finding in seen:
            yield f"{place}: “{each.finding}” is accepted twice"
        seen.add(each.finding)
