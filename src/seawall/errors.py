"""Errors: each carries a code, what happened, why it matters and how to mend it.

docs/errors.md has a heading for every code; a test compares.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the process says when it ends."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    CHANGES_PENDING = 4
    UNHEALTHY = 5
    UNVERIFIED = 6


class SeawallError(Exception):
    """Something went wrong that a person can act on."""

    code: ClassVar[str] = "seawall-error"
    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix

    def __str__(self) -> str:
        lines = [f"{self.code}: {self.what}"]
        if self.why:
            lines.append(f"  why  {self.why}")
        if self.fix:
            lines.append(f"  fix  {self.fix}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, str]:
        """The error as ``--json`` prints it."""
        return {"code": self.code, "what": self.what, "why": self.why, "fix": self.fix}


class ManifestError(SeawallError):
    """The manifest cannot be used as it is."""

    code = "manifest-invalid"
    exit_code = ExitCode.USAGE


class FeedError(SeawallError):
    """The feed as a whole cannot be read."""

    code = "feed-unreadable"
    exit_code = ExitCode.REFUSED


class PlanError(SeawallError):
    """The saved plan is damaged, or no longer describes what would happen."""

    code = "plan-invalid"
    exit_code = ExitCode.USAGE


class PlanStale(PlanError):
    """The database, the manifest or the staged rows are no longer what the plan was made from."""

    code = "plan-stale"
    exit_code = ExitCode.REFUSED


class DatabaseError(SeawallError):
    """The database cannot be reached or used."""

    code = "database-unusable"


class EmbeddedError(SeawallError):
    """The bundled PostgreSQL could not be started or stopped."""

    code = "bundled-server"


class RunActive(SeawallError):
    """Another run is under way."""

    code = "run-active"
    exit_code = ExitCode.REFUSED


class UsageError(SeawallError):
    """The command line, or a call's arguments, do not fit together."""

    code = "usage"
    exit_code = ExitCode.USAGE
