"""Messages as HTML, as a member sees them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.slack.buttons import buttons
from sandbox.slack.forms import Press, form
from sandbox.slack.mrkdwn import mrkdwn, plain
from sandbox.slack.store import BOT, Message, Pressed

_APP: Final = "Lifecycle"
_EPHEMERAL: Final = " class='ephemeral'"


@dataclass(frozen=True)
class Viewer:
    """Who looks at which channel.

    Attributes:
        user: the member's id, "" for nobody.
        names: of members and channels, by id, with their `@` or `#`.
        warnings: what members were told of presses that no app took.
    """

    user: str
    channel: str
    zone: ZoneInfo
    names: Mapping[str, str]
    warnings: Mapping[Pressed, str]

    def message(self, message: Message, thread: Iterable[Message] = ()) -> str:
        """One message, with the messages of its thread."""
        ts = message["ts"]
        own = "<p class='own'>Only visible to you</p>" if message.get("is_ephemeral") else ""
        replies = "".join(self.message(one) for one in thread)
        section = f"<section aria-label='Thread'>{replies}</section>" if replies else ""
        return (
            f"<article id='m{ts}' data-ts='{ts}'{_EPHEMERAL if own else ''}>{own}"
            f"<p class='by'>{self._author(message)} {self._time(ts)}</p>"
            f"<div class='content'>{self._content(message)}{_edited(message)}{self._files(message)}</div>"
            f"{section}</article>"
        )

    def _author(self, message: Message) -> str:
        if message["user"] == BOT or message.get("is_ephemeral"):
            return f"<b>{_APP}</b> <span class='app'>APP</span>"
        return f"<b>{escape(self.names.get(message['user'], '').removeprefix('@'))}</b>"

    def _time(self, ts: str) -> str:
        at = datetime.fromtimestamp(int(ts.partition(".")[0]), self.zone)
        return f"<time datetime='{at.isoformat()}' title='{at:%A, %d %B %Y, %H:%M:%S}'>{at:%H:%M}</time>"

    def _content(self, message: Message) -> str:
        """The blocks, which Slack shows instead of the text."""
        if not message["blocks"]:
            return f"<div class='text'>{mrkdwn(message['text'], self.names, self.zone)}</div>"
        return "".join(self._block(message, number, block) for number, block in enumerate(message["blocks"]))

    def _files(self, message: Message) -> str:
        return "".join(
            f"<p class='file'>📎 <a href='/slack/files/{one['id']}'>{escape(str(one['title']))}</a></p>"
            for one in message.get("files", ())
        )

    def _block(self, message: Message, number: int, block: dict[str, Any]) -> str:
        match block["type"]:
            case "section":
                texts = self._texts([block["text"]] if "text" in block else [])
                fields = self._texts(block.get("fields", []))
                return f"{texts}<div class='fields'>{fields}</div>{self._form(message, number, block)}"
            case "header":
                return f"<h3>{plain(block['text']['text'])}</h3>"
            case "divider":
                return "<hr>"
            case "context":
                texts = self._texts(one for one in block["elements"] if one["type"] != "image")
                return f"<div class='context'>{texts}</div>"
            case "actions":
                return self._form(message, number, block)
            case other:
                return f"<p class='context'>({escape(other)})</p>"

    def _texts(self, texts: Iterable[dict[str, Any]]) -> str:
        return "".join(f"<div class='text'>{_text(one, self.names, self.zone)}</div>" for one in texts)

    def _form(self, message: Message, number: int, block: dict[str, Any]) -> str:
        press = Press(self.channel, message["ts"], self.user, enabled=bool(self.user) and message["user"] == BOT)
        return form(press, buttons(number, block), self.warnings)


def _text(text: dict[str, Any], names: Mapping[str, str], zone: ZoneInfo) -> str:
    return mrkdwn(text["text"], names, zone) if text["type"] == "mrkdwn" else plain(text["text"])


def _edited(message: Message) -> str:
    return "<span class='edited'>(edited)</span>" if "edited" in message else ""
