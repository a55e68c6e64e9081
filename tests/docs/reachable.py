"""The definitions of the product that its entry points reach: a static graph of the names that each one uses.

A name is followed through imports to its definition. An attribute (`client.query`) reaches each method of that name in
every class that is reached: the graph knows no types. So a definition that is reached may be unused all the same. One
that is not reached is unused, unless only a framework calls it (a hook that a subclass overrides).
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
TOP = ""
"""The statements of a module outside its definitions. They run when the module is imported."""


@dataclass
class Module:
    """A module: the nodes of each definition by name, and the origin of each imported name."""

    nodes: dict[str, list[ast.AST]] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)


def load(project: Path, folders: tuple[str, ...]) -> dict[str, Module]:
    """Every module below these folders, by its dotted name."""
    files = [file for folder in folders for file in (project / folder).rglob("*.py")]
    return {dotted(file.relative_to(project)): _module(ast.parse(file.read_text(encoding="utf-8"))) for file in files}


def dotted(file: Path) -> str:
    """The dotted name of a module's file."""
    return ".".join(file.with_suffix("").parts).removesuffix(".__init__")


def reachable(modules: dict[str, Module], roots: Iterator[tuple[str, str]]) -> set[tuple[str, str]]:
    """The definitions, by module and name (`Class.method` for a method), that the roots reach.

    Args:
        modules: by dotted name.
        roots: definitions by module and name; the name `*` stands for everything in the module.
    """
    reached: set[tuple[str, str]] = set()
    attributes: set[str] = set()
    waiting = [(module, each) for module, name in roots for each in (modules[module].nodes if name == "*" else [name])]
    while waiting:
        while waiting:
            module, name = waiting.pop()
            if (module, name) not in reached and name in modules[module].nodes:
                reached.add((module, name))
                waiting += [(module, TOP), *_used(modules, module, name, attributes)]
        waiting = [method for method in _methods(modules, reached, attributes) if method not in reached]
    return reached


def _module(tree: ast.Module) -> Module:
    module = Module({TOP: []})
    for node in ast.walk(tree):
        for alias in getattr(node, "names", []) if isinstance(node, ast.Import | ast.ImportFrom) else []:
            origin = (node.module or "", alias.name) if isinstance(node, ast.ImportFrom) else (alias.name, TOP)
            module.imports[alias.asname or alias.name] = origin
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, DEFINITIONS) and not _is_called_by_others(part)]
            module.nodes |= {f"{node.name}.{method.name}": [method] for method in methods}
            rest = [part for part in node.body if part not in methods]
            module.nodes[node.name] = [*rest, *node.bases, *node.decorator_list]
        elif isinstance(node, DEFINITIONS):
            module.nodes[node.name] = [node]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name in (part.id for part in ast.walk(target) if isinstance(part, ast.Name)):
                    module.nodes.setdefault(name, []).append(node)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            module.nodes[TOP].append(node)
    return module


def _is_called_by_others(method: ast.AST) -> bool:
    """Python calls `__init__` and its like; pydantic calls validators."""
    name = getattr(method, "name", "")
    return name.startswith("__") or any("validator" in ast.unparse(mark) for mark in method.decorator_list)


def _used(modules: dict[str, Module], module: str, name: str, attributes: set[str]) -> Iterator[tuple[str, str]]:
    """The definitions that a definition names. Adds the attributes that it names."""
    for node in (part for root in modules[module].nodes[name] for part in ast.walk(root)):
        if isinstance(node, ast.Name):
            yield from _origin(modules, module, node.id)
        elif isinstance(node, ast.Attribute):
            attributes.add(node.attr)
            yield from _of_module(modules, module, node)


def _origin(modules: dict[str, Module], module: str, name: str) -> Iterator[tuple[str, str]]:
    if name in modules[module].nodes:
        yield module, name
    elif name in modules[module].imports:
        origin, original = modules[module].imports[name]
        if origin in modules:
            yield from _origin(modules, origin, original)


def _of_module(modules: dict[str, Module], module: str, node: ast.Attribute) -> Iterator[tuple[str, str]]:
    """What `module.name` names."""
    origin, original = modules[module].imports.get(ast.unparse(node.value), ("", ""))
    for other in (origin, f"{origin}.{original}"):
        if other in modules:
            yield from _origin(modules, other, node.attr)


def _methods(
    modules: dict[str, Module], reached: set[tuple[str, str]], attributes: set[str]
) -> Iterator[tuple[str, str]]:
    for module, definitions in modules.items():
        for name in definitions.nodes:
            owner, _, method = name.partition(".")
            if method in attributes and (module, owner) in reached:
                yield module, name
