"""What an onboarding has brought about in every system, asked of the stand-ins."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from simple_salesforce.format import format_soql

from tests.support.sales import Sale, SalesPeople
from tests.support.sandbox import SandboxProcess

SIGN_UP, MODULES = "POST /signup/preSign", "PUT /companies/*/permissions"
WRITE, MESSAGE = "POST /composite", "POST /chat.postMessage"
ALL_EFFECTS = {SIGN_UP: 1, MODULES: 1, WRITE: 2, MESSAGE: 2}
"""What the onboarding of a new customer does: account and sale are written in one call, the onboarding record in
another; the sale is announced, and the CSM told."""
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
    *(("Salesforce", field) for field in ("Customer Success Manager", "Customer Success Manager Leader")),
    *(("Salesforce", field) for field in ("CS Segmentation", "CSM Assigned On")),
    *(("Salesforce", f"Customer {role} (NEW)") for role in ("Success Manager", "Onboarding Manager")),
    ("Salesforce", "Customer Success Manager Leader (NEW)"),
    *(("Salesforce", field) for field in ("Customer Onboarding Name", "Learning", "Credentialing Software")),
    *(("Salesforce", field) for field in ("Onboarding Email Sent Date", "Send Onboarding Email")),
    ("Slack", "Message"),
    ("Slack", "Message"),
]
"""What the page of a good sale's account says was done: one line an effect (D-11)."""


@dataclass(frozen=True)
class Outcome:
    """What stands in the systems for one customer; lists, so that a second of anything shows."""

    companies: list[dict[str, Any]]
    users: list[dict[str, Any]]
    recurly: list[dict[str, Any]]
    account: dict[str, Any]
    opportunity: dict[str, Any]
    announcements: list[dict[str, Any]]
    onboardings: list[dict[str, Any]]
    welcomes: list[dict[str, Any]]
    told: list[dict[str, Any]]


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
        onboardings=people.query(format_soql(_ONBOARDINGS, sale.account)),
        welcomes=welcomes(sandbox, sale.email),
        told=[one for one in messages(sandbox) if f"csm-assignment:{sale.opportunity}:" in str(one["metadata"])],
    )


def welcomes(sandbox: SandboxProcess, email: str) -> list[dict[str, Any]]:
    """The welcome e-mails to an address that Salesforce sent (CSM-6)."""
    mails = sandbox.state("mail")["mails"]
    return [one for one in mails if one["to"] == email and one["from"].startswith("customer-success@")]


def announcements(sandbox: SandboxProcess, opportunity_id: str) -> list[dict[str, Any]]:
    """The messages in any channel that carry the key of the opportunity's notice."""
    return [one for one in messages(sandbox) if f"onboarding:{opportunity_id}" in str(one["metadata"])]


def messages(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    """Every message, with its channel's name."""
    return [
        {**message, "channel": channel["name"]}
        for channel in sandbox.state("slack")["channels"]
        for message in channel["messages"]
    ]


def assert_onboarded(people: SalesPeople, sale: Sale) -> None:
    """A good sale's customer is there, whole and once, as the procedure says (ONB-1, ONB-6 to ONB-14)."""
    assert_welcomed(assert_set_up(people, sale), sale)


def assert_set_up(people: SalesPeople, sale: Sale) -> Outcome:
    """The same but for the onboarding record and the welcome; answers what was found."""
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
    assert_assigned(people, found)
    return found


def assert_assigned(people: SalesPeople, found: Outcome) -> None:
    """Account and sale name one active CSM for the segment, and that CSM's lead (CSM-2 to CSM-4); both were told."""
    account, opportunity = found.account, found.opportunity
    csm = people.read("User", account["Customer_Success_Manager__c"])
    assert (csm["CS_Role__c"], csm["IsActive"]) == ("CSM", True)
    assert account["CS_Segmentation__c"] in csm["CS_Segments__c"].split(";")
    assert account["CSM_Assigned_On__c"]
    assert {account["Customer_Success_Manager_Leader__c"], opportunity["Customer_Success_Manager_Leader_NEW__c"]} == {
        csm["ManagerId"]
    }
    assert opportunity["Customer_Success_Manager_NEW__c"] == csm["Id"]
    assert opportunity["Customer_Onboarding_Manager_NEW__c"] == csm["Id"]
    (told,) = found.told
    assert told["channel"] == "cs-operations"
    assert csm["Name"] in told["text"]


def assert_welcomed(found: Outcome, sale: Sale) -> None:
    """The onboarding record is filled in, and exactly one welcome e-mail was sent (CSM-5, CSM-6)."""
    (record,) = found.onboardings
    assert record["Name"] == f"{sale.company} 2027"
    boxes = ("Learning__c", "Compliance__c", "Credentialing_Software__c", "Credentialing_Service__c")
    assert [record[box] for box in boxes] == [True, False, True, False]
    today = datetime.now(ZoneInfo("America/New_York")).date()
    assert date.fromisoformat(record["Onboarding_Email_Sent_Date__c"]) in (today, today - timedelta(days=1))
    assert record["Send_Onboarding_Email__c"] is True
    assert len(found.welcomes) == 1


def assert_audited(lines: list[dict[str, Any]], more: tuple[tuple[str, str], ...] = ()) -> None:
    """Every effect of a good sale is one line of its account's page: none twice and none lost (D-11)."""
    assert sorted((line["system"], line["field"]) for line in lines) == sorted([*AUDIT, *more])


def assert_untouched(people: SalesPeople, sale: Sale) -> None:
    """Nothing was created, written or said for the sale."""
    assert effects(people.sandbox, sale.since) == {}
    found = outcome(people, sale)
    assert (found.companies, found.users, found.recurly, found.announcements) == ([], [], [], [])
    assert (found.onboardings, found.welcomes, found.told) == ([], [], [])


def effects(sandbox: SandboxProcess, since: int) -> Counter[str]:
    """How often each kind of effect took place after an entry of the journal."""
    return Counter(_call(entry) for entry in sandbox.effects(since=since))


def calls(sandbox: SandboxProcess, since: int) -> Counter[str]:
    """How often each system was asked anything, log-ins aside, after an entry of the journal."""
    entries = [entry for entry in sandbox.journal(since=since) if "/oauth2/" not in entry["path"]]
    return Counter(entry["system"] for entry in entries)


_ONBOARDINGS = "SELECT FIELDS FROM Customer_Onboarding__c WHERE Account__c = {}".replace(
    "FIELDS",
    "Id, Name, Opportunity__c, Learning__c, Compliance__c, Credentialing_Software__c, Credentialing_Service__c,"
    " Onboarding_Email_Sent_Date__c, Send_Onboarding_Email__c",
)
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
