"""The account's artifact about its publications, and the notice in the sales channel (PUB-1)."""

from collections.abc import Mapping, Sequence
from typing import Any

from blocks.salesforce.block import SalesforceOrg
from rules.common.records import Change
from rules.contracts.clients import Client
from rules.publications.requests import Requested
from rules.publications.steps import PublicationLine
from tasks.core.artifacts import show_page
from tasks.core.connections import connection
from tasks.core.effects import Effect
from tasks.core.steps import read_task
from tasks.runs.audit import deduplicate
from tasks.runs.claims import page, present_run
from tasks.templates import render


def publications_key(account_id: str) -> str:
    """The key of an account's artifact about its publications."""
    return f"publications-{account_id.lower()}"


async def publications_notice(client: Client, request: Requested | None, *, other_run: str = "", said: str = "") -> str:
    """The message to the sales channel: the notice at the beginning, or the result.

    Args:
        client: the client.
        request: the request of a person; None when only the contracts count.
        other_run: the page of another run that works on this client; "" for none.
        said: the result; "" in the notice.
    """
    return render(
        "publications.slack",
        client=client,
        request=request,
        other_run=other_run,
        said=said,
        account_url=(await connection(SalesforceOrg)).record_url(client.id),
        run_url=page(present_run().id),
    ).strip()


@read_task("Report on the publications of {client.name}")
async def show_publications(
    client: Client,
    summary: str,
    lines: Sequence[PublicationLine],
    effects: Sequence[Effect],
    *,
    request: Requested | None,
    remarks: Sequence[str],
) -> None:
    """Show every publication before and after, and the changes that were made."""
    texts = {"title": f"Publications of {client.name}", "before": "Before", "after": "After"}
    changed = "Changes made by this run"
    await _show(client, summary, lines, request, remarks, changes=deduplicate(effects), changed=changed, **texts)


@read_task("Show the plan for the publications of {client.name}")
async def show_publication_plan(
    client: Client,
    summary: str,
    lines: Sequence[PublicationLine],
    changes: Sequence[Change],
    *,
    request: Requested | None,
    remarks: Sequence[str],
) -> None:
    """Show the changes that a run would make; nothing was written."""
    texts = {"title": f"Preview: publications of {client.name}", "before": "Now", "after": "Then"}
    await _show(
        client, summary, lines, request, remarks, changes=changes, changed="Changes that a run would make", **texts
    )


async def _show(
    client: Client,
    summary: str,
    lines: Sequence[PublicationLine],
    request: Requested | None,
    remarks: Sequence[str],
    *,
    changes: Sequence[Change] | Sequence[Mapping[str, Any]],
    **texts: str,
) -> None:
    text = render(
        "publications.md",
        client=client,
        said=summary,
        lines=lines,
        request=request,
        remarks=remarks,
        changes=changes,
        account_url=(await connection(SalesforceOrg)).record_url(client.id),
        **texts,
    )
    await show_page(text, key=publications_key(client.id), description=summary)
