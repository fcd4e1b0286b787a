"""seawall: reload imported data into a live PostgreSQL database, and prove that users' rows stand.

>>> from seawall import Engine, Manifest
>>> engine = Engine(Manifest.load("manifest.toml"), "postgresql://localhost/app")
>>> plan = engine.plan("scrapes/2025-06-30")
>>> report = engine.apply(plan)
"""

from seawall.engine import Engine
from seawall.errors import ExitCode, SeawallError
from seawall.manifest import Manifest
from seawall.plan import Finding, Plan

__all__ = ["Engine", "ExitCode", "Finding", "Manifest", "Plan", "SeawallError"]
