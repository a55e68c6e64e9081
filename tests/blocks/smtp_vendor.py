"""A mail server that replies as it is told, line by line: for what no well-behaved one would say."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

USUAL = {"": "220 mail", "EHLO": "250 mail", "AUTH": "235 welcome", "DATA": "354 go on", ".": "250 taken"}
DROP, HOLD = "(drop)", "(hold)"
"""Instead of a reply: break off, or never say anything."""


class SmtpVendor:
    """Replies by the command's first word; "" is the greeting, "." the end of the mail; all others are fine."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.replies: dict[str, list[str]] = {}
        self.released = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def will_say(self, command: str, *replies: str) -> None:
        """To this command these replies, the last one again and again."""
        self.replies[command] = list(replies)

    def reply_to(self, command: str) -> str:
        replies = self.replies.get(command) or [USUAL.get(command, "250 fine")]
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def _handler(vendor: SmtpVendor) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            command, data = "", False
            while True:
                reply = vendor.reply_to(command) if not data else ""
                if reply == HOLD:
                    vendor.released.wait(30)
                if reply in (DROP, HOLD):
                    return
                if reply:
                    self.wfile.write(f"{reply}\r\n".encode())
                data = data or (command == "DATA" and reply.startswith("354"))
                line = self.rfile.readline().decode().rstrip("\r\n")
                if not line and not data:
                    return
                vendor.received.append(line)
                if data and line == ".":
                    command, data = ".", False
                elif not data:
                    command = line.split(" ")[0].upper()

    return Handler


@contextmanager
def listening() -> Iterator[SmtpVendor]:
    vendor = SmtpVendor()
    try:
        yield vendor
    finally:
        vendor.close()
