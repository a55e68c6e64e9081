"""The sandbox as one process on the loopback."""

import json
import socket
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_IDLE_SECONDS: Final = 75
_LEAVING_SECONDS: Final = 1
LOOPBACK: Final = "127.0.0.1"


class Connection(HttpToolsProtocol):
    """An HTTP connection that an application can break off: ASGI itself has no word for that."""

    def on_message_begin(self) -> None:
        """Hand the application its connection with each request."""
        super().on_message_begin()
        self.scope["state"]["connection"] = self.transport


class _Announcing(uvicorn.Server):
    """A server that prints one line of JSON once it accepts connections."""

    def __init__(self, config: uvicorn.Config, announcement: dict[str, str]) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        print(json.dumps(self._announcement), flush=True)  # noqa: T201 - the ready line others wait for


def listener(port: int) -> socket.socket:
    """A socket bound to the loopback; port 0 takes a free one."""
    # The protocol is named because asyncio switches Nagle's algorithm off only then: 40 ms an answer otherwise.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((LOOPBACK, port))
    return listening


async def serve(application: ASGIApp, port: int, **also: str) -> None:
    """Serve until told to stop. Port 0 takes a free one; the ready line tells which, and what else is to be told."""
    listening = listener(port)
    url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        application,
        http=Connection,
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_LEAVING_SECONDS,
    )
    await _Announcing(config, {"sandbox": url, **also}).serve([listening])
