"""A call of the REST API, on its own or inside a composite, and its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce.errors import SalesforceError


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        path: below the version: `sobjects/Account/001…`.
        version: as in the path: `v59.0`.
        headers: names in lower case.
        body: the JSON value, None when there is no body.
    """

    method: str
    path: str
    version: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def base(self) -> str:
        """The path up to the version, as urls in answers begin."""
        return f"/services/data/{self.version}"

    def json_object(self) -> dict[str, Any]:
        """The body, which must be an object."""
        if not isinstance(self.body, dict):
            raise SalesforceError("JSON_PARSER_ERROR", "The HTTP entity body is required to be a JSON object")
        return self.body


@dataclass(frozen=True)
class Answer:
    """Status, JSON body (None: no body) and headers; `raw` is a file's content."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None


def said(no: SalesforceError) -> Answer:
    """A refusal as an answer."""
    return Answer(no.status, no.body())
