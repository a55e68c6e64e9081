"""Connections to the receiver: each has so long to send a request, and no address holds all of them.

A sender who sends nothing, or a byte a second, is cut off by the clock. Where somebody opens very many connections,
each new one ends the oldest that has no whole request. So a good delivery finds room.
"""

import asyncio
from collections import Counter
from typing import Any, ClassVar, Final

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from webhooks.common.observed import RETRY_AFTER

LARGEST_HEAD: Final = 32_768
MOST_OF_UVICORN: Final = 500
"""Beyond it uvicorn answers 503 to everybody; we keep fewer."""
GRACE_SECONDS: Final = 20
FULL: Final = (
    f"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\nRetry-After: {RETRY_AFTER}\r\n\r\n"
).encode()


class GuardedProtocol(H11Protocol):
    """One connection, with a clock for the request that is awaited.

    Attributes:
        head_seconds: for the first line and the headers, and between two requests.
        body_seconds: for the body; a little more than the receiver's own limit, whose answer says what is wrong.
        most_of_an_address: connections of one address before its oldest without a whole request is ended.
        most: connections of all.
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
        """Take it, and end an older one where there are too many."""
        super().connection_made(transport)
        self._watch()
        self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        super().connection_lost(exc)
        self._set_alarm(None)

    def data_received(self, data: bytes) -> None:
        """Take some bytes; they win time only where they complete the head, or the request."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Await the next request."""
        super().on_response_complete()
        self._watch()

    @property
    def is_waiting(self) -> bool:
        """Whether a request, or the rest of one, is still to come."""
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY)

    @property
    def address(self) -> str:
        """Whose connection it is."""
        return self.client[0] if self.client else ""

    def _watch(self) -> None:
        awaited = self.conn.their_state if self.is_waiting else None
        if awaited is not self._awaited:
            self._set_alarm(self.head_seconds if awaited is h11.IDLE else self.body_seconds if awaited else None)
        self._awaited = awaited

    def _set_alarm(self, seconds: float | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = None if seconds is None else self.loop.call_later(seconds, self._cut_off)

    def _cut_off(self) -> None:
        # At once, so that those who come in the same moment are counted right.
        self.connections.discard(self)
        self.transport.abort()

    def _make_room(self) -> None:
        all_of_them = [each for each in self.connections if isinstance(each, GuardedProtocol)]
        by_address = Counter(each.address for each in all_of_them)
        if by_address[self.address] > self.most_of_an_address:
            self._end_oldest([each for each in all_of_them if each.address == self.address])
        elif len(all_of_them) > self.most:
            busiest, _ = by_address.most_common(1)[0]
            ended = self._end_oldest([each for each in all_of_them if each.address == busiest])
            if not ended and not self._end_oldest(all_of_them):
                self.transport.write(FULL)
                self.transport.close()

    def _end_oldest(self, some: "list[GuardedProtocol]") -> bool:
        """End the oldest of them without a whole request; whether there is one."""
        waiting = [each for each in some if each.is_waiting and each is not self]
        if waiting:
            min(waiting, key=lambda each: each._opened_at)._cut_off()  # noqa: SLF001 - of our own class
        return bool(waiting)


def server_config(app: Starlette, protocol: type[GuardedProtocol] = GuardedProtocol, **more: Any) -> uvicorn.Config:
    """How the receiver is served."""
    # No access log: the path of an outbound message holds the token. Our own line names the route.
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        h11_max_incomplete_event_size=LARGEST_HEAD,
        limit_concurrency=MOST_OF_UVICORN,
        log_config=None,
        access_log=False,
        server_header=False,
        **({"timeout_graceful_shutdown": GRACE_SECONDS} | more),
    )
