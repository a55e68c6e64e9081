"""The cards of the runbook, and what the code needs a card for: names of states, kinds of findings."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.docs.ends_table import PROJECT, states_in_code

CHECKED = (PROJECT / "tasks/health", PROJECT / "blocks")
"""Where findings of `lifecycle check` are made."""


def cards(page: str) -> dict[str, str]:
    """The text of each card of a page, by its heading."""
    _, *sections = (PROJECT / "docs" / f"{page}.md").read_text(encoding="utf-8").split("\n## ")
    return {title: text for title, _, text in (section.partition("\n") for section in sections)}


def states() -> list[str]:
    """The name of every final state."""
    return sorted(states_in_code())


def kinds() -> list[str]:
    """The kind of every finding, else its name; a finding without either is a mistake."""
    texts = {file: file.read_text(encoding="utf-8") for folder in CHECKED for file in folder.rglob("*.py")}
    found = (_kinds(ast.parse(text), file) for file, text in texts.items() if "Check(" in text)
    return sorted({kind for several in found for kind in several})


def _kinds(tree: ast.Module, file: Path) -> Iterator[str]:
    named = _that_take_a_name(tree)
    for function in _functions(tree):
        texts = _texts(tree.body) | _texts(ast.walk(function))
        for call in _calls(function):
            if _called(call) == "Check":
                text = _kind(call) or _text(call.args[0], texts)
                assert text or function.name in named, f"{file}:{call.lineno}: this finding needs a kind"
                yield from [text] if text else []
            elif _called(call) in named and call.args and (text := _text(call.args[0], texts)):
                yield text


def _kind(call: ast.Call) -> str:
    given = {keyword.arg: keyword.value for keyword in call.keywords}.get("kind")
    return given.value if isinstance(given, ast.Constant) else ""


def _text(node: ast.expr, texts: dict[str, str]) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return texts.get(node.id, "") if isinstance(node, ast.Name) else ""


def _texts(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """The variables that hold a text, also of a pair: `name, path = "outbound messages", …`."""
    pairs: list[tuple[ast.expr, ast.expr]] = []
    for node in nodes:
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            both = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            pairs += zip(target.elts, value.elts, strict=True) if both else [(target, value)]
    return {
        target.id: str(value.value)
        for target, value in pairs
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant)
    }


def _that_take_a_name(tree: ast.Module) -> set[str]:
    """The functions that make a finding and whose first parameter is its name: each call of them names one."""
    own = (one for one in _functions(tree) if any(_called(call) == "Check" for call in _calls(one)))
    return {one.name for one in own if one.args.args and one.args.args[0].arg == "name"}


def _functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _calls(node: ast.AST) -> list[ast.Call]:
    return [each for each in ast.walk(node) if isinstance(each, ast.Call)]


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", "")
