"""The account's artifact about its owners and sequences in Outreach (TRN-10)."""

from collections.abc import Sequence

from blocks.salesforce.block import SalesforceOrg
from rules.common.records import Change
from rules.contracts.clients import Client
from tasks.core.artifacts import show_page
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.templates import render


@read_task("Report on {client.name} in Outreach")
async def show_outreach(client: Client, summary: str, changes: Sequence[Change], *, preview: bool) -> None:
    """Show each owner and sender before and after."""
    text = render(
        "account_changes.md",
        title=f"{client.name} in Outreach",
        name=client.name,
        summary=summary,
        changes=changes,
        remarks=(),
        preview=preview,
        account_url=(await connection(SalesforceOrg)).record_url(client.id),
    )
    await show_page(text, key=f"outreach-{client.id.lower()}", description=summary)
