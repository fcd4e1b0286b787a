"""Runs somebody else's command with the guards armed, and says what it did to users' rows.

- ``process``       the command: its environment, its streams, signals
- ``connections``   who is connected to the database meanwhile
- ``before_image``  users' rows and what they mean, kept and compared
- ``verdict``       what follows from it, and the exit code
- ``conduct``       the order of these
"""

from seawall.guarded_run.conduct import run
from seawall.guarded_run.verdict import GuardedRun

__all__ = ["GuardedRun", "run"]
