"""Many sales that are closed at once, some with a gap: what is planted, and what each must have brought about."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from prefect.client.schemas.objects import FlowRun

from tests.sandbox.clients import connect
from tests.scale.verdict import Found
from tests.support.outcome import messages
from tests.support.sandbox import SandboxProcess

THINGS: Final = (
    "LMS company",
    "super admin",
    "Recurly account",
    "announcement",
    "word to the CSM",
    "onboarding record",
    "welcome e-mail",
)
PHONE = "+1 212 555 0142"
SIGN_UP: Final = "/signup/preSign"
_CODES: Final = "SELECT Id, LMS_Company_Id__c, Recurly_Account_Id__c, Customer_Success_Manager__c FROM Account"
_ANNOUNCED = re.compile(r"onboarding:(006\w{15})")
_ASSIGNED = re.compile(r"csm-assignment:(006\w{15}):")


@dataclass(frozen=True)
class Sale:
    """A sale of the trial; without a phone number, its onboarding asks."""

    name: str
    email: str
    account: str
    contact: str
    opportunity: str
    has_gap: bool


def plant_sales(sandbox: SandboxProcess, count: int, gaps: int = 0, *, first: int = 1) -> list[Sale]:
    """Complete sales in negotiation, nobody is told of them.

    Args:
        sandbox: where they are planted.
        count: how many.
        gaps: so many of them, the first ones, have no phone number.
        first: the number of the first one; no two sales of a sandbox share a number.
    """
    today = sandbox.control.get("/_control/health").json()["today"]
    names = [f"Burst Customer {number}" for number in range(first, first + count)]
    emails = [f"dana@burst{number}.example" for number in range(first, first + count)]
    accounts = _plant(sandbox, "Account", ({"Name": name} for name in names))
    phones = [{} if number < gaps else {"Phone": PHONE} for number in range(count)]
    contacts = _plant(
        sandbox,
        "Contact",
        (
            {"AccountId": account, "FirstName": "Dana", "LastName": "Reyes", "Email": email, **phone}
            for account, email, phone in zip(accounts, emails, phones, strict=True)
        ),
    )
    contracts = _plant(sandbox, "Contract", ({"AccountId": account, **_terms(today)} for account in accounts))
    opportunities = _plant(
        sandbox,
        "Opportunity",
        (
            {"AccountId": account, "ContractId": contract, "Name": name, **_offer(today)}
            for account, contract, name in zip(accounts, contracts, names, strict=True)
        ),
    )
    roles = zip(opportunities, contacts, strict=True)
    _plant(
        sandbox, "OpportunityContactRole", ({"OpportunityId": o, "ContactId": c, "IsPrimary": True} for o, c in roles)
    )
    rows = zip(names, emails, accounts, contacts, opportunities, strict=True)
    return [Sale(*row, has_gap=number < gaps) for number, row in enumerate(rows)]


def repair(sandbox: SandboxProcess, sales: Iterable[Sale]) -> None:
    """Enter the missing phone numbers in Salesforce, as sales do."""
    salesforce = connect(sandbox)
    for sale in sales:
        salesforce.Contact.update(sale.contact, {"Phone": PHONE})


def found_sales(sandbox: SandboxProcess, sales: Sequence[Sale], runs: Iterable[FlowRun]) -> dict[str, Found]:
    """What the systems hold for each sale, by its name."""
    counts = {sale.account: Counter[str]() for sale in sales}
    by_opportunity = {sale.opportunity: sale for sale in sales}
    _count_outside_salesforce(sandbox, counts)
    _count_messages(sandbox, counts, by_opportunity)
    by_email = {sale.email: sale.account for sale in sales}
    for mail in sandbox.state("mail")["mails"]:
        if mail["to"] in by_email and mail["from"].startswith("customer-success@"):
            counts[by_email[mail["to"]]]["welcome e-mail"] += 1
    salesforce = connect(sandbox)
    for record in salesforce.query_all("SELECT Account__c FROM Customer_Onboarding__c")["records"]:
        if record["Account__c"] in counts:
            counts[record["Account__c"]]["onboarding record"] += 1
    wrong = _wrong_in_salesforce(salesforce, counts)
    states = _states(runs, by_opportunity)
    return {
        sale.name: Found(counts[sale.account], states.get(sale.opportunity, []), wrong.get(sale.account, []))
        for sale in sales
    }


def repeated_sign_ups(journal: Iterable[dict[str, Any]]) -> int:
    """The sign-ups that the LMS answered for a customer for which it had answered one before."""
    asked = Counter(
        str(entry["body"].get("accountId"))
        for entry in journal
        if entry["path"].endswith(SIGN_UP) and entry["status"] in (200, 201)
    )
    return sum(count - 1 for count in asked.values())


def _count_outside_salesforce(sandbox: SandboxProcess, counts: dict[str, Counter[str]]) -> None:
    lms = sandbox.state("lms")
    owners = {company["id"]: company["accountId"] for company in lms["companies"] if company["accountId"] in counts}
    for account in owners.values():
        counts[account]["LMS company"] += 1
    for user in lms["users"]:
        if user["companyId"] in owners:
            counts[owners[user["companyId"]]]["super admin"] += 1
    for billed in sandbox.state("recurly")["accounts"]:
        if billed["code"] in counts:
            counts[billed["code"]]["Recurly account"] += 1


def _count_messages(sandbox: SandboxProcess, counts: dict[str, Counter[str]], by_opportunity: dict[str, Sale]) -> None:
    for message in messages(sandbox):
        metadata = str(message["metadata"])
        for thing, pattern in (("announcement", _ANNOUNCED), ("word to the CSM", _ASSIGNED)):
            if (match := pattern.search(metadata)) and (sale := by_opportunity.get(match[1])):
                counts[sale.account][thing] += 1


def _wrong_in_salesforce(salesforce: Any, counts: dict[str, Counter[str]]) -> dict[str, list[str]]:
    rows = salesforce.query_all(_CODES)["records"]
    return {
        row["Id"]: [f"no {name} in Salesforce" for name, value in row.items() if name != "attributes" and not value]
        for row in rows
        if row["Id"] in counts
    }


def _states(runs: Iterable[FlowRun], by_opportunity: dict[str, Sale]) -> dict[str, list[str]]:
    states: dict[str, list[str]] = {}
    for run in runs:
        opportunity = str(run.parameters.get("opportunity_id"))
        if opportunity in by_opportunity:
            states.setdefault(opportunity, []).append(str(run.state_name))
    return states


def _plant(sandbox: SandboxProcess, kind: str, rows: Iterable[dict[str, Any]]) -> list[str]:
    records = [{"type": kind, **row} for row in rows]
    return list(sandbox.seed(salesforce={"records": records})["salesforce"]["ids"])


def _terms(today: str) -> dict[str, Any]:
    starts = {"StartDate": today, "Billing_Start_Date__c": today}
    return starts | {
        "User_Count__c": 120.0,
        "Plan_Amount__c": 1450.0,
        "Products__c": "Learning;Compliance",
        "Service_Level__c": "standard",
    }


def _offer(today: str) -> dict[str, Any]:
    sold = {"StageName": "Negotiation/Review", "CloseDate": today, "Type": "New Business"}
    return sold | {"Services_Included__c": "Learning;Compliance", "Service_Level__c": "standard"}
