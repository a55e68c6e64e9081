"""Asking a busy database again, within the server (docs/decisions/0007-a-busy-database.md)."""

import asyncio
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds before each repeat of a request that the database was too busy for; then the client is told."""
_BUSY = 503


class AskAgain:
    """Repeats a request that is answered with 503, within the server: nothing of it was done."""

    def __init__(self, app: ASGIApp, pauses: Sequence[float] = PAUSES) -> None:
        self._app, self._pauses = app, pauses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _whole_body(receive)
        for pause in self._pauses:
            answer = _UnlessBusy(send)
            try:
                await self._app(dict(scope), _again(body, receive), answer)
            except Exception:
                # Prefect's server answers 503 and raises what happened as well.
                if not answer.busy:
                    raise
            if not answer.busy:
                return
            await asyncio.sleep(pause)
        await self._app(scope, _again(body, receive), send)


class _UnlessBusy:
    """Passes an answer on, unless it is a 503."""

    def __init__(self, send: Send) -> None:
        self._send, self.busy = send, False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.busy = message["status"] == _BUSY
        if not self.busy:
            await self._send(message)


async def _whole_body(receive: Receive) -> list[Message]:
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    return messages


def _again(body: list[Message], receive: Receive) -> Receive:
    """The body from its beginning, then whatever else the client says: that it has gone."""
    left = iter(body)

    async def next_message() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return next_message
