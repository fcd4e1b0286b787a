"""What the tests of one check share: the findings of a database without any feed."""

from __future__ import annotations

from league import USER_TABLES
from reload_case import Reload

from seawall import Finding

EVERY_TABLE = (*USER_TABLES, "clubs", "teams", "games")


def found(reload: Reload) -> dict[str, Finding]:
    """The findings of ``seawall check`` by name of their check; they say why, and how to mend.

    ``truncate-reach`` is true of every database in which users refer to imported rows; it has a
    test of its own.
    """
    findings = [f for f in reload.engine.check() if f.check != "truncate-reach"]
    for finding in findings:
        assert finding.message
        assert finding.why
        assert finding.fix
    return {finding.check: finding for finding in findings}
