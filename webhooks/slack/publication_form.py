"""The form in which sales request a change of a publication in Slack (PUB-1).

https://docs.slack.dev/reference/views/modal-views
"""

from typing import Any, Final

from rules.publications.requests import LONGEST_NAME, LONGEST_NOTE, PublicationAction

CALLBACK: Final = "publication_request"
"""Names both the shortcut, as it is registered with the app, and the form."""
VALUE: Final = "value"
"""What is typed or chosen in a block of the form; the block is named as the field of the request."""
ACCOUNT: Final = "account"
LONGEST_ACCOUNT: Final = 1000
PROMISE: Final = (
    "The request is checked against Salesforce first. If it does not fit, nothing is changed and sales are asked."
)

Block = dict[str, Any]


def publication_form() -> dict[str, Any]:
    """The form, empty, as `views.open` takes it."""
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
                _text("001… or https://…/lightning/r/Account/001…/view", LONGEST_ACCOUNT),
                hint="The account's id in Salesforce, or the address of its page.",
            ),
            _input("action", "What is to be done", _select([each.value for each in PublicationAction])),
            _input(
                "publication",
                "Publication",
                _text("Name of the publication", LONGEST_NAME),
                hint="As the contract in Salesforce lists it. To rename one: its present name.",
            ),
            _input("new_name", "New name", _text("Only to rename", LONGEST_NAME), optional=True),
            _input("note", "Note", _text("For whoever reads the request", LONGEST_NOTE, multiline=True), optional=True),
            {"type": "context", "elements": [_plain(PROMISE)]},
        ],
    }


def _input(field: str, label: str, element: Block, *, hint: str = "", optional: bool = False) -> Block:
    block = {"type": "input", "block_id": field, "label": _plain(label), "element": element, "optional": optional}
    return block | ({"hint": _plain(hint)} if hint else {})


def _text(placeholder: str, longest: int, *, multiline: bool = False) -> Block:
    return {
        "type": "plain_text_input",
        "action_id": VALUE,
        "placeholder": _plain(placeholder),
        "max_length": longest,
        "multiline": multiline,
    }


def _select(values: list[str]) -> Block:
    options = [{"text": _plain(value.capitalize()), "value": value} for value in values]
    return {"type": "static_select", "action_id": VALUE, "placeholder": _plain("Choose"), "options": options}


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}
