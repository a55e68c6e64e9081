"""The two URLs that Salesforce calls: outbound messages (SOAP) and callouts of a flow or of Apex (JSON).

A delivery is validated completely before its first run is started. It is accepted when its runs exist and are awake.
"""

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rules.common.ids import to18
from rules.common.text import normalize
from webhooks.common import guards
from webhooks.common.settings import Settings
from webhooks.runs.deadline import deadline
from webhooks.salesforce import soap
from webhooks.salesforce.change import OPPORTUNITY, Change
from webhooks.salesforce.changes import ChangeHandler, HandledChange


class Event(BaseModel):
    """A JSON callout: the changed record, without its values. `event_id` is the sender's name for the change."""

    model_config = ConfigDict(extra="forbid", strict=True)

    object: str
    id: str
    event_id: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")


class SalesforceRoutes:
    """The handlers of the two routes."""

    def __init__(self, settings: Settings, changes: ChangeHandler) -> None:
        self._settings, self._changes = settings, changes

    async def outbound_message(self, request: Request) -> Response:
        """Acknowledge an outbound message after its runs are started and woken."""
        arrived = datetime.now(UTC)
        body = await self._body(request, lambda: guards.require_token(request, self._settings.token))
        guards.require_content_type(request, "text/xml", "application/xml", "application/soap+xml")
        message = _parse_message(body)
        if message.organization_id != self._settings.organization_id:
            raise HTTPException(403, "messages of this Salesforce organization are not accepted")
        if self._settings.action_ids and message.action_id not in self._settings.action_ids:
            raise HTTPException(403, "this outbound message's action is not accepted")
        await self._handle(self._changes_in(message), arrived)
        return Response(soap.ACK, media_type="text/xml")

    async def event(self, request: Request) -> Response:
        """Answer a callout with the run of its opportunity or contract (ONB-1, PUB-1), and the number of woken runs."""
        arrived = datetime.now(UTC)
        body = await self._body(request, lambda: guards.require_bearer(request, self._settings.bearer))
        guards.require_content_type(request, "application/json")
        if self._settings.hmac_secret is not None:
            guards.require_signature(request, body, self._settings.hmac_secret)
        (result,) = await self._handle([_parse_event(body)], arrived)
        return JSONResponse(_response_body(result), 202)

    async def _handle(self, changes: Collection[Change], arrived: datetime) -> list[HandledChange]:
        async with deadline(asyncio.get_running_loop().time() + self._settings.patience):
            return await self._changes.handle(changes, arrived)

    def _changes_in(self, message: soap.OutboundMessage) -> list[Change]:
        """The records of a message, each once; a record may be won if one of its notifications allows it."""
        first = {each.record_id: each for each in reversed(message.notifications)}
        is_opportunity = message.record_type == OPPORTUNITY
        won = {each.record_id for each in message.notifications if is_opportunity and self._may_be_won(each)}
        return [
            Change(message.record_type, record_id, record_id in won, each.id, each.id)
            for record_id, each in first.items()
        ]

    def _may_be_won(self, notification: soap.Notification) -> bool:
        # The values of the moment when the message was sent: the flow reads the record and decides.
        if notification.is_won is None and notification.stage is None:
            return True
        return bool(notification.is_won) or normalize(notification.stage or "") in self._settings.won_stages

    async def _body(self, request: Request, check: Callable[[], None]) -> bytes:
        return await guards.read_body(request, self._settings.max_body, self._settings.body_seconds, check)


def _response_body(result: HandledChange) -> dict[str, object]:
    run: dict[str, object] = {"flow_run_id": result.run.id, "created": result.run.is_new} if result.run else {}
    return run if result.change.object == OPPORTUNITY else run | {"woken": result.woken}


def _parse_message(body: bytes) -> soap.OutboundMessage:
    try:
        return soap.parse(body)
    except soap.UnreadableMessageError as error:
        raise HTTPException(400, str(error)) from error


def _parse_event(body: bytes) -> Change:
    try:
        event = Event.model_validate_json(body)
    except ValidationError as error:
        raise HTTPException(400, guards.describe_errors(error)) from error
    if event.object not in soap.PREFIXES:
        raise HTTPException(400, f"object must be one of {', '.join(soap.PREFIXES)}")
    try:
        record_id = to18(event.id, soap.PREFIXES[event.object])
    except ValueError as error:
        raise HTTPException(400, f"id: {error}") from error
    return Change(event.object, record_id, event.object == OPPORTUNITY, event.event_id)
