"""The form in which sales request a change of a publication in Slack (PUB-1).

https://docs.slack.dev/reference/views/modal-views
"""

from typing import Any, Final

from rules.publications.requests import LONGEST_NAME, LONGEST_NOTE, Action

CALLBACK: Final = "publication_request"
"""The callback id of the form, and of the shortcut in the app's settings at Slack."""
VALUE: Final = "value"
"""The action id of every input; the block id is the name of the field."""
ACCOUNT: Final = "account"
MAX_ACCOUNT_LENGTH: Final = 1000
FOOTNOTE: Final = (
    "The request is checked against Salesforce first. If the two disagree, nothing is changed and sales are asked."
)

Block = dict[str, Any]


def publication_form() -> dict[str, Any]:
    """The empty form, as `views.open` takes it."""
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": _plain("Publication change"),
        "submit": _plain("Send request"),
        "close": _plain("Cancel"),
        "blocks": [
            _input(
                ACCOUNT,
                "Account",
                _text("001… or https://…/lightning/r/Account/001…/view", MAX_ACCOUNT_LENGTH),
                hint="The account's id in Salesforce, or the address of its page.",
            ),
            _input("action", "Action", _select([each.value for each in Action])),
            _input(
                "publication",
                "Publication",
                _text("Name of the publication", LONGEST_NAME),
                hint="Its name in the contract in Salesforce. To rename a publication, enter its current name.",
            ),
            _input("new_name", "New name", _text("Only for Rename", LONGEST_NAME), optional=True),
            _input(
                "note",
                "Note",
                _text("For the reader of the request", LONGEST_NOTE, multiline=True),
                optional=True,
            ),
            {"type": "context", "elements": [_plain(FOOTNOTE)]},
        ],
    }


def _input(field: str, label: str, element: Block, *, hint: str = "", optional: bool = False) -> Block:
    block = {"type": "input", "block_id": field, "label": _plain(label), "element": element, "optional": optional}
    return block | ({"hint": _plain(hint)} if hint else {})


def _text(placeholder: str, max_length: int, *, multiline: bool = False) -> Block:
    return {
        "type": "plain_text_input",
        "action_id": VALUE,
        "placeholder": _plain(placeholder),
        "max_length": max_length,
        "multiline": multiline,
    }


def _select(values: list[str]) -> Block:
    options = [{"text": _plain(value.capitalize()), "value": value} for value in values]
    return {"type": "static_select", "action_id": VALUE, "placeholder": _plain("Choose"), "options": options}


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}
