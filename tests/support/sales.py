"""Sales, made and repaired in the stand-in Salesforce over its REST API, as people do with their clicks."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from typing import Any

import httpx

from tests.support.sandbox import SandboxProcess

BASE = "/salesforce/services/data/v59.0"
BILLING = date(2027, 3, 1)
"""The contract's billing start of a sale that says nothing else: far enough ahead for every test."""
SERVICES = "Learning;Credentialing Software"


@dataclass(frozen=True)
class Sale:
    """The ids of a sale's records, the customer's name and address.

    Attributes:
        since: the journal's last entry before the sale is onboarded.
    """

    opportunity: str
    account: str
    contract: str
    contact: str
    company: str
    email: str
    since: int


class SalesPeople:
    """The people of the org at work: what they do is in the journal, but before a sale's `since`."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox, known = sandbox, sandbox.credentials
        self._numbers = count(1)
        self._http = httpx.Client(base_url=sandbox.url, trust_env=False, timeout=30)
        form = {
            "grant_type": "client_credentials",
            "client_id": known.salesforce_consumer_key,
            "client_secret": known.salesforce_consumer_secret,
        }
        token = self._http.post("/salesforce/services/oauth2/token", data=form).raise_for_status().json()
        self._http.headers["Authorization"] = f"Bearer {token['access_token']}"

    def make_sale(self, **records: dict[str, Any]) -> Sale:
        """Close a good sale to a new customer: Learning and Credentialing Software, standard, 40 users.

        Args:
            records: by object in lower case, fields that are to be otherwise than in a good sale.
        """
        number = next(self._numbers)
        company, email = f"Willow Clinic {number}", f"jane.roe@willow{number}.example"
        own = {"Account": {"Name": company}, "Contact": {"Email": email}, "Opportunity": {"Name": f"{company} 2027"}}
        good = {name: fields | own.get(name, {}) | records.get(name.lower(), {}) for name, fields in _GOOD.items()}
        made = self._composite([_create(name, fields) for name, fields in good.items()])
        return Sale(
            opportunity=made["Opportunity"],
            account=made["Account"],
            contract=made["Contract"],
            contact=made["Contact"],
            company=good["Account"]["Name"],
            email=good["Contact"]["Email"],
            since=self.sandbox.last(),
        )

    def make_expansion(self, sale: Sale, *, products: str, level: str) -> Sale:
        """Close a further sale to a customer: same person, same users, another contract."""
        terms = {"AccountId": sale.account, "Service_Level__c": level, "Products__c": products}
        contract = self.create("Contract", **_GOOD["Contract"] | terms)
        sold = {"AccountId": sale.account, "ContractId": contract, "Type": "Expansion", "Service_Level__c": level}
        name = {"Name": f"{sale.company} expansion", "Services_Included__c": products}
        opportunity = self.create("Opportunity", **_GOOD["Opportunity"] | sold | name)
        self.create("OpportunityContactRole", OpportunityId=opportunity, ContactId=sale.contact, IsPrimary=True)
        return replace(sale, opportunity=opportunity, contract=contract, since=self.sandbox.last())

    def edit(self, sobject: str, record_id: str, **fields: Any) -> int:
        """Change a record; answers the journal's last entry after that."""
        self._http.patch(f"{BASE}/sobjects/{sobject}/{record_id}", json=fields).raise_for_status()
        return self.sandbox.last()

    def create(self, sobject: str, **fields: Any) -> str:
        """Make a record; answers its id."""
        answer = self._http.post(f"{BASE}/sobjects/{sobject}", json=fields).raise_for_status()
        return str(answer.json()["id"])

    def delete(self, sobject: str, record_id: str) -> None:
        """Put a record into the bin."""
        self._http.delete(f"{BASE}/sobjects/{sobject}/{record_id}").raise_for_status()

    def query(self, soql: str) -> list[dict[str, Any]]:
        """The records of a query."""
        answer = self._http.get(f"{BASE}/query", params={"q": soql}).raise_for_status()
        return list(answer.json()["records"])

    def read(self, sobject: str, record_id: str) -> dict[str, Any]:
        """A record with all its fields."""
        return dict(self._http.get(f"{BASE}/sobjects/{sobject}/{record_id}").raise_for_status().json())

    def _composite(self, requests: list[dict[str, Any]]) -> dict[str, str]:
        body = {"allOrNone": True, "collateSubrequests": False, "compositeRequest": requests}
        answers = self._http.post(f"{BASE}/composite", json=body).raise_for_status().json()["compositeResponse"]
        refused = [answer for answer in answers if answer["httpStatusCode"] >= httpx.codes.BAD_REQUEST]
        assert not refused, refused
        return {answer["referenceId"]: answer["body"]["id"] for answer in answers}


_GOOD: dict[str, dict[str, Any]] = {
    "Account": {},
    "Contact": {
        "AccountId": "@{Account.id}",
        "FirstName": "Jane",
        "LastName": "Roe",
        "Phone": "+1 212 555 0142",
    },
    "Contract": {
        "AccountId": "@{Account.id}",
        "Billing_Start_Date__c": BILLING.isoformat(),
        "User_Count__c": 40,
        "Plan_Amount__c": 480.5,
        "Service_Level__c": "standard",
        "Products__c": SERVICES,
    },
    "Opportunity": {
        "AccountId": "@{Account.id}",
        "ContractId": "@{Contract.id}",
        "StageName": "Closed Won",
        "CloseDate": (date.today() - timedelta(days=1)).isoformat(),  # noqa: DTZ011 - any day of the last 90 does
        "Type": "New Business",
        "Services_Included__c": SERVICES,
        "Service_Level__c": "standard",
    },
    "OpportunityContactRole": {
        "OpportunityId": "@{Opportunity.id}",
        "ContactId": "@{Contact.id}",
        "IsPrimary": True,
    },
}


def _create(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"method": "POST", "url": f"/services/data/v59.0/sobjects/{name}", "referenceId": name, "body": fields}
