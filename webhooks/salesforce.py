"""What Salesforce delivers: outbound messages (SOAP) and callouts of a flow or of Apex (JSON).

A delivery is checked wholly before the first run is started, and accepted only when every run exists and is awake.
"""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rules.ids import to18
from webhooks import guards, soap
from webhooks.changes import OPPORTUNITY, Change, Changes, Heard
from webhooks.onboarding import CLOSED_WON
from webhooks.settings import Settings


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
        body = await self._body(request)
        guards.require_token(request, self._settings.token)
        guards.require_content_type(request, "text/xml", "application/xml", "application/soap+xml")
        message = _message(body)
        if message.organization_id != self._settings.organization_id:
            raise HTTPException(403, "this organization is not ours")
        if self._settings.action_ids and message.action_id not in self._settings.action_ids:
            raise HTTPException(403, "this outbound message's action is not accepted")
        await self._changes.hear(_changes_in(message), arrived)
        return Response(soap.ACK, media_type="text/xml")

    async def event(self, request: Request) -> Response:
        """Take a callout; 202 with the run of the opportunity (ONB-1) or contract (PUB-1), and how many runs woke."""
        arrived = datetime.now(UTC)
        body = await self._body(request)
        guards.require_bearer(request, self._settings.bearer)
        guards.require_content_type(request, "application/json")
        if self._settings.hmac_secret is not None:
            guards.require_signature(request, body, self._settings.hmac_secret)
        (heard,) = await self._changes.hear([_change_in(body)], arrived)
        return JSONResponse(_told(heard), 202)

    async def _body(self, request: Request) -> bytes:
        return await guards.read_body(request, self._settings.max_body, self._settings.body_seconds)


def _changes_in(message: soap.OutboundMessage) -> list[Change]:
    # The stage is as it was when the message was sent; the flow reads the record and decides.
    words = {each.record_id: each.id for each in reversed(message.notifications)}
    is_opportunity = message.record_type == OPPORTUNITY
    won = {each.record_id for each in message.notifications if is_opportunity and each.stage in (CLOSED_WON, None)}
    return [Change(message.record_type, record_id, record_id in won, word) for record_id, word in words.items()]


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
