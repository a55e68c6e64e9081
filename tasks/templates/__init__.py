"""Texts for people, one file a text: markdown and pictures for the dashboard, Slack's markup, plain text for mail.

Every value is escaped for the markup it stands in, and a name that a template uses must be given.
"""

import re
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

_HERE = Path(__file__).parent
_SPACES = dict.fromkeys(map(ord, "\t\n\x0b\x0c\r\x85\u2028\u2029"), " ")
_CONTROLS = {*range(0x20), *range(0x7F, 0xA0)}
_DIRECTIONS = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
"""What turns the direction of the text after it: a name could make a line read otherwise than it is."""
_NO_TEXT = {*_DIRECTIONS, *range(0xD800, 0xE000), 0xFFFE, 0xFFFF}
_UNSEEN = dict.fromkeys({*_CONTROLS, *_NO_TEXT}, "\ufffd") | _SPACES
_NOT_XML = {*range(0x20), *_NO_TEXT} - {0x09, 0x0A, 0x0D}
"""What no XML document may hold, however it is written, and what turns the direction of its text."""
_ADDRESS = re.compile(r"(?<=[A-Za-z])(?=://)|(?<=www)(?=\.)", re.IGNORECASE)
"""Where an address, and a name of a host, that every reader makes a link of is broken by a space."""
_BREAK = "\u00a0"
"""The space: no line ends there, and no record has one there."""
_HYPHEN = "\u2011"
"""The hyphen at which no line ends."""
_BROKEN = re.compile(f"(?<=[A-Za-z]){_BREAK}(?=://)|(?<=www){_BREAK}(?=\\.)", re.IGNORECASE)
_MARKED = re.compile(r"\\([!-/:-@\[-`{-~])|&(lt|gt|amp);")
"""A mark that is escaped, and what stands for another."""

_MARKS = str.maketrans({mark: "\\" + mark for mark in "\\`*_[]|#~"} | {"<": "&lt;", ">": "&gt;"})
_ENTITY = re.compile(r"&(?=#?\w+;)")
_GAPS = re.compile(" {2,}")
_XML = dict.fromkeys(_NOT_XML, "\ufffd") | str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;"})
_SLACK = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;"})


def render(template: str, **values: Any) -> str:
    """The text of a template, by its file's name without `.j2`: `onboarding_report.md`."""
    return _environment(template.rpartition(".")[2]).get_template(f"{template}.j2").render(values)


def compile_templates() -> None:
    """Compile every template, for the processes that are forked from this one."""
    for file in _HERE.glob("*.j2"):
        _environment(file.stem.rpartition(".")[2]).get_template(file.name)


def one_line(text: object) -> str:
    """A text without what nobody sees: line breaks become spaces, controls of direction and others a visible mark."""
    return str(text).translate(_UNSEEN)


def unlinked(text: object) -> str:
    """A text on one line, no address in which becomes a link by itself: `https ://example.com`."""
    return _ADDRESS.sub(_BREAK, one_line(text))


def plain_markdown(text: object) -> Markup:
    """A text that markdown shows as it stands, whatever is in it; one that is markup already stays as it is."""
    if isinstance(text, Markup):
        return text
    shown = _ENTITY.sub("&amp;", _GAPS.sub(" ", unlinked(text)))
    return Markup(shown.translate(_MARKS))  # noqa: S704 - escaped


def read_back(markdown: str) -> str:
    """The text that `plain_markdown` was given, on one line."""

    def mark(found: re.Match[str]) -> str:
        return found[1] or {"lt": "<", "gt": ">", "amp": "&"}[found[2]]

    return _MARKED.sub(mark, _BROKEN.sub("", markdown))


def link(text: object, address: object) -> Markup:
    """A link in markdown: a text of a record, and an address of ours; the text alone where there is no address."""
    if not address:
        return plain_markdown(text)
    return Markup(f"[{plain_markdown(text)}]({address_of(address)})")  # noqa: S704 - both are escaped


def join_markdown(*parts: object) -> Markup:
    """Texts and links in markdown, with a space between them."""
    return Markup(" ".join(map(plain_markdown, parts)))  # noqa: S704 - each is escaped


def no_wrap(text: object) -> str:
    """A rule's id or a date that is not broken at its hyphens in a narrow column."""
    return str(text).replace("-", _HYPHEN)


def picture(template: str, **values: Any) -> Markup:
    """A picture, drawn by an SVG template, as an address that markdown can show without a server."""
    drawn = b64encode(render(template, **values).encode()).decode()
    return Markup(f"data:image/svg+xml;base64,{drawn}")  # noqa: S704 - base64 holds nothing that markdown obeys


def png(content: str) -> Markup:
    """A picture as PNG, in base64, as an address that markdown can show without a server."""
    return Markup(f"data:image/png;base64,{content}")  # noqa: S704 - base64 holds nothing that markdown obeys


def slack_user(member_id: str) -> Markup:
    """A mention of a member of the workspace; the id comes from the policy block, which lets nothing else in."""
    return Markup("<@{}>").format(member_id)


@cache
def _environment(markup: str) -> SandboxedEnvironment:
    escaped = {"md": plain_markdown, "slack": _slack, "svg": _xml, "txt": unlinked}[markup]

    def finalize(value: Any) -> Any:
        return value if isinstance(value, Markup) else escaped(value)

    environment = SandboxedEnvironment(
        loader=FileSystemLoader(_HERE),
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"url": address_of, "link": link, "no_wrap": no_wrap}
    return environment


def address_of(address: object) -> Markup:
    """An address from our own blocks and ids; what could end the link early is encoded."""
    return Markup(quote(str(address), safe=":/?&=#%@+,;~-._"))  # noqa: S704 - quoted


def _slack(text: object) -> str:
    return unlinked(text).translate(_SLACK)


def _xml(text: object) -> str:
    return str(text).translate(_XML)
