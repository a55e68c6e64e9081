"""Whether a request is Slack's: its signature, and the secret it is made with; what calls back to Slack are made with.

The secrets live in Prefect's block alone (D-6). They are read from there, kept for a while, and read anew
when a signature does not fit, so that a new secret works at once; but never more often than forged requests may cost.
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
ANEW_SECONDS: Final = 5.0


class Workspace(BaseModel):
    """What Prefect's block tells of the workspace. `token`: the bot's; `base_url`: of Slack's Web API."""

    model_config = ConfigDict(hide_input_in_errors=True)

    signing_secret: SecretStr
    token: SecretStr = SecretStr("")
    base_url: VendorUrl = "https://slack.com/api"


class RequestVerifier:
    """Slack's signatures on requests to us. One per process; `clock` counts seconds."""

    def __init__(self, api: PrefectApi, clock: Callable[[], float] = time.monotonic) -> None:
        self._api, self._clock = api, clock
        self._lock = asyncio.Lock()
        self._workspace: Workspace | None = None
        self._error: PrefectError = TransientError("Prefect does not answer")
        self._asked = clock() - KEPT_SECONDS

    async def require(self, request: Request, body: bytes) -> None:
        """Refuse (401) a request that Slack did not sign within the last five minutes.

        Raises:
            PrefectError: the signing secret is not to be had.
        """
        if _fits(request, body, await self._known(KEPT_SECONDS)) or _fits(
            request, body, await self._known(ANEW_SECONDS)
        ):
            return
        raise HTTPException(401, "missing, wrong or old X-Slack-Signature")

    async def workspace(self) -> Workspace:
        """What calls to the workspace are made with, as it was read when a request's signature was last looked at.

        Raises:
            PrefectError: it is not to be had.
        """
        return await self._known(KEPT_SECONDS)

    async def _known(self, seconds: float) -> Workspace:
        """The workspace, asked for anew when that was last done so long ago."""
        async with self._lock:
            if self._clock() - self._asked >= (seconds if self._workspace else ANEW_SECONDS):
                self._asked = self._clock()
                await self._ask()
            if self._workspace is None:
                raise type(self._error)(str(self._error))
            return self._workspace

    async def _ask(self) -> None:
        try:
            self._workspace = await self._read()
        except TransientError as error:
            # The secret known before is as good as it was.
            self._error = error
        except PrefectError as error:
            self._workspace, self._error = None, error

    async def _read(self) -> Workspace:
        workspace = await read_block(self._api, Workspace, BLOCK, "create it, with Slack's signing secret")
        if not workspace.signing_secret.get_secret_value().strip():
            raise MissingError(f"Prefect's block {BLOCK} has no signing secret: enter it there")
        return workspace


def _fits(request: Request, body: bytes, workspace: Workspace) -> bool:
    secret = workspace.signing_secret
    timestamp, signature = (request.headers.get(f"x-slack-{name}") for name in ("request-timestamp", "signature"))
    try:
        return SignatureVerifier(secret.get_secret_value()).is_valid(body, timestamp, signature)
    except (ValueError, TypeError, OverflowError):
        # Raised for a timestamp that is no number of seconds, a signature beyond ASCII, a body that is not UTF-8.
        return False
