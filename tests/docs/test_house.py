"""The project's dependencies and layout (CARD-2, CARD-3)."""

import re
import tomllib
from pathlib import Path

import pytest

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
