"""Verifies Slack's signatures, and reads the workspace's secrets from Prefect's block (D-6).

The block is read once a minute. It is read again when a signature does not match, so that a new secret works at once,
but at most every five seconds, so that forged requests cost Prefect little.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from pydantic import BaseModel, ConfigDict, SecretStr
from slack_sdk.signature import SignatureVerifier
from starlette.exceptions import HTTPException
from starlette.requests import Request

from blocks.common.http import VendorUrl
from webhooks.common.errors import MissingError, PrefectError, TransientError
from webhooks.runs.prefect_api import PrefectApi
from webhooks.runs.prefect_blocks import read_block

BLOCK: Final = "slack-workspace/default"
KEPT_SECONDS: Final = 60.0
REREAD_SECONDS: Final = 5.0


class Workspace(BaseModel):
    """The fields of the Slack workspace's block. `token`: the bot's; `base_url`: of Slack's Web API."""

    model_config = ConfigDict(hide_input_in_errors=True)

    signing_secret: SecretStr
    token: SecretStr = SecretStr("")
    base_url: VendorUrl = "https://slack.com/api"


class RequestVerifier:
    """Verifies Slack's requests. One per process; `clock` returns seconds."""

    def __init__(self, api: PrefectApi, clock: Callable[[], float] = time.monotonic) -> None:
        self._api, self._clock = api, clock
        self._lock = asyncio.Lock()
        self._workspace: Workspace | None = None
        self._error: PrefectError = TransientError("Prefect does not answer")
        self._read_at = clock() - KEPT_SECONDS

    async def require(self, request: Request, body: bytes) -> None:
        """Refuse (401) a request that Slack did not sign within the last five minutes.

        Raises:
            PrefectError: the signing secret could not be read.
        """
        for max_age in (KEPT_SECONDS, REREAD_SECONDS):
            if _is_signed(request, body, await self._read(max_age)):
                return
        raise HTTPException(401, "missing, wrong or old X-Slack-Signature")

    async def workspace(self) -> Workspace:
        """The workspace; at most a minute old while Prefect answers.

        Raises:
            PrefectError: it could not be read.
        """
        return await self._read(KEPT_SECONDS)

    async def _read(self, max_age: float) -> Workspace:
        async with self._lock:
            if self._clock() - self._read_at >= (max_age if self._workspace else REREAD_SECONDS):
                self._read_at = self._clock()
                await self._reread()
            if self._workspace is None:
                raise type(self._error)(str(self._error))
            return self._workspace

    async def _reread(self) -> None:
        try:
            workspace = await read_block(self._api, Workspace, BLOCK, "create it, with Slack's signing secret")
            if not workspace.signing_secret.get_secret_value().strip():
                raise MissingError(f"Prefect's block {BLOCK} has no signing secret: enter it there")
            self._workspace = workspace
        except TransientError as error:
            # The secret that was read before stays valid.
            self._error = error
        except PrefectError as error:
            self._workspace, self._error = None, error


def _is_signed(request: Request, body: bytes, workspace: Workspace) -> bool:
    secret = workspace.signing_secret.get_secret_value()
    timestamp, signature = (request.headers.get(f"x-slack-{name}") for name in ("request-timestamp", "signature"))
    try:
        return SignatureVerifier(secret).is_valid(body, timestamp, signature)
    except (ValueError, TypeError, OverflowError):
        # Raised for a timestamp that is not a number, a signature beyond ASCII, and a body that is not UTF-8.
        return False
