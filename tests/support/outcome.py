"""What an onboarding has brought about in every system, asked of the stand-ins."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.support.sales import Sale, SalesPeople
from tests.support.sandbox import SandboxProcess

SIGN_UP, MODULES = "POST /signup/preSign", "PUT /companies/*/permissions"
WRITE_BACK, NOTICE = "POST /composite", "POST /chat.postMessage"
ALL_EFFECTS = {SIGN_UP: 1, MODULES: 1, WRITE_BACK: 1, NOTICE: 1}
"""What the onboarding of a new customer does, each once."""
GOOD_MODULES = [
    "credentialing",
    "credentialing-primary-source",
    "learning",
    "learning-custom-courses",
    "learning-reports",
]
"""Learning and Credentialing Software at the standard level, read off the permission matrix (ONB-13)."""


SIGN_UP_LINES = (
    "Account ID",
    "Company Name",
    "First Name",
    "Last Name",
    "Phone Number",
    "Email Address / Username",
    "User Count",
    "Location Count",
    "Plan Amount",
    "Billing Start Date",
)
AUDIT = [
    *(("LMS", field) for field in (*SIGN_UP_LINES, "Modules")),
    *(("Salesforce", field) for field in ("LMS Company Id", "Recurly Account Id", "Recurly Billing URL")),
    ("Slack", "Message"),
]
"""What the page of a good sale's account says was done: one line an effect (decision 11)."""


@dataclass(frozen=True)
class Outcome:
    """What stands in the systems for one customer; lists, so that a second of anything shows."""

    companies: list[dict[str, Any]]
    users: list[dict[str, Any]]
    recurly: list[dict[str, Any]]
    account: dict[str, Any]
    opportunity: dict[str, Any]
    announcements: list[dict[str, Any]]


def outcome(people: SalesPeople, sale: Sale) -> Outcome:
    """Everything that stands for the sale's customer."""
    sandbox = people.sandbox
    lms = sandbox.state("lms")
    companies = [one for one in lms["companies"] if one["accountId"] == sale.account]
    own = {one["id"] for one in companies}
    return Outcome(
        companies=companies,
        users=[user for user in lms["users"] if user["companyId"] in own],
        recurly=[one for one in sandbox.state("recurly")["accounts"] if one["company"] == sale.company],
        account=people.read("Account", sale.account),
        opportunity=people.read("Opportunity", sale.opportunity),
        announcements=announcements(sandbox, sale.opportunity),
    )


def announcements(sandbox: SandboxProcess, opportunity_id: str) -> list[dict[str, Any]]:
    """The messages in any channel that carry the key of the opportunity's notice."""
    messages = [
        {**message, "channel": channel["name"]}
        for channel in sandbox.state("slack")["channels"]
        for message in channel["messages"]
    ]
    return [one for one in messages if f"onboarding:{opportunity_id}" in str(one["metadata"])]


def assert_onboarded(people: SalesPeople, sale: Sale) -> None:
    """A good sale's customer is there, whole and once, as the procedure says (ONB-1, ONB-6 to ONB-13)."""
    found = outcome(people, sale)
    (company,), (user,), (billed,), (notice,) = found.companies, found.users, found.recurly, found.announcements
    assert {name: company[name] for name in _COMPANY} == _COMPANY | {"name": sale.company}
    assert sorted(company["modules"]) == GOOD_MODULES
    assert (user["email"], user["firstName"], user["lastName"]) == (sale.email, "Jane", "Roe")
    assert billed["code"] == sale.account
    assert {name: found.account.get(name) for name in _CODES} == {
        "LMS_Company_Id__c": company["id"],
        "Recurly_Account_Id__c": billed["id"],
        "Recurly_Billing_URL__c": f"https://sandbox.recurly.com/accounts/{sale.account}",
    }
    assert found.opportunity["Service_Level__c"] == "standard"
    assert notice["channel"] == "sales"


def assert_audited(lines: list[dict[str, Any]], more: tuple[tuple[str, str], ...] = ()) -> None:
    """Every effect of a good sale is one line of its account's page: none twice and none lost (decision 11)."""
    assert sorted((line["system"], line["field"]) for line in lines) == sorted([*AUDIT, *more])


def assert_untouched(people: SalesPeople, sale: Sale) -> None:
    """Nothing was created, written or said for the sale."""
    assert effects(people.sandbox, sale.since) == {}
    found = outcome(people, sale)
    assert (found.companies, found.users, found.recurly, found.announcements) == ([], [], [], [])


def effects(sandbox: SandboxProcess, since: int) -> Counter[str]:
    """How often each kind of effect took place after an entry of the journal."""
    return Counter(_call(entry) for entry in sandbox.effects(since=since))


def calls(sandbox: SandboxProcess, since: int) -> Counter[str]:
    """How often each system was asked anything, log-ins aside, after an entry of the journal."""
    entries = [entry for entry in sandbox.journal(since=since) if "/oauth2/" not in entry["path"]]
    return Counter(entry["system"] for entry in entries)


_COMPANY = {
    "name": "",
    "status": "active",
    "userCount": 40,
    "locationCount": 2,
    "planAmount": "480.50",
    "billingStartDate": "2027-03-16",
}
"""40 users are two locations (ONB-8); billing starts 15 days after the contract's 1 March (ONB-7)."""
_CODES = ("LMS_Company_Id__c", "Recurly_Account_Id__c", "Recurly_Billing_URL__c")


def _call(entry: dict[str, Any]) -> str:
    """Method and path of a request, without the API's prefix and with * for an id."""
    parts = entry["path"].removeprefix("/services/data/v59.0").removeprefix("/api").split("/")
    return f"{entry['method']} {'/'.join('*' if any(map(str.isdigit, part)) else part for part in parts)}"
