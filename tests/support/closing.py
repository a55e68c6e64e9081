"""A sale made and closed through Salesforce's own interface, as an org's people would."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from tests.sandbox.clients import connect
from tests.support.sandbox import SandboxProcess

EFFECTS = {
    ("lms", "POST", "/signup/preSign"): 1,
    ("lms", "PUT", "/permissions"): 1,
    ("slack", "POST", "/api/chat.postMessage"): 2,
    ("salesforce", "POST", "/composite"): 2,
}
"""What an onboarding without trouble does outside: notice and word to the CSM; account with sale, onboarding record."""


@dataclass(frozen=True)
class SaleIds:
    """The records of a sale, by their 18-character ids."""

    account: str
    contact: str
    contract: str
    opportunity: str


def hire(sandbox: SandboxProcess, number: int = 1, segments: str = "SMB") -> list[str]:
    """A team lead and so many CSMs; the CSMs' user ids."""
    salesforce = connect(sandbox)

    def user(name: str, **fields: object) -> str:
        email = f"{name.lower()}.{uuid4().hex[:8]}@team.example"
        named = {"FirstName": name, "LastName": "Team", "Email": email, "Username": email}
        return str(salesforce.User.create(named | fields)["id"])

    lead = user("Lena", CS_Role__c="Team Lead")
    csm = {"CS_Role__c": "CSM", "CS_Segments__c": segments, "ManagerId": lead}
    return [user(f"Csm{number}", **csm) for number in range(1, number + 1)]


def open_sale(sandbox: SandboxProcess, company: str, *, mrr: float | None = None) -> SaleIds:
    """A sale in negotiation, with everything in order."""
    salesforce = connect(sandbox)
    account = salesforce.Account.create({"Name": company, "MRR__c": mrr})["id"]
    contact = salesforce.Contact.create(
        {
            "AccountId": account,
            "FirstName": "Jane",
            "LastName": "Doe",
            "Email": f"jane@{company.lower().replace(' ', '-')}.example",
            "Phone": "+1 555 0100",
        }
    )["id"]
    contract = salesforce.Contract.create(
        {
            "AccountId": account,
            "StartDate": "2026-11-01",
            "Billing_Start_Date__c": "2026-12-01",
            "User_Count__c": 26,
            "Plan_Amount__c": 850,
            "Service_Level__c": "premium",
            "Products__c": "Learning;Compliance",
        }
    )["id"]
    opportunity = salesforce.Opportunity.create(
        {
            "Name": f"{company}: new business",
            "AccountId": account,
            "ContractId": contract,
            "StageName": "Negotiation/Review",
            "CloseDate": datetime.now(UTC).date().isoformat(),
            "Type": "New Business",
            "Services_Included__c": "Learning;Compliance",
            "Service_Level__c": "basic",
        }
    )["id"]
    salesforce.OpportunityContactRole.create({"OpportunityId": opportunity, "ContactId": contact, "IsPrimary": True})
    return SaleIds(account, contact, contract, opportunity)


def close(sandbox: SandboxProcess, opportunity_id: str) -> None:
    """What starts everything: the opportunity becomes Closed Won."""
    connect(sandbox).Opportunity.update(opportunity_id, {"StageName": "Closed Won"})


def effects(sandbox: SandboxProcess, since: int) -> Counter[tuple[str, str, str]]:
    """How often each of an onboarding's effects stands in the journal since then."""
    seen = Counter[tuple[str, str, str]]()
    for entry in sandbox.journal(since=since):
        for system, method, path in EFFECTS:
            same = (entry["system"], entry["method"]) == (system, method) and entry["path"].endswith(path)
            if entry["effect"] and same:
                seen[system, method, path] += 1
    return seen


def outside_slack(effects: Mapping[tuple[str, str, str], int]) -> dict[tuple[str, str, str], int]:
    """Effects without messages: the failure of a run is reported when it lasts."""
    return {call: count for call, count in effects.items() if call[0] != "slack"}
