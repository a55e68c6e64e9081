"""The page around a channel's messages: channels at the left, who one is, and the notice below."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent
_STYLE: Final = (_FOLDER / "page.css").read_text(encoding="utf-8")
_SCRIPT: Final = (_FOLDER / "page.js").read_text(encoding="utf-8")
_CURRENT: Final = " aria-current='page'"
_QUESTION: Final = (
    "<dialog id='confirm' aria-labelledby='question'><h2 id='question'></h2><div class='text'></div>"
    "<form method='dialog'><button class='button' value='' data-part='deny'></button>"
    "<button class='button' value='yes' data-part='confirm'></button></form></dialog>"
)


@dataclass(frozen=True)
class Layout:
    """What the page shows.

    Attributes:
        title: the channel's name.
        here: the channel's id.
        channels: names by id.
        people: names by id, who one may be.
        user: the id of who one is.
        messages: HTML.
        upload: HTML of the form in which a file is shared.
        shortcuts: HTML.
        modal: HTML of the form that the app shows, if any.
        notice: what is not as it should be, "" when all is well.
    """

    title: str
    here: str
    channels: Mapping[str, str]
    people: Mapping[str, str]
    user: str
    messages: str
    upload: str
    shortcuts: str
    modal: str
    notice: str


def whole_page(layout: Layout) -> str:
    """The page as HTML; its script brings what changes up to date from the same address."""
    nothing = "<p class='nothing'>Nothing has been said here yet.</p>"
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'><link rel='icon' href='data:,'>"
        f"<title>{escape(layout.title)} · Sandbox Slack</title><style>{_STYLE}</style></head><body>"
        f"<nav aria-label='Workspace'><h1>Sandbox</h1>{_you(layout)}{_channels(layout)}"
        f"<div id='shortcuts'>{layout.shortcuts}</div>"
        f"<a href='/'>All systems</a></nav>"
        f"<main><header><h2>{escape(layout.title)}</h2></header>"
        f"<div id='messages' role='log' aria-label='Messages'>{layout.messages or nothing}</div>"
        f"{layout.upload}"
        f"<footer id='notice'>{escape(layout.notice)}</footer></main>{_QUESTION}{layout.modal}"
        f"<script>{_SCRIPT}</script></body></html>"
    )


def _you(layout: Layout) -> str:
    options = "".join(
        f"<option value='{user}'{' selected' if user == layout.user else ''}>{escape(name)}</option>"
        for user, name in layout.people.items()
    )
    return (
        f"<form id='who' method='get' action='/slack/channels/{layout.here}'><label for='you'>You are</label>"
        f"<select id='you' name='you' autocomplete='off'>{options}</select>"
        f"<noscript><button>Be</button></noscript></form>"
    )


def _channels(layout: Layout) -> str:
    links = "".join(
        f"<li><a href='/slack/channels/{channel}'{_CURRENT if channel == layout.here else ''}>{escape(name)}</a></li>"
        for channel, name in layout.channels.items()
    )
    return f"<ul id='channels' aria-label='Channels'>{links}</ul>"
