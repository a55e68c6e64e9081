"""The table of ends in docs/sop.md as data, and the names of the final states in the code."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rules.common.problems import NOT_ASKED, Responsible

PROJECT = Path(__file__).parents[2]
SECTION = "## Ends: who is informed"
PREFECTS_OWN = frozenset({"Completed", "Failed", "Crashed", "Cancelled", "Suspended"})
NOT_FINAL = frozenset({"AwaitingRetry", "Not there yet", "Skipped"})
"""The states that the code sets to let a run begin again, and those of steps."""
_FINAL = frozenset({"Completed", "Failed", "Cancelled", "State"})
_CELLS = re.compile(r"^\| (.*) \|$")


@dataclass(frozen=True)
class End:
    """One row: how runs of a flow end, who is informed, and what shows it."""

    flow: str
    state: str
    when: str
    who: str
    shown: str


def ends(text: str) -> list[End]:
    """The rows of the table."""
    section = text.partition(SECTION)[2].partition("\n## ")[0]
    cells = [match.group(1).split(" | ") for match in map(_CELLS.match, section.splitlines()) if match]
    return [End(flow, state.strip("`"), *rest) for flow, state, *rest in cells if state.startswith("`")]


@cache
def states_in_code() -> frozenset[str]:
    """Every name that a final state is given in the code, and those that Prefect gives."""
    files = [*(PROJECT / "flows").rglob("*.py"), *(PROJECT / "tasks").rglob("*.py")]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    constants = dict(pair for tree in trees for pair in _constants(tree))
    named = {name for tree in trees for name in _names(tree, constants)}
    return (named | PREFECTS_OWN | {NOT_ASKED} | {who.state_name for who in Responsible}) - NOT_FINAL


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = node.value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield node.targets[0].id, value.value


def _names(tree: ast.Module, constants: dict[str, str]) -> Iterator[str]:
    """What stands behind `name=` of a state, and what is assigned to a variable `name` as a text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _FINAL:
            for keyword in node.keywords:
                if keyword.arg == "name":
                    yield from _texts(keyword.value, constants)
        if isinstance(node, ast.Assign):
            yield from _assigned(node, constants)


def _assigned(node: ast.Assign, constants: dict[str, str]) -> Iterator[str]:
    (target, *_) = node.targets
    if isinstance(target, ast.Name) and target.id == "name":
        yield from (text for text in _texts(node.value, constants) if text[:1].isupper())
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        for part, value in zip(target.elts, node.value.elts, strict=True):
            if isinstance(part, ast.Name) and part.id == "name":
                yield from (text for text in _texts(value, constants) if text[:1].isupper())


def _texts(node: ast.expr, constants: dict[str, str]) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.Name(id=name) if name in constants:
            yield constants[name]
        case ast.IfExp(body=body, orelse=other):
            yield from _texts(body, constants)
            yield from _texts(other, constants)
