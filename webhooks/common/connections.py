"""Limits of connections to the receiver: a time limit for each request, and a number for each address.

A sender who sends nothing, or very slowly, is disconnected. Beyond the number of connections, each new one closes the
oldest that has not sent a whole request. So slow senders cannot block a delivery.
"""

import asyncio
from collections import Counter
from typing import Any, ClassVar, Final

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from webhooks.common.observed import RETRY_AFTER

MAX_HEAD_BYTES: Final = 32_768
UVICORN_LIMIT: Final = 500
"""With more connections uvicorn answers 503 to everybody; `GuardedProtocol` keeps fewer."""
GRACE_SECONDS: Final = 20
FULL: Final = (
    f"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\nRetry-After: {RETRY_AFTER}\r\n\r\n"
).encode()


class GuardedProtocol(H11Protocol):
    """One connection, with a time limit for the request that it awaits.

    Attributes:
        head_seconds: for the first line and the headers, and between two requests.
        body_seconds: for the body; more than the receiver's own limit, which answers with a reason.
        most_of_an_address: connections of one address.
        most: connections of all addresses.
    """

    head_seconds: ClassVar[float] = 5.0
    body_seconds: ClassVar[float] = 15.0
    most_of_an_address: ClassVar[int] = 100
    most: ClassVar[int] = 400

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._opened_at = self.loop.time()
        self._awaited: Any = None
        self._alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time limit, and close another connection if there are too many."""
        super().connection_made(transport)
        self._watch()
        self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the time limit."""
        super().connection_lost(exc)
        self._set_alarm(None)

    def data_received(self, data: bytes) -> None:
        """Receive bytes; only a complete head or a complete request starts a new time limit."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Start the time limit of the next request."""
        super().on_response_complete()
        self._watch()

    @property
    def is_waiting(self) -> bool:
        """Whether the sender has yet to send a request or the rest of one."""
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY)

    @property
    def address(self) -> str:
        """The sender's IP address."""
        return self.client[0] if self.client else ""

    def _watch(self) -> None:
        awaited = self.conn.their_state if self.is_waiting else None
        if awaited is not self._awaited:
            self._set_alarm(self.head_seconds if awaited is h11.IDLE else self.body_seconds if awaited else None)
        self._awaited = awaited

    def _set_alarm(self, seconds: float | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = None if seconds is None else self.loop.call_later(seconds, self._disconnect)

    def _disconnect(self) -> None:
        # Now, so that connections which arrive in the same moment are counted right.
        self.connections.discard(self)
        self.transport.abort()

    def _make_room(self) -> None:
        connections = [each for each in self.connections if isinstance(each, GuardedProtocol)]
        by_address = Counter(each.address for each in connections)
        if by_address[self.address] > self.most_of_an_address:
            self._close_oldest([each for each in connections if each.address == self.address])
        elif len(connections) > self.most:
            busiest, _ = by_address.most_common(1)[0]
            closed = self._close_oldest([each for each in connections if each.address == busiest])
            if not closed and not self._close_oldest(connections):
                self.transport.write(FULL)
                self.transport.close()

    def _close_oldest(self, connections: "list[GuardedProtocol]") -> bool:
        """Close the oldest that has not sent a whole request; False when there is none."""
        waiting = [each for each in connections if each.is_waiting and each is not self]
        if waiting:
            min(waiting, key=lambda each: each._opened_at)._disconnect()  # noqa: SLF001 - of our own class
        return bool(waiting)


def server_config(app: Starlette, protocol: type[GuardedProtocol] = GuardedProtocol, **more: Any) -> uvicorn.Config:
    """Uvicorn's configuration for the receiver; `more` overrides it."""
    # No access log: the path of an outbound message holds the token. Our own log line names the route.
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        limit_concurrency=UVICORN_LIMIT,
        log_config=None,
        access_log=False,
        server_header=False,
        **({"timeout_graceful_shutdown": GRACE_SECONDS} | more),
    )
