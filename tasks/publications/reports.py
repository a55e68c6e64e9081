"""What people read of a client's publications: the account's page, and the notice in the sales channel (PUB-1)."""

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
    """The key of an account's page about its publications."""
    return f"publications-{account_id.lower()}"


async def publications_notice(client: Client, request: Requested | None, *, other_run: str = "", said: str = "") -> str:
    """The text for the sales channel: the notice, or what was done.

    Args:
        client: whose publications they are.
        request: what somebody asks for; None when the contracts alone brought it up.
        other_run: the page of another run that looks after this client; "" when this one does.
        said: what was done; "" in the notice.
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
    said: str,
    lines: Sequence[PublicationLine],
    effects: Sequence[Effect],
    *,
    request: Requested | None,
    remarks: Sequence[str],
) -> None:
    """Show every publication, before and after, and what was changed."""
    texts = {"title": f"Publications of {client.name}", "before": "Before", "after": "After"}
    changed = "What this run changed"
    await _show(client, said, lines, request, remarks, changes=deduplicate(effects), changed=changed, **texts)


@read_task("Show the plan for the publications of {client.name}")
async def show_publication_plan(
    client: Client,
    said: str,
    lines: Sequence[PublicationLine],
    changes: Sequence[Change],
    *,
    request: Requested | None,
    remarks: Sequence[str],
) -> None:
    """Show what a run would do; nothing was written."""
    texts = {"title": f"Preview: publications of {client.name}", "before": "Now", "after": "Then"}
    await _show(client, said, lines, request, remarks, changes=changes, changed="What a run would change", **texts)


async def _show(
    client: Client,
    said: str,
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
        said=said,
        lines=lines,
        request=request,
        remarks=remarks,
        changes=changes,
        account_url=(await connection(SalesforceOrg)).record_url(client.id),
        **texts,
    )
    await show_page(text, key=publications_key(client.id), description=said)
