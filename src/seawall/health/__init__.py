"""How users' rows stand, and whether the next reload will find what it relies on.

- ``examination``  the whole picture, and what of it is unhealthy
- ``users``        which rows of user tables still mean what they meant
- ``declared``     what the manifest says the users have, and the database has no longer
- ``imported``     retired and held rows
- ``drift``        what changed in the structure since the last run
- ``sequences``    how much room the sequences have left
"""

from seawall.health.drift import Change, Structure
from seawall.health.examination import GuardsHealth, Health, RunSummary, examine
from seawall.health.imported import ImportedTableHealth
from seawall.health.sequences import SequenceRoom
from seawall.health.users import UserTableHealth

__all__ = [
    "Change",
    "GuardsHealth",
    "Health",
    "ImportedTableHealth",
    "RunSummary",
    "SequenceRoom",
    "Structure",
    "UserTableHealth",
    "examine",
]
