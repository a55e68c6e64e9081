"""Pressed buttons, as Slack tells its app of them: signed, once, and answered within three seconds."""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from sandbox.house import House
from sandbox.slack.buttons import Button
from sandbox.slack.messages import view
from sandbox.slack.responses import Responses
from sandbox.slack.store import TEAM, Channel, Message, Pressed, Workspace

_PATIENCE: Final = 3.0
_APP: Final = "A0000000001"
NOBODY_LISTENS: Final = "Nothing listens to buttons"
_NO_ANSWER: Final = "This app did not respond"


class Interactions:
    """The presses of one workspace."""

    def __init__(self, house: House, workspace: Workspace) -> None:
        self._house = house
        self._workspace = workspace
        self._responses = Responses(house, workspace)

    async def press(self, base_url: str, channel: Channel, message: Message, button: Button, user: str) -> None:
        """Tell the app, which may answer below `base_url`; keep a warning to the member when it took no notice."""
        pressed = Pressed(channel.id, message["ts"], button.action_id, user)
        self._workspace.warnings.pop(pressed, None)
        url = self._house.behaviour.interactions_url
        if url is None:
            self._workspace.warnings[pressed] = NOBODY_LISTENS
            return
        token = self._responses.opened(channel, message, user)
        payload = self._payload(channel, message, button, user) | {"response_url": f"{base_url}/response/{token}"}
        if not await self._taken(url, urlencode({"payload": json.dumps(payload)}).encode()):
            self._workspace.warnings[pressed] = _NO_ANSWER

    async def _taken(self, url: str, body: bytes) -> bool:
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": _signature(self._house.credentials.slack_signing_secret, stamp, body),
        }
        try:
            async with asyncio.timeout(_PATIENCE), httpx.AsyncClient(trust_env=False) as client:
                return (await client.post(url, content=body, headers=headers)).is_success
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL):
            return False

    def _payload(self, channel: Channel, message: Message, button: Button, user: str) -> dict[str, Any]:
        member = self._workspace.members[user]
        shown = view(message, channel, with_metadata=True)
        place = {"type": "message", "message_ts": message["ts"], "channel_id": channel.id, "is_ephemeral": False}
        if "thread_ts" in shown:
            place["thread_ts"] = shown["thread_ts"]
        return {
            "type": "block_actions",
            "user": {"id": user, "username": member["name"], "name": member["name"], "team_id": TEAM},
            "api_app_id": _APP,
            "team": {"id": TEAM, "domain": "sandbox"},
            "channel": {"id": channel.id, "name": "directmessage" if channel.is_im else channel.name},
            "container": place,
            "message": shown,
            "actions": [self._action(button)],
            "trigger_id": f"{self._workspace.new_id('')}.{secrets.token_hex(16)}",
        }

    def _action(self, button: Button) -> dict[str, Any]:
        named = {"type": "button", "action_id": button.action_id, "block_id": button.block_id}
        kept: dict[str, Any] = {
            name: button.element[name] for name in ("text", "value", "style") if name in button.element
        }
        return {**named, **kept, "action_ts": self._workspace.next_ts(self._house.clock.now())}


def _signature(secret: str, stamp: str, body: bytes) -> str:
    signed = hmac.new(secret.encode(), b":".join((b"v0", stamp.encode(), body)), hashlib.sha256)
    return f"v0={signed.hexdigest()}"
