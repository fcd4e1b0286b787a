"""Guards: permanent triggers by which the database itself refuses writes to users' rows.

- ``definition``    which guards there should be, and each one's SQL
- ``state``         which there are, against what is on record
- ``installation``  puts them up, one table at a time, and takes them away
"""

from seawall.guards.definition import ROW_REFUSED, TRUNCATE_REFUSED, Guard, expected
from seawall.guards.installation import Changes, install, remove
from seawall.guards.state import Standing, Status, read_status, tries

__all__ = [
    "ROW_REFUSED",
    "TRUNCATE_REFUSED",
    "Changes",
    "Guard",
    "Standing",
    "Status",
    "expected",
    "install",
    "read_status",
    "remove",
    "tries",
]
