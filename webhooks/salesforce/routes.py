"""What Salesforce delivers: outbound messages (SOAP) and callouts of a flow or of Apex (JSON).

A delivery is checked wholly before the first run is started, and accepted only when every run exists and is awake.
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
from webhooks.runs.deadline import in_time
from webhooks.salesforce import soap
from webhooks.salesforce.change import OPPORTUNITY, Change
from webhooks.salesforce.changes import Changes, Heard


class Event(BaseModel):
    """A JSON callout: which record changed, never its values. `event_id` names the sender's own event."""

    model_config = ConfigDict(extra="forbid", strict=True)

    object: str
    id: str
    event_id: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")


class Salesforce:
    """The two handlers."""

    def __init__(self, settings: Settings, changes: Changes) -> None:
        self._settings, self._changes = settings, changes

    async def outbound_message(self, request: Request) -> Response:
        """Take an outbound message; acknowledge it when every run exists that it starts, and is awake that it wakes."""
        arrived = datetime.now(UTC)
        body = await self._body(request, lambda: guards.require_token(request, self._settings.token))
        guards.require_content_type(request, "text/xml", "application/xml", "application/soap+xml")
        message = _message(body)
        if message.organization_id != self._settings.organization_id:
            raise HTTPException(403, "this organization is not ours")
        if self._settings.action_ids and message.action_id not in self._settings.action_ids:
            raise HTTPException(403, "this outbound message's action is not accepted")
        await self._hear(self._changes_in(message), arrived)
        return Response(soap.ACK, media_type="text/xml")

    async def event(self, request: Request) -> Response:
        """Take a callout; 202 with the run of the opportunity (ONB-1) or contract (PUB-1), and how many runs woke."""
        arrived = datetime.now(UTC)
        body = await self._body(request, lambda: guards.require_bearer(request, self._settings.bearer))
        guards.require_content_type(request, "application/json")
        if self._settings.hmac_secret is not None:
            guards.require_signature(request, body, self._settings.hmac_secret)
        (heard,) = await self._hear([_change_in(body)], arrived)
        return JSONResponse(_told(heard), 202)

    async def _hear(self, changes: Collection[Change], arrived: datetime) -> list[Heard]:
        async with in_time(asyncio.get_running_loop().time() + self._settings.patience):
            return await self._changes.handle(changes, arrived)

    def _changes_in(self, message: soap.OutboundMessage) -> list[Change]:
        """The records of a message, each once; won where one of its notifications says so, or does not say."""
        first = {each.record_id: each for each in reversed(message.notifications)}
        is_opportunity = message.record_type == OPPORTUNITY
        won = {each.record_id for each in message.notifications if is_opportunity and self._may_be_won(each)}
        return [
            Change(message.record_type, record_id, record_id in won, each.id, each.id)
            for record_id, each in first.items()
        ]

    def _may_be_won(self, notification: soap.Notification) -> bool:
        # As it was when the message was sent: the flow reads the record and decides.
        if notification.is_won is None and notification.stage is None:
            return True
        return bool(notification.is_won) or normalize(notification.stage or "") in self._settings.won_stages

    async def _body(self, request: Request, check: Callable[[], None]) -> bytes:
        return await guards.read_body(request, self._settings.max_body, self._settings.body_seconds, check)


def _told(heard: Heard) -> dict[str, object]:
    run: dict[str, object] = {"flow_run_id": heard.run.id, "created": heard.run.is_new} if heard.run else {}
    return run if heard.change.object == OPPORTUNITY else run | {"woken": heard.woken}


def _message(body: bytes) -> soap.OutboundMessage:
    try:
        return soap.parse(body)
    except soap.UnreadableMessageError as error:
        raise HTTPException(400, str(error)) from error


def _change_in(body: bytes) -> Change:
    try:
        event = Event.model_validate_json(body)
    except ValidationError as error:
        raise HTTPException(400, guards.faults(error)) from error
    if event.object not in soap.PREFIXES:
        raise HTTPException(400, f"object must be one of {', '.join(soap.PREFIXES)}")
    try:
        record_id = to18(event.id, soap.PREFIXES[event.object])
    except ValueError as error:
        raise HTTPException(400, f"id: {error}") from error
    return Change(event.object, record_id, event.object == OPPORTUNITY, event.event_id)
