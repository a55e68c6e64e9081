"""The buttons of a block, and the sharing of a file, as HTML forms."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from sandbox.slack.buttons import Button
from sandbox.slack.mrkdwn import is_link, mrkdwn, plain
from sandbox.slack.store import Pressed


@dataclass(frozen=True)
class Press:
    """Whose press of a button of which message the form would send."""

    channel: str
    ts: str
    user: str
    enabled: bool


def form(press: Press, found: Iterable[Button], warnings: Mapping[Pressed, str]) -> str:
    """The buttons, each with the warning that its last press left; "" when there are none."""
    shown = "".join(_button(press, one, warnings) for one in found)
    if not shown:
        return ""
    told = {"channel": press.channel, "ts": press.ts, "user": press.user}
    hidden = "".join(f"<input type='hidden' name='{name}' value='{value}'>" for name, value in told.items())
    return f"<form class='actions' method='post' action='/slack/press'>{hidden}{shown}</form>"


def upload_form(channel: str, user: str) -> str:
    """In which the member shares a file in the channel; nobody can."""
    off = "" if user else " disabled"
    return (
        "<form id='upload' method='post' action='/slack/upload' enctype='multipart/form-data'>"
        f"<input type='hidden' name='channel' value='{channel}'><input type='hidden' name='user' value='{user}'>"
        "<label for='file'>Share a file</label><input type='file' id='file' name='file' required>"
        f"<button class='button'{off}>Share</button></form>"
    )


def _button(press: Press, button: Button, warnings: Mapping[Pressed, str]) -> str:
    element, label = button.element, plain(button.element["text"]["text"])
    style = f"class='button {element.get('style', '')}'"
    url = str(element.get("url", ""))
    if is_link(url):
        return f"<a {style} href='{escape(url)}' target='_blank' rel='noopener noreferrer'>{label}</a>"
    warning = warnings.get(Pressed(press.channel, press.ts, button.action_id, press.user))
    told = f"<span class='warning' role='alert'>⚠️ {escape(warning)}</span>" if warning else ""
    confirm = f" data-confirm='{escape(_question(element['confirm']))}'" if element.get("confirm") else ""
    off = "" if press.enabled else " disabled"
    return f"<button {style} name='action_id' value='{escape(button.action_id)}'{confirm}{off}>{label}</button>{told}"


def _question(confirm: dict[str, Any]) -> str:
    """What is asked before the press, as JSON of HTML texts."""
    said = {part: plain(confirm[part]["text"]) for part in ("title", "confirm", "deny")}
    text = confirm["text"]
    said["text"] = mrkdwn(text["text"], {}) if text["type"] == "mrkdwn" else plain(text["text"])
    return json.dumps({**said, "style": "danger" if confirm.get("style") == "danger" else "primary"})
