"""Servers for the contract test: the stand-in LMS in this process, and one that breaks a promise."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import httpx

from deployments.contract.document import Contract
from sandbox.app import create_app
from sandbox.control import Reset, fresh_world
from sandbox.state import Credentials, SandboxState

KEY = "sandbox-lms-api-key"
_CONTRACT = Contract()


@dataclass
class Exchange:
    """A request to the stand-in and its response, which a fault may change.

    Attributes:
        operation: its operationId; "" for no call of the document.
        key: the request's idempotency key.
        sent: its form, JSON object or query.
    """

    operation: str
    key: str
    sent: dict[str, Any]
    status: int
    body: Any

    @property
    def code(self) -> str:
        return self.body.get("error", {}).get("code", "")


Fault = Callable[[Exchange], None]


class FaultyTransport(httpx.AsyncBaseTransport):
    """Gives each response of the stand-in to faults.

    Args:
        busy: answers in the place of the stand-in, unless it returns None; it gets the operationId.
    """

    def __init__(self, *faults: Fault, busy: Callable[[str], httpx.Response | None]) -> None:
        sandbox = SandboxState(Credentials.from_environment({"SANDBOX_LMS_API_KEY": KEY}))
        self._inner = httpx.ASGITransport(create_app(sandbox))
        fresh_world(sandbox, Reset(world="empty"))
        self._faults, self._busy = faults, busy

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        operation = _operation(request)
        if refusal := self._busy(operation):
            return refusal
        response = await self._inner.handle_async_request(request)
        exchange = Exchange(
            operation=operation,
            key=request.headers.get("Idempotency-Key", ""),
            sent=_sent(request),
            status=response.status_code,
            body=json.loads(await response.aread()),
        )
        for fault in self._faults:
            fault(exchange)
        return httpx.Response(exchange.status, json=exchange.body)


def client_of(
    *faults: Fault, busy: Callable[[str], httpx.Response | None] = lambda _operation: None
) -> httpx.AsyncClient:
    """A client of a stand-in with these faults."""
    return httpx.AsyncClient(base_url="http://lms.test/lms/", transport=FaultyTransport(*faults, busy=busy))


def _operation(request: httpx.Request) -> str:
    path = request.url.path.removeprefix("/lms")
    for one in _CONTRACT.operations.values():
        if request.method == one.method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", one.path), path):
            return one.id
    return ""


def _sent(request: httpx.Request) -> dict[str, Any]:
    if request.headers.get("Content-Type") == "application/json":
        return dict(json.loads(request.content))
    return dict(parse_qsl(request.content.decode() or request.url.query.decode(), keep_blank_values=True))
