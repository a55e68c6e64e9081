"""What goes between a client and the stand-in LMS, held against docs/going-live/lms-openapi.yaml."""

import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, unquote

import httpx

from deployments.contract.document import Contract, Operation

CONTRACT = Contract()
_FORM = "application/x-www-form-urlencoded"


class Traffic:
    """The responses of a client, each with its request.

    Args:
        prefix: the path of the stand-in.
    """

    def __init__(self, prefix: str = "/lms") -> None:
        self._prefix = prefix
        self.responses: list[httpx.Response] = []

    async def note(self, response: httpx.Response) -> None:
        """The hook of an asynchronous client."""
        await response.aread()
        self.responses.append(response)

    def note_now(self, response: httpx.Response) -> None:
        """The hook of a client without asyncio."""
        response.read()
        self.responses.append(response)

    @property
    def operations(self) -> set[str]:
        """The calls that succeeded, by operationId."""
        return {one.id for response in self.responses if response.is_success and (one := self._operation(response))}

    def violations(self) -> list[str]:
        """What is not as the document has it: calls, responses, and requests that were accepted."""
        accepted = [one for one in self.responses if one.is_success]
        unknown = [f"{_name(one)}: no call of the document" for one in self.responses if not self._operation(one)]
        return [*unknown, *self.wrong_responses(), *self._described(accepted, _of_request)]

    def wrong_responses(self) -> list[str]:
        """What is not as the document has it in the responses of its calls."""
        return self._described(self.responses, _of_response)

    def _described(
        self, responses: list[httpx.Response], problems: Callable[[Operation, httpx.Response], Iterator[str]]
    ) -> list[str]:
        """The problems of those that belong to a call of the document."""
        known = [(operation, one) for one in responses if (operation := self._operation(one))]
        return [f"{_name(one)}: {problem}" for operation, one in known for problem in problems(operation, one)]

    def _operation(self, response: httpx.Response) -> Operation | None:
        path = response.url.raw_path.decode().partition("?")[0].removeprefix(self._prefix)
        for operation in CONTRACT.operations.values():
            if response.request.method == operation.method and re.fullmatch(
                re.sub(r"{\w+}", "[^/]+", operation.path), path
            ):
                return operation
        return None


def _name(response: httpx.Response) -> str:
    return f"{response.request.method} {response.url}, answered with {response.status_code}"


def _of_response(operation: Operation, response: httpx.Response) -> Iterator[str]:
    if problem := CONTRACT.problem(operation, response.status_code, json.loads(response.content)):
        yield f"response: {problem}"
    headers = CONTRACT.resolve(operation.responses.get(str(response.status_code), {})).get("headers", {})
    yield from (f"response without {name}" for name in headers if name not in response.headers)


def _of_request(operation: Operation, response: httpx.Response) -> Iterator[str]:
    request = response.request
    item = CONTRACT.document["paths"][operation.path]
    described = item[operation.method.lower()]
    parameters = [CONTRACT.resolve(one) for one in (*item.get("parameters", ()), *described.get("parameters", ()))]
    yield from _of_query({one["name"]: one for one in parameters if one["in"] == "query"}, request)
    for one in parameters:
        if one["in"] == "header" and (problem := CONTRACT.violation(one["schema"], request.headers.get(one["name"]))):
            yield f"{one['name']}: {problem}"
    if "X-API-Key" not in request.headers:
        yield "no key"
    if "requestBody" in described:
        yield from _of_body(described["requestBody"]["content"], request)


def _of_query(known: dict[str, dict], request: httpx.Request) -> Iterator[str]:
    sent = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
    yield from (f"unknown parameter {name}" for name in sent.keys() - known.keys())
    yield from (f"no {name}" for name, one in known.items() if one.get("required") and name not in sent)
    for name in sent.keys() & known.keys():
        schema = CONTRACT.resolve(known[name]["schema"])
        value = {"integer": int, "array": lambda text: text.split(",")}.get(schema["type"], unquote)(sent[name])
        if problem := CONTRACT.violation(schema, value):
            yield f"{name}: {problem}"


def _of_body(content: dict[str, dict], request: httpx.Request) -> Iterator[str]:
    kind = request.headers["Content-Type"]
    if kind not in content:
        yield f"Content-Type {kind}"
        return
    text = request.content.decode()
    body = dict(parse_qsl(text, keep_blank_values=True)) if kind == _FORM else json.loads(text)
    if problem := CONTRACT.violation(content[kind]["schema"], body):
        yield f"body: {problem}"
