"""What the tests of the bundled server share: programs for other processes, and looking on."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg

from seawall import embedded
from seawall.embedded.postmaster import read_pid_file

FAST = {"fsync": "off", "full_page_writes": "off"}

# Another process: ARGUMENTS are the data directory and the settings as NAME=VALUE.
STARTER = """
import sys
from pathlib import Path
from seawall import embedded

settings = dict(word.split("=", 1) for word in sys.argv[2:])
print(embedded.start(Path(sys.argv[1]), settings=settings).url(), flush=True)
"""
STOPPER = """
import sys
from pathlib import Path
from seawall import embedded

print(embedded.stop(Path(sys.argv[1])), flush=True)
"""


def postmaster_id(data: Path) -> int:
    """The process id in the data directory's pid file."""
    pid_file = read_pid_file(data)
    assert pid_file is not None
    return pid_file.process_id


def value(server: embedded.Server, statement: str) -> object:
    """The one value that a statement answers with."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]


def tree(directory: Path) -> dict[str, bytes | None]:
    """Everything below a directory: files with their content."""
    return {
        str(path.relative_to(directory)): path.read_bytes() if path.is_file() else None
        for path in directory.rglob("*")
    }


def is_root() -> bool:
    return os.geteuid() == 0
