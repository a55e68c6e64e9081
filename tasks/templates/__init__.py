"""Texts for people: markdown for the dashboard, Slack's markup for messages; one file a text.

Every value is escaped for the markup it stands in, and a name that a template uses must be given.
"""

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
_SLACK = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;"})


def render(template: str, **values: Any) -> str:
    """The text of a template, by its file's name without `.j2`: `onboarding_report.md`."""
    return _environment(template.rpartition(".")[2]).get_template(f"{template}.j2").render(values)


@cache
def _environment(markup: str) -> SandboxedEnvironment:
    table = {"md": _MARKDOWN, "slack": _SLACK}[markup]

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
