"""Steps for the end of a client's service: read LMS and Recurly, change the end, read back (PUB-4, PUB-5)."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from blocks.common.errors import UnexpectedResponse
from blocks.lms.block import Lms
from blocks.recurly.block import RecurlySite
from rules.common.records import Change, Company, Publication, Subscription
from rules.contracts.clients import Client
from rules.contracts.deactivation import EndDateChange
from rules.contracts.verification import discrepancies
from tasks.core.connections import connection
from tasks.core.effects import recording
from tasks.core.policy import load_policy
from tasks.core.steps import gather_all, read_task, write_task
from tasks.lms.records import company_of, company_of_account, publications_of
from tasks.recurly.subscriptions import subscription_of
from tasks.runs.claims import present_run, server
from tasks.runs.inputs import save_input
from tasks.salesforce.clients import read_client
from tasks.salesforce.writes import write_changes


@dataclass(frozen=True)
class InLms:
    """The client in the LMS; without a company, `company` is None and there are no publications."""

    company: Company | None
    publications: tuple[Publication, ...]


@read_task("Read {client.name} in the LMS")
async def read_in_lms(client: Client) -> InLms:
    """The client's company and publications; the company by the id on the account, or else by the account."""
    lms = (await connection(Lms)).client()
    company = await company_of(lms, client.lms_company_id) if client.lms_company_id else None
    company = company or await company_of_account(lms, client.id)
    return InLms(company, await publications_of(lms, company.id) if company else ())


@read_task("Read the subscriptions of {client.name} in Recurly")
async def read_subscriptions(client: Client) -> tuple[Subscription, ...]:
    """Every subscription of the client's Recurly account, by its id or else by its code, the Salesforce account id."""
    site, rules = await connection(RecurlySite), await load_policy()
    account = client.recurly_account_id or f"code-{client.id}"
    subscriptions = await asyncio.to_thread(lambda: site.client().subscriptions(account))
    return tuple(subscription_of(row, rules.time_zone) for row in subscriptions)


async def pending_notification(about: str, news: str) -> str:
    """The notification to send: that of this try, or that of an earlier try, which may not have sent it.

    Args:
        about: the stage of the service, by which the run remembers the notification.
        news: the notification of this try; "" for none.
    """
    run_id = present_run().id
    key = f"news-{hashlib.sha256(about.encode()).hexdigest()[:16]}"
    if news:
        await save_input(run_id, key, news)
        return news
    saved = await server().filter_flow_run_input(run_id, key_prefix=key, limit=1, exclude_keys=set())
    return str(orjson.loads(saved[0].value)) if saved else ""


async def confirm(client: Client, changes: Sequence[Change]) -> None:
    """Read back company and publications in the LMS, and CS Status in Salesforce, after changes.

    Raises:
        UnexpectedResponse: a system accepted a change and does not show it.
    """
    in_lms, now = await gather_all(read_in_lms(client), read_client(client.id))
    records = (*((in_lms.company,) if in_lms.company else ()), *in_lms.publications)
    if wrong := discrepancies(changes, now, records):
        raise UnexpectedResponse(wrong[0].system, f"it accepted every change, but {' '.join(map(str, wrong))}")


async def set_end(client: Client, end: EndDateChange) -> None:
    """Set or cancel the end of a company or a publication (PUB-4, PUB-5)."""
    title = f"Last day of {end.kind} {end.name}: {end.last_day or 'none'}"
    if end.status:
        title = f"{end.kind.capitalize()} {end.name}: {end.status}"
    last_day = end.last_day.isoformat() if end.last_day else None
    fields = {"deactivateOn": last_day, "deactivationReason": end.reason or None}
    if end.status:
        fields["status"] = end.status
    await change_end.labelled(f"{title} ({client.name})")(end.kind, end.id, fields, end.changes)


@write_task("{label}", per_try=True)
async def change_end(kind: str, record_id: str, fields: dict[str, str | None], changes: Sequence[Change]) -> None:
    """Change the end of service of a company or a publication; a repeat changes nothing.

    Args:
        kind: `company` or `publication`.
        record_id: of the LMS.
        fields: by their names in the LMS.
        changes: the same changes, for the audit.
    """
    lms = (await connection(Lms)).client()
    change = lms.update_company if kind == "company" else lms.update_publication
    with recording(*changes):
        await change(record_id, **fields)


@write_task("Set the CS Status of {label}", per_try=True)
async def set_cs_status(changes: Sequence[Change]) -> None:
    """Write the account's CS Status in Salesforce."""
    await write_changes(changes)
