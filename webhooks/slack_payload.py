"""What Slack sends, read strictly; what it sends besides is its own business.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar
from urllib.parse import parse_qs
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from rules.questions import Decision
from webhooks.guards import faults

MOST_FIELDS: Final = 10
KEY_DIGITS: Final = 32

Short = Annotated[str, Field(min_length=1, max_length=255)]

Shape = TypeVar("Shape", bound=BaseModel)


class UnreadablePayloadError(ValueError):
    """Raised when a body is not what Slack sends; says what is wrong."""


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


class Answer(_Strict):
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


class _Text(_Strict):
    text: str


class _Action(_Strict):
    action_id: Short
    action_ts: Short
    value: str | None = None
    text: _Text | None = None


class _User(_Strict):
    id: Short
    name: str = ""
    username: str = ""


class _Channel(_Strict):
    id: Short


class _Message(_Strict):
    ts: Short
    thread_ts: Short | None = None


class _Kind(_Strict):
    type: str


class _Actions(_Strict):
    actions: tuple[_Action, ...] = Field(min_length=1)


class _Where(_Strict):
    user: _User
    channel: _Channel
    message: _Message
    response_url: SecretStr


class _Challenge(_Strict):
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


def press_in(body: bytes) -> Press | None:
    """The press in an interaction's form; None when the interaction is none of ours.

    Raises:
        UnreadablePayloadError: it is not an interaction as Slack sends it.
    """
    payload = _payload(body)
    if _read(_Kind, payload).type != "block_actions":
        return None
    for action in _read(_Actions, payload).actions:
        answer = _answer(action)
        if answer is not None:
            return _press(answer, action, _read(_Where, payload))
    return None


def challenge_in(body: bytes) -> str | None:
    """What Slack wants to hear back when it proves our address; None for an event.

    Raises:
        UnreadablePayloadError: it is neither.
    """
    kind = _read(_Kind, body).type
    if kind == "url_verification":
        return _read(_Challenge, body).challenge
    if kind == "event_callback":
        return None
    raise UnreadablePayloadError("type: neither url_verification nor event_callback")


def _payload(body: bytes) -> str:
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise UnreadablePayloadError("the body is not a form in UTF-8") from error
    payloads = fields.get("payload", [])
    if len(payloads) != 1:
        raise UnreadablePayloadError(f"{len(payloads)} fields named payload, not one")
    return payloads[0]


def _read(kind: type[Shape], payload: str | bytes) -> Shape:
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
        who=user.name or user.username or user.id,
        response_url=where.response_url,
        thread_ts=where.message.thread_ts,
    )
