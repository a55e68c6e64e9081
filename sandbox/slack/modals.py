"""The form that the app shows to a member, and the shortcuts that ask for one, as HTML."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from sandbox.slack.mrkdwn import mrkdwn, plain
from sandbox.slack.store import View

ENTERED: Final = "block:"
"""How the name of a field begins; the rest is the id of its block."""


def shortcuts(named: Mapping[str, str], user: str, channel: str, warning: str) -> str:
    """The shortcuts by their callback_id, as buttons; nobody can choose one."""
    buttons = "".join(
        f"<button class='shortcut' name='callback_id' value='{escape(callback_id)}'{'' if user else ' disabled'}>"
        f"⚡ {escape(name)}</button>"
        for callback_id, name in named.items()
    )
    told = f"<p class='warning' role='alert'>⚠️ {escape(warning)}</p>" if warning else ""
    return f"<form method='post' action='/slack/shortcut'>{_hidden(user=user, channel=channel)}{buttons}</form>{told}"


def modal(view: View | None, channel: str) -> str:
    """The form above the page; without one, the empty place where it will be."""
    if view is None:
        return "<div id='modal' data-shown=''></div>"
    content, hidden = view.content, _hidden(view=view.id, channel=channel)
    submit = f"<button class='button primary'>{_label(content['submit'])}</button>" if content["submit"] else ""
    close = _label(content["close"]) if content["close"] else "Close"
    trouble = f"<p class='error' role='alert'>{escape(view.trouble)}</p>" if view.trouble else ""
    blocks = "".join(_block(view, block) for block in content["blocks"])
    return (
        f"<div id='modal' data-shown='{view.id}.{view.revision}'><dialog open aria-labelledby='modal-title'>"
        f"<h2 id='modal-title'>{_label(content['title'])}</h2>"
        f"<form method='post' action='/slack/submit'>{hidden}<div class='blocks'>{trouble}{blocks}</div>"
        f"<footer>{submit}<button class='button' form='close-modal'>{close}</button></footer></form>"
        f"<form id='close-modal' method='post' action='/slack/close'>{hidden}</form></dialog></div>"
    )


def _block(view: View, block: dict[str, Any]) -> str:
    match block["type"]:
        case "input":
            return _input(view, block)
        case "header":
            return f"<h3>{_label(block['text'])}</h3>"
        case "divider":
            return "<hr>"
        case "context":
            texts = "".join(_text(one) for one in block["elements"] if one["type"] != "image")
            return f"<div class='context'>{texts}</div>"
        case _:
            return "".join(_text(one) for one in [block.get("text"), *block.get("fields", [])] if one)


def _input(view: View, block: dict[str, Any]) -> str:
    block_id, element = escape(block["block_id"]), block["element"]
    error = view.errors.get(block["block_id"], "")
    optional = " <span class='optional'>(optional)</span>" if block.get("optional") else ""
    hint = f"<p class='hint'>{_label(block['hint'])}</p>" if "hint" in block else ""
    told = f"<p class='error' role='alert'>{escape(error)}</p>" if error else ""
    attributes = f"id='field-{block_id}' name='{ENTERED}{block_id}'{'' if optional else ' required'}"
    attributes += " aria-invalid='true'" if error else ""
    value = view.values.get(block["block_id"], {}).get(element["action_id"])
    kind = _select if element["type"] == "static_select" else _text_input
    field = kind(element, attributes, value)
    label = f"<label for='field-{block_id}'>{_label(block['label'])}{optional}</label>"
    return f"<div class='field'>{label}{field}{told}{hint}</div>"


def _text_input(element: dict[str, Any], attributes: str, value: dict[str, Any] | None) -> str:
    text = escape((value["value"] if value else element.get("initial_value")) or "")
    placeholder = _label(element["placeholder"]) if "placeholder" in element else ""
    attributes += f" placeholder='{placeholder}' maxlength='{element.get('max_length', 3000)}' autocomplete='off'"
    if element.get("multiline"):
        return f"<textarea {attributes} rows='4'>{text}</textarea>"
    return f"<input {attributes} value='{text}'>"


def _select(element: dict[str, Any], attributes: str, value: dict[str, Any] | None) -> str:
    chosen = value["selected_option"] if value else element.get("initial_option")
    placeholder = _label(element["placeholder"]) if "placeholder" in element else ""
    options = "".join(
        f"<option value='{escape(one['value'])}'{' selected' if one == chosen else ''}>{_label(one['text'])}</option>"
        for one in element["options"]
    )
    return f"<select {attributes} autocomplete='off'><option value=''>{placeholder}</option>{options}</select>"


def _text(text: dict[str, Any]) -> str:
    return f"<div class='text'>{mrkdwn(text['text'], {}) if text['type'] == 'mrkdwn' else plain(text['text'])}</div>"


def _label(text: dict[str, Any]) -> str:
    return plain(text["text"])


def _hidden(**values: str) -> str:
    return "".join(f"<input type='hidden' name='{name}' value='{escape(value)}'>" for name, value in values.items())
