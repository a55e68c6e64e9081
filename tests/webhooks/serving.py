"""Servers in threads: the receiver as it is deployed, and a bad line between it and Prefect."""

import asyncio
import re
import socket
import threading
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOLLOWING = ('"any_":["onboarding"]', "changed-while-running", '"id":{"any_":')
"""Of these, one is in every call by which a receiver follows onboardings."""
BUSY = '{"exception_message":"Service Unavailable"}'


class Serving:
    """An ASGI application behind a real socket of its own, in a thread."""

    def __init__(self, app: Starlette, port: int = 0, config: uvicorn.Config | None = None) -> None:
        self._socket = socket.create_server(("127.0.0.1", port), backlog=200)
        self.port = int(self._socket.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        usual = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(config or usual)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def __enter__(self) -> Self:
        # The socket listens already: whoever connects now waits in its backlog.
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._socket.close()


@dataclass
class Fault:
    """What the line does to the next `times` requests whose "METHOD path" or body matches.

    It takes `seconds` more, and answers with `status` (0: the true answer, only late).
    """

    pattern: str
    times: int
    forward: bool = False
    status: int = 503
    body: str = BUSY
    seconds: float = 0.0


@dataclass
class BadLine:
    """A stand-in for the network to Prefect: forwards, remembers, and fails when told.

    With `forward`, a fault loses the answer only: Prefect has done its part.
    """

    prefect: str
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def app(self) -> Starlette:
        methods = ["GET", "POST", "DELETE"]
        return Starlette(routes=[Route("/{path:path}", self._pass_on, methods=methods)])

    def sent(self, pattern: str) -> list[str]:
        """The bodies of the requests whose "METHOD path" matches, in order."""
        return [body for call, body in self.requests if re.search(pattern, call)]

    def calls(self) -> list[str]:
        """Every "METHOD path", in order, but for those of a receiver that looks at the onboardings it follows."""
        return [call for call, body in self.requests if not any(each in call + body for each in FOLLOWING)]

    async def until_sent(self, pattern: str, times: int) -> None:
        """Wait until so many requests matched."""

        def wait() -> bool:
            with self.news:
                return self.news.wait_for(lambda: len(self.sent(pattern)) >= times, 20)

        assert await asyncio.to_thread(wait)

    async def _pass_on(self, request: Request) -> Response:
        body = (await request.body()).decode()
        call = f"{request.method} /{request.path_params['path']}"
        with self.news:
            self.requests.append((call, body))
            self.news.notify_all()
        fault = self._fault(f"{call} {body}")
        if fault:
            await asyncio.sleep(fault.seconds)
        if fault and not fault.forward:
            return Response(fault.body, fault.status)
        async with httpx.AsyncClient(base_url=self.prefect, timeout=60) as client:
            headers = {"Content-Type": "application/json"}
            path = f"{call.split()[1]}?{request.url.query}"
            answer = await client.request(request.method, path, content=body, headers=headers)
        if fault and fault.status:
            return Response(fault.body, fault.status)
        return Response(answer.content, answer.status_code, media_type="application/json")

    def _fault(self, call: str) -> Fault | None:
        for fault in self.faults:
            if fault.times and re.search(fault.pattern, call):
                fault.times -= 1
                return fault
        return None


@dataclass
class Salesforce:
    """The sender's side: what Salesforce does with the receiver."""

    url: str
    token: str
    bearer: str
    client: httpx.AsyncClient

    async def outbound(self, body: Any, *, token: str | None = None, **headers: str) -> httpx.Response:
        sent = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        path = f"/salesforce/outbound-messages/{token or self.token}"
        return await self.client.post(self.url + path, content=body, headers=sent)

    async def callout(self, body: bytes, **headers: str) -> httpx.Response:
        sent = {"Content-Type": "application/json", "Authorization": f"Bearer {self.bearer}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return await self.client.post(f"{self.url}/salesforce/events", content=body, headers=sent)
