"""Complete sales, created through Salesforce's own API."""

import asyncio
from datetime import date
from itertools import count
from typing import Any

from blocks.salesforce.block import SalesforceOrg
from blocks.salesforce.composite import Subrequest
from tasks.core.connections import connection

_numbers = count(1)


async def open_sale(today: date) -> str:
    """Create a complete sale in negotiation; returns the opportunity's id, 18 characters."""
    org, requests = await connection(SalesforceOrg), _records(next(_numbers), today.isoformat())
    created = await asyncio.to_thread(lambda: org.client().composite(requests))
    return str(created[-2]["id"])


async def close(opportunity_id: str) -> None:
    """Win the sale. If outbound messages are on, its onboarding starts."""
    org = await connection(SalesforceOrg)
    closing = Subrequest("PATCH", f"sobjects/Opportunity/{opportunity_id}", "won", {"StageName": "Closed Won"})
    await asyncio.to_thread(lambda: org.client().composite([closing]))


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
