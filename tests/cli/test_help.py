"""Every command explains itself and shows an example."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from seawall.cli import app


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", [*commands(app)], ids=" ".join)
def test_help_has_an_example(path: tuple[str, ...]):
    result = CliRunner().invoke(app, [*path, "--help"])
    assert result.exit_code == 0
    assert "Example: " in result.stdout
    shown = result.stdout.partition("Example: ")[2]
    assert " ".join(path) in shown


def test_the_version():
    assert (
        CliRunner()
        .invoke(app, ["--version"], prog_name="seawall")
        .stdout.startswith("seawall, version ")
    )


def test_a_word_that_is_no_command():
    assert CliRunner().invoke(app, ["reload"]).exit_code == 2
