"""The way of a vendor request through the sandbox: journal, faults, latency, then the stand-in itself."""

import asyncio
import re
from typing import Final
from urllib.parse import unquote_plus

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.errors import Refused, recurly_headers, vendor_error
from sandbox.faults import Fault
from sandbox.state import SandboxState

_AT_ROOT: Final = {
    "services": "salesforce",
    "accounts": "recurly",
    "subscriptions": "recurly",
    "sites": "recurly",
    "api": "slack",
}
"""Vendors whose clients take no path prefix, by the first segment of their paths."""
_PAGES: Final = re.compile(
    r"/slack(/|/channels/.*|/files/.*|/press|/shortcut|/submit|/close|/upload)?"
    r"|/lms(/|/companies(/.*)?)?|/recurly(/|/app(/.*)?)?|/outreach(/|/prospects(/.*)?)?|/salesforce/?"
)
"""What people look at and press is no call of a vendor's API: neither journal, faults nor latency are for it."""
_RECORD_PAGES: Final = "/lightning/"
"""Salesforce's own pages: what is changed on them is in the journal, but they meet no faults and no latency."""
_ORDERED: Final = "This fault was ordered."
_REFUSALS: Final[dict[str, dict[str, tuple[int, str, str]]]] = {
    "rate_limit": {
        "": (429, "", _ORDERED),
        "salesforce": (
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        ),
    },
    "expired_session": {
        "": (401, "", _ORDERED),
        "salesforce": (401, "INVALID_SESSION_ID", "Session expired or invalid"),
        "slack": (401, "token_expired", _ORDERED),
    },
    "lock_row": {
        "salesforce": (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
        "lms": (409, "locked", _ORDERED),
        "recurly": (422, "simultaneous_request", _ORDERED),
    },
}
"""By kind and system ("" for the others): status, the vendor's code ("" for the usual one), message."""
_HTML: Final = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class FaultInjectionMiddleware:
    """ASGI application: vendor requests to their stand-ins, everything else to `other`."""

    def __init__(self, sandbox: SandboxState, other: ASGIApp) -> None:
        self._sandbox = sandbox
        self._other = other
        self._routers = {
            name: Router(system.routes, redirect_slashes=False)
            for name, system in sandbox.systems.items()
            if system.routes
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        # The Salesforce CLI begins its paths with two slashes, which Salesforce takes for one.
        system, path = self._addressee(re.sub("^/+", "/", scope["path"])) if scope["type"] == "http" else ("", "")
        if not system:
            await self._other(scope, receive, send)
            return
        body = await _whole_body(receive)
        if body is None:
            return
        query = scope["query_string"].decode("latin-1")
        entry = self._sandbox.journal.arrived(
            system=system, method=scope["method"], path=path, query=query, headers=dict(scope["headers"]), body=body
        )
        target = f"{path}?{unquote_plus(query)}" if query else path
        is_page = system == "salesforce" and path.startswith(_RECORD_PAGES)
        fault = None if is_page else self._sandbox.faults.take(system, scope["method"], target)
        latency = 0.0 if is_page else self._sandbox.latencies.get(system, 0.0)
        own_scope = {**scope, "path": path, "app": self, "sandbox.entry": entry}
        journey = _Journey(own_scope, body, receive, send, latency)
        try:
            await _travel(journey, fault, self._routers[system])
        except asyncio.CancelledError:
            # The server is being stopped, and will not wait for a request that is held.
            await journey.drop()

    def _addressee(self, path: str) -> tuple[str, str]:
        """The system that is meant, and the path without its prefix; ("", "") when none is meant."""
        first, _, rest = path[1:].partition("/")
        if _PAGES.fullmatch(path):
            return "", ""
        if first in self._routers:
            return first, f"/{rest}"
        return (_AT_ROOT[first], path) if first in _AT_ROOT else ("", "")


class _Journey:
    """One request on its way: answered, or left without an answer."""

    def __init__(self, scope: Scope, body: bytes, receive: Receive, send: Send, latency: float) -> None:
        self.scope = scope
        self._body: bytes | None = body
        self._receive = receive
        self._send = send
        self._latency = latency

    @property
    def sent(self) -> str:
        """The request as it came: its body and its headers."""
        headers = "; ".join(f"{name.decode()}: {value.decode()}" for name, value in self.scope["headers"])
        return f"{(self._body or b'').decode(errors='replace')} {headers}"

    async def receive(self) -> Message:
        """The request's body, which was read before, then whatever comes from the connection."""
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        """Send on to the client, after the latency, and note the status."""
        if message["type"] == "http.response.start":
            if self._latency:
                await asyncio.sleep(self._latency)
            self.scope["sandbox.entry"]["status"] = message["status"]
        await self._send(message)

    async def answer(self, application: ASGIApp) -> None:
        """Let the application act and answer."""
        await self._act(application, self.send)

    async def lose(self, application: ASGIApp) -> None:
        """Let the application act, and lose its answer."""

        async def lost(_message: Message) -> None:
            return

        await self._act(application, lost)
        await self.drop()

    async def _act(self, application: ASGIApp, send: Send) -> None:
        path = self.scope["path"]
        try:
            await application(self.scope, self.receive, send)
        except Refused as no:
            refusal = vendor_error(self._system, no.status, no.code, str(no), path=path, **no.details)
            await refusal(self.scope, self.receive, send)
        except HTTPException as no:
            refusal = vendor_error(self._system, no.status_code, "", no.detail, path=path)
            await refusal(self.scope, self.receive, send)
        except Exception:
            self.scope["sandbox.entry"]["status"] = 500
            raise

    async def drop(self) -> None:
        """Close the connection without an answer."""
        self.scope["state"]["connection"].abort()
        await self._gone()

    async def hold(self, seconds: float) -> None:
        """Wait, but no longer than the client does."""
        self._body = None
        try:
            await asyncio.wait_for(self._gone(), seconds)
        except TimeoutError:
            return

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    @property
    def _system(self) -> str:
        return str(self.scope["sandbox.entry"]["system"])


async def _travel(journey: _Journey, fault: Fault | None, router: ASGIApp) -> None:
    """Let the request be answered, or meet its fault."""
    if fault is None:
        await journey.answer(router)
        return
    journey.scope["sandbox.entry"]["fault"] = fault.kind
    match fault.kind:
        case "slow":
            await asyncio.sleep(fault.held)
            await journey.answer(router)
        case "timeout":
            await journey.hold(fault.held)
            await journey.drop()
        case "drop_before":
            await journey.drop()
        case "drop_after":
            await journey.lose(router)
        case "forget":
            journey.scope["sandbox.forget"] = True
            await journey.answer(router)
        case _:
            await journey.answer(_spoilt(fault, journey.scope["path"], journey.sent))


def _spoilt(fault: Fault, path: str, sent: str) -> Response:
    """The answer of a fault that answers, without anything having been processed."""
    system = fault.system
    vendors_own = recurly_headers() if system == "recurly" else None
    match fault.kind:
        case "malformed":
            return Response('{"id": "0', 200, vendors_own, "application/json")
        case "html":
            return HTMLResponse(_HTML, fault.status or 200, vendors_own)
        case "error":
            return vendor_error(system, fault.status or 500, fault.code, _ORDERED, path=path)
        case "echo":
            # A vendor that complains of a request by repeating it, its credentials too.
            return vendor_error(system, fault.status or 400, fault.code or sent, sent, path=path)
        case _:
            refusals = _REFUSALS[fault.kind]
            status, code, message = refusals[system if system in refusals else ""]
            return vendor_error(system, status, code, message, path=path)


async def _whole_body(receive: Receive) -> bytes | None:
    """The request's body; None when the client left before it was whole."""
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        more = bool(message.get("more_body"))
    return b"".join(parts)
