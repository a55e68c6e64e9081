"""Accounts that move, made in an empty sandbox: what belongs to them in Salesforce, the LMS and Recurly."""

from datetime import timedelta
from typing import Any

from tests.rules.builders.account_facts import TODAY
from tests.support.sandbox import SandboxProcess

DAY = timedelta(days=1)


class MovingAccounts:
    """An org with one CSM, to whose account a test adds what it is about; days are counted from `TODAY`."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        sandbox.reset("empty")
        sandbox.clock(TODAY.isoformat())
        self.sandbox = sandbox
        (self.csm,) = self.plant("User", {"Username": "ada@x.example", "Email": "ada@x.example", "LastName": "Roe"})

    def plant(self, kind: str, *records: dict[str, Any]) -> list[str]:
        """Records of one kind; answers their ids."""
        rows = [{"type": kind, **record} for record in records]
        return list(self.sandbox.seed(salesforce={"records": rows})["salesforce"]["ids"])

    def account(self, **fields: Any) -> str:
        """An account of the CSM."""
        usual = {"Name": "Harbor Clinic", "CS_Status__c": "Active", "Customer_Success_Manager__c": self.csm}
        return self.plant("Account", usual | fields)[0]

    def contact(self, account: str, name: str = "Cole", **fields: Any) -> str:
        """A contact of the account."""
        usual = {"AccountId": account, "LastName": name, "Email": f"{name.lower()}@harbor.example"}
        return self.plant("Contact", usual | fields)[0]

    def sale(self, account: str, days: int, *primary: str, **fields: Any) -> str:
        """A sale that was won, or will be, so many days from today, and its primary contact."""
        usual = {"Name": "Sale", "StageName": "Closed Won", "CloseDate": day(days), "AccountId": account}
        (made,) = self.plant("Opportunity", usual | fields)
        roles = [{"OpportunityId": made, "ContactId": contact, "IsPrimary": True} for contact in primary]
        if roles:
            self.plant("OpportunityContactRole", *roles)
        return made

    def case(self, account: str, type_: str = "Support", **fields: Any) -> str:
        """A case of the account."""
        return self.plant("Case", {"AccountId": account, "Type": type_, "Subject": type_} | fields)[0]

    def task(self, about: str | None, days: int, **fields: Any) -> str:
        """A task about the account or a record of it, due so many days from today."""
        return self.plant("Task", {"WhatId": about, "ActivityDate": day(days), "Subject": "Call"} | fields)[0]

    def contract(self, account: str, start: int, end: int, **fields: Any) -> str:
        """A contract from one day to another."""
        usual = {"AccountId": account, "Status": "Activated", "StartDate": day(start), "EndDate": day(end)}
        return self.plant("Contract", usual | fields)[0]


def day(days: int) -> str:
    """The day so many days from `TODAY`, ISO."""
    return (TODAY + days * DAY).isoformat()
