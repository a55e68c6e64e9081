"""Clients whose service ends: account, contract, LMS company, publications, Recurly account, as in real life."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any

import httpx

from flows.deactivation import deactivate_account
from tests.support.runs import Run, run_of
from tests.support.sales import SalesPeople
from tests.support.sandbox import SandboxProcess

YEAR = timedelta(days=365)
_numbers = count(1)


@dataclass(frozen=True)
class ClientRecords:
    """The ids of a client's records.

    Attributes:
        since: the journal's last entry before anything is done about its service.
    """

    people: SalesPeople
    account: str
    name: str
    contract: str
    company: str
    publications: tuple[str, ...]
    since: int

    @property
    def sandbox(self) -> SandboxProcess:
        return self.people.sandbox

    def in_lms(self) -> dict[str, Any]:
        """The company as the LMS has it."""
        (company,) = [one for one in self.sandbox.state("lms")["companies"] if one["id"] == self.company]
        return dict(company)

    def stands(self) -> tuple[str, str | None]:
        """Status and last day of the company."""
        company = self.in_lms()
        return company["status"], company["deactivateOn"]

    def issues(self) -> list[dict[str, Any]]:
        """Its publications."""
        return [one for one in self.sandbox.state("lms")["publications"] if one["companyId"] == self.company]

    def cs_status(self) -> str | None:
        """The account's CS Status."""
        return self.people.read("Account", self.account).get("CS_Status__c")

    def amend(self, **fields: Any) -> None:
        """Change the contract."""
        self.people.edit("Contract", self.contract, **fields)

    def renew(self, start: date, end: date, **fields: Any) -> str:
        """Sign a further contract."""
        terms = {"StartDate": start.isoformat(), "EndDate": end.isoformat(), "Status": "Activated"}
        return self.people.create("Contract", AccountId=self.account, **terms | fields)

    def in_lms_change(self, **fields: Any) -> None:
        """Change the company in the LMS, as somebody by hand."""
        headers = {"X-API-Key": self.sandbox.credentials.lms_api_key}
        url = f"{self.sandbox.url}/lms/api/companies/{self.company}"
        httpx.patch(url, json=fields, headers=headers, trust_env=False).raise_for_status()

    def bill(self, **subscription: Any) -> None:
        """Let the client have a subscription in Recurly."""
        records = {"subscriptions": [{"account_code": self.account, **subscription}]}
        self.sandbox.seed(recurly=records)

    def told(self) -> list[str]:
        """The news that were told about it, oldest first, of either channel."""
        found = [(one["ts"], key) for one in self._messages() if (key := _key(one)).startswith("deactivation:")]
        return [":".join(key.split(":")[3:]) for _, key in sorted(found)]

    def _messages(self) -> list[dict[str, Any]]:
        channels = self.sandbox.state("slack")["channels"]
        return [one for channel in channels for one in channel["messages"] if f"*{self.name}*" in one["text"]]


def make_client(
    people: SalesPeople,
    end: date | None,
    *,
    start: date | None = None,
    publications: tuple[str, ...] = (),
    account: dict[str, Any] | None = None,
    contract: dict[str, Any] | None = None,
    company: dict[str, Any] | None = None,
) -> ClientRecords:
    """A client in service, whose contract ends on a day."""
    number = next(_numbers)
    name = f"Aspen Clinic {number}"
    begun = start or (end - YEAR if end else date(2026, 1, 1))
    account_id = people.create("Account", Name=name, CS_Status__c="Active", MRR__c=480.0, **(account or {}))
    terms = {"StartDate": begun.isoformat(), "EndDate": end.isoformat() if end else None, "Status": "Activated"}
    listed = {"Publications__c": "\n".join(publications) or None, "Products__c": "Learning"}
    contract_id = people.create("Contract", AccountId=account_id, **terms | listed | (contract or {}))
    seeded = {"accountId": account_id, "name": name, "modules": ["learning"], **(company or {})}
    company_id = people.sandbox.seed(lms={"companies": [seeded]})["lms"]["companies"][0]
    issues = [{"organizationName": name, "publicationName": one, "companyId": company_id} for one in publications]
    made = people.sandbox.seed(lms={"publications": issues})["lms"]["publications"] if issues else []
    people.sandbox.seed(recurly={"accounts": [{"code": account_id, "company": name}]})
    people.edit("Account", account_id, LMS_Company_Id__c=company_id)
    since = people.sandbox.last()
    return ClientRecords(people, account_id, name, contract_id, company_id, tuple(made), since)


async def look_after(client: ClientRecords, **parameters: Any) -> Run:
    """Run the end of the client's service as a new run, without a deployment: it cannot wait."""
    state = await deactivate_account(account_id=client.account, **parameters, return_state=True)
    return run_of(state, deactivate_account)


def _key(message: dict[str, Any]) -> str:
    return str(((message["metadata"] or {}).get("event_payload") or {}).get("key", ""))
