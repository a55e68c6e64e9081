"""The addresses at which an app answers the member who pressed a button."""

import secrets
from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.errors import Refused
from sandbox.slack.arguments import Arguments
from sandbox.slack.content import read_content
from sandbox.slack.store import Channel, Message, ResponseUrl, Workspace
from sandbox.state import SandboxState, effect

_MOST_USES: Final = 5
_LIFETIME: Final = timedelta(minutes=30)


class Responses:
    """What an app may do with a `response_url`: five posts within thirty minutes."""

    def __init__(self, sandbox: SandboxState, workspace: Workspace) -> None:
        self._sandbox = sandbox
        self._workspace = workspace

    def opened(self, channel: Channel, message: Message, user: str) -> str:
        """The token of a new address, which nobody guesses."""
        token = secrets.token_urlsafe(24)
        self._workspace.responses[token] = ResponseUrl(channel, message, user, self._sandbox.clock.now())
        return token

    async def answer(self, request: Request) -> Response:
        """Say something to the member alone or to all, or replace or delete the message of the button."""
        given = await Arguments.of(request)
        response = self._workspace.responses.get(request.path_params["token"])
        if response is None or self._sandbox.clock.now() - response.since > _LIFETIME:
            return _refusal("expired_url", 404)
        if response.used >= _MOST_USES:
            return _refusal("used_url", 404)
        try:
            self._follow(response, given)
        except Refused as no:
            return _refusal(no.code, 400)
        response.used += 1
        effect(request)
        return PlainTextResponse("ok")

    def _follow(self, response: ResponseUrl, given: Arguments) -> None:
        channel, now = response.channel, self._sandbox.clock.now()
        if given.flag("delete_original") or given.flag("replace_original"):
            self._change(response, given)
            return
        content = read_content(given)
        thread_ts = given.text("thread_ts") or None
        if thread_ts is not None and channel.message(thread_ts) is None:
            raise Refused(400, "thread_not_found", "no such parent message")
        if given.text("response_type") == "in_channel":
            self._workspace.post(channel, now, content, thread_ts)
        else:
            channel.ephemeral.append(self._told(response, content, thread_ts))

    def _change(self, response: ResponseUrl, given: Arguments) -> None:
        """Delete the message of the button, or give it other content."""
        if response.message not in response.channel.messages:
            raise Refused(400, "message_not_found", "the message is gone")
        if given.flag("delete_original"):
            response.channel.messages.remove(response.message)
        else:
            self._workspace.edit(response.message, self._sandbox.clock.now(), read_content(given))

    def _told(self, response: ResponseUrl, content: dict[str, Any], thread_ts: str | None) -> Message:
        return {
            "user": response.user,
            "text": content.get("text", ""),
            "blocks": content.get("blocks", []),
            "ts": self._workspace.next_ts(self._sandbox.clock.now()),
            "thread_ts": thread_ts,
            "is_ephemeral": True,
        }


def _refusal(error: str, status: int) -> Response:
    return JSONResponse({"ok": False, "error": error}, status)
