"""The documents say what the code does: names, options, keys, codes, examples, links, the map."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin

import click
import msgspec
import psycopg
import pytest

import courtside
import seawall
from courtside.cli import app as courtside_app
from seawall import Manifest, checks, coverage, health, plan
from seawall import manifest as manifest_module
from seawall.accounts import FileAccount
from seawall.apply import TableOutcome, UserOutcome
from seawall.cli import app as seawall_app
from seawall.difference import Difference
from seawall.errors import ExitCode, SeawallError

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = REPOSITORY / "src"
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")])
COMMANDS = {
    "seawall": (seawall_app, REPOSITORY / "docs" / "commands.md"),
    "courtside": (courtside_app, REPOSITORY / "docs" / "courtside.md"),
}
MACHINE_PATHS = re.compile(r"/work/|/tmp/|/root/|/home/|\.library")


class Block(NamedTuple):
    """A fenced block of a document, with the line on which its text begins."""

    language: str
    text: str
    line: int


def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def blocks(document: Path) -> list[Block]:
    text = document.read_text(encoding="utf-8")
    fences = re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(f[1], f[2], text.count("\n", 0, f.start()) + 2) for f in fences]


def headings(document: Path) -> list[str]:
    """Headings as written, without their signs; what stands in fences is none."""
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.findall(r"^#+ (.+)$", text, re.MULTILINE)


def named_headings(name: str) -> set[str]:
    """Headings that are one name in back quotes."""
    found = (re.fullmatch(r"`([^`]+)`", heading) for heading in headings(REPOSITORY / name))
    return {match[1] for match in found if match}


def section(name: str, heading: str) -> str:
    """The text under a heading, up to the next one of the same depth."""
    pattern = rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,2}} |\Z)"
    found = re.search(pattern, text_of(name), re.MULTILINE | re.DOTALL)
    assert found, f"{name} has no heading {heading}"
    return found[2]


def syntax_trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(SOURCES.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


# ------------------------------------------------------------------------------- commands


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


EVERY_COMMAND = [
    pytest.param(path, command, document, id=path)
    for program, (app, document) in COMMANDS.items()
    for path, command in commands(app, program)
]


@pytest.mark.parametrize(("path", "command", "document"), EVERY_COMMAND)
def test_every_command_has_help_with_an_example(
    path: str, command: click.Command, document: Path
) -> None:
    del document
    assert command.help, path
    assert (command.epilog or "").startswith("Example: "), path
    options = [p for p in command.params if isinstance(p, click.Option)]
    assert [option.name for option in options if not option.help] == [], path


@pytest.mark.parametrize(("path", "command", "document"), EVERY_COMMAND)
def test_every_command_is_documented_with_exactly_its_options(
    path: str, command: click.Command, document: Path
) -> None:
    said = section(f"docs/{document.name}", f"`{path}`")
    options = {p.opts[0] for p in command.params if isinstance(p, click.Option)}
    assert set(re.findall(r"^\| `(--[\w-]+)", said, re.MULTILINE)) == options
    for argument in (p for p in command.params if isinstance(p, click.Argument)):
        assert f"`{argument.human_readable_name}`" in said, argument.name


@pytest.mark.parametrize("program", COMMANDS)
def test_no_command_is_documented_that_does_not_exist(program: str) -> None:
    app, document = COMMANDS[program]
    said = {h for h in named_headings(f"docs/{document.name}") if h.startswith(f"{program} ")}
    assert said == {path for path, _ in commands(app, program)}


# ----------------------------------------------------------------------- checks and errors


def check_names() -> set[str]:
    """Names of rules, and of the notices that readers give."""
    names = {n for rule in checks.EVERY_RULE for n in rule.NAMES}
    for _, tree in syntax_trees():
        names |= set(_said_in_calls(tree, "Notice"))
    return names


def error_codes() -> set[str]:
    """Codes of errors, and of the findings that the engine itself records."""
    for package in (seawall, courtside):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    waiting, codes = [SeawallError], set[str]()
    while waiting:
        error = waiting.pop()
        codes.add(error.code)
        waiting += error.__subclasses__()
    for path, tree in syntax_trees():
        if path.parent.name == "checks":
            continue
        codes |= set(_said_in_calls(tree, "Finding"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                pairs = zip(node.keys, node.values, strict=True)
                codes |= {_text(v) for k, v in pairs if k and _text(k) == "check" and _text(v)}
    return codes


def _said_in_calls(tree: ast.AST, function: str) -> Iterator[str]:
    """The texts that calls of ``function`` give as ``check=``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == function:
            values = (keyword.value for keyword in node.keywords if keyword.arg == "check")
            yield from filter(None, map(_text, values))


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_every_check_has_a_heading_and_no_other_has_one() -> None:
    assert named_headings("docs/checks.md") == check_names()


