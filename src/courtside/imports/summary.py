"""A run's report in a few words, as the command line says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WRITTEN = ("changed", "new", "retired", "deleted")


def written_rows(row: Mapping[str, Any]) -> int | None:
    """Imported rows that a run wrote; None where it did not commit."""
    if row["outcome"] not in ("done", "unchanged", "unverified"):
        return None
    tables = row["report"]["tables"].values()
    return sum(table[word] for table in tables for word in _WRITTEN)


def protected_rows(row: Mapping[str, Any]) -> tuple[int, int] | None:
    """Users' rows that a run looked after, and how many it changed; None where none committed."""
    if row["outcome"] not in ("done", "unchanged", "unverified"):
        return None
    users = row["report"]["users"].values()
    return sum(u["rows_after"] for u in users), sum(u["changed_by_run"] for u in users)


def witnesses(report: Mapping[str, Any]) -> list[tuple[str, str, str, bool]]:
    """What each witness said: (witness, before, after, whether it is as it should be).

    A run that wrote nothing has no witnesses.
    """
    proof = report.get("proof")
    if not proof:
        return []
    said: list[tuple[str, str, str, bool]] = []
    if guards := report.get("guards"):
        tried = sum(guards["tried"].values())
        words = guards["state"]
        if guards["not_guarded"]:
            words += f", but not on {', '.join(guards['not_guarded'])}"
        said.append(("guards", words, f"{tried:,} writes refused", not tried))
    counters = proof["counters"]
    if counters is None:
        said.append(("counters", "could not testify", "could not testify", False))
    else:
        total = sum(counters.values())
        said.append(("counters of writes to users’ tables", "0", f"{total:,}", total == 0))
    for name, seen in proof["fingerprints"].items():
        before, after = seen["before"], seen["after"]
        said.append(
            (f"fingerprint of {name}", _fingerprint(before), _fingerprint(after), before == after)
        )
    for name, seen in proof["references"].items():
        words = f"{seen['references']:,} compared by identity"
        broken = seen["orphans"] + seen["retargeted"]
        found = f"{seen['orphans']:,} point at nothing, {seen['retargeted']:,} at another row"
        said.append((f"meaning of {name}", words, found, not broken))
    if report["certified"]:
        said.append(("certificate", "", "the transaction wrote nothing", True))
    return said


def _fingerprint(seen: Mapping[str, Any]) -> str:
    rows = "1 row" if seen["rows"] == 1 else f"{seen['rows']:,} rows"
    return f"{rows} · {str(seen['hash'])[-12:]}"
