"""The Slack workspace as a block."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from prefect.blocks.core import Block
from pydantic import ConfigDict, Field, HttpUrl, SecretStr

from blocks.common.client_cache import per_thread
from blocks.common.errors import VendorError
from blocks.common.health_check import Check
from blocks.common.http import VendorUrl
from blocks.slack.client import SlackClient
from blocks.slack.responses import Posted, SlackFile

__all__ = ["Posted", "SlackClient", "SlackFile", "SlackWorkspace"]

_SCOPES = (
    "chat:write",
    "channels:read",
    "channels:history",
    "users:read",
    "users:read.email",
    "files:read",
    "files:write",
    "commands",
)


class SlackWorkspace(Block):
    """Connects to one Slack workspace as an app with a bot token."""

    _block_type_name = "Slack workspace"
    _block_type_slug = "slack-workspace"
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/slack.png"
    )
    _documentation_url = HttpUrl("https://docs.slack.dev/authentication/tokens")
    _description = "One Slack workspace: the bot token to post with, and the secret that signs Slack's requests."

    model_config: ClassVar[ConfigDict] = ConfigDict(hide_input_in_errors=True)

    token: SecretStr = Field(description="Bot token of the app; begins with xoxb-.", title="Bot Token")
    signing_secret: SecretStr = Field(
        description="Signing secret of the app, from its Basic Information.", title="Signing Secret"
    )
    base_url: VendorUrl = Field(
        default="https://slack.com/api",
        description="Keep the default for Slack itself. For trials, enter the address of a stand-in.",
        title="Base URL",
    )
    timeout_seconds: int = Field(
        default=30, gt=0, le=600, description="Seconds to wait for one answer.", title="Timeout"
    )

    def client(self) -> SlackClient:
        """This thread's client for the workspace."""
        return per_thread(self, lambda: SlackClient(self.token, self.base_url, self.timeout_seconds))

    async def check(self, channels: Sequence[str] = ()) -> list[Check]:
        """Check the token, its scopes, and that the channels exist."""
        return await asyncio.to_thread(self._check, channels)

    def _check(self, channels: Sequence[str]) -> list[Check]:
        client = self.client()
        try:
            granted = client.scopes()
        except VendorError as error:
            return [Check("connection", ok=False, message=str(error))]
        checks = [Check("connection", ok=True, message="the token is accepted")]
        for scope in _SCOPES:
            ok = scope in granted
            advice = "Add it under OAuth & Permissions of the Slack app and install the app again"
            checks.append(Check(f"scope {scope}", ok=ok, message="granted" if ok else advice, kind="scope"))
        return checks + [_channel_check(client, name) for name in channels]


def _channel_check(client: SlackClient, name: str) -> Check:
    try:
        channel = client.channel_id(name)
    except VendorError as error:
        return Check(name, ok=False, message=str(error), kind="channel")
    advice = "There is no such public channel. Create it, or correct its name in the policy block"
    return Check(name, ok=channel is not None, message=channel or advice, kind="channel")
