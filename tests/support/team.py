"""The CSMs of the org: their books, read off account by account, and what befalls them for the length of a test."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from simple_salesforce.format import format_soql

from tests.support.calendar import org_today
from tests.support.sales import SalesPeople

TARGETS = {"SMB": (30_000, 60), "Mid-Market": (60_000, 30), "Enterprise": (120_000, 15)}
"""The policy's defaults: MRR and accounts of a full book, by segment."""
_MEMBERS = "SELECT Id, Name, ManagerId, CS_Segments__c, IsActive FROM User WHERE CS_Role__c = 'CSM' ORDER BY Name"
_ACCOUNTS = (
    "SELECT Id, Customer_Success_Manager__c, CS_Segmentation__c, MRR__c, CSM_Assigned_On__c, CS_Status__c FROM Account"
    " WHERE Customer_Success_Manager__c != null"
)
CONTRACTS = (
    "SELECT AccountId, Status, EndDate, Plan_Amount__c, (SELECT Id FROM Opportunities WHERE IsWon = true) FROM Contract"
    " WHERE Account.MRR__c = null AND Account.Customer_Success_Manager__c != null AND Plan_Amount__c != null"
)


def contract_amounts(contracts: Iterable[dict[str, Any]]) -> dict[str, float]:
    """The amount of the signed contract of each account without MRR, which has one at most, from `CONTRACTS`."""
    signed = [one for one in contracts if one["Status"] == "Activated" or one["Opportunities"]]
    return {one["AccountId"]: one["Plan_Amount__c"] for one in signed if (one["EndDate"] or "9") >= f"{org_today()}"}


@dataclass(frozen=True)
class Team:
    """What people of the org know about its CSMs."""

    people: SalesPeople

    def members(self, segment: str) -> list[dict[str, Any]]:
        """The CSMs who serve a segment, by name."""
        return [one for one in self.people.query(_MEMBERS) if segment in (one["CS_Segments__c"] or "").split(";")]

    def named(self, name: str) -> dict[str, Any]:
        (found,) = [one for one in self.people.query(_MEMBERS) if one["Name"] == name]
        return found

    def accounts(self) -> list[dict[str, Any]]:
        """All accounts that are in somebody's book; one without MRR has the amount of its signed contract instead.

        The accounts of these tests have one such contract at most.
        """
        amounts = contract_amounts(self.people.query(CONTRACTS))
        found = [one for one in self.people.query(_ACCOUNTS) if one["CS_Status__c"] not in ("Churned", "Deactivated")]
        return [one | {"MRR__c": amounts.get(one["Id"]) if one["MRR__c"] is None else one["MRR__c"]} for one in found]

    def load(self, csm_id: str, accounts: list[dict[str, Any]]) -> Fraction:
        """How full a book is, account by account: half by MRR, half by number (CSM-1)."""
        total = Fraction()
        for account in accounts:
            if account["Customer_Success_Manager__c"] == csm_id:
                target_mrr, target_accounts = TARGETS[account["CS_Segmentation__c"] or "SMB"]
                total += Fraction(account["MRR__c"] or 0) / target_mrr / 2 + Fraction(1, 2 * target_accounts)
        return total

    def lightest(self, candidates: list[str]) -> str:
        """Of these user ids the one with the lightest book; of equal ones, fewer accounts or idle for longer (CSM-1).

        Amounts are round, so that equal loads do happen.
        """
        accounts = self.accounts()

        def order(csm_id: str) -> tuple[Fraction, int, str]:
            held = [one for one in accounts if one["Customer_Success_Manager__c"] == csm_id]
            last = max((one["CSM_Assigned_On__c"] or "" for one in held), default="")
            return self.load(csm_id, accounts), len(held), last

        return min(candidates, key=order)

    @contextmanager
    def inactive(self, *csm_ids: str) -> Iterator[None]:
        """These users are inactive for a while."""
        for csm_id in csm_ids:
            self.people.edit("User", csm_id, IsActive=False)
        try:
            yield
        finally:
            for csm_id in csm_ids:
                self.people.edit("User", csm_id, IsActive=True)

    @contextmanager
    def out_of_office(self, *csm_ids: str, **event: Any) -> Iterator[None]:
        """These users have an event out of office in their calendars for a while."""
        events = [self.people.create("Event", ShowAs="OutOfOffice", OwnerId=one, **event) for one in csm_ids]
        try:
            yield
        finally:
            for event_id in events:
                self.people.delete("Event", event_id)

    def account(self, **fields: Any) -> str:
        """An account of the org, without a CSM."""
        return self.people.create("Account", **{"Name": "Harbor Clinic", "MRR__c": 500} | fields)


def other_run(people: SalesPeople, account_id: str) -> tuple[str | None, str | None, str | None]:
    """CSM, leader and segmentation of an account."""
    soql = format_soql(
        "SELECT Customer_Success_Manager__c, Customer_Success_Manager_Leader__c, CS_Segmentation__c"
        " FROM Account WHERE Id = {}",
        account_id,
    )
    (found,) = people.query(soql)
    return (
        found["Customer_Success_Manager__c"],
        found["Customer_Success_Manager_Leader__c"],
        found["CS_Segmentation__c"],
    )
