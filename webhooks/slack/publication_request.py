"""Parses the shortcut that asks for the form of a publication request, and the submitted form (PUB-1).

https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AliasPath, Field

from rules.common.ids import record_id_in
from rules.publications.requests import LONGEST_ASKER, BadRequest, Requested, parse_request
from webhooks.slack.payload import ShortText, StrictModel, User, parse
from webhooks.slack.publication_form import ACCOUNT, CALLBACK, MAX_ACCOUNT_LENGTH, VALUE

ACCOUNT_PREFIX: Final = "001"
FIELDS: Final = ("action", "publication", "new_name", "note")

_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class _Callback(StrictModel):
    callback_id: str = ""


class _Shortcut(StrictModel):
    trigger_id: ShortText


class _Option(StrictModel):
    value: str


class _Value(StrictModel):
    value: str | None = None
    selected_option: _Option | None = None


class _AnySubmission(StrictModel):
    view: _Callback = _Callback()


class _Submission(StrictModel):
    user: User
    view: Annotated[ShortText, Field(validation_alias=AliasPath("view", "id"))]
    values: Annotated[dict[str, dict[str, _Value]], Field(validation_alias=AliasPath("view", "state", "values"))]


@dataclass(frozen=True)
class FormSubmission:
    """A submitted form.

    Attributes:
        view: id of the form; the same when the form is submitted again.
        user_name: the name of the member who submitted it.
        texts: the entries by field, without empty fields.
    """

    view: str
    user_name: str
    texts: Mapping[str, str]


def parse_shortcut(payload: str) -> str | None:
    """The trigger id in a shortcut; None for a shortcut of another app.

    Raises:
        UnreadablePayloadError: a field is missing or wrong.
    """
    if parse(_Callback, payload).callback_id != CALLBACK:
        return None
    return parse(_Shortcut, payload).trigger_id


def parse_submission(payload: str) -> FormSubmission | None:
    """The entries of a submitted form; None for another form.

    Raises:
        UnreadablePayloadError: a field is missing or wrong.
    """
    if parse(_AnySubmission, payload).view.callback_id != CALLBACK:
        return None
    submission = parse(_Submission, payload)
    texts = {field: _text(submission.values.get(field, {}).get(VALUE)) for field in (ACCOUNT, *FIELDS)}
    entries = {field: text for field, text in texts.items() if text}
    return FormSubmission(submission.view, submission.user.display_name, entries)


def account_and_request(submission: FormSubmission) -> tuple[str, Requested]:
    """The account's 18-character id, and the change requested for one of its publications.

    Raises:
        BadRequest: an entry is missing or wrong; has a message for the person by field.
    """
    faults = dict(_control_characters(submission.texts))
    account = ""
    try:
        account = parse_account(submission.texts.get(ACCOUNT, ""))
    except ValueError as error:
        faults[ACCOUNT] = str(error)
    entries = {field: text for field, text in submission.texts.items() if field in FIELDS}
    try:
        request = parse_request(entries | {"requested_by": submission.user_name[:LONGEST_ASKER]})
    except BadRequest as error:
        raise BadRequest(faults | error.faults) from None
    if faults:
        raise BadRequest(faults)
    return account, request


def parse_account(text: str) -> str:
    """The 18-character id of the one account in a text: an id, or the address of the account's page.

    Raises:
        ValueError: the text names no account or several; the message is for the person who entered it.
    """
    entry = text.strip()
    if not entry:
        raise ValueError("Enter the account's id or the address of its page in Salesforce.")
    if len(entry) > MAX_ACCOUNT_LENGTH:
        raise ValueError("This text is too long. Enter the account's id or the address of its page in Salesforce.")
    return record_id_in(entry, ACCOUNT_PREFIX)


def _text(value: _Value | None) -> str:
    if value is None:
        return ""
    return (value.selected_option.value if value.selected_option else value.value) or ""


def _control_characters(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Messages by field about characters that Prefect's database refuses."""
    for field, text in texts.items():
        if _CONTROL_CHARACTERS.search(text):
            yield field, "This text contains invisible characters. Delete it and type it again."
