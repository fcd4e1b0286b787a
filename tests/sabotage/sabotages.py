"""Every sabotage: how it is planted, what becomes of it, and who sees it.

``stopped`` is the outcome with everything in place. ``seen`` names every witness that notices, each
asked by itself; ``docs/witnesses.md`` is made from it, and the tests compare it with what happens.
"""

from __future__ import annotations

from planted_before_the_run import AFTER_THE_PLAN, BEFORE_THE_PLAN
from planted_beside_the_run import BESIDE_THE_RUN, FAULTS_OF_OUR_OWN
from planted_in_the_run import IN_THE_RUN
from planting import Sabotage

GROUPS = {
    "Planted before the plan": BEFORE_THE_PLAN,
    "Planted between plan and run": AFTER_THE_PLAN,
    "Done in the run, by an accepted trigger or rule of an imported table": IN_THE_RUN,
    "Faults of seawall’s own merge": FAULTS_OF_OUR_OWN,
    "Done by others": BESIDE_THE_RUN,
}
EVERY = [sabotage for group in GROUPS.values() for sabotage in group]


def named(what: str) -> Sabotage:
    """The sabotage of these words."""
    [found] = [sabotage for sabotage in EVERY if sabotage.what == what]
    return found
