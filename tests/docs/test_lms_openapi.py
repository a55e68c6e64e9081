"""docs/going-live/lms-openapi.yaml is valid, agrees with itself, and has the calls of the sandbox's LMS."""

import re
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from openpyxl import load_workbook

from deployments.contract.document import DOCUMENT, Contract
from sandbox.app import create_app
from sandbox.lms.store import MODULES
from sandbox.state import Credentials, SandboxState

PROJECT = Path(__file__).parents[2]
SANDBOX_ONLY = {("POST", "/api/companies/{}/users")}
"""Adds a user, with a welcome e-mail: for the tests of no-welcome clients. No client of this project calls it."""
CONTRACT = Contract()


def test_the_document_is_valid():
    assert [error.message for error in OpenAPIV31SpecValidator(CONTRACT.document).iter_errors()] == []


def examples(value, place=""):
    """Every schema with an example of it, and where it is."""
    if isinstance(value, dict):
        if "schema" in value:
            found = [*([value["example"]] if "example" in value else [])]
            found += [one["value"] for one in value.get("examples", {}).values()]
            yield from ((place, value["schema"], one) for one in found)
        elif isinstance(value.get("examples"), list):
            yield from ((place, value, one) for one in value["examples"])
        for name, inner in value.items():
            yield from examples(inner, f"{place}/{name}")


@pytest.mark.parametrize("example", [pytest.param(one[1:], id=one[0]) for one in examples(CONTRACT.document)])
def test_an_example_is_as_its_schema_says(example):
    assert not CONTRACT.violation(*example)


def test_there_are_examples():
    assert len(list(examples(CONTRACT.document))) > 20


def routes():
    """Method and path of every call of the sandbox's LMS."""
    sandbox = SandboxState(Credentials.from_environment({}))
    create_app(sandbox)
    for route in sandbox.systems["lms"].routes:
        yield from ((method, re.sub(r"{\w+}", "{}", route.path)) for method in route.methods - {"HEAD"})


def test_the_sandbox_has_the_calls_of_the_document():
    documented = {(one.method, re.sub(r"{\w+}", "{}", one.path)) for one in CONTRACT.operations.values()}
    assert set(routes()) - SANDBOX_ONLY == documented


def test_every_place_is_the_line_of_the_call():
    lines = (PROJECT / DOCUMENT).read_text(encoding="utf-8").splitlines()
    for operation in CONTRACT.operations.values():
        file, _, line = operation.place.partition(":")
        assert (file, lines[int(line) - 1].strip()) == (DOCUMENT, f"{operation.method.lower()}:")


def test_the_modules_are_those_of_the_permission_matrix_and_of_the_sandbox():
    rows = load_workbook(PROJECT / "deployments/Permissions.xlsx").active.iter_rows(min_row=2, min_col=2)
    cells = {name.strip() for row in rows for cell in row for name in str(cell.value).split(",")}
    assert set(CONTRACT.modules) == cells == set(MODULES)


@pytest.mark.parametrize("operation", CONTRACT.operations.values(), ids=lambda one: one.id)
def test_every_call_has_the_common_errors_and_every_other_error_has_a_code(operation):
    assert {"401", "429", "503", "default"} <= operation.responses.keys()
    own = operation.responses.keys() - {"200", "201", "429", "503", "default"}
    assert [status for status in own if not CONTRACT.codes(operation, status)] == []
