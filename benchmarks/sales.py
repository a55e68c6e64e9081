"""Sales without trouble, made through Salesforce's own interface."""

import asyncio
from datetime import date
from itertools import count
from typing import Any

from blocks.salesforce.block import SalesforceOrg
from blocks.salesforce.composite import Subrequest
from tasks.core.connections import connection

_numbers = count(1)
_CLOSED = {"StageName": "Closed Won"}


async def open_sale(today: date) -> str:
    """Make a sale in negotiation with everything in order; its opportunity's 18-character id."""
    org = await connection(SalesforceOrg)
    requests = _records(next(_numbers), today)
    made = await asyncio.to_thread(lambda: org.client().composite(requests))
    return str(made[-2]["id"])


async def close(opportunity_id: str) -> None:
    """Win the sale: what starts an onboarding."""
    org = await connection(SalesforceOrg)
    closing = Subrequest("PATCH", f"sobjects/Opportunity/{opportunity_id}", "won", _CLOSED)
    await asyncio.to_thread(lambda: org.client().composite([closing]))


def _records(number: int, today: date) -> list[Subrequest]:
    name, sold = f"Measured Customer {number}", {"Service_Level__c": "standard"}
    account = {"AccountId": "@{account.id}"}
    contact = {"FirstName": "Dana", "LastName": "Reyes", "Phone": "+1 212 555 0142"}
    contract = {"User_Count__c": 120, "Plan_Amount__c": 1450.0, "Products__c": "Learning;Compliance"}
    opportunity = {
        "Name": name,
        "StageName": "Negotiation/Review",
        "CloseDate": today.isoformat(),
        "Type": "New Business",
        "Services_Included__c": "Learning;Compliance",
    }
    return [
        _create("account", "Account", {"Name": name}),
        _create("contact", "Contact", account | contact | {"Email": f"dana@measured{number}.example"}),
        _create(
            "contract",
            "Contract",
            account | contract | sold | {"StartDate": today.isoformat(), "Billing_Start_Date__c": today.isoformat()},
        ),
        _create("opportunity", "Opportunity", account | opportunity | sold | {"ContractId": "@{contract.id}"}),
        _create(
            "role",
            "OpportunityContactRole",
            {"OpportunityId": "@{opportunity.id}", "ContactId": "@{contact.id}", "IsPrimary": True},
        ),
    ]


def _create(reference: str, sobject: str, fields: dict[str, Any]) -> Subrequest:
    return Subrequest("POST", f"sobjects/{sobject}", reference, fields)
