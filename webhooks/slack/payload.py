"""Slack's payloads, parsed strictly in the fields that the receiver uses; other fields are ignored.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import parse_qs
from uuid import UUID

from pydantic import AliasPath, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from rules.questions.questions import Decision
from webhooks.common.guards import describe_errors

MAX_FORM_FIELDS: Final = 10
KEY_DIGITS: Final = 32

ShortText = Annotated[str, Field(min_length=1, max_length=255)]

Model = TypeVar("Model", bound=BaseModel)


class UnreadablePayloadError(ValueError):
    """Raised when a body does not have the form that Slack documents; the message names the field."""


class StrictModel(BaseModel):
    """A part of a payload: no value is converted, and no error message quotes a value."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


class ButtonValue(StrictModel):
    """The value of a button in one of our questions.

    Attributes:
        run: the flow run that asked.
        decision: the answer.
        topic: what the person chose about, or "".
        choice: the chosen option, or "".
        may: ids of the Slack members who may press the button; when empty, everybody who sees it may.
    """

    model_config = ConfigDict(extra="forbid")

    run: UUID
    decision: Decision
    topic: str = ""
    choice: str = ""
    may: tuple[ShortText, ...] = ()


class RepairValue(StrictModel):
    """The value of a button that repairs drift (REC-2).

    Attributes:
        repair: the sentence whose offenders are repaired.
        preview: only previews are started.
        may: as in `ButtonValue`.
    """

    model_config = ConfigDict(extra="forbid")

    repair: ShortText
    preview: bool = False
    may: tuple[ShortText, ...] = ()


class RetryValue(StrictModel):
    """The value of a button that retries a failed run (REC-3).

    Attributes:
        run: the flow run.
        failure: the id of its failed state; in another state it is not retried.
        may: as in `ButtonValue`.
    """

    model_config = ConfigDict(extra="forbid")

    run: UUID
    failure: UUID
    may: tuple[ShortText, ...] = ()


class RetryAllValue(StrictModel):
    """The value of a button that retries all failed runs of a class and vendor (REC-3).

    Attributes:
        retry: the class.
        vendor: the vendor that the failures blame, or "".
        since: failures before this moment are left; ISO.
        may: as in `ButtonValue`.
    """

    model_config = ConfigDict(extra="forbid")

    retry: ShortText
    vendor: str
    since: ShortText
    may: tuple[ShortText, ...] = ()


AnyValue = ButtonValue | RepairValue | RetryValue | RetryAllValue
_VALUES: Final = (ButtonValue, RepairValue, RetryValue, RetryAllValue)


class _Text(StrictModel):
    text: str


class _Action(StrictModel):
    action_id: ShortText
    action_ts: ShortText
    value: str | None = None
    text: _Text | None = None


class User(StrictModel):
    """A Slack member."""

    id: ShortText
    name: str = ""
    username: str = ""

    @property
    def display_name(self) -> str:
        """The member's name, or the id when Slack sends no name."""
        return self.name or self.username or self.id


class _Typed(StrictModel):
    type: str


class _Actions(StrictModel):
    actions: tuple[_Action, ...] = Field(min_length=1)


class _PressContext(StrictModel):
    user: User
    channel: Annotated[ShortText, Field(validation_alias=AliasPath("channel", "id"))]
    message_ts: Annotated[ShortText, Field(validation_alias=AliasPath("message", "ts"))]
    thread_ts: Annotated[ShortText | None, Field(validation_alias=AliasPath("message", "thread_ts"))] = None
    response_url: SecretStr
    text: Annotated[str, Field(validation_alias=AliasPath("message", "text"))] = ""
    blocks: Annotated[tuple[dict[str, Any], ...], Field(validation_alias=AliasPath("message", "blocks"))] = ()


class _UrlVerification(StrictModel):
    challenge: ShortText


@dataclass(frozen=True)
class ButtonPress:
    """One press of a button in one of our messages.

    Attributes:
        key: names this press; a repeated delivery has the same key.
        label: the text on the button.
        user: id of the Slack member who pressed the button.
        user_name: that member's name.
        response_url: accepts messages to that member. Anybody who has it can post in the channel, so it is secret.
        thread_ts: the thread of the message, or None when the message is not in a thread.
        message: names the message for ever.
        text: of the message, for notifications.
        blocks: the layout of the message, as the member saw it.
    """

    value: AnyValue
    key: str
    label: str
    user: str
    user_name: str
    response_url: SecretStr
    thread_ts: str | None
    message: str = ""
    text: str = ""
    blocks: tuple[dict[str, Any], ...] = ()


def extract_payload(body: bytes) -> str:
    """The JSON text in the form field `payload` of an interaction.

    Raises:
        UnreadablePayloadError: the body is not a form with exactly one such field.
    """
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS)
    except ValueError as error:
        raise UnreadablePayloadError("the body is not a form in UTF-8") from error
    payloads = fields.get("payload", [])
    if len(payloads) != 1:
        raise UnreadablePayloadError(f"{len(payloads)} fields named payload, not one")
    return payloads[0]


def payload_type(payload: str | bytes) -> str:
    """The payload's `type`, such as `block_actions` or `event_callback`.

    Raises:
        UnreadablePayloadError: it has none.
    """
    return parse(_Typed, payload).type


def parse_press(payload: str) -> ButtonPress | None:
    """The press in a `block_actions` payload; None when the button belongs to another message.

    Raises:
        UnreadablePayloadError: a field is missing or wrong.
    """
    for action in parse(_Actions, payload).actions:
        value = parse_value(action.value or "")
        if value is not None:
            return _press(value, action, parse(_PressContext, payload))
    return None


def parse_challenge(body: bytes) -> str | None:
    """The text that Slack expects back when it verifies our URL; None for an event.

    Raises:
        UnreadablePayloadError: the body is neither.
    """
    match payload_type(body):
        case "url_verification":
            return parse(_UrlVerification, body).challenge
        case "event_callback":
            return None
        case _:
            raise UnreadablePayloadError("type: neither url_verification nor event_callback")


def parse(model: type[Model], payload: str | bytes) -> Model:
    """Parse JSON into a model.

    Raises:
        UnreadablePayloadError: the JSON does not fit the model.
    """
    try:
        return model.model_validate_json(payload)
    except ValidationError as error:
        raise UnreadablePayloadError(describe_errors(error)) from error


def parse_value(text: str) -> AnyValue | None:
    """The value of one of our buttons; None for another button's."""
    for kind in _VALUES:
        try:
            return kind.model_validate_json(text)
        except ValidationError:
            continue
    return None


def _press(value: AnyValue, action: _Action, context: _PressContext) -> ButtonPress:
    user = context.user
    delivery = (context.channel, context.message_ts, action.action_id, user.id, action.action_ts)
    digest = hashlib.sha256("\n".join(delivery).encode()).hexdigest()
    return ButtonPress(
        value,
        key=f"answer-{digest[:KEY_DIGITS]}",
        label=action.text.text if action.text else "",
        user=user.id,
        user_name=user.display_name,
        response_url=context.response_url,
        thread_ts=context.thread_ts,
        message=f"{context.channel}:{context.message_ts}",
        text=context.text,
        blocks=context.blocks,
    )
