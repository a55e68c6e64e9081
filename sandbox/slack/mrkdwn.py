"""Slack's own markup of a text, as HTML."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from html import escape
from itertools import groupby
from typing import Final

_EMOJI: Final = {
    "alarm_clock": "⏰",
    "bar_chart": "📊",
    "bell": "🔔",
    "checkered_flag": "🏁",
    "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳",
    "inbox_tray": "📥",
    "mag": "🔍",
    "no_entry_sign": "🚫",
    "page_facing_up": "📄",
    "question": "❓",
    "leftwards_arrow_with_hook": "↩️",
    "recycle": "♻️",
    "rotating_light": "🚨",
    "stopwatch": "⏱️",
    "tada": "🎉",
    "warning": "⚠️",
    "wave": "👋",
    "white_check_mark": "✅",
    "x": "❌",
}
_VERBATIM: Final = re.compile(r"```\n?(?P<block>.+?)```|`(?P<code>[^`\n]+)`|<(?P<angled>[^<>\n]+)>", re.DOTALL)
# Two characters of the private-use area, which no text needs, keep the place of what is finished already.
_HELD: Final = re.compile("\ue000(\\d+)\ue001")
_RESERVED: Final = dict.fromkeys((0xE000, 0xE001))
_EMPHASES: Final = [
    (re.compile(rf"(?<!\w){mark}(?=\S)([^{mark}\n]+)(?<=\S){mark}(?!\w)"), rf"<{tag}>\1</{tag}>")
    for mark, tag in (("_", "i"), ("~", "s"), (r"\*", "b"))
]
_DATE: Final = re.compile(r"!date\^(?P<seconds>\d{1,10})\^(?P<format>[^|^]+)\|(?P<otherwise>.+)")
_LINKED: Final = ("http://", "https://", "mailto:", "tel:")


def is_link(url: str) -> bool:
    """Whether Slack makes a link of the address."""
    return url.lower().startswith(_LINKED)


def plain(text: str) -> str:
    """A plain_text as HTML: no markup but emoji."""
    return re.sub(r":([a-z0-9_+-]+):", lambda found: _EMOJI.get(found[1], found[0]), escape(_meant(text)))


def mrkdwn(text: str, names: Mapping[str, str], zone: tzinfo = UTC) -> str:
    """A mrkdwn text as HTML.

    Args:
        text: as it was posted.
        names: of members and channels, by id, with their `@` or `#`.
        zone: in which the reader sees moments.
    """
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        held.append(_verbatim(found, names, zone))
        return f"\ue000{len(held) - 1}\ue001"

    marked = plain(_VERBATIM.sub(hold, text.translate(_RESERVED)))
    for emphasis, tagged in _EMPHASES:
        marked = emphasis.sub(tagged, marked)
    return _HELD.sub(lambda found: held[int(found[1])], _quoted(marked))


def _meant(text: str) -> str:
    """The text without Slack's three entities, which are the only ones it has."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _quoted(marked: str) -> str:
    """Lines that begin with `>` as quotations."""
    parts = []
    for quoted, lines in groupby(marked.split("\n"), lambda line: line.startswith("&gt;")):
        text = "\n".join(line.removeprefix("&gt;").removeprefix(" ") if quoted else line for line in lines)
        parts.append(f"<blockquote>{text}</blockquote>" if quoted else text)
    return "".join(parts)


def _verbatim(found: re.Match[str], names: Mapping[str, str], zone: tzinfo) -> str:
    if found["block"]:
        return f"<pre>{escape(_meant(found['block']))}</pre>"
    if found["code"]:
        return f"<code>{escape(_meant(found['code']))}</code>"
    if moment := _DATE.fullmatch(found["angled"]):
        return plain(_date(moment, zone))
    return _angled(found["angled"], names)


def _date(found: re.Match[str], zone: tzinfo) -> str:
    """A moment in the reader's time zone; the text for old clients if its format is none of ours."""
    at = datetime.fromtimestamp(int(found["seconds"]), zone)
    shown = found["format"].replace("{date_short}", f"{at:%b} {at.day}, {at.year}").replace("{time}", f"{at:%H:%M}")
    return found["otherwise"] if "{" in shown else shown


def _angled(content: str, names: Mapping[str, str]) -> str:
    """What stands between `<` and `>`: a member, a channel, everybody, or a link."""
    target, _, label = content.partition("|")
    match target[:1]:
        case "@" | "#":
            shown = names.get(target[1:]) or f"{target[0]}{label or target[1:]}"
        case "!":
            shown = label or f"@{target[1:]}"
        case _:
            return _link(_meant(target), label or target)
    return f"<span class='mention'>{escape(_meant(shown))}</span>"


def _link(url: str, label: str) -> str:
    if not is_link(url):
        return escape(f"<{_meant(label)}>")
    return f"<a href='{escape(url)}' target='_blank' rel='noopener noreferrer'>{plain(label)}</a>"
