"""The form in which sales request a change of a publication in Slack (PUB-1).

https://docs.slack.dev/reference/views/modal-views
"""

from typing import Any, Final

from slack_sdk.models.blocks import (
    ContextBlock,
    InputBlock,
    InputInteractiveElement,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from rules.publications.requests import LONGEST_NAME, LONGEST_NOTE, PublicationAction

CALLBACK: Final = "publication_request"
"""The callback id of the form, and of the shortcut in the app's settings at Slack."""
VALUE: Final = "value"
"""The action id of every input; the block id is the name of the field."""
ACCOUNT: Final = "account"
MAX_ACCOUNT_LENGTH: Final = 1000
FOOTNOTE: Final = (
    "The request is checked against Salesforce first. If the two disagree, nothing is changed and sales are asked."
)


def publication_form() -> dict[str, Any]:
    """The empty form, as `views.open` takes it."""
    account = _text("001… or https://…/lightning/r/Account/001…/view", MAX_ACCOUNT_LENGTH)
    options = [Option(text=action.value.capitalize(), value=action.value) for action in PublicationAction]
    publication_hint = "Its name in the contract in Salesforce. To rename a publication, enter its current name."
    view = View(
        type="modal",
        callback_id=CALLBACK,
        title="Publication change",
        submit="Send request",
        close="Cancel",
        blocks=[
            _input(ACCOUNT, "Account", account, hint="The account's id in Salesforce, or the address of its page."),
            _input(
                "action",
                "Action",
                StaticSelectElement(action_id=VALUE, placeholder="Choose", options=options),
            ),
            _input("publication", "Publication", _text("Name of the publication", LONGEST_NAME), hint=publication_hint),
            _input("new_name", "New name", _text("Only for Rename", LONGEST_NAME), optional=True),
            _input("note", "Note", _text("For the reader of the request", LONGEST_NOTE, multiline=True), optional=True),
            ContextBlock(elements=[PlainTextObject(text=FOOTNOTE)]),
        ],
    )
    return view.to_dict()


def _input(
    field: str, label: str, element: InputInteractiveElement, *, hint: str | None = None, optional: bool = False
) -> InputBlock:
    return InputBlock(block_id=field, label=label, element=element, hint=hint, optional=optional)


def _text(placeholder: str, max_length: int, *, multiline: bool = False) -> PlainTextInputElement:
    return PlainTextInputElement(action_id=VALUE, placeholder=placeholder, max_length=max_length, multiline=multiline)
