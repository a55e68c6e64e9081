"""The Events API: what happens in channels is told to the app in the background, again while it does not take it."""

import asyncio
import json
import time
from typing import Any, Final

from sandbox.slack.app import App
from sandbox.slack.store import APP, BOT, TEAM, Channel, File
from sandbox.state import SandboxState

_AGAIN_AFTER: Final = (0.0, 0.3, 1.0)
"""Seconds before each further try; Slack waits no time, a minute and five minutes."""


class Events:
    """Tells the one app of a workspace."""

    def __init__(self, sandbox: SandboxState, app: App) -> None:
        self._sandbox = sandbox
        self._app = app
        self._number = 0
        self._telling: set[asyncio.Task[None]] = set()

    def file_shared(self, file: File, channel: Channel, user: str, ts: str) -> None:
        """A file is in a channel now; who shared it may be the app itself."""
        told = {"file_id": file["id"], "user_id": user, "file": {"id": file["id"]}, "channel_id": channel.id}
        self._begin({"type": "file_shared", **told, "event_ts": ts})

    def stop(self) -> None:
        """Tell nothing any more."""
        for task in self._telling:
            task.cancel()

    def _begin(self, event: dict[str, Any]) -> None:
        self._number += 1
        payload = {
            "type": "event_callback",
            "team_id": TEAM,
            "api_app_id": APP,
            "event": event,
            "event_id": f"Ev{self._number:010}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
        }
        task = asyncio.get_running_loop().create_task(self._tell(json.dumps(payload).encode()))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, body: bytes) -> None:
        if await self._taken(body):
            return
        for number, seconds in enumerate(_AGAIN_AFTER, 1):
            await asyncio.sleep(seconds)
            if await self._taken(body, X_Slack_Retry_Num=str(number), X_Slack_Retry_Reason="http_error"):
                return

    async def _taken(self, body: bytes, **headers: str) -> bool:
        url = self._sandbox.behaviour.events_url
        return url is None or await self._app.send(url, body, "application/json", **headers) is not None
