"""An app of a test's own that Slack tells of what members do: it verifies each word as the vendor's library does."""

import json
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import httpx
from slack_sdk.signature import SignatureVerifier

from tests.support.sandbox import SandboxProcess


@dataclass
class SlackApp:
    """A running app.

    Attributes:
        url: where it hears of presses and of events.
        status: how it answers them from now on.
        reply: what it does about a word, and the body of its answer.
        held: it answers once this is set.
        payloads: what it was told, by Slack alone, in order.
        events: each event that it was told of, with the number of the try, "" for the first.
    """

    secret: str
    url: str = ""
    status: int = 200
    reply: Callable[[dict[str, Any]], bytes] = lambda _: b""
    held: threading.Event = field(default_factory=threading.Event)
    payloads: list[dict[str, Any]] = field(default_factory=list)
    events: "queue.Queue[tuple[dict[str, Any], str]]" = field(default_factory=queue.Queue)

    def take(self, body: bytes, headers: dict[str, str]) -> bytes:
        if not SignatureVerifier(self.secret).is_valid_request(body, headers):
            return b""
        if headers["Content-Type"] == "application/json":
            self.events.put((json.loads(body), headers.get("X-Slack-Retry-Num", "")))
            return b""
        told = json.loads(parse_qs(body.decode())["payload"][0])
        self.payloads.append(told)
        return self.reply(told)


@contextmanager
def listening(sandbox: SandboxProcess) -> Iterator[SlackApp]:
    """An app that answers at once, and that the sandbox's Slack tells of presses."""
    app = SlackApp(sandbox.credentials.slack_signing_secret)
    app.held.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = app.take(self.rfile.read(int(self.headers["Content-Length"])), dict(self.headers))
            app.held.wait(30)
            self.send_response(app.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        app.url = f"http://127.0.0.1:{server.server_port}/slack/interactions"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        sandbox.behaviour(interactions_url=app.url, events_url=app.url)
        yield app
        app.held.set()
        server.shutdown()


@dataclass(frozen=True)
class Person:
    """A member of the workspace, in a browser."""

    id: str
    slack_url: str
    client: httpx.Client

    def press(self, posted: Any, action_id: str = "check") -> httpx.Response:
        """Press a button of a message that was posted; answers what the browser gets."""
        form = {"channel": posted["channel"], "ts": posted["ts"], "action_id": action_id, "user": self.id}
        return self.client.post(f"{self.slack_url}/press", data=form)

    def choose(self, callback_id: str = "publication_request") -> httpx.Response:
        """Choose a shortcut of the app."""
        return self.client.post(f"{self.slack_url}/shortcut", data={"callback_id": callback_id, "user": self.id})

    def submit(self, view: str, **entered: str) -> httpx.Response:
        """Send a form, with what is entered in its blocks."""
        fields = {f"block:{block}": text for block, text in entered.items()}
        return self.client.post(f"{self.slack_url}/submit", data={"view": view, **fields})

    def close(self, view: str) -> httpx.Response:
        """Close a form without sending it."""
        return self.client.post(f"{self.slack_url}/close", data={"view": view})

    def upload(self, channel: str, name: str, content: bytes) -> httpx.Response:
        """Share a file in a channel."""
        form = {"channel": channel, "user": self.id}
        return self.client.post(f"{self.slack_url}/upload", data=form, files={"file": (name, content)})

    def download(self, file_id: str) -> bytes:
        """Save a file that the page shows."""
        return self.client.get(f"{self.slack_url}/files/{file_id}").raise_for_status().content

    def sees(self, channel: str) -> str:
        """The page of a channel."""
        address = f"{self.slack_url}/channels/{channel}"
        return self.client.get(address, headers={"Cookie": f"slack_member={self.id}"}).raise_for_status().text


def hire(sandbox: SandboxProcess, client: httpx.Client, name: str) -> Person:
    """Let a person into the workspace, with the first name as address."""
    member = {"email": f"{name.split(maxsplit=1)[0].lower()}@acme.example", "name": name}
    (user,) = sandbox.seed(slack={"members": [member]})["slack"]["members"]
    return Person(user, f"{sandbox.url}/slack", client)


def button(action_id: str = "check", text: str = "Check again", **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": {"type": "plain_text", "text": text}, **more}


def actions(*elements: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [{"type": "actions", "elements": list(elements), **more}]


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def text_input(block_id: str = "name", **more: Any) -> dict[str, Any]:
    """A block in which a text is entered; `more` is of the block, `element` of its element."""
    element = {"type": "plain_text_input", "action_id": "value"} | more.pop("element", {})
    return {"type": "input", "block_id": block_id, "label": plain(block_id.capitalize()), "element": element} | more


def select(block_id: str, *values: str, **more: Any) -> dict[str, Any]:
    """A block in which one of these is chosen."""
    options = [{"text": plain(value.capitalize()), "value": value} for value in values]
    element = {"type": "static_select", "action_id": "value", "options": options}
    return {"type": "input", "block_id": block_id, "label": plain(block_id.capitalize()), "element": element} | more


def form(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "a-form",
        "title": plain("A form"),
        "submit": plain("Send"),
        "blocks": list(blocks),
    } | more
