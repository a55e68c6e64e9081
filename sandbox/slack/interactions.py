"""Pressed buttons."""

from typing import Any

from sandbox.slack.app import NO_ANSWER, NOBODY_LISTENS, App
from sandbox.slack.buttons import Button
from sandbox.slack.messages import view
from sandbox.slack.responses import Responses
from sandbox.slack.store import Channel, Message, Pressed, Workspace
from sandbox.state import SandboxState


class Interactions:
    """The presses of one workspace."""

    def __init__(self, sandbox: SandboxState, workspace: Workspace) -> None:
        self._sandbox = sandbox
        self._workspace = workspace
        self._app = App(sandbox, workspace)
        self._responses = Responses(sandbox, workspace)

    async def press(self, base_url: str, channel: Channel, message: Message, button: Button, user: str) -> None:
        """Tell the app, which may answer below `base_url`; keep a warning to the member when it took no notice."""
        pressed = Pressed(channel.id, message["ts"], button.action_id, user)
        self._workspace.warnings.pop(pressed, None)
        if not self._app.listens:
            self._workspace.warnings[pressed] = NOBODY_LISTENS
            return
        token = self._responses.opened(channel, message, user)
        told = self._told(channel, message, button) | {"response_url": f"{base_url}/response/{token}"}
        if await self._app.tell("block_actions", user, told) is None:
            self._workspace.warnings[pressed] = NO_ANSWER

    def _told(self, channel: Channel, message: Message, button: Button) -> dict[str, Any]:
        shown = view(message, channel, with_metadata=True)
        place = {"type": "message", "message_ts": message["ts"], "channel_id": channel.id, "is_ephemeral": False}
        if "thread_ts" in shown:
            place["thread_ts"] = shown["thread_ts"]
        return {
            "channel": {"id": channel.id, "name": "directmessage" if channel.is_im else channel.name},
            "container": place,
            "message": shown,
            "actions": [self._action(button)],
        }

    def _action(self, button: Button) -> dict[str, Any]:
        named = {"type": "button", "action_id": button.action_id, "block_id": button.block_id}
        kept: dict[str, Any] = {
            name: button.element[name] for name in ("text", "value", "style") if name in button.element
        }
        return {**named, **kept, "action_ts": self._workspace.next_ts(self._sandbox.clock.now())}
