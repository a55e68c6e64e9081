"""The clients of the stories in the stand-ins: made, changed as people do it, and read."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import httpx

from tests.quarter.expectation import News
from tests.quarter.life import Fields
from tests.quarter.telling import Edit, Story
from tests.support.sales import SalesPeople
from tests.support.sandbox import SandboxProcess

NEWS = re.compile(r"deactivation:(?P<contract>\w{18}):(?P<day>[\d-]{10}):(?P<phase>[a-z ]+):(?P<whom>[^:]+)")
UNKNOWN = "no-company-{}"
LMS_NAMES = {"status": "status", "last_day": "deactivateOn", "reason": "deactivationReason"}
CONTRACT_NAMES = {"status": "Status", "start": "StartDate", "end": "EndDate"}


@dataclass
class Actual:
    """One client's ids, by the names that the story has for its records."""

    story: Story
    account: str
    company: str
    contracts: dict[str, str] = field(default_factory=dict)
    opportunities: dict[str, str] = field(default_factory=dict)
    publications: dict[str, str] = field(default_factory=dict)


class Town:
    """All clients of one sandbox."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox, self.people = sandbox, SalesPeople(sandbox)
        self.clients: list[Actual] = []
        headers = {"X-API-Key": sandbox.credentials.lms_api_key}
        self._lms = httpx.Client(base_url=f"{sandbox.url}/lms/api", headers=headers, trust_env=False)

    def settle(self, stories: Iterable[Story]) -> None:
        """Make the clients, as their stories begin."""
        for story in stories:
            name = f"Quarter Clinic {story.number}"
            account = self.people.create("Account", Name=name, CS_Status__c="Active", MRR__c=480.0)
            seeded = {"accountId": account, "name": name, "modules": ["learning"]}
            company = self.sandbox.seed(lms={"companies": [seeded]})["lms"]["companies"][0]
            self.sandbox.seed(recurly={"accounts": [{"code": account, "company": name}]})
            self.people.edit("Account", account, LMS_Company_Id__c=company)
            self.clients.append(Actual(story, account, company))

    def act(self, day: int) -> None:
        """What people do on a day, in the systems themselves."""
        for client in self.clients:
            for edit in client.story.on(day):
                self._carry_out(client, edit)

    def _carry_out(self, client: Actual, edit: Edit) -> None:
        _, kind, key, fields = edit
        match kind:
            case "contract":
                named = {CONTRACT_NAMES[name]: _sent(value) for name, value in fields.items() if name != "deleted"}
                self._record("Contract", client.contracts, key, fields, named | _account(client, key, client.contracts))
            case "opportunity":
                self._opportunity(client, key, fields)
            case "account":
                self.people.edit("Account", client.account, **_account_fields(client, fields))
            case "subscription":
                self._subscribe(client, fields)
            case "company":
                self._patch(f"/companies/{client.company}", fields)
            case "publication":
                self._publication(client, key, fields)

    def _record(self, sobject: str, kept: dict[str, str], key: str, fields: Fields, named: Fields) -> None:
        if fields.get("deleted"):
            self.people.delete(sobject, kept.pop(key))
        elif key in kept:
            self.people.edit(sobject, kept[key], **named)
        else:
            kept[key] = self.people.create(sobject, **named)

    def _opportunity(self, client: Actual, key: str, fields: Fields) -> None:
        named = {name: fields[word] for word, name in (("type", "Type"), ("stage", "StageName")) if word in fields}
        if "contract" in fields:
            named["ContractId"] = client.contracts[fields["contract"]]
        if key not in client.opportunities:
            named |= {"AccountId": client.account, "Name": f"{key} of {client.story.number}", "CloseDate": "2028-01-31"}
        self._record("Opportunity", client.opportunities, key, fields, named)

    def _subscribe(self, client: Actual, fields: Fields) -> None:
        until = f"{fields['until'].isoformat()}T17:00:00Z"
        terms = {"state": fields["state"], "auto_renew": fields["renews"], "current_period_ends_at": until}
        self.sandbox.seed(recurly={"subscriptions": [{"account_code": client.account, **terms}]})

    def _publication(self, client: Actual, key: str, fields: Fields) -> None:
        if key not in client.publications:
            name = {"organizationName": f"Organization {client.story.number}", "publicationName": key}
            record = {**name, "companyId": client.company}
            client.publications[key] = self.sandbox.seed(lms={"publications": [record]})["lms"]["publications"][0]
        self._patch(f"/publications/{client.publications[key]}", fields)

    def _patch(self, path: str, fields: Fields) -> None:
        named = {LMS_NAMES[name]: _sent(value) for name, value in fields.items()}
        self._lms.patch(path, json=named).raise_for_status()

    def lives(self) -> list[Fields]:
        """Status and last day of every client's company and publications."""
        lms = self.sandbox.state("lms")
        known = {kind: {one["id"]: _life(one) for one in lms[kind]} for kind in ("companies", "publications")}
        return [
            {
                "company": known["companies"][client.company],
                "publications": {key: known["publications"][one] for key, one in client.publications.items()},
            }
            for client in self.clients
        ]

    def seen(self) -> list[Fields]:
        """What stands in the systems for every client, in the words of the expectation."""
        rows = self.people.query("SELECT Id, CS_Status__c FROM Account")
        status = {row["Id"]: row["CS_Status__c"] for row in rows}
        news = self._news()
        return [
            lives | {"CS Status": status[client.account], "told": self._told(client, news)}
            for client, lives in zip(self.clients, self.lives(), strict=True)
        ]

    def _told(self, client: Actual, news: dict[str, list[tuple[str, str, str]]]) -> list[tuple[News, str]]:
        found = []
        for key, contract in client.contracts.items():
            for last_day, phase, whom in news.get(contract, []):
                found.append(((key, date.fromisoformat(last_day), phase), whom))
        return sorted(found)

    def _news(self) -> dict[str, list[tuple[str, str, str]]]:
        """What was told, by contract: last day, phase, whom. Once for each message, so that a second one shows.

        A question is headed by a message too, whose key names the run in place of the phase.
        """
        found = defaultdict(list)
        for channel in self.sandbox.state("slack")["channels"]:
            for message in channel["messages"]:
                key = str(((message["metadata"] or {}).get("event_payload") or {}).get("key", ""))
                if match := NEWS.fullmatch(key):
                    found[match["contract"]].append((match["day"], match["phase"], match["whom"]))
        return found


def _account(client: Actual, key: str, kept: dict[str, str]) -> Fields:
    return {} if key in kept else {"AccountId": client.account, "Products__c": "Learning"}


def _account_fields(client: Actual, fields: Fields) -> Fields:
    named = {"CS_Status__c": fields["cs_status"]} if "cs_status" in fields else {}
    if "company_known" in fields:
        named["LMS_Company_Id__c"] = client.company if fields["company_known"] else UNKNOWN.format(client.story.number)
    return named


def _life(record: Fields) -> tuple[str, str | None]:
    return record["status"], record["deactivateOn"]


def _sent(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