@pytest.mark.parametrize("name", sorted(check_names()))
def test_every_check_says_danger_mending_and_acceptance(name: str) -> None:
    said = section("docs/checks.md", f"`{name}`")
    for part in ("**What is dangerous.**", "**How to mend it.**", "**Accept.**"):
        assert part in said, part


def test_every_error_code_has_a_heading_and_no_other_has_one() -> None:
    assert named_headings("docs/errors.md") == error_codes()


@pytest.mark.parametrize("code", sorted(error_codes()))
def test_every_error_says_what_why_and_fix(code: str) -> None:
    said = section("docs/errors.md", f"`{code}`")
    for part in ("**What.**", "**Why.**", "**Fix.**"):
        assert part in said, part


def test_the_table_of_exit_codes_is_complete() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", text_of("docs/errors.md"), re.MULTILINE)
    assert rows == [(str(int(code)), code.name.lower()) for code in ExitCode]


# ------------------------------------------------------------------------------- manifest


def manifest_keys(shape: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted path, default as TOML writes it) of every key."""
    for field in msgspec.structs.fields(shape):
        here = f"{path}.{field.name}".lstrip(".")
        default = field.default
        if field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        yield here, _as_toml(default)
        yield from _inner_keys(field.type, here)


def _inner_keys(kind: Any, path: str) -> Iterator[tuple[str, str]]:
    origin, inner = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield from manifest_keys(kind, path)
    elif origin in (Union, UnionType):
        for option in inner:
            yield from _inner_keys(option, path)
    elif origin is tuple:
        yield from _inner_keys(inner[0], f"{path}[]")
    elif inner and origin is not None and len(inner) == 2:
        placeholder = "NAME" if path == "tables" else "COLUMN"
        yield from _inner_keys(inner[1], f"{path}.{placeholder}")


def _as_toml(default: Any) -> str:
    if default is msgspec.NODEFAULT:
        return "required"
    if default is None:
        return "none"
    if isinstance(default, msgspec.Struct):
        return "`{}`"
    return f"`{msgspec.json.encode(default).decode()}`"


def test_every_manifest_key_is_documented_with_its_default() -> None:
    rows = re.findall(
        r"^\| `([\w.\[\]]+)` \| [^|]+ \| ([^|]+) \| [^|]+ \| `[^|]+` \|$",
        text_of("docs/manifest.md"),
        re.MULTILINE,
    )
    assert dict(rows) == dict(manifest_keys(manifest_module._File))


# ----------------------------------------------------------------------- what runs.md lists


def report_keys() -> set[str]:
    tree = ast.parse((SOURCES / "seawall" / "report.py").read_text(encoding="utf-8"))
    dicts = (node for node in ast.walk(tree) if isinstance(node, ast.Dict))
    return {_text(key) for node in dicts for key in node.keys if key and _text(key)}


@pytest.mark.parametrize(
    "shape",
    [
        *(plan.Plan, plan.Finding, plan.TablePlan, plan.UserImpact, plan.Change, coverage.Fed),
        *(FileAccount, Difference, TableOutcome, UserOutcome),
        *(health.Health, health.UserTableHealth, health.ImportedTableHealth, health.RunSummary),
        *(health.GuardsHealth, health.Structure, health.Change, health.SequenceRoom),
    ],
    ids=lambda shape: shape.__name__,
)
def test_every_field_that_json_prints_is_explained(shape: Any) -> None:
    said = set(re.findall(r"`(\w+)`", text_of("docs/runs.md")))
    assert {field.name for field in msgspec.structs.fields(shape)} - said == set()


def test_every_field_of_a_report_is_explained() -> None:
    said = set(re.findall(r"`(\w+)`", text_of("docs/runs.md")))
    assert report_keys() - said == set()


def test_every_table_of_the_ledger_is_explained() -> None:
    files = [SOURCES / "seawall" / "ledger" / name for name in ("schema.sql", "stage.sql")]
    schema = "".join(file.read_text(encoding="utf-8") for file in files)
    tables = set(re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?([\w.]+)", schema))
    assert set(re.findall(r"^\| `(seawall\w*\.\w+)`", text_of("docs/runs.md"), re.M)) == tables


# ------------------------------------------------------------------------------- examples


def marked(block: Block) -> str | None:
    """What follows “runs” in a block's first line: a file's name, '' for none, or no mark."""
    found = re.match(r"(?:#|--) runs(?:: (\S+))?$", block.text.partition("\n")[0])
    return (found[1] or "") if found else None


WITH_EXAMPLES = [d for d in DOCUMENTS if any(marked(block) is not None for block in blocks(d))]


def test_there_are_examples_to_run() -> None:
    assert {d.name for d in WITH_EXAMPLES} >= {"manifest.md", "feeds.md", "stable-references.md"}


@pytest.mark.parametrize("document", WITH_EXAMPLES, ids=lambda d: d.name)
def test_marked_examples_run(
    document: Path,
    database_url: str,
    connection: psycopg.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One document's examples run in their order, with one database, directory and namespace."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.syspath_prepend(str(tmp_path))
    modules = set(sys.modules)
    namespace: dict[str, Any] = {"__name__": "document"}
    try:
        for block in blocks(document):
            file = marked(block)
            if file is None:
                continue
            if file:
                assert os.sep not in file
                Path(file).write_text(block.text, encoding="utf-8")
            elif block.language == "python":
                source = "\n" * (block.line - 1) + block.text
                exec(compile(source, str(document), "exec"), namespace)
            elif block.language == "sql":
                connection.execute(block.text.encode())
            else:
                pytest.fail(f"{document.name}:{block.line}: a {block.language} block cannot run")
    finally:
        for name in set(sys.modules) - modules:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
                del sys.modules[name]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_manifests_in_documents_are_manifests(document: Path) -> None:
    for block in blocks(document):
        if block.language == "toml" and "manifest_version" in block.text:
            Manifest.parse(block.text, origin=f"{document.name}:{block.line}")


# ------------------------------------------------------------------- links, paths, the map


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_tests_that_a_document_names_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for file, name in re.findall(r"`(tests/[\w/]+\.\w+)(?:::(\w+))?`", text):
        path = REPOSITORY / file
        assert path.is_file(), file
        assert not name or f"def {name}(" in path.read_text(encoding="utf-8"), name


def anchor(heading: str) -> str:
    """The anchor that a heading gets where Markdown is shown."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_relative_links_resolve(document: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)
    broken = []
    for file, fragment in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", text):
        if re.match(r"\w+:", file):
            continue
        target = (document.parent / file).resolve() if file else document
        if not target.exists():
            broken.append(file)
        elif fragment and fragment not in map(anchor, headings(target)):
            broken.append(f"{file}#{fragment}")
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_no_document_names_a_path_of_a_machine(document: Path) -> None:
    assert MACHINE_PATHS.findall(document.read_text(encoding="utf-8")) == []


def test_the_map_has_every_file_of_src_and_no_other() -> None:
    files = {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*")
        if path.suffix in (".py", ".sql", ".toml") and path.stat().st_size
    }
    listed = re.findall(
        r"^\| `((?:seawall|courtside)/[\w/.]+)` \|", text_of("ARCHITECTURE.md"), re.M
    )
    assert sorted(listed) == sorted(files)
