"""A stand-in for the methods of Slack's Web API that the receiver calls about shared files."""

import asyncio
import queue
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

CSM_CHANNEL, ANOTHER_CHANNEL, PAT, BOT = "C0000000007", "C0000000008", "U123", "U0BOT"


class SlackWebApiStub:
    """One workspace; `token` is what it must be asked with."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.begin()

    def begin(self) -> None:
        """Reset. `says` holds other responses by method; every response takes `seconds`."""
        self.file: dict[str, Any] = {"name": "book.xlsx", "user": PAT}
        self.says: dict[str, tuple[int, bytes]] = {}
        self.seconds = 0.0
        self._asked: queue.Queue[str] = queue.Queue()

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/api/{method}", self._take, methods=["POST", "GET"])])

    def asked(self) -> list[str]:
        """The methods that were called since it was last asked this, in order."""
        return [self._asked.get_nowait() for _ in range(self._asked.qsize())]

    async def _take(self, request: Request) -> Response:
        assert request.headers["authorization"] == f"Bearer {self.token}"
        method = request.path_params["method"]
        self._asked.put(method)
        await asyncio.sleep(self.seconds)
        if method in self.says:
            status, body = self.says[method]
            return Response(body, status, {"Location": "/api/elsewhere"})
        return JSONResponse(self._answer(method, dict(await request.form())))

    def _answer(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        channels = {CSM_CHANNEL: {"name": "cs-operations"}, ANOTHER_CHANNEL: {"name": "random"}}
        users = {PAT: {"name": "pat", "real_name": "Pat Lee"}, BOT: {"name": "lifecycle", "is_bot": True}}
        kind, known = {
            "files.info": ("file", {given.get("file"): self.file}),
            "users.info": ("user", users),
            "conversations.info": ("channel", channels),
        }[method]
        found = known.get(given.get(kind))
        return {"ok": True, kind: found} if found else {"ok": False, "error": f"{kind}_not_found"}
