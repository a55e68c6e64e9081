"""Calls to the server under test, by plain HTTP: what every response must be like, whatever the call."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import httpx
from pydantic import SecretStr

from blocks.common.http import retry_after
from deployments.contract.document import Contract, Operation, code_of

AT_ONCE = 8
"""Requests that the server gets at the same time. The project sends up to 10 from each of its processes."""
SECONDS = 10
"""For which a response is waited for."""
LONGEST_PAUSE = 10
"""Seconds of a `Retry-After` that are waited."""
_TRIES = 3
_SHOWN = 200
"""Characters of a response that are shown."""
_SHORTEST_KEY = 8
"""Characters of a key that is looked for: a shorter one may be an ordinary word."""
_BUSY = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)


class Mismatch(Exception):
    """Raised when the server does not keep the contract."""

    def __init__(self, operation: Operation, expected: str, received: str) -> None:
        super().__init__(f"{operation.name}: expected {expected}; received {received}")
        self.operation, self.expected, self.received = operation, expected, received


@dataclass(frozen=True)
class Reply:
    """A response: JSON, and without a secret."""

    operation: Operation
    status: int
    body: Any
    contract: Contract

    def expect(self, *statuses: int, code: str = "") -> Any:
        """The body, which is as the document describes it for this status.

        Raises:
            Mismatch: another status, another code, or a field that is missing or wrong.
        """
        wanted = f"{' or '.join(map(str, statuses))}{f' with the code {code}' if code else ''}"
        if self.status not in statuses or (code and code_of(self.body) != code):
            raise Mismatch(self.operation, wanted, f"{self.status} {self.shown}")
        if problem := self.contract.problem(self.operation, self.status, self.body):
            raise Mismatch(self.operation, f"{wanted}, as the document describes the body", problem)
        return self.body

    def expect_value(self, what: str, expected: object, received: object) -> None:
        """Compare a value of the body.

        Raises:
            Mismatch: it is another.
        """
        if expected != received:
            raise Mismatch(self.operation, f"{what} {_text(expected)}", _text(received))

    def expect_fields(self, expected: Mapping[str, object], record: Mapping[str, object]) -> None:
        """Compare fields of a record; an amount may be written as a text or as a number.

        Raises:
            Mismatch: names the first field that is another.
        """
        for name, value in expected.items():
            read = _amount if name == "planAmount" else _as_it_is
            self.expect_value(name, read(value), read(record.get(name)))

    @property
    def shown(self) -> str:
        """The beginning of the body."""
        return _text(self.body)


class Server:
    """The server under test.

    Args:
        http: a client with the server's address, without a key.
        api_key: the right one.
        contract: the document.
    """

    def __init__(self, http: httpx.AsyncClient, api_key: SecretStr, contract: Contract) -> None:
        self.contract = contract
        self._http, self._api_key, self._gate = http, api_key, asyncio.Semaphore(AT_ONCE)

    async def call(
        self,
        operation: str,
        record_id: str = "",
        *,
        api_key: SecretStr | None = None,
        idempotency_key: str = "",
        **request: Any,
    ) -> Reply:
        """Make one call; if the server is busy, again after the pause that it asks for.

        Args:
            operation: an operationId of the document.
            record_id: the id in the path.
            api_key: another one than the right one.
            idempotency_key: of a POST.
            request: `params`, `data` or `json`.

        Raises:
            Mismatch: no response in time, none that is JSON, one with a secret, or a busy server without a pause.
        """
        called = self.contract.operations[operation]
        key = api_key or self._api_key
        headers = {"X-API-Key": key.get_secret_value()}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        secrets = _secrets(key, request.get("data", {}))
        for attempt in range(_TRIES):
            response = await self._send(called, record_id, headers=headers, **request)
            reply = self._reply(called, response, secrets)
            if response.status_code not in _BUSY:
                return reply
            pause = _pause(reply, response.headers)
            if attempt < _TRIES - 1:
                await asyncio.sleep(pause)
        raise Mismatch(called, "a response", f"{reply.status} {_TRIES} times in a row")

    async def _send(self, operation: Operation, record_id: str, **request: Any) -> httpx.Response:
        try:
            async with self._gate:
                return await self._http.request(operation.method, operation.path_with(record_id).lstrip("/"), **request)
        except httpx.TimeoutException:
            raise Mismatch(operation, f"a response within {SECONDS} seconds", "none") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Mismatch(operation, "a response", f"the connection failed: {type(error).__name__}") from None

    def _reply(self, operation: Operation, response: httpx.Response, secrets: list[str]) -> Reply:
        try:
            body = json.loads(response.content)
        except (ValueError, RecursionError):
            kind = response.headers.get("Content-Type", "no type")
            raise Mismatch(operation, "JSON", f"{response.status_code} with {kind}") from None
        whole = f"{response.headers}{json.dumps(body, ensure_ascii=False)}"
        if any(secret in whole for secret in secrets):
            raise Mismatch(operation, "no secret in the response", "the API key or the password that we sent")
        return Reply(operation, response.status_code, body, self.contract)


def _secrets(key: SecretStr, form: Mapping[str, str]) -> list[str]:
    """What a response must not repeat. The password is one of ours, and no ordinary word."""
    keys = [key.get_secret_value()] if len(key) >= _SHORTEST_KEY else []
    return [*keys, form["password"]] if "password" in form else keys


def _pause(reply: Reply, headers: Mapping[str, str]) -> float:
    """The seconds that a busy server asks us to wait."""
    pause = retry_after(headers)
    if pause is None:
        found = headers.get("Retry-After")
        raise Mismatch(
            reply.operation, f"{reply.status} with Retry-After", f"Retry-After: {found}" if found else "none"
        )
    reply.expect(reply.status)
    return min(pause, LONGEST_PAUSE)


def _text(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"


def _amount(value: object) -> object:
    try:
        return format(Decimal(str(value)).normalize(), "f")
    except InvalidOperation:
        return value


def _as_it_is(value: object) -> object:
    return value
