"""Pages, tables and progress bars in the dashboard: every artifact is created here.

The dashboard renders descriptions and the cells of tables as Markdown too. Text is escaped here, unless it is `Markup`
that `tasks.templates.plain_markdown` or `link` has created.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
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
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.client.schemas.filters import ArtifactCollectionFilter, ArtifactCollectionFilterKey
from prefect.client.schemas.objects import ArtifactCollection
from prefect.client.schemas.sorting import ArtifactCollectionSort
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound

from tasks.core.dashboard import page_of_artifact, versions_of_artifact
from tasks.templates import plain_markdown, read_back, render

MARKDOWN, TABLE = "markdown", "table"
"""The types of a page, and of rows that are kept as data."""
AT_ONCE = 200
"""Pages that Prefect returns in one call."""
Cell = str | int | float | Markup
"""The value of a table cell: text is shown as it is; `tasks.templates.link` creates a link."""

_BEGINNING = re.compile(r"^(?:[-+](?=[-\s]|$)|\d+(?=[.)](?:\s|$)))")
"""The beginning of a text that Markdown would render as a list or a line."""


async def show_page(text: str, *, key: str, description: str | Markup) -> str:
    """Show a page of the present run; the address of this version. Earlier versions stay with their runs.

    Args:
        text: rendered by a template, which escapes values.
        key: the page's name.
        description: shown above it, and in lists of pages.
    """
    return page_of_artifact(await acreate_markdown_artifact(text, key=key, description=as_text(description)))


async def keep_page(text: str, *, key: str, description: str | Markup) -> str:
    """Show a page that has one address for ever: its text is replaced. It belongs to no run, and outlives them all.

    Args:
        text: rendered by a template, which escapes values.
        key: the page's name.
        description: shown above it, and in lists of pages.
    """
    return page_of_artifact(await _keep(MARKDOWN, text, key, description))


async def _keep(kind: str, data: str, key: str, description: str | Markup, *, new_version: bool = False) -> UUID:
    """Replace the newest version of an artifact without a run, or create one: it stays when runs are deleted."""
    shown = ArtifactUpdate(data=data, description=as_text(description))
    async with _prefect() as client:
        newest = None if new_version else await _newest(key, client)
        if newest and newest.type == kind and newest.flow_run_id is None:
            with suppress(ObjectNotFound):
                await client.update_artifact(newest.latest_id, shown)
                return newest.latest_id
        artifact = ArtifactCreate(type=kind, key=key, data=shown.data, description=shown.description)
        return (await client.create_artifact(artifact)).id


async def show_rows(
    rows: Sequence[Mapping[str, Cell]], *, key: str, summary: str | Markup, keep: bool = False, chart: str = ""
) -> str:
    """Show rows as a page, since Prefect's own tables show links as raw text; its address.

    Args:
        rows: by the name of the column; every row has the same columns.
        key: the page's name.
        summary: the first line, which is also the description.
        keep: replace the page, as `keep_page` does.
        chart: the address of a picture that stands above the rows; "" for none.
    """
    columns = list(rows[0]) if rows else []
    text = render("rows.md", summary=summary, chart=chart, columns=columns, rows=rows)
    return await (keep_page if keep else show_page)(text, key=key, description=summary)


async def artifact_page(key: str) -> str:
    """The address of the newest version of a page; that of its list of versions while there is none."""
    async with _prefect() as client:
        newest = await _newest(key, client)
    return page_of_artifact(newest.latest_id) if newest else versions_of_artifact(key)


async def artifact_pages(keys: Sequence[str]) -> dict[str, str]:
    """The addresses of the newest versions of those pages that exist, by key."""
    async with _prefect() as client:
        found = [await _newest_of(keys[first : first + AT_ONCE], client) for first in range(0, len(keys), AT_ONCE)]
    return {str(page.key): page_of_artifact(page.latest_id) for pages in found for page in pages}


async def newest_pages(like: str, limit: int) -> list[ArtifactCollection]:
    """The pages whose keys match, by SQL's LIKE, the last updated first."""
    which = ArtifactCollectionFilter(key=ArtifactCollectionFilterKey(like_=like))
    async with _prefect() as client:
        return await client.read_latest_artifacts(
            artifact_filter=which, sort=ArtifactCollectionSort.UPDATED_DESC, limit=limit
        )


@asynccontextmanager
async def _prefect() -> AsyncIterator[PrefectClient]:
    """The present run's own Prefect client, which costs nothing; outside a run, a new one."""
    context = FlowRunContext.get()
    if context is not None and isinstance(context.client, PrefectClient):
        yield context.client
    else:
        async with get_client() as client:
            yield client


async def _newest(key: str, client: PrefectClient) -> ArtifactCollection | None:
    found = await _newest_of([key], client)
    return found[0] if found else None


async def _newest_of(keys: Sequence[str], client: PrefectClient) -> list[ArtifactCollection]:
    which = ArtifactCollectionFilter(key=ArtifactCollectionFilterKey(any_=[*keys]))
    return await client.read_latest_artifacts(artifact_filter=which, limit=AT_ONCE)


async def shown_now(key: str) -> str:
    """The newest version of a page; "" when there is none."""
    newest = await Artifact.aget(key)
    return str(newest.data) if newest else ""


async def show_table(rows: Sequence[Mapping[str, Cell]], *, key: str, description: str | Markup) -> None:
    """Keep rows as data that a later run reads; for people, `show_rows` makes a page.

    Args:
        rows: by the name of the column.
        key: the table's name.
        description: shown above it, and in lists of pages.
    """
    await acreate_table_artifact(_cells(rows), key=key, description=as_text(description))


async def keep_table(
    rows: Sequence[Mapping[str, Cell]], *, key: str, description: str | Markup, new_version: bool = False
) -> None:
    """Keep rows as data that must outlive the run: they belong to no run and replace the rows before.

    Args:
        rows: by the name of the column.
        key: the table's name.
        description: shown above it, and in lists of pages.
        new_version: leave the rows before as an earlier version.
    """
    await _keep(TABLE, json.dumps(_cells(rows)), key, description, new_version=new_version)


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


async def show_progress_bar(description: str | Markup, *, key: str) -> UUID:
    """Show an empty progress bar on the page of the run, under a key: without one, its title would be "None"."""
    return await acreate_progress_artifact(0.0, key=key, description=as_text(description))


async def move_progress_bar(bar: UUID, percent: float, description: str | Markup, client: PrefectClient) -> None:
    """Update a progress bar."""
    await aupdate_progress_artifact(bar, percent, description=as_text(description), client=client)


def as_text(text: str | Markup) -> str:
    """A text as it is shown where the dashboard renders Markdown, such as a cell or a description."""
    if isinstance(text, Markup):
        return str(text)
    return _BEGINNING.sub(_not_a_list, plain_markdown(text).strip())


def _cells(rows: Sequence[Mapping[str, Cell]]) -> list[dict[str, str | int | float]]:
    return [{name: _cell(value) for name, value in row.items()} for row in rows]


def _cell(value: Cell) -> str | int | float:
    return as_text(value) if isinstance(value, str) else value


def _not_a_list(found: re.Match[str]) -> str:
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"
