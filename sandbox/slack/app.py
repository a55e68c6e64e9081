"""The app, as Slack tells it of what members do: signed, and answered within three seconds."""

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from sandbox.slack.store import APP, TEAM, Workspace
from sandbox.state import SandboxState

NOBODY_LISTENS: Final = "Nothing listens to buttons"
NO_ANSWER: Final = "This app did not respond"
FORM: Final = "application/x-www-form-urlencoded"

_PATIENCE: Final = 3.0


class App:
    """The one app of a workspace."""

    def __init__(self, sandbox: SandboxState, workspace: Workspace) -> None:
        self._sandbox = sandbox
        self._workspace = workspace

    @property
    def listens(self) -> bool:
        """Whether it has an address."""
        return self._sandbox.behaviour.interactions_url is not None

    async def tell(self, kind: str, user: str, told: dict[str, Any]) -> httpx.Response | None:
        """Tell it what a member did; its answer, None when it did not take it."""
        url = self._sandbox.behaviour.interactions_url
        if url is None:
            return None
        member = self._workspace.members[user]
        payload = {
            "type": kind,
            "user": {"id": user, "username": member["name"], "name": member["name"], "team_id": TEAM},
            "api_app_id": APP,
            "team": {"id": TEAM, "domain": "sandbox"},
            "trigger_id": self._workspace.triggers.issue(user),
            **told,
        }
        return await self.send(url, urlencode({"payload": json.dumps(payload)}).encode(), FORM)

    async def send(self, url: str, body: bytes, content_type: str, **more: str) -> httpx.Response | None:
        """Send it something signed, with more headers by name; its answer, None when it did not take it."""
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": _signature(self._sandbox.credentials.slack_signing_secret, stamp, body),
            **{name.replace("_", "-"): text for name, text in more.items()},
        }
        try:
            async with asyncio.timeout(_PATIENCE), httpx.AsyncClient(trust_env=False) as client:
                answer = await client.post(url, content=body, headers=headers)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL):
            return None
        return answer if answer.is_success else None


def _signature(secret: str, stamp: str, body: bytes) -> str:
    signed = hmac.new(secret.encode(), b":".join((b"v0", stamp.encode(), body)), hashlib.sha256)
    return f"v0={signed.hexdigest()}"
