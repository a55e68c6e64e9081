"""The table of docs/sop.md as data, and what its entries stand for in the project."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.sampling import SLOW

PROJECT = Path(__file__).parents[2]
NOT_BUILT = "not built yet"
CODE_FOLDERS = ("flows", "tasks", "blocks", "rules", "webhooks", "deployments")

_ROW = re.compile(r"^\| ([A-Z]+-\d+) \| (.*) \|$")


@dataclass(frozen=True)
class Row:
    """A rule with the places of its code and its tests; no places when it is not built."""

    rule: str
    what: str
    code: tuple[str, ...]
    tests: tuple[str, ...]
    built: bool


def rows(text: str) -> list[Row]:
    """The rows of the table, in its order."""
    found = []
    for rule, rest in (match.groups() for match in map(_ROW.match, text.splitlines()) if match):
        what, code, tests = rest.split(" | ")
        found.append(Row(rule, what, _places(code), _places(tests), built=code != NOT_BUILT))
    return found


def faults(row: Row) -> list[str]:
    """What a row claims that is not so, a sentence each."""
    if not row.built:
        citing = [str(file.relative_to(PROJECT)) for file in code_files() if cites(file, row.rule)]
        return [f"{row.rule} is listed as {NOT_BUILT}, but {file} cites it." for file in citing]
    found = [f"{row.rule} names no {kind}." for kind, places in kinds(row) if not places]
    found += [f"{place} does not exist." for place in (*row.code, *row.tests) if not exists(place)]
    for kind, places in kinds(row):
        files = [PROJECT / re.split("::?", place)[0] for place in places]
        if not any(cites(file, row.rule) for file in files):
            found.append(f"No {kind} that {row.rule} names cites it.")
    if row.tests and all(is_long(place) or is_slow(place) for place in row.tests):
        found.append(f"CI may leave out every test that {row.rule} names.")
    return found


def kinds(row: Row) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return ("code", row.code), ("test", row.tests)


def exists(place: str) -> bool:
    """Whether `file`, `file:function`, `file:Class.method` or `file::test` is there."""
    file, _, name = place.replace("::", ":").partition(":")
    return (PROJECT / file).is_file() and (not name or name in _names(PROJECT / file))


def is_long(place: str) -> bool:
    """Whether a test, or the whole file that a place names, is left to `make test-long`."""
    file, _, name = place.partition("::")
    if not (PROJECT / file).is_file():
        return False
    body = _body(PROJECT / file)
    marks: list[ast.AST] = [node for node in body if isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node)]
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            marks += node.decorator_list
    return any("mark.long" in ast.unparse(mark) for mark in marks)


def is_slow(place: str) -> bool:
    """Whether CI runs the module of a test only with some commits."""
    return place.partition("::")[0].removeprefix("tests/") in SLOW


def cites(file: Path, rule: str) -> bool:
    """Whether the file names the rule: `ONB-7`, or `onb_7` in a test's name."""
    family, number = rule.split("-")
    pattern = rf"(?<![A-Za-z]){family}-{number}(?!\d)|(?<![a-z]){family.lower()}_{number}(?!\d)"
    return file.is_file() and re.search(pattern, file.read_text(encoding="utf-8")) is not None


def code_files() -> list[Path]:
    return [file for folder in CODE_FOLDERS for file in sorted((PROJECT / folder).rglob("*.py"))]


@cache
def _body(file: Path) -> list[ast.stmt]:
    return ast.parse(file.read_text(encoding="utf-8")).body


@cache
def _names(file: Path) -> frozenset[str]:
    """Functions and classes of a module, and methods as `Class.method`."""
    kinds_of_definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    names = set()
    for node in _body(file):
        if isinstance(node, kinds_of_definition):
            names.add(node.name)
            names |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, kinds_of_definition)}
    return frozenset(names)


def _places(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell))
