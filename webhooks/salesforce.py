"""What Salesforce delivers: outbound messages (SOAP) and callouts of a flow or of Apex (JSON).

A delivery is checked wholly before the first run is started, and accepted only when every run exists.
"""

import asyncio
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rules.ids import to18
from webhooks import guards, soap
from webhooks.metrics import Metrics
from webhooks.onboarding import CLOSED_WON, Onboardings, Outcome
from webhooks.prefect_runs import FlowRun
from webhooks.settings import Settings

OPPORTUNITY = "Opportunity"


class Event(BaseModel):
    """A JSON callout: which record changed, never its values. `event_id` names the sender's own event."""

    model_config = ConfigDict(extra="forbid", strict=True)

    object: str
    id: str
    event_id: str = Field(min_length=1, max_length=200)


class Salesforce:
    """The two handlers."""

    def __init__(self, settings: Settings, onboardings: Onboardings, metrics: Metrics) -> None:
        self._settings, self._onboardings, self._metrics = settings, onboardings, metrics

    async def outbound_message(self, request: Request) -> Response:
        """Take an outbound message; acknowledge it when the run of every sale in it exists (ONB-1)."""
        arrived = datetime.now(UTC)
        body = await self._body(request)
        guards.require_token(request, self._settings.token)
        guards.require_content_type(request, "text/xml", "application/xml", "application/soap+xml")
        message = _message(body)
        if message.organization_id != self._settings.organization_id:
            raise HTTPException(403, "this organization is not ours")
        if self._settings.action_ids and message.action_id not in self._settings.action_ids:
            raise HTTPException(403, "this outbound message's action is not accepted")
        await self._take(message, arrived)
        return Response(soap.ACK, media_type="text/xml")

    async def event(self, request: Request) -> Response:
        """Take a callout; 202 with the opportunity's flow run (ONB-1)."""
        arrived = datetime.now(UTC)
        body = await self._body(request)
        guards.require_bearer(request, self._settings.bearer)
        guards.require_content_type(request, "application/json")
        if self._settings.hmac_secret is not None:
            guards.require_signature(request, body, self._settings.hmac_secret)
        run = await self._hear(_opportunity_id(body), arrived)
        return JSONResponse({"flow_run_id": run.id, "created": run.is_new}, 202)

    async def _body(self, request: Request) -> bytes:
        return await guards.read_body(request, self._settings.max_body, self._settings.body_seconds)

    async def _take(self, message: soap.OutboundMessage, arrived: datetime) -> None:
        if message.record_type != OPPORTUNITY:
            self._metrics.heard(message.record_type, Outcome.NOTED, len(message.notifications))
            return
        # The stage is as it was when the message was sent; the flow reads the record and decides.
        won = [each for each in message.notifications if each.stage in (CLOSED_WON, None)]
        self._metrics.heard(OPPORTUNITY, Outcome.OTHER_STAGE, len(message.notifications) - len(won))
        try:
            async with asyncio.TaskGroup() as group:
                for opportunity_id in {each.record_id for each in won}:
                    group.create_task(self._hear(opportunity_id, arrived))
        except ExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _hear(self, opportunity_id: str, arrived: datetime) -> FlowRun:
        run, outcome = await self._onboardings.hear(opportunity_id, arrived)
        self._metrics.heard(OPPORTUNITY, outcome)
        if run.is_new:
            self._metrics.created()
        return run


def _message(body: bytes) -> soap.OutboundMessage:
    try:
        return soap.parse(body)
    except soap.UnreadableMessageError as error:
        raise HTTPException(400, str(error)) from error


def _opportunity_id(body: bytes) -> str:
    try:
        event = Event.model_validate_json(body)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors())
        raise HTTPException(400, "; ".join(faults)) from error
    if event.object != OPPORTUNITY:
        raise HTTPException(400, f"object must be {OPPORTUNITY}; no other is accepted")
    try:
        return to18(event.id, soap.PREFIXES[OPPORTUNITY])
    except ValueError as error:
        raise HTTPException(400, f"id: {error}") from error
