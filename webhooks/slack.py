"""What Slack delivers: buttons that were pressed, and events."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import httpx
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from webhooks import guards
from webhooks.answering import Answering, Outcome, Reply
from webhooks.metrics import Metrics
from webhooks.prefect_api import PassingError, PrefectError
from webhooks.response_url import say
from webhooks.settings import Settings
from webhooks.signing import Signing
from webhooks.slack_payload import Press, UnreadablePayloadError, challenge_in, press_in

logger = logging.getLogger(__name__)

SLACK: Final = "Slack"
# Slack shows the presser an error when it has no answer within 3 s.
ANSWER_SECONDS: Final = 2.5


class Slack:
    """The two handlers."""

    def __init__(
        self, settings: Settings, signing: Signing, answering: Answering, metrics: Metrics, client: httpx.AsyncClient
    ) -> None:
        self._settings, self._signing, self._answering = settings, signing, answering
        self._metrics, self._client = metrics, client
        self._seconds = min(settings.patience, ANSWER_SECONDS)

    async def interaction(self, request: Request) -> Response:
        """Take a pressed button; the presser is told what became of it once Slack has its answer."""
        arrived, until = datetime.now(UTC), asyncio.get_running_loop().time() + self._seconds
        body = await self._signed_body(request, until, "application/x-www-form-urlencoded")
        try:
            press = press_in(body)
        except UnreadablePayloadError as error:
            raise HTTPException(400, str(error)) from error
        if press is None:
            self._metrics.heard(SLACK, Outcome.NOT_OURS)
            return Response()
        reply = await self._reply(press, arrived, until)
        self._metrics.heard(SLACK, reply.outcome)
        if not reply.text:
            return Response()
        return Response(background=BackgroundTask(say, self._client, press.response_url, reply.text, press.thread_ts))

    async def event(self, request: Request) -> Response:
        """Take an event; none is used yet. The challenge is Slack's proof that the address is ours."""
        until = asyncio.get_running_loop().time() + self._seconds
        body = await self._signed_body(request, until, "application/json")
        try:
            challenge = challenge_in(body)
        except UnreadablePayloadError as error:
            raise HTTPException(400, str(error)) from error
        self._metrics.heard(SLACK, Outcome.NOTED)
        return Response() if challenge is None else JSONResponse({"challenge": challenge})

    async def _signed_body(self, request: Request, until: float, content_type: str) -> bytes:
        body = await guards.read_body(request, self._settings.max_body, self._settings.body_seconds)
        async with _in_time(until):
            await self._signing.require(request, body)
        guards.require_content_type(request, content_type)
        return body

    async def _reply(self, press: Press, arrived: datetime, until: float) -> Reply:
        try:
            async with _in_time(until):
                return await self._answering.take(press, arrived)
        except PassingError as error:
            reason, text = str(error), "Prefect does not answer. Press again in a minute."
        except PrefectError as error:
            reason, text = (
                str(error),
                "Prefect did not take the answer: use Resume in the dashboard, or tell an engineer.",
            )
        logger.warning("an answer was not taken", extra={"run": str(press.answer.run), "reason": reason})
        return Reply(Outcome.FAILED, text)


@asynccontextmanager
async def _in_time(until: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout_at(until):
            yield
    except TimeoutError:
        raise PassingError("Prefect did not answer in time") from None
