"""Who may import whom. ARCHITECTURE.md, “Layers”, gives the reasons."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = REPOSITORY / "src"
MAXIMUM_LINES = 500

# A module imports from earlier layers only. A name stands for a module, or for a package with all
# that is in it; inside one package modules may import one another.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "queries"),
    ("manifest", "catalog", "database", "embedded", "notification", "options"),
    ("naming", "references"),
    ("feeds", "scoping", "settling"),
    ("copying", "reading_processes"),
    ("staging",),
    ("accounts", "coverage"),
    ("difference",),
    ("match",),
    ("row_versions",),
    ("plan", "recall"),
    ("impact", "guards"),
    ("witness", "ledger"),
    ("checks", "examples", "history", "merge", "second_match", "verification"),
    ("planning", "apply", "guarded_run", "open_feed"),
    ("report", "health"),
    ("after_commit",),
    ("run",),
    ("engine", "render", "metrics"),
    ("render_health", "render_history", "terminal"),
    ("cli",),
)
LAYER_OF = {name: number for number, layer in enumerate(LAYERS) for name in layer}

# What a program built on seawall may import; ARCHITECTURE.md lists the same.
PUBLIC = {
    "seawall",
    "seawall.embedded",
    "seawall.errors",
    "seawall.feeds.json_records",
    "seawall.feeds.reading",
    "seawall.ledger",
    "seawall.options",
    "seawall.plan",
    "seawall.queries",
    "seawall.terminal",
}


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCES).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(SOURCES.rglob("*.py"))}


def imported(path: Path) -> Iterator[str]:
    """Modules that a file imports, also inside functions and under TYPE_CHECKING."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


def of_package(package: str, names: Iterator[str]) -> set[str]:
    return {name for name in names if name == package or name.startswith(f"{package}.")}


ENGINE = [name for name in MODULES if name.startswith("seawall.")]
SITE = [name for name in MODULES if name == "courtside" or name.startswith("courtside.")]


def test_every_module_of_the_engine_has_a_layer_and_every_layer_a_module() -> None:
    assert {name.split(".")[1] for name in ENGINE} == set(LAYER_OF)


@pytest.mark.parametrize("module", ENGINE)
def test_a_module_imports_earlier_layers_only(module: str) -> None:
    room = module.split(".")[1]
    for name in of_package("seawall", imported(MODULES[module])):
        assert name != "seawall", f"{module} imports the package's public face"
        other = name.split(".")[1]
        assert other == room or LAYER_OF[other] < LAYER_OF[room], f"{module} imports {name}"


@pytest.mark.parametrize("module", ["seawall", *ENGINE])
def test_the_engine_knows_nothing_of_the_site(module: str) -> None:
    assert of_package("courtside", imported(MODULES[module])) == set()


@pytest.mark.parametrize("module", SITE)
def test_the_site_imports_public_names_only(module: str) -> None:
    assert of_package("seawall", imported(MODULES[module])) - PUBLIC == set()


def test_the_public_names_are_the_ones_that_the_document_lists() -> None:
    text = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    listed = re.search(r"^## Public names\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    assert listed
    assert set(re.findall(r"^- `([\w.]+)`", listed[1], re.MULTILINE)) == PUBLIC


def test_the_document_lists_the_layers_as_they_are() -> None:
    text = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d+ \| ((?:`\w+`(?:, )?)+) \|", text, re.MULTILINE)
    assert [tuple(re.findall(r"`(\w+)`", row)) for row in rows] == list(LAYERS)


@pytest.mark.parametrize(
    "module", [name for name in ENGINE if re.fullmatch(r"seawall\.checks\.\w+", name)]
)
def test_a_rule_knows_no_other_rule(module: str) -> None:
    rooms = of_package("seawall.checks", imported(MODULES[module]))
    assert rooms <= {"seawall.checks.context"}, module


@pytest.mark.parametrize("module", list(MODULES))
def test_no_module_outgrows_a_reader(module: str) -> None:
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    assert lines <= MAXIMUM_LINES, f"{module} has {lines} lines"
