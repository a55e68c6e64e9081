"""Pages, tables and progress bars in the dashboard: every artifact is created here.

The dashboard renders descriptions and the cells of tables as Markdown too. Text is escaped here, unless it is `Markup`
that `tasks.templates.plain_markdown` or `link` has created.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from markupsafe import Markup
from prefect.artifacts import (
    Artifact,
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)
from prefect.client.orchestration import PrefectClient

from tasks.templates import plain_markdown, read_back

Cell = str | int | float | Markup
"""The value of a table cell: text is shown as it is; `tasks.templates.link` creates a link."""

_BEGINNING = re.compile(r"^(?:[-+](?=[-\s]|$)|\d+(?=[.)](?:\s|$)))")
"""The beginning of a text that Markdown would render as a list or a line."""


async def show_page(text: str, *, key: str, description: str | Markup) -> None:
    """Show a page.

    Args:
        text: rendered by a template, which escapes values.
        key: its name under Artifacts.
        description: shown above it, and in the list of all.
    """
    await acreate_markdown_artifact(text, key=key, description=as_text(description))


async def shown_now(key: str) -> str:
    """The newest version of a page; "" when there is none."""
    newest = await Artifact.aget(key)
    return str(newest.data) if newest else ""


async def show_table(rows: Sequence[Mapping[str, Cell]], *, key: str, description: str | Markup) -> None:
    """Show a table.

    Args:
        rows: by the name of the column.
        key: its name under Artifacts.
        description: shown above it, and in the list of all.
    """
    shown = [{name: _cell(value) for name, value in row.items()} for row in rows]
    await acreate_table_artifact(shown, key=key, description=as_text(description))


async def rows_shown_now(key: str) -> list[dict[str, Any]]:
    """The rows of the newest version of a table, with the texts as they were given; empty when there is none."""
    newest = await Artifact.aget(key)
    # Prefect keeps a table as JSON text.
    rows = json.loads(newest.data) if newest and isinstance(newest.data, str) else newest and newest.data
    return [each_text(row, read_back) for row in rows] if isinstance(rows, list) else []


def each_text(row: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """The row with every text changed."""
    return {name: change(value) if isinstance(value, str) else value for name, value in row.items()}


def as_read_back(text: str) -> str:
    """A text as a page gives it back: a value that was shown before is known again."""
    return read_back(as_text(text))


async def show_progress_bar(description: str | Markup) -> UUID:
    """Show an empty progress bar on the page of the run."""
    return await acreate_progress_artifact(0.0, description=as_text(description))


async def move_progress_bar(bar: UUID, percent: float, description: str | Markup, client: PrefectClient) -> None:
    """Update a progress bar."""
    await aupdate_progress_artifact(bar, percent, description=as_text(description), client=client)


def as_text(text: str | Markup) -> str:
    """A text as it is shown where the dashboard renders Markdown, such as a cell or a description."""
    if isinstance(text, Markup):
        return str(text)
    return _BEGINNING.sub(_not_a_list, plain_markdown(text).strip())


def _cell(value: Cell) -> str | int | float:
    return as_text(value) if isinstance(value, str) else value


def _not_a_list(found: re.Match[str]) -> str:
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"
