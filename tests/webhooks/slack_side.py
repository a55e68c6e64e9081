"""What Slack sends, as the wire contract shows it, and what a presser is told."""

import asyncio
import hashlib
import hmac
import json
import queue
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PAT = {"id": "U123", "username": "pat.seller", "name": "pat.seller", "team_id": "T1"}
FORM = "application/x-www-form-urlencoded"

_moments = count(1)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()


def value(run_id: str, decision: str = "Check again", **more: Any) -> str:
    """The value of a button of ours."""
    return json.dumps({"run": run_id, "decision": decision, "topic": "", "choice": "", "may": []} | more)


def press_of(button_value: str | None, *, label: str = "Check again", **more: Any) -> dict[str, Any]:
    """The payload of a pressed button; every press has a moment of its own."""
    action = {
        "type": "button",
        "action_id": "a-1",
        "block_id": "b-1",
        "text": {"type": "plain_text", "text": label, "emoji": True},
        "action_ts": f"1763820191.{next(_moments):06}",
    }
    if button_value is not None:
        action["value"] = button_value
    return {
        "type": "block_actions",
        "user": PAT,
        "api_app_id": "A1",
        "team": {"id": "T1", "domain": "seller"},
        "channel": {"id": "C1", "name": "sales"},
        "container": {"type": "message", "message_ts": "1763820000.000100", "channel_id": "C1"},
        "message": {"ts": "1763820000.000100", "text": "A question", "blocks": []},
        "actions": [action],
        "response_url": "https://127.0.0.1:9/unused",
        "trigger_id": "1.2.3",
    } | more


def shortcut_of(callback_id: str = "publication_request", **more: Any) -> dict[str, Any]:
    """The payload of a global shortcut that was chosen."""
    return {
        "type": "shortcut",
        "token": "unused",
        "action_ts": f"1763820191.{next(_moments):06}",
        "team": {"id": "T1", "domain": "seller"},
        "user": PAT,
        "callback_id": callback_id,
        "trigger_id": "944799105734.773906753841.38b5894552bdd4a780554ee59d1f3638",
    } | more


def submission_of(entered: dict[str, Any], view: str = "", **more: Any) -> dict[str, Any]:
    """The payload of a form that was filled in; every form has an id of its own."""
    values = {
        block: {"value": {"type": "plain_text_input", "value": text}}
        for block, text in entered.items()
        if block != "action"
    }
    if "action" in entered:
        option = (
            {"text": {"type": "plain_text", "text": "?"}, "value": entered["action"]} if entered["action"] else None
        )
        values["action"] = {"value": {"type": "static_select", "selected_option": option}}
    return {
        "type": "view_submission",
        "team": {"id": "T1", "domain": "seller"},
        "user": PAT,
        "trigger_id": "1.2.3",
        "view": {
            "id": view or f"V{next(_moments):010}",
            "type": "modal",
            "callback_id": "publication_request",
            "state": {"values": values},
            "hash": "1.abc",
        },
        "response_urls": [],
    } | more


@dataclass
class WebApi:
    """Slack's Web API as far as the receiver calls it: what was called, and what is answered."""

    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    answer: bytes = b'{"ok": true}'
    status: int = 200
    seconds: float = 0.0

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/api/{method}", self._take, methods=["POST", "GET"])])

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        called = json.loads(body) if body else None
        self.calls.append((request.path_params["method"], request.headers.get("authorization", ""), called))
        await asyncio.sleep(self.seconds)
        return Response(self.answer, self.status, {"Location": "/api/elsewhere", "Content-Type": "application/json"})


@dataclass
class ReplyServer:
    """The server behind a press's response URL: keeps the messages that were posted to it."""

    status: int = 200
    messages: "queue.Queue[dict[str, Any]]" = field(default_factory=queue.Queue)
    url: str = ""

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._receive, methods=["POST", "GET"])])

    async def next_text(self) -> str:
        """The next text, which only the member sees, and which replaces no message."""
        message = await asyncio.to_thread(self.messages.get, timeout=20)
        assert message.keys() == {"response_type", "replace_original", "text"}
        assert (message["response_type"], message["replace_original"]) == ("ephemeral", False)
        return str(message["text"])

    async def _receive(self, request: Request) -> Response:
        self.messages.put(await request.json() if request.method == "POST" else {"redirected": True})
        return Response("ok", self.status, {"Location": "/elsewhere"})


@dataclass
class Slack:
    """The sender's side: what Slack does with the receiver."""

    url: str
    secret: str
    client: httpx.AsyncClient
    replies: ReplyServer

    async def press(self, button_value: str | None, **more: Any) -> httpx.Response:
        return await self.interact(press_of(button_value, **({"response_url": self.replies.url} | more)))

    async def interact(self, payload: dict[str, Any]) -> httpx.Response:
        return await self.send(urlencode({"payload": json.dumps(payload)}).encode())

    async def event(self, event: Any) -> httpx.Response:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return await self.send(body, path="/slack/events", Content_Type="application/json")

    async def send(self, body: bytes, *, path: str = "/slack/interactions", **headers: str) -> httpx.Response:
        """A signed request; headers by name take the place of the right ones."""
        now = str(int(time.time()))
        sent = {"Content-Type": FORM, "X-Slack-Request-Timestamp": now}
        sent |= {"X-Slack-Signature": signature(self.secret, now, body)}
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        return await self.client.post(self.url + path, content=body, headers=sent)
