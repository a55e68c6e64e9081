"""What Slack delivers: buttons that were pressed, forms that are wanted or filled in, and files that were shared."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import httpx
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from webhooks.common import guards
from webhooks.common.errors import PrefectError, TransientError
from webhooks.common.metrics import Metrics
from webhooks.common.settings import Settings
from webhooks.runs.deadline import in_time
from webhooks.slack.answering import ButtonHandler, Outcome, Reply
from webhooks.slack.payload import Press, UnreadablePayloadError, challenge_in, kind_of, payload_in, press_in
from webhooks.slack.publication_request import Opening, Submission, opening_in, submission_in
from webhooks.slack.requesting import PublicationRequestHandler, RequestOutcome, not_taken
from webhooks.slack.response_url import say
from webhooks.slack.signing import RequestVerifier
from webhooks.slack.transition_upload import Upload, upload_in
from webhooks.slack.uploading import UploadOutcome as BecameOfFile
from webhooks.slack.uploading import WorkbookUploadHandler
from webhooks.slack.web_api import SlackCallError, SlackWebApi

logger = logging.getLogger(__name__)

SLACK: Final = "Slack"
# Slack shows the presser an error when it has no answer within 3 s.
ANSWER_SECONDS: Final = 2.5

Interaction = Press | Opening | Submission
READERS: Final[dict[str, Callable[[str], Interaction | None]]] = {
    "block_actions": press_in,
    "shortcut": opening_in,
    "view_submission": submission_in,
}


class Slack:
    """The two handlers."""

    def __init__(
        self,
        settings: Settings,
        signing: RequestVerifier,
        answering: ButtonHandler,
        requesting: PublicationRequestHandler,
        uploading: WorkbookUploadHandler,
        *,
        metrics: Metrics,
        client: httpx.AsyncClient,
    ) -> None:
        self._settings, self._signing = settings, signing
        self._answering, self._requesting, self._uploading = answering, requesting, uploading
        self._metrics, self._client = metrics, client
        self._seconds = min(settings.patience, ANSWER_SECONDS)

    async def interaction(self, request: Request) -> Response:
        """Take a pressed button, a wish for a form, or a form that was filled in; anything else is not ours."""
        arrived, until = datetime.now(UTC), asyncio.get_running_loop().time() + self._seconds
        body = await self._signed_body(request, until, "application/x-www-form-urlencoded")
        try:
            interaction = _interaction_in(body)
        except UnreadablePayloadError as error:
            raise HTTPException(400, str(error)) from error
        match interaction:
            case Press():
                return await self._pressed(interaction, arrived, until)
            case Opening():
                return await self._wanted(interaction, until)
            case Submission():
                return await self._filled_in(interaction, until)
        self._metrics.heard(SLACK, Outcome.NOT_OURS)
        return Response()

    async def _pressed(self, press: Press, arrived: datetime, until: float) -> Response:
        """The presser is told what became of it once Slack has its answer."""
        reply = await self._reply(press, arrived, until)
        self._metrics.heard(SLACK, reply.outcome)
        if not reply.text:
            return Response()
        return Response(background=BackgroundTask(say, self._client, press.response_url, reply.text, press.thread_ts))

    async def _wanted(self, opening: Opening, until: float) -> Response:
        async with in_time(until):
            slack = SlackWebApi(self._client, await self._signing.workspace())
        fault = await self._requesting.show_form(slack, opening, until)
        self._metrics.heard(SLACK, RequestOutcome.NOT_SHOWN if fault else RequestOutcome.SHOWN)
        if fault:
            # A trigger that Slack refuses is the sender's: too old, used, or not Slack's at all.
            status = 400 if "trigger" in fault else 503
            raise HTTPException(status, f"Slack did not show the form: {fault}")
        return Response()

    async def _filled_in(self, submission: Submission, until: float) -> Response:
        try:
            async with in_time(until):
                taken = await self._requesting.take(submission)
        except PrefectError as error:
            taken = not_taken(error)
        self._metrics.heard(SLACK, taken.outcome)
        if taken.faults:
            return JSONResponse({"response_action": "errors", "errors": dict(taken.faults)})
        return Response()

    async def event(self, request: Request) -> Response:
        """Take a file that was shared; others are noted. The challenge is Slack's proof that the address is ours."""
        until = asyncio.get_running_loop().time() + self._seconds
        body = await self._signed_body(request, until, "application/json")
        try:
            challenge = challenge_in(body)
            upload = upload_in(body) if challenge is None else None
        except UnreadablePayloadError as error:
            raise HTTPException(400, str(error)) from error
        if upload:
            return await self._shared(upload, until)
        self._metrics.heard(SLACK, Outcome.NOTED)
        return Response() if challenge is None else JSONResponse({"challenge": challenge})

    async def _shared(self, upload: Upload, until: float) -> Response:
        """Acknowledge a file once its run exists; what could not be found out or done, Slack tells again."""
        became = BecameOfFile.FAILED
        try:
            async with in_time(until, "Prefect or Slack"):
                slack = SlackWebApi(self._client, await self._signing.workspace())
                became = await self._uploading.take(upload, slack)
        except SlackCallError as no:
            logger.warning("a file was not looked at", extra={"record": f"File {upload.file}", "reason": str(no)})
            raise HTTPException(503, f"Slack did not tell of the file: {no}") from None
        finally:
            self._metrics.heard(SLACK, became)
        return Response()

    async def _signed_body(self, request: Request, until: float, content_type: str) -> bytes:
        body = await guards.read_body(request, self._settings.max_body, self._settings.body_seconds)
        async with in_time(until):
            await self._signing.require(request, body)
        guards.require_content_type(request, content_type)
        return body

    async def _reply(self, press: Press, arrived: datetime, until: float) -> Reply:
        try:
            async with in_time(until):
                return await self._answering.take(press, arrived)
        except TransientError as error:
            reason, text = str(error), "Prefect does not answer. Press again in a minute."
        except PrefectError as error:
            reason, text = (
                str(error),
                "Prefect did not take the answer: use Resume in the dashboard, or tell an engineer.",
            )
        logger.warning("an answer was not taken", extra={"run": str(press.answer.run), "reason": reason})
        return Reply(Outcome.FAILED, text)


def _interaction_in(body: bytes) -> Interaction | None:
    payload = payload_in(body)
    reader = READERS.get(kind_of(payload))
    return reader(payload) if reader else None
