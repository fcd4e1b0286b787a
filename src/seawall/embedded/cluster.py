"""Data directories: what may be used as one, and making one."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from seawall.embedded.account import Account
from seawall.embedded.binaries import ENVIRONMENT_VARIABLE, binaries_of_major, major_version
from seawall.errors import EmbeddedError

VERSION_FILE = "PG_VERSION"


def is_cluster(data: Path) -> bool:
    """Whether a directory is a PostgreSQL data directory; False where it is yet to be made.

    Raises EmbeddedError for everything else: what is not ours is not touched.
    """
    if (data / VERSION_FILE).is_file():
        return True
    if not data.exists() or (data.is_dir() and not any(data.iterdir())):
        return False
    raise EmbeddedError(
        f"{data} exists and is not a PostgreSQL data directory",
        why="A new database is made only where nothing is yet; nothing was touched.",
        fix="Name another directory with --data DIR.",
    )


def check_version(data: Path, binaries: Path) -> None:
    """Raise EmbeddedError where the directory was made by another major version."""
    made_by = (data / VERSION_FILE).read_text().strip()
    ours = major_version(binaries)
    if made_by == str(ours):
        return
    fitting = binaries_of_major(int(made_by)) if made_by.isdigit() else None
    way = (
        f"Use the PostgreSQL {made_by} of this machine: {ENVIRONMENT_VARIABLE}={fitting}"
        if fitting
        else f"Name a PostgreSQL {made_by} in {ENVIRONMENT_VARIABLE}"
    )
    raise EmbeddedError(
        f"{data} was made by PostgreSQL {made_by}, and {binaries} is PostgreSQL {ours}",
        why="Major versions cannot read each other's directories; nothing was touched.",
        fix=f"{way}, or dump it there and load it into a new directory: --data DIR.",
    )


def create_cluster(
    data: Path, account: Account, settings: Mapping[str, str], *, timeout_seconds: float
) -> None:
    """Make a data directory: whole beside its place first, then renamed into it.

    So a directory that is there is complete, however the making of it ended.
    Raises EmbeddedError where it cannot be made.
    """
    prefix = f".{data.name[:100]}.initdb-"
    for abandoned in data.parent.glob(f"{_escaped(prefix)}*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    making = Path(tempfile.mkdtemp(prefix=prefix, dir=data.parent))
    try:
        account.give(making)
        result = account.run(
            "initdb",
            *_initdb_options(account.binaries, settings),
            f"--pgdata={making}",
            timeout_seconds=timeout_seconds,
        )
        if result.returncode != 0:
            raise EmbeddedError(
                f"the data directory {data} could not be made",
                why=(result.stderr or result.stdout).strip(),
                fix=_reach_hint(account) or "Mend what initdb names, then start again.",
            )
        making.rename(data)
        _make_durable(data.parent)
    except subprocess.TimeoutExpired:
        raise EmbeddedError(
            f"the data directory {data} was not made within {timeout_seconds:g} s",
            fix="Give it more time, or a faster disk.",
        ) from None
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _make_durable(directory: Path) -> None:
    """Bring a rename inside the directory to the disk, before anything relies on it."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _initdb_options(binaries: Path, settings: Mapping[str, str]) -> list[str]:
    options = [
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--data-checksums",
        "--no-instructions",
    ]
    if major_version(binaries) >= 17:
        # Sorts by code point as C does, but knows letters and cases beyond ASCII.
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if settings.get("fsync") == "off":
        options.append("--no-sync")
    return options


def _reach_hint(account: Account) -> str:
    if account.user is None and not account.prefix:
        return ""
    return (
        "PostgreSQL runs without root's rights: name a directory with --data DIR whose parents "
        "every user may enter, /var/tmp/seawall for example."
    )


@contextmanager
def locked(data: Path, pause: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a data directory: of many starters one starts, the others then attach.

    ``pause`` is called between attempts and raises when it has been long enough. The lock file
    lies beside the directory and stays: removing it would let two hold the lock.
    """
    path = data.parent / f".{data.name[:100]}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.geteuid() == 0:
            # The directory's owner may want to start the server next time.
            os.fchown(descriptor, data.parent.stat().st_uid, -1)
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                pause()
        yield
    finally:
        os.close(descriptor)


def _escaped(name: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)
