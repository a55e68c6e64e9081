"""Complete sales, created through Salesforce's own API."""

import asyncio
from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Any

from benchmarks.sandbox_admin import LATENCIES, SandboxAdmin
from blocks.common.errors import VendorUnavailable
from blocks.salesforce.block import SalesforceOrg
from blocks.salesforce.client import SalesforceClient
from blocks.salesforce.composite import Fields, Subrequest
from tasks.core.connections import connection
from tasks.core.policy import load_policy

_numbers = count(1)


async def open_sale(today: date) -> str:
    """Create a complete sale in negotiation; returns the opportunity's id, 18 characters."""
    requests = _records(next(_numbers), today.isoformat())
    created = await _write(lambda client: client.composite(requests))
    return str(created[-2]["id"])


async def open_sales(admin: SandboxAdmin, count: int) -> list[str]:
    """Create complete sales; then outbound messages are off, and the systems answer as slowly as the real ones."""
    today = (await load_policy()).today
    await admin.set_latencies({})
    await admin.switch_messages(on=False)
    sales = await asyncio.gather(*(open_sale(today) for _ in range(count)))
    await admin.set_latencies(LATENCIES)
    return sales


async def close(*opportunity_ids: str) -> None:
    """Win up to 800 sales in one call. If outbound messages are on, their onboardings start."""
    won = [Fields("Opportunity", opportunity_id, {"StageName": "Closed Won"}) for opportunity_id in opportunity_ids]
    await _write(lambda client: client.change(won))


async def _write(call: Callable[[SalesforceClient], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Write, again if the connection was lost: it may have been idle for too long. A sale too many does no harm."""
    org = await connection(SalesforceOrg)
    try:
        return await asyncio.to_thread(lambda: call(org.client()))
    except VendorUnavailable:
        return await asyncio.to_thread(lambda: call(org.client()))


def _records(number: int, today: str) -> list[Subrequest]:
    name, sold = f"Measured Customer {number}", {"AccountId": "@{account.id}", "Service_Level__c": "standard"}
    email = f"dana@measured{number}.example"
    contact = {"FirstName": "Dana", "LastName": "Reyes", "Phone": "+1 212 555 0142", "Email": email}
    starts = {"StartDate": today, "Billing_Start_Date__c": today}
    contract = {"User_Count__c": 120, "Plan_Amount__c": 1450.0, "Products__c": "Learning;Compliance"}
    opportunity = {"Name": name, "StageName": "Negotiation/Review", "CloseDate": today, "Type": "New Business"}
    opportunity |= {"Services_Included__c": "Learning;Compliance", "ContractId": "@{contract.id}"}
    role = {"OpportunityId": "@{opportunity.id}", "ContactId": "@{contact.id}", "IsPrimary": True}
    return [
        _create("Account", {"Name": name}),
        _create("Contact", contact | {"AccountId": "@{account.id}"}),
        _create("Contract", sold | starts | contract),
        _create("Opportunity", sold | opportunity),
        _create("OpportunityContactRole", role, reference="role"),
    ]


def _create(sobject: str, fields: dict[str, Any], *, reference: str = "") -> Subrequest:
    return Subrequest("POST", f"sobjects/{sobject}", reference or sobject.lower(), fields)
