"""One opportunity of the demo world, closed by its seller and onboarded."""

from dataclasses import dataclass, field
from typing import Any

from simple_salesforce.format import format_soql

from tests.support.outcome import announcements, effects
from tests.support.runs import Run, onboard, press_retry
from tests.support.sales import SalesPeople
from tests.support.sandbox import SandboxProcess


@dataclass
class Shown:
    """One opportunity of the demo world once it was closed and its onboarding came to an end."""

    people: SalesPeople
    record: dict[str, Any]
    since: int = 0
    run: Run | None = None
    companies: list[dict[str, Any]] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)

    @property
    def sandbox(self) -> SandboxProcess:
        return self.people.sandbox

    @property
    def account(self) -> str:
        return str(self.record["AccountId"])

    @property
    def contract(self) -> str:
        return str(self.record["ContractId"])

    @property
    def contacts(self) -> list[dict[str, Any]]:
        """The contact roles."""
        roles = "SELECT Id, ContactId, IsPrimary FROM OpportunityContactRole WHERE OpportunityId = {}"
        return self.people.query(format_soql(roles, self.record["Id"]))

    @property
    def message(self) -> str:
        assert self.run is not None
        return self.run.message

    @property
    def ended(self) -> str:
        assert self.run is not None
        return self.run.ended

    async def close(self) -> "Shown":
        """Let the sale be closed, and onboard it."""
        self.since = self.people.edit("Opportunity", self.record["Id"], StageName="Closed Won")
        self.run = await onboard(self.record["Id"])
        return self.look()

    async def retry(self) -> "Shown":
        """Press Retry after something was put right."""
        assert self.run is not None
        self.since = self.sandbox.last()
        self.run = await press_retry(self.run)
        return self.look()

    def look(self) -> "Shown":
        lms = self.sandbox.state("lms")
        self.companies = [one for one in lms["companies"] if one["accountId"] == self.account]
        self.users = lms["users"]
        return self

    def company(self) -> dict[str, Any]:
        """The one company, of a sale that went through."""
        assert self.ended == "Completed", self.message
        (company,) = self.companies
        return company

    def admin(self) -> str:
        """The super admin's username."""
        (user,) = [user for user in self.users if user["companyId"] == self.company()["id"]]
        return str(user["email"])

    def codes(self) -> tuple[Any, Any, Any]:
        account = self.people.read("Account", self.account)
        return (
            account.get("LMS_Company_Id__c"),
            account.get("Recurly_Account_Id__c"),
            account.get("Recurly_Billing_URL__c"),
        )

    def assert_asked(self, state: str, *words: str) -> None:
        """Nothing was created; people are told who must act, on which field of which record, and what then."""
        assert self.ended == state, self.message
        assert [word for word in (*words, "press Retry") if word not in self.message] == []
        assert self.companies == []
        assert self.codes() == (None, None, None)
        assert effects(self.sandbox, self.since) == {}
        assert announcements(self.sandbox, self.record["Id"]) == []
