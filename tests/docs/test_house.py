"""The project's dependencies and layout (CARD-2, CARD-3)."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.scenarios.moving_accounts import BOOK

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "package", ["prefect", "simple-salesforce", "recurly", "httpx", "pandas", "slack-sdk", "pytest"]
)
def test_card_2_the_wanted_packages_are_declared(package):
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    assert package in {re.split(r"[^A-Za-z0-9_-]", requirement)[0] for requirement in declared}


@pytest.mark.parametrize("folder", ["flows", "tasks", "blocks", "deployments", "tests"])
def test_card_3_the_folders_of_the_top_level_are_as_wanted(folder):
    assert any((PROJECT / folder).glob("*.py"))


@pytest.mark.parametrize("file", ["prefect.yaml", "pyproject.toml", "README.md"])
def test_card_3_the_files_of_the_top_level_are_as_wanted(file):
    assert (PROJECT / file).is_file()


def imported(file: Path) -> Iterator[str]:
    """The dotted names that a file imports: modules, and what it takes from them."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            yield from (f"{module}{alias.name}" for alias in node.names)


def test_no_file_imports_from_a_test_file():
    """What several tests need stands in a module beside them or in `tests/support/`."""
    files = (PROJECT / "tests").rglob("*.py")
    wrong = [(file.name, name) for file in files for name in imported(file) if re.search(r"(^|\.)test_", name)]
    assert wrong == []


def test_no_two_files_move_the_same_account_of_the_demo_world():
    """These tests share one sandbox: an account that another file moved has a second checklist and a second call."""
    files = [file for folder in ("flows", "faults", "support") for file in (PROJECT / "tests" / folder).glob("*.py")]
    texts = {file.name: file.read_text(encoding="utf-8") for file in files}
    users = {one.company: [name for name, text in texts.items() if one.company in text] for one in BOOK}
    assert {name: found for name, found in users.items() if len(found) > 1} == {}
