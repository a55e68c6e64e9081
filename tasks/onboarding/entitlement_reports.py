"""The account's artifact about its entitlement, and the notice in the sales channel (ONB-6, ONB-13)."""

from collections.abc import Sequence

from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.common.records import Change
from rules.contracts.clients import Client
from tasks.core.artifacts import show_page
from tasks.core.connections import connection
from tasks.core.steps import read_task, write_task
from tasks.runs.claims import created, page, present_run
from tasks.slack.messages import Announced, post_once
from tasks.templates import render


def entitlement_key(account_id: str) -> str:
    """The key of an account's artifact about its entitlement."""
    return f"entitlement-{account_id.lower()}"


@read_task("Report on the entitlement of {client.name}")
async def show_entitlement(
    client: Client, summary: str, changes: Sequence[Change], remarks: Sequence[str], *, preview: bool
) -> None:
    """Show each field of the company before and after, and what people decide or decided."""
    text = render(
        "account_changes.md",
        title=f"Entitlement of {client.name}",
        name=client.name,
        summary=summary,
        changes=changes,
        remarks=remarks,
        preview=preview,
        account_url=(await connection(SalesforceOrg)).record_url(client.id),
    )
    await show_page(text, key=entitlement_key(client.id), description=summary)


async def announce_entitlement(client: Client) -> Announced:
    """Post the notice in whose thread sales are asked, once for the present run."""
    text = render(
        "entitlement.slack",
        client=client,
        account_url=(await connection(SalesforceOrg)).record_url(client.id),
        run_url=page(present_run().id),
    )
    return await _announce.labelled(client.name)(f"entitlement:{present_run().id}", text.strip())


@write_task("Announce a question about the entitlement of {label} in the sales channel", keyed_by=("key",))
async def _announce(key: str, text: str) -> Announced:
    channel = (await connection(Policy)).sales_channel
    change = Change("Slack", f"Channel {channel}", "Message", "", "Question about the entitlement", "ONB-6")
    return await post_once(channel, key, text, change, first=False, since=created(), thread_ts=None)
