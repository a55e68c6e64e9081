"""Texts for people, one file a text: markdown and pictures for the dashboard, Slack's markup, plain text for mail.

Every value is escaped for the markup it stands in, and a name that a template uses must be given.
"""

from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

_HERE = Path(__file__).parent
_MARKDOWN = str.maketrans(
    {c: "\\" + c for c in "\\`*_[]|#~"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;", "\n": " ", "\r": " "}
)
_NOT_XML = {*range(0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF} - {0x09, 0x0A, 0x0D}
"""The characters that no XML document may hold, however they are written."""
_XML = dict.fromkeys(_NOT_XML, "\ufffd") | str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;"})
_LINE = str.maketrans({"\n": " ", "\r": " "})
_SLACK = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", "\n": " ", "\r": " "})


def render(template: str, **values: Any) -> str:
    """The text of a template, by its file's name without `.j2`: `onboarding_report.md`."""
    return _environment(template.rpartition(".")[2]).get_template(f"{template}.j2").render(values)


def plain_markdown(text: str) -> str:
    """A text that markdown shows as it stands."""
    return text.translate(_MARKDOWN)


def picture(template: str, **values: Any) -> Markup:
    """A picture, drawn by an SVG template, as an address that markdown can show without a server."""
    drawn = b64encode(render(template, **values).encode()).decode()
    return Markup(f"data:image/svg+xml;base64,{drawn}")  # noqa: S704 - base64 holds nothing that markdown obeys


def slack_user(member_id: str) -> Markup:
    """A mention of a member of the workspace; the id comes from the policy block, which lets nothing else in."""
    return Markup("<@{}>").format(member_id)


@cache
def _environment(markup: str) -> SandboxedEnvironment:
    table = {"md": _MARKDOWN, "slack": _SLACK, "svg": _XML, "txt": _LINE}[markup]

    def finalize(value: Any) -> Any:
        return value if isinstance(value, Markup) else str(value).translate(table)

    environment = SandboxedEnvironment(
        loader=FileSystemLoader(_HERE),
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["url"] = _link
    return environment


def _link(address: object) -> Markup:
    """An address from our own blocks and ids; what could end the link early is encoded."""
    return Markup(quote(str(address), safe=":/?&=#%@+,;~-._"))  # noqa: S704 - quoted
