"""A data directory for each test, and other processes that use it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from embedded_support import FAST

from seawall import embedded


@pytest.fixture(scope="session")
def cluster_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that was made once and is only copied: making one takes a second."""
    data = tmp_path_factory.mktemp("template") / "postgres"
    embedded.start(data, settings=FAST)
    embedded.stop(data)
    return data


@pytest.fixture
def absent(memory_directory: Path) -> Iterator[Path]:
    """The path of a data directory that is yet to be made; its server is stopped afterwards."""
    data = memory_directory / "postgres"
    try:
        yield data
    finally:
        embedded.stop(data)


@pytest.fixture
def data(absent: Path, cluster_template: Path) -> Path:
    """A data directory whose server does not run; it is stopped afterwards."""
    shutil.copytree(cluster_template, absent)
    return absent


@pytest.fixture
def run_python() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a Python program as another process: ``run_python(PROGRAM, *arguments)``."""
    with ExitStack() as processes:

        def run(program: str, *arguments: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-W", "error", "-c", program, *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                # A session of its own, so that a test can kill everything that belongs to it.
                start_new_session=True,
            )
            processes.enter_context(process)
            processes.callback(process.kill)
            return process

        yield run
