"""The two URLs that Slack calls: interactions (buttons, the shortcut, the form) and events (shared files)."""

import asyncio
import logging
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
from webhooks.runs.deadline import deadline
from webhooks.slack.button_handler import ButtonHandler, ButtonOutcome, Reply
from webhooks.slack.file_shared import SharedFile, parse_file_shared
from webhooks.slack.payload import (
    ButtonPress,
    RepairValue,
    RetryAllValue,
    RetryValue,
    UnreadablePayloadError,
    extract_payload,
    parse_challenge,
    parse_press,
    payload_type,
)
from webhooks.slack.publication_request import FormSubmission, parse_shortcut, parse_submission
from webhooks.slack.publication_request_handler import PublicationRequestHandler, RequestOutcome, not_started
from webhooks.slack.repair_handler import RepairHandler
from webhooks.slack.response_url import replace_message, send_reply
from webhooks.slack.retry_handler import RetryHandler
from webhooks.slack.signing import RequestVerifier
from webhooks.slack.web_api import SlackCallError, SlackWebApi
from webhooks.slack.workbook_upload_handler import UploadOutcome, WorkbookUploadHandler

logger = logging.getLogger(__name__)

SLACK: Final = "Slack"
NOT_OURS: Final = "not ours"
NOTED: Final = "noted"
# Slack shows the member an error when it has no response within 3 s.
RESPONSE_SECONDS: Final = 2.5


class SlackRoutes:
    """The handlers of the two routes."""

    def __init__(
        self,
        settings: Settings,
        verifier: RequestVerifier,
        buttons: ButtonHandler,
        requests: PublicationRequestHandler,
        uploads: WorkbookUploadHandler,
        *,
        repairs: RepairHandler,
        retries: RetryHandler,
        metrics: Metrics,
        client: httpx.AsyncClient,
    ) -> None:
        self._settings, self._verifier = settings, verifier
        self._buttons, self._requests, self._uploads, self._repairs = buttons, requests, uploads, repairs
        self._retries = retries
        self._metrics, self._client = metrics, client
        self._seconds = min(settings.patience, RESPONSE_SECONDS)

    async def interaction(self, request: Request) -> Response:
        """Handle a pressed button, our shortcut or our form; ignore every other interaction."""
        arrived, until = datetime.now(UTC), asyncio.get_running_loop().time() + self._seconds
        body = await self._signed_body(request, until, "application/x-www-form-urlencoded")
        try:
            response = await self._dispatch(extract_payload(body), arrived, until)
        except UnreadablePayloadError as error:
            raise HTTPException(400, str(error)) from error
        if response is None:
            self._metrics.count_notification(SLACK, NOT_OURS)
        return response or Response()

    async def _dispatch(self, payload: str, arrived: datetime, until: float) -> Response | None:
        match payload_type(payload):
            case "block_actions" if press := parse_press(payload):
                return await self._answer(press, arrived, until)
            case "shortcut" if trigger_id := parse_shortcut(payload):
                return await self._show_form(trigger_id, until)
            case "view_submission" if submission := parse_submission(payload):
                return await self._submit_form(submission, until)
        return None

    async def _answer(self, press: ButtonPress, arrived: datetime, until: float) -> Response:
        """Handle the press; the member sees the reply after Slack has its response."""
        reply = await self._reply(press, arrived, until)
        self._metrics.count_notification(SLACK, reply.outcome)
        return Response(background=BackgroundTask(self._respond, press, reply))

    async def _respond(self, press: ButtonPress, reply: Reply) -> None:
        if reply.blocks is not None:
            await replace_message(self._client, press.response_url, press.text, reply.blocks)
        if reply.text:
            await send_reply(self._client, press.response_url, reply.text, press.thread_ts)

    async def _reply(self, press: ButtonPress, arrived: datetime, until: float) -> Reply:
        try:
            async with deadline(until):
                match press.value:
                    case RepairValue() as value:
                        return await self._repairs.handle(press, value)
                    case RetryValue() | RetryAllValue() as value:
                        return await self._retries.handle(press, value, arrived)
                    case value:
                        return await self._buttons.handle(press, value, arrived)
        except TransientError as error:
            reason, text = str(error), "Prefect does not answer. Press again in a minute."
        except PrefectError as error:
            reason, text = str(error), "Prefect refused the answer. Use Resume in the dashboard, or tell an engineer."
        logger.warning("an answer was not taken", extra={"record": press.key, "reason": reason})
        return Reply(ButtonOutcome.FAILED, text)

    async def _show_form(self, trigger_id: str, until: float) -> Response:
        slack = await self._web_api(until)
        reason = await self._requests.show_form(slack, trigger_id, until)
        self._metrics.count_notification(SLACK, RequestOutcome.NOT_SHOWN if reason else RequestOutcome.SHOWN)
        if reason:
            # Slack refuses a trigger that is too old, used or invented: that is the sender's fault.
            status = 400 if "trigger" in reason else 503
            raise HTTPException(status, f"Slack did not show the form: {reason}")
        return Response()

    async def _submit_form(self, submission: FormSubmission, until: float) -> Response:
        try:
            async with deadline(until):
                result = await self._requests.submit(submission)
        except PrefectError as error:
            result = not_started(error)
        self._metrics.count_notification(SLACK, result.outcome)
        if result.errors:
            return JSONResponse({"response_action": "errors", "errors": dict(result.errors)})
        return Response()

    async def event(self, request: Request) -> Response:
        """Handle a shared file, answer Slack's verification of our URL, and acknowledge every other event."""
        until = asyncio.get_running_loop().time() + self._seconds
        body = await self._signed_body(request, until, "application/json")
        try:
            challenge = parse_challenge(body)
            file = parse_file_shared(body) if challenge is None else None
        except UnreadablePayloadError as error:
            raise HTTPException(400, str(error)) from error
        if file:
            return await self._handle_file(file, until)
        self._metrics.count_notification(SLACK, NOTED)
        return Response() if challenge is None else JSONResponse({"challenge": challenge})

    async def _handle_file(self, file: SharedFile, until: float) -> Response:
        """Acknowledge the file when its run exists; after a failure Slack repeats the event."""
        outcome = UploadOutcome.FAILED
        try:
            async with deadline(until, "Prefect or Slack"):
                outcome = await self._uploads.handle(file, await self._web_api(until))
        except SlackCallError as error:
            logger.warning("a file was not looked at", extra={"record": f"File {file.file}", "reason": str(error)})
            raise HTTPException(503, f"Slack did not give the facts about the file: {error}") from None
        finally:
            self._metrics.count_notification(SLACK, outcome)
        return Response()

    async def _web_api(self, until: float) -> SlackWebApi:
        async with deadline(until):
            return SlackWebApi(self._client, await self._verifier.workspace())

    async def _signed_body(self, request: Request, until: float, content_type: str) -> bytes:
        body = await guards.read_body(request, self._settings.max_body, self._settings.body_seconds)
        async with deadline(until):
            await self._verifier.require(request, body)
        guards.require_content_type(request, content_type)
        return body
