"""The contract of the LMS: the OpenAPI document, read as its checks need it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match

from deployments.stack.settings import PROJECT

DOCUMENT = "docs/going-live/lms-openapi.yaml"
_METHODS = ("get", "post", "put", "patch", "delete")
_JSON = "application/json"


@dataclass(frozen=True)
class Operation:
    """A call of the contract.

    Attributes:
        id: its operationId.
        method: in capitals.
        path: with the names of ids in braces.
        place: where the document describes it: file and line.
        responses: by status, or `default`.
    """

    id: str
    method: str
    path: str
    place: str
    responses: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"

    def path_with(self, record_id: str) -> str:
        """The path with an id in the place of its name in braces."""
        before, brace, rest = self.path.partition("{")
        return f"{before}{quote(record_id, safe='')}{rest.partition('}')[2]}" if brace else before


class Contract:
    """The document.

    Attributes:
        document: as it is written, references not resolved.
        operations: by operationId.
    """

    def __init__(self) -> None:
        text = (PROJECT / DOCUMENT).read_text(encoding="utf-8")
        self.document: dict[str, Any] = yaml.safe_load(text)
        self.operations = {one.id: one for one in self._operations(_lines(text))}

    @property
    def modules(self) -> list[str]:
        """The ids of modules that the document names."""
        return list(self.document["components"]["schemas"]["Module"]["examples"])

    def problem(self, operation: Operation, status: int, body: Any) -> str:
        """The first thing in a response that is not as the document has it; "" if all is."""
        return self.violation(self._response_schema(operation, status, code_of(body)), body)

    def violation(self, schema: Mapping[str, Any], value: Any) -> str:
        """The first thing in a value that is not as the schema has it; "" if all is."""
        whole = {**schema, "components": self.document["components"]}
        error = best_match(Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(value))
        if error is None:
            return ""
        place = error.json_path.removeprefix("$").removeprefix(".")
        return f"{place}: {error.message}" if place else error.message

    def codes(self, operation: Operation, status: str) -> list[str]:
        """The codes of error that the document lists for a status of a call."""
        schema = self._content(operation.responses[status])
        return [code for one in schema.get("oneOf", [schema]) if (code := self._code(one))]

    def resolve(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """The value, or the one that it refers to."""
        while "$ref" in value:
            found: Any = self.document
            for step in value["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            value = found
        return value

    def _operations(self, lines: Mapping[tuple[str, str], int]) -> Iterator[Operation]:
        for path, item in self.document["paths"].items():
            for method in _METHODS:
                if described := item.get(method):
                    place = f"{DOCUMENT}:{lines[path, method]}"
                    yield Operation(described["operationId"], method.upper(), path, place, described["responses"])

    def _response_schema(self, operation: Operation, status: int, code: str) -> Mapping[str, Any]:
        """The schema of a response; of several errors the one with this code, for a message that fits."""
        schema = self._content(operation.responses.get(str(status), operation.responses["default"]))
        return next((one for one in schema.get("oneOf", []) if self._code(one) == code), schema)

    def _content(self, response: Mapping[str, Any]) -> Mapping[str, Any]:
        schema: Mapping[str, Any] = self.resolve(response)["content"][_JSON]["schema"]
        return schema

    def _code(self, schema: Mapping[str, Any]) -> str:
        for part in self.resolve(schema).get("allOf", []):
            error = part.get("properties", {}).get("error", {}).get("properties", {})
            if "code" in error:
                return str(error["code"]["const"])
        return ""


def code_of(body: Any) -> str:
    """The code of an error; "" if there is none."""
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("code", "")) if isinstance(error, dict) else ""


def _lines(text: str) -> dict[tuple[str, str], int]:
    """The line of each call, by path and method."""
    root = yaml.compose(text)
    assert root is not None
    paths = next(value for key, value in root.value if key.value == "paths")
    return {
        (path.value, method.value): method.start_mark.line + 1 for path, item in paths.value for method, _ in item.value
    }
