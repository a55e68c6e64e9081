"""A local web server that answers as it is told: for what no well-behaved vendor would say."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    hold: bool = False
    drip: float = 0
    """Seconds between the bytes of the body."""


def says(value: Any, status: int = 200, **headers: str) -> Reply:
    """A reply with this value as JSON."""
    return Reply(status, json.dumps(value).encode(), headers)


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is no error of the vendor."""


class Vendor:
    """Gives the replies in order, the last one again and again."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self._replies: list[Reply | Callable[[Received], Reply]] = []
        self._released = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def will_say(self, *replies: Reply | Callable[[Received], Reply]) -> None:
        self.received.clear()
        self._replies = list(replies)

    def reply_to(self, received: Received) -> Reply:
        self.received.append(received)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        reply = reply(received) if callable(reply) else reply
        if reply.hold:
            self._released.wait(30)
        return reply

    def drip(self, out: BufferedIOBase, reply: Reply) -> None:
        for byte in reply.body:
            out.write(bytes([byte]))
            out.flush()
            self._released.wait(reply.drip)

    def close(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()


def _handler(vendor: Vendor) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Without it a keep-alive answer waits for the acknowledgement of its headers.
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            received = Received(self.command, self.path, dict(self.headers), body)
            reply = vendor.reply_to(received)
            if reply.drop or reply.hold:
                self.close_connection = True
                return
            self.send_response(reply.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(reply.body))}
            for name, value in {**headers, **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if reply.drip:
                vendor.drip(self.wfile, reply)
            else:
                self.wfile.write(reply.body)
            # An answer that promises more than comes is one that breaks off.
            self.close_connection = "Content-Length" in reply.headers

        do_GET = do_POST = do_PATCH = do_PUT = _answer  # noqa: N815 -- names of the library

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def started() -> Iterator[Vendor]:
    vendor = Vendor()
    try:
        yield vendor
    finally:
        vendor.close()
