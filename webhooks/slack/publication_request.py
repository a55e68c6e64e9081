"""A request about a publication, as Slack sends it: the shortcut that asks for the form, and the form filled in.

https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from rules.common.ids import ids_in, to18
from rules.publications.requests import LONGEST_ASKER, BadRequest, Requested, parse_request
from webhooks.slack.payload import Short, Strict, User, read
from webhooks.slack.publication_form import ACCOUNT, CALLBACK, LONGEST_ACCOUNT, VALUE

ACCOUNT_PREFIX: Final = "001"
FIELDS: Final = ("action", "publication", "new_name", "note")

_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class _Called(Strict):
    callback_id: str = ""


class _Shortcut(Strict):
    trigger_id: Short


class _Option(Strict):
    value: str


class _Value(Strict):
    value: str | None = None
    selected_option: _Option | None = None


class _State(Strict):
    values: dict[str, dict[str, _Value]]


class _View(Strict):
    id: Short
    state: _State


class _Named(Strict):
    view: _Called = _Called()


class _Filled(Strict):
    user: User
    view: _View


@dataclass(frozen=True)
class Opening:
    """Somebody asks for the form. `trigger_id`: with it, it can be shown, once and within 3 s."""

    trigger_id: str


@dataclass(frozen=True)
class Submission:
    """The form, filled in.

    Attributes:
        view: the form's id: the same when it is sent again.
        who: the name people know.
        texts: what was entered, by field; what was not is missing.
    """

    view: str
    who: str
    texts: Mapping[str, str]


def opening_in(payload: str) -> Opening | None:
    """The wish for the form in a shortcut; None when the shortcut is none of ours.

    Raises:
        UnreadablePayloadError: it is not a shortcut as Slack sends it.
    """
    if read(_Called, payload).callback_id != CALLBACK:
        return None
    return Opening(read(_Shortcut, payload).trigger_id)


def submission_in(payload: str) -> Submission | None:
    """What was entered in the form; None when the form is none of ours.

    Raises:
        UnreadablePayloadError: it is not a form as Slack sends it.
    """
    if read(_Named, payload).view.callback_id != CALLBACK:
        return None
    filled = read(_Filled, payload)
    values = filled.view.state.values
    entered = ((field, _text(values.get(field, {}).get(VALUE))) for field in (ACCOUNT, *FIELDS))
    return Submission(filled.view.id, filled.user.known_as, {field: text for field, text in entered if text})


def request_of(submission: Submission) -> tuple[str, Requested]:
    """The account's 18-character id, and what is asked for one of its publications.

    Raises:
        BadRequest: with what is wrong, by field.
    """
    texts = submission.texts
    faults = dict(_unseen(texts))
    account = ""
    try:
        account = account_in(texts.get(ACCOUNT, ""))
    except ValueError as error:
        faults[ACCOUNT] = str(error)
    asked = {field: text for field, text in texts.items() if field in FIELDS}
    try:
        request = parse_request(asked | {"requested_by": submission.who[:LONGEST_ASKER]})
    except BadRequest as error:
        raise BadRequest(faults | error.faults) from None
    if faults:
        raise BadRequest(faults)
    return account, request


def account_in(text: str) -> str:
    """The 18-character id of the one account that the text names: an id, or an address that holds one.

    Raises:
        ValueError: it names none or several; the message is for the person who typed it.
    """
    typed = text.strip()
    if not typed:
        raise ValueError("Enter the account's id or address.")
    if len(typed) > LONGEST_ACCOUNT:
        raise ValueError("This is too long for the address of an account.")
    if typed.isalnum():
        return to18(typed, ACCOUNT_PREFIX)
    found = {to18(each, ACCOUNT_PREFIX) for each in ids_in(unquote(typed), ACCOUNT_PREFIX)}
    if len(found) != 1:
        told = "more than one account" if found else "no account"
        raise ValueError(f"This names {told}. Copy the address of the account's own page in Salesforce.")
    return found.pop()


def _text(value: _Value | None) -> str:
    if value is None:
        return ""
    return (value.selected_option.value if value.selected_option else value.value) or ""


def _unseen(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What Prefect's database would refuse, and nobody types."""
    for field, text in texts.items():
        if _UNSEEN.search(text):
            yield field, "This holds characters that cannot be seen. Type it anew."
