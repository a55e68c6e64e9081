"""How every page of the sandbox looks: its header, its style, and the markup that pages share."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Final

from starlette.responses import HTMLResponse, Response

_STYLE: Final = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
SYSTEMS: Final = {
    "/salesforce": "Salesforce",
    "/slack/": "Slack",
    "/lms": "LMS",
    "/recurly": "Recurly",
    "/outreach": "Outreach",
    "/mail": "Mail",
    "/prefect": "Prefect",
}
"""The pages that the header links to."""
SHOWN: Final = 200
"""Lines of a list that its page shows."""
NONE: Final = "\N{EN DASH}"
"""Shown where there is no value."""
_SEARCH: Final = (
    "<form action='/salesforce/lightning/search' role='search'><input type='search' name='q' size='18' "
    "placeholder='Search Salesforce' aria-label='Search Salesforce'></form>"
)


def page(title: str, body: str, status: int = 200, *, here: str = "", path: str = "") -> Response:
    """An HTML page.

    Args:
        title: plain text.
        body: markup.
        status: of the answer.
        here: the system whose page it is, by its address in `SYSTEMS`.
        path: markup above the title: the pages that lead here.
    """
    above = f"<p class='path'>{path}</p>" if path else ""
    return HTMLResponse(
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<link rel='icon' href='data:,'><title>{escape(title)} · Sandbox</title><style>{_STYLE}</style></head><body>"
        f"<a class='skip' href='#main'>Skip to the content</a><header><nav aria-label='Systems'>{_links(here)}{_SEARCH}"
        f"</nav></header><main id='main'>{above}<h1>{escape(title)}</h1>{body}</main></body></html>",
        status,
    )


def not_there(text: str, *, here: str = "") -> Response:
    """The page for what does not exist; `text` is plain text."""
    return page("Not there", f"<p>{escape(text)}</p><p><a href='/'>Back to the start page</a></p>", 404, here=here)


def link(address: str, text: object) -> str:
    """A link; the text is plain."""
    return f"<a href='{escape(address)}'>{escape(str(text))}</a>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], empty: str = "Nothing here.") -> str:
    """A table of markup under plain headings; without rows, the words of `empty`."""
    lines = "".join(f"<tr>{''.join(f'<td>{cell or NONE}</td>' for cell in row)}</tr>" for row in rows)
    if not lines:
        return f"<p class='soft'>{escape(empty)}</p>"
    heads = "".join(f"<th scope='col'>{escape(name)}</th>" for name in head)
    return f"<div class='wide'><table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>"


def cut_note(count: int, what: str) -> str:
    """A line about a list that is longer than its page; "" for a shorter one."""
    return f"<p class='soft'>{count} {what}; the first {SHOWN} are shown.</p>" if count > SHOWN else ""


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """What is known of one thing: plain names with markup; "" is shown as a dash."""
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{value or NONE}</dd></div>" for name, value in pairs)
    return f"<div class='sheet'><dl class='facts'>{rows}</dl></div>"


def state(text: str, tone: str = "") -> str:
    """A state as a badge; the tone is good, warn, bad or none."""
    return f"<span class='state {tone}'>{escape(text)}</span>"


def search_form(query: str, what: str) -> str:
    """A form that shows the same page again with `q`."""
    value = escape(query)
    return (
        f"<form class='row' role='search'><input type='search' name='q' value='{value}' size='34' "
        f"placeholder='{escape(what)}' aria-label='{escape(what)}'><button>Find</button></form>"
    )


def _links(here: str) -> str:
    current = " aria-current='page'"
    systems = "".join(
        f"<a href='{address}'{current if address == here else ''}>{name}</a>" for address, name in SYSTEMS.items()
    )
    return f"<a class='brand' href='/'{current if here == '/' else ''}>Sandbox</a>{systems}"
