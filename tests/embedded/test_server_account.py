"""As whom the server runs: as root in a user namespace or as another user, or as oneself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from embedded_support import FAST, STARTER, STOPPER, postmaster_id, value

from seawall import embedded
from seawall.embedded import account
from seawall.embedded.account import NOBODY
from seawall.embedded.binaries import find_binaries
from seawall.errors import EmbeddedError

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def forbidden_namespaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which unshare fails, as it does in many containers."""
    refusing = tmp_path / "bin" / "unshare"
    refusing.parent.mkdir()
    refusing.write_text("#!/bin/sh\necho 'unshare failed: Operation not permitted' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{refusing.parent}:{os.environ['PATH']}")


@pytest.fixture
def private_binaries(tmp_path: Path) -> Path:
    """The programs, in a place that only root can read, with their libraries beside them."""
    installation = find_binaries().parent
    package = installation.parent
    place = tmp_path / "private"
    copy = place / package.name / installation.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(installation / part, copy / part, symlinks=True)
    libraries = package.parent / f"{package.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, place / libraries.name)
    place.chmod(0o700)
    return copy / "bin"


def user_of(process_id: int) -> int:
    return Path("/proc", str(process_id)).stat().st_uid


@as_root
def test_root_gets_a_user_namespace_and_no_file_changes_hands(absent: Path) -> None:
    probe = ["unshare", "--user", f"--map-user={NOBODY}", "true"]
    if not shutil.which("unshare") or subprocess.run(probe, check=False).returncode:
        pytest.skip("this machine forbids user namespaces")
    absent.parent.chmod(0o700)

    server = embedded.start(absent, settings=FAST)

    assert {path.stat().st_uid for path in absent.rglob("*")} == {0}
    assert server.socket_directory.stat().st_uid == 0
    assert user_of(postmaster_id(absent)) == 0
    embedded.stop(absent)
    assert value(embedded.start(absent, settings=FAST), "SELECT 1") == 1


@as_root
@pytest.mark.usefixtures("forbidden_namespaces")
def test_root_without_namespaces_becomes_nobody(absent: Path) -> None:
    server = embedded.start(absent, settings=FAST)

    assert value(server, "SELECT 1") == 1
    assert user_of(postmaster_id(absent)) == NOBODY
    assert {path.stat().st_uid for path in absent.rglob("*")} == {NOBODY}
    assert server.socket_directory.stat().st_uid == NOBODY
    assert server.socket_directory.stat().st_mode & 0o777 == 0o700
    assert embedded.stop(absent)


@as_root
def test_directory_is_always_served_the_way_it_was_made(
    absent: Path, request: pytest.FixtureRequest
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(account.shutil, "which", lambda _: None)
        embedded.start(absent, settings=FAST)
        embedded.stop(absent)

    # Namespaces are there again, and nobody's directory is still nobody's.
    embedded.start(absent, settings=FAST)
    assert user_of(postmaster_id(absent)) == NOBODY
    embedded.stop(absent)

    request.getfixturevalue("forbidden_namespaces")
    os.chown(absent, 0, 0)
    with pytest.raises(EmbeddedError, match="belongs to root, and this machine forbids user"):
        embedded.start(absent)


@as_root
@pytest.mark.usefixtures("forbidden_namespaces")
def test_programs_that_nobody_cannot_read_are_copied(absent: Path, private_binaries: Path) -> None:
    server = embedded.start(absent, binaries=private_binaries, settings=FAST)
    copy = server.binaries.parents[2]
    try:
        assert value(server, "SELECT 1") == 1
        assert user_of(postmaster_id(absent)) == NOBODY
        assert copy.name.startswith("seawall-postgres-")
        # Nobody must not be able to change programs that root runs.
        assert {path.lstat().st_uid for path in (copy, *copy.rglob("*"))} == {0}
        assert not any(p.stat().st_mode & 0o022 for p in copy.rglob("*") if not p.is_symlink())
        made = copy.stat().st_mtime_ns
        embedded.stop(absent)
        embedded.start(absent, binaries=private_binaries, settings=FAST)
        assert copy.stat().st_mtime_ns == made
    finally:
        embedded.stop(absent)
        shutil.rmtree(copy)


@as_root
@pytest.mark.usefixtures("forbidden_namespaces")
def test_place_that_nobody_cannot_enter_is_explained(memory_directory: Path) -> None:
    private = memory_directory / "private"
    private.mkdir(mode=0o700)
    with pytest.raises(EmbeddedError, match="could not be made") as caught:
        embedded.start(private / "postgres", settings=FAST)
    assert "whose parents every user may enter" in caught.value.fix
    assert not (private / "postgres").exists()


@as_root
def test_place_of_another_user_that_the_namespace_cannot_enter_is_explained(
    memory_directory: Path,
) -> None:
    private = memory_directory / "private"
    private.mkdir(mode=0o700)
    os.chown(private, NOBODY + 1, -1)
    with pytest.raises(EmbeddedError, match="could not be made") as caught:
        embedded.start(private / "postgres", settings=FAST)
    assert "whose parents every user may enter" in caught.value.fix


@pytest.fixture
def ordinary_python(memory_directory: Path) -> list[str]:
    """The command of a Python that runs as an ordinary user, with seawall to import."""
    if os.geteuid() != 0:
        return [sys.executable]
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("becoming an ordinary user needs setpriv")
    home = memory_directory / "home"
    home.mkdir()
    os.chown(home, NOBODY, -1)
    become = [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "env"]
    become += [f"HOME={home}", f"PYTHONPATH={os.pathsep.join(filter(None, sys.path))}"]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    # The environment's own may lie below a home that others cannot enter.
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        probe = subprocess.run(
            [*become, python, "-c", "import seawall.embedded"],
            capture_output=True,
            check=False,
            cwd="/",
        )
        if probe.returncode == 0:
            return [*become, python]
    pytest.skip("no Python here can be read by an ordinary user")


def test_ordinary_user(ordinary_python: list[str], memory_directory: Path) -> None:
    home = memory_directory / "home"
    home.mkdir(exist_ok=True)
    data = home / ".seawall" / "postgres"
    owner = home.stat().st_uid

    def run(program: str) -> str:
        command = [*ordinary_python, "-c", program, str(data)]
        answer = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout.strip()

    try:
        url = run(STARTER)
        assert run(STARTER) == url
        assert user_of(postmaster_id(data)) == owner
        assert run(STOPPER) == "True"
        assert run(STOPPER) == "False"

        # Root starts it for its owner, who then finds and stops it.
        server = embedded.start(data)
        assert server.url() == url
        assert user_of(postmaster_id(data)) == owner
        assert run(STARTER) == url
        assert run(STOPPER) == "True"
    finally:
        embedded.stop(data)


@as_root
def test_another_users_directory_is_refused(data: Path, ordinary_python: list[str]) -> None:
    if data.stat().st_uid == NOBODY:
        pytest.skip("this machine forbids user namespaces")
    server = embedded.start(data, settings=FAST)
    for program in (STARTER, STOPPER):
        answer = subprocess.run(
            [*ordinary_python, "-c", program, str(data)],
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
        )
        assert "belongs to root, not to nobody" in answer.stderr
    assert embedded.running(data) == server
