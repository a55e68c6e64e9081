"""The clients of the demo world whose service ends or goes on, each there to show one thing the sweep must do well."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sandbox.salesforce.org import Org
from sandbox.scenarios.team import Csm, set_up
from sandbox.state import SandboxState

_YEAR = timedelta(days=365)
_MODULES = (
    *("learning", "learning-custom-courses", "learning-reports"),
    *("compliance", "compliance-incidents", "compliance-documents"),
)


@dataclass(frozen=True)
class Ending:
    """A client in service, and what is particular about its end.

    Attributes:
        company: the account's name.
        shows: what it is there to show.
        rule: the rule it shows.
        ends: days from today to the last day of its contract; None when the contract has no end.
        publications: that its contract lists, all set up.
        renewed: days from today to the start of the contract that follows.
        renewal: an opportunity of type Renewal is open.
        billed: its subscription in Recurly renews by itself.
        planned: the end is set in the LMS already.
        ended: it has ended: inactive in the LMS, deactivated in Salesforce.
        starts: days from today to the start of its contract; None for a year before its end.
        off: the LMS company is inactive, for a reason that is no contract's.
        by_people: people deactivated the account in Salesforce too.
    """

    company: str
    shows: str
    rule: str
    ends: int | None
    publications: tuple[str, ...] = ()
    renewed: int | None = None
    renewal: bool = False
    billed: bool = False
    planned: bool = False
    ended: bool = False
    starts: int | None = None
    off: bool = False
    by_people: bool = False


ENDINGS = (
    Ending("Larch Hospice", "yesterday was its last day", "PUB-4", -1, ("Larch Care Notes", "Larch Compliance Brief")),
    Ending("Mulberry Clinic", "today is its last day", "PUB-4", 0, ("Mulberry Nursing",), planned=True),
    Ending("Nutmeg Pediatrics", "ends soon: CSM and sales are told", "PUB-4", 10),
    Ending("Olive Tree Dental", "ends in some weeks: set in the LMS", "PUB-4", 25, ("Olive Tree Monthly",)),
    Ending("Pinecrest Surgery", "was renewed: its planned end is withdrawn", "PUB-5", 3, renewed=4, planned=True),
    Ending("Sycamore Therapy", "was renewed late: active again", "PUB-5", -20, renewed=-2, ended=True),
    Ending("Quince Imaging", "an open renewal: sales are asked", "PUB-5", 5, renewal=True),
    Ending("Rosewood Labs", "a subscription goes on: sales are asked", "PUB-7", 6, billed=True),
    Ending("Umber Clinic", "deactivated by people: sales are asked", "PUB-5", 200, off=True, by_people=True),
    Ending("Verbena Care", "off already: its end is not announced", "PUB-7", 10, off=True),
    Ending("Willow Creek Dental", "ends before it begins: sales are asked", "PUB-7", 95, starts=123),
    Ending("Tamarind Health", "a contract without an end: sales are asked", "PUB-3", None),
)


def plant_endings(sandbox: SandboxState, org: Org, seller: str, csm: Csm, today: date) -> None:
    """Set these clients up in every system."""
    for ending in ENDINGS:
        account = _account(org, ending, seller, csm)
        contract = _contracts(org, ending, account, seller, today)
        details = {
            "contracts": [contract], "products": ["Compliance", "Learning"], "serviceLevel": "standard", "userCount": 45
        }  # fmt: skip
        _in_other_systems(sandbox, org, ending, account, today, details=details)
        org.endings.append(
            {"account_id": account, "name": ending.company, "shows": f"{ending.shows} ({ending.rule})"}
        )  # fmt: skip


def _account(org: Org, ending: Ending, seller: str, csm: Csm) -> str:
    is_deactivated = ending.ended or ending.by_people
    return org.plant(
        "Account", Name=ending.company, OwnerId=seller, Type="Customer", MRR__c=520.0,
        CS_Status__c="Deactivated" if is_deactivated else "Active", CS_Segmentation__c=csm.segments[0],
        Customer_Success_Manager__c=csm.id, Customer_Success_Manager_Leader__c=csm.lead,
    )  # fmt: skip


def _contracts(org: Org, ending: Ending, account: str, seller: str, today: date) -> str:
    """The contract in force, and what follows on it; answers its number."""
    last = None if ending.ends is None else today + timedelta(days=ending.ends)
    terms = {
        "AccountId": account, "Status": "Activated", "User_Count__c": 45.0, "Plan_Amount__c": 520.0,
        "Service_Level__c": "standard", "Products__c": "Learning;Compliance",
        "Publications__c": "\n".join(ending.publications) or None,
    }  # fmt: skip
    start = (last or today) - _YEAR if ending.starts is None else today + timedelta(days=ending.starts)
    contract = org.plant("Contract", StartDate=_day(start), EndDate=_day(last), **terms)
    if ending.renewed is not None:
        first = today + timedelta(days=ending.renewed)
        org.plant("Contract", StartDate=_day(first), EndDate=_day(first + _YEAR), **terms)
    if ending.renewal:
        org.plant(
            "Opportunity", Name=f"{ending.company} renewal", AccountId=account, OwnerId=seller, Type="Renewal",
            StageName="Negotiation/Review", CloseDate=_day(last),
        )  # fmt: skip
    return str(org.store.tables["Contract"].rows[contract]["ContractNumber"])


def _in_other_systems(
    sandbox: SandboxState, org: Org, ending: Ending, account: str, today: date, *, details: dict[str, Any]
) -> None:
    end: dict[str, Any] = {}
    if ending.ends is not None and (ending.planned or ending.ended):
        last = _day(today + timedelta(days=ending.ends))
        end = {"deactivateOn": last, "deactivationReason": f"End of contract on {last}"}
    if ending.off:
        end = {"status": "inactive", "deactivationReason": "Deactivated by hand"}
    figures = {"userCount": 45, "locationCount": 2, "planAmount": "520.00", "modules": [*_MODULES]}
    made = set_up(sandbox, org, account, {"name": ending.company, **figures, **end})
    issues = [
        {"organizationName": ending.company, "publicationName": name, "companyId": made, "details": details, **end}
        for name in ending.publications
    ]
    sandbox.systems["lms"].seed({"publications": issues})
    if ending.billed:
        sandbox.systems["recurly"].seed({"subscriptions": [{"account_code": account, "plan_name": "Standard, yearly"}]})


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
