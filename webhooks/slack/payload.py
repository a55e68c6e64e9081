"""What Slack sends, read strictly; what it sends besides is its own business.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar
from urllib.parse import parse_qs
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from rules.questions.questions import Decision
from webhooks.common.guards import faults

MOST_FIELDS: Final = 10
KEY_DIGITS: Final = 32

Short = Annotated[str, Field(min_length=1, max_length=255)]

Shape = TypeVar("Shape", bound=BaseModel)


class UnreadablePayloadError(ValueError):
    """Raised when a body is not what Slack sends; says what is wrong."""


class Strict(BaseModel):
    """Something in a payload."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


class Answer(Strict):
    """The value of a button of ours: which run it answers, and how.

    Attributes:
        topic: what is chosen, "" where nothing is.
        choice: what was chosen for it.
        may: the Slack members who may press it; none = whoever sees it.
    """

    model_config = ConfigDict(extra="forbid")

    run: UUID
    decision: Decision
    topic: str = ""
    choice: str = ""
    may: tuple[Short, ...] = ()


class _Text(Strict):
    text: str


class _Action(Strict):
    action_id: Short
    action_ts: Short
    value: str | None = None
    text: _Text | None = None


class User(Strict):
    """Who did it."""

    id: Short
    name: str = ""
    username: str = ""

    @property
    def known_as(self) -> str:
        """The name people know, as far as Slack tells it."""
        return self.name or self.username or self.id


class _Channel(Strict):
    id: Short


class _Message(Strict):
    ts: Short
    thread_ts: Short | None = None


class _Kind(Strict):
    type: str


class _Actions(Strict):
    actions: tuple[_Action, ...] = Field(min_length=1)


class _Where(Strict):
    user: User
    channel: _Channel
    message: _Message
    response_url: SecretStr


class _Challenge(Strict):
    challenge: Short


@dataclass(frozen=True)
class Press:
    """A button of ours that was pressed.

    Attributes:
        key: the answer's name among the run's inputs: the same delivery again has the same.
        label: what stands on the button.
        user: the presser's member id; `who` is the name people know.
        response_url: where the presser can be told something; whoever has it can do so, hence secret.
        thread_ts: the thread in which the message stands, if any: there the presser looks.
    """

    answer: Answer
    key: str
    label: str
    user: str
    who: str
    response_url: SecretStr
    thread_ts: str | None


def payload_in(body: bytes) -> str:
    """The payload in an interaction's form, as JSON.

    Raises:
        UnreadablePayloadError: it is no such form.
    """
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise UnreadablePayloadError("the body is not a form in UTF-8") from error
    payloads = fields.get("payload", [])
    if len(payloads) != 1:
        raise UnreadablePayloadError(f"{len(payloads)} fields named payload, not one")
    return payloads[0]


def kind_of(payload: str) -> str:
    """Which kind of interaction it is, as Slack names it.

    Raises:
        UnreadablePayloadError: it is none.
    """
    return read(_Kind, payload).type


def press_in(payload: str) -> Press | None:
    """The press of a button; None when the button is none of ours.

    Raises:
        UnreadablePayloadError: it is not a press as Slack sends it.
    """
    for action in read(_Actions, payload).actions:
        answer = _answer(action)
        if answer is not None:
            return _press(answer, action, read(_Where, payload))
    return None


def challenge_in(body: bytes) -> str | None:
    """What Slack wants to hear back when it proves our address; None for an event.

    Raises:
        UnreadablePayloadError: it is neither.
    """
    kind = read(_Kind, body).type
    if kind == "url_verification":
        return read(_Challenge, body).challenge
    if kind == "event_callback":
        return None
    raise UnreadablePayloadError("type: neither url_verification nor event_callback")


def read(kind: type[Shape], payload: str | bytes) -> Shape:
    """The payload, or its part that matters.

    Raises:
        UnreadablePayloadError: it is not of that shape.
    """
    try:
        return kind.model_validate_json(payload)
    except ValidationError as error:
        raise UnreadablePayloadError(faults(error)) from error


def _answer(action: _Action) -> Answer | None:
    try:
        return Answer.model_validate_json(action.value or "")
    except ValidationError:
        return None


def _press(answer: Answer, action: _Action, where: _Where) -> Press:
    user = where.user
    delivery = (where.channel.id, where.message.ts, action.action_id, user.id, action.action_ts)
    digest = hashlib.sha256("\n".join(delivery).encode()).hexdigest()
    return Press(
        answer,
        key=f"answer-{digest[:KEY_DIGITS]}",
        label=action.text.text if action.text else answer.choice or answer.decision,
        user=user.id,
        who=user.known_as,
        response_url=where.response_url,
        thread_ts=where.message.thread_ts,
    )
