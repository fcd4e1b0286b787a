"""What is alive behind a data directory. The socket is asked; a process id alone proves nothing.

After a crash the file ``postmaster.pid`` stays, and the process id in it may by then belong to
anything. So an id counts only where the socket says that it listens there, or where the process
was visibly started as the postmaster of this directory.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import struct
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import msgspec
from psycopg import pq
from psycopg.conninfo import make_conninfo

from seawall.errors import EmbeddedError

# One fixed name inside a directory of its own; nothing listens on a network port.
PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
PID_FILE = "postmaster.pid"


class PidFile(msgspec.Struct, frozen=True):
    """What a server wrote about itself when it started; perhaps long ago.

    ``status`` is one of starting, stopping, ready and standby, or empty while it is not yet
    written.
    """

    process_id: int
    socket_directory: Path | None
    status: str


def read_pid_file(data: Path) -> PidFile | None:
    """The content of ``postmaster.pid``; None where there is none, or it is not whole.

    One that was copied along with a running server's directory speaks of that other directory,
    and so counts for nothing.
    """
    try:
        content = os.fsdecode((data / PID_FILE).read_bytes())
    except OSError:
        return None
    lines = [*content.split("\n"), *[""] * 8]
    number, place, socket_directory, status = lines[0], lines[1], lines[4], lines[7]
    if not number.isdecimal() or int(number) == 0 or place != str(data):
        return None
    return PidFile(
        int(number), Path(socket_directory) if socket_directory else None, status.strip()
    )


def socket_directory_of(data: Path, owner: int) -> Path:
    """The socket directory of a data directory, by its path: every later process finds it again.

    It cannot lie in the data directory: a socket's path may have 107 bytes.
    """
    digest = sha256(os.fsencode(data)).hexdigest()
    return Path("/tmp", f"seawall-{owner}-{digest[:16]}")


def make_private(directory: Path, owner: int) -> None:
    """Make a directory that only its owner can enter, or check that it is one.

    Everyone who can enter it is the database's superuser. Raises EmbeddedError where somebody
    else made it first.
    """
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        status = directory.lstat()
        mine = status.st_uid in (owner, os.geteuid())
        if not stat.S_ISDIR(status.st_mode) or not mine or status.st_mode & 0o077:
            raise EmbeddedError(
                f"{directory} exists and is not private",
                why="The server's socket has to lie there; whoever can enter the directory is "
                "the database's superuser.",
                fix=f"Look who made it, then remove it: rm -r {directory}",
            ) from None


def remove_socket(socket_directory: Path) -> None:
    """Remove what a server that is gone left of its socket, and the directory if it is empty."""
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (socket_directory / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        socket_directory.rmdir()


def accepts_connections(socket_directory: Path) -> bool:
    """Ask the server on a socket, as pg_isready does: one that is still recovering says no."""
    conninfo = make_conninfo(
        host=str(socket_directory),
        port=PORT,
        user="postgres",
        dbname="postgres",
        connect_timeout=5,
    )
    return pq.PGconn.ping(conninfo.encode()) == pq.Ping.OK


def listener(socket_directory: Path) -> int | None:
    """The process id of who listens on the socket, told by the kernel; None where nobody does.

    0 stands for a listener whose id the system does not tell.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        try:
            connection.connect(str(socket_directory / SOCKET_NAME))
            if sys.platform != "linux":
                return 0
            layout = "3i"
            credentials = connection.getsockopt(
                socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(layout)
            )
        except (BlockingIOError, TimeoutError):
            return 0  # too busy to take the call, but there
        except OSError:
            return None
    return struct.unpack(layout, credentials)[0]


def listening_postmaster(data: Path) -> PidFile | None:
    """What the data directory's server wrote about itself, if it listens on its socket now."""
    pid_file = read_pid_file(data)
    if pid_file is None or pid_file.socket_directory is None:
        return None
    heard = listener(pid_file.socket_directory)
    return pid_file if heard in (0, pid_file.process_id) else None


def live_postmaster(data: Path) -> int | None:
    """The process id of the data directory's postmaster, reachable or not; None without one."""
    if (listening := listening_postmaster(data)) is not None:
        return listening.process_id
    pid_file = read_pid_file(data)
    if pid_file is not None and _was_started_for(data, pid_file.process_id):
        return pid_file.process_id
    return None


def is_alive(process_id: int) -> bool:
    """Whether a process, known to be a postmaster, still runs.

    One that has ended but was not waited for keeps its id, and does not count.
    """
    state = _process_state(process_id)
    return bool(state) and state not in ("Z", "X")


def _was_started_for(data: Path, process_id: int) -> bool:
    command = _command_line(process_id)
    return bool(command) and Path(command[0]).name == "postgres" and str(data) in command[1:]


def _process_state(process_id: int) -> str:
    """The state letter of a process, empty where there is no such process."""
    if not Path("/proc/self/stat").exists():
        return _ask_ps("state=", process_id)[:1]
    try:
        line = Path("/proc", str(process_id), "stat").read_text(errors="replace")
    except OSError:
        return ""
    # NUMBER (NAME) STATE …, and a name may hold anything.
    return line.rpartition(")")[2].split()[0]


def _command_line(process_id: int) -> list[str]:
    if Path("/proc/self/cmdline").exists():
        try:
            raw = Path("/proc", str(process_id), "cmdline").read_bytes()
        except OSError:
            return []
        return os.fsdecode(raw).split("\0") if raw else []
    # Here the words cannot be told apart by more than their blanks.
    program, _, rest = _ask_ps("command=", process_id).partition(" -D ")
    return [program, rest.partition(" -c ")[0]] if program else []


def _ask_ps(column: str, process_id: int) -> str:
    answer = subprocess.run(
        ["ps", "-o", column, "-p", str(process_id)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip()
