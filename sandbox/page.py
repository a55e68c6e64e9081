"""How every page of the sandbox looks."""

from html import escape
from typing import Final

from starlette.responses import HTMLResponse, Response

_STYLE: Final = """body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;
border-bottom:1px solid #ccc}pre{white-space:pre-wrap;font:inherit;margin:0}"""


def page(title: str, body: str, status: int = 200) -> Response:
    """An HTML page; `body` is markup, `title` plain text."""
    return HTMLResponse(
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>{body}</html>",
        status,
    )
