"""The people of an org: sales, team leads and CSMs, who is away, and the books they hold."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle
from random import Random
from typing import Final

from sandbox.salesforce.org import Org
from sandbox.state import SandboxState

SEGMENTS: Final = ("SMB", "Mid-Market", "Enterprise")
_MRR: Final = {"SMB": (150, 900), "Mid-Market": (900, 4_000), "Enterprise": (4_000, 20_000)}
_BOOK: Final = 42
_LONG_AGO: Final = timedelta(days=120)


@dataclass(frozen=True)
class Team:
    """User ids: the RSMs, the team leads, the CSMs with their segments and leads, and an RSM who left ("" for none)."""

    sellers: list[str]
    leads: list[str]
    csms: list["Csm"]
    former_seller: str = ""


@dataclass(frozen=True)
class Csm:
    """A CSM who holds accounts of some segments."""

    id: str
    lead: str
    segments: tuple[str, ...]
    active: bool = True


def person(org: Org, first: str, last: str, **more: object) -> str:
    """A user; the e-mail address follows from the name."""
    email = f"{first}.{last}@sandbox.example".lower().replace(" ", "-")
    return org.plant("User", FirstName=first, LastName=last, Email=email, Username=email, **more)


def demo_team(org: Org, today: date) -> Team:
    """Two RSMs and their manager, two team leads, seven CSMs: one inactive, one away now, one away next week."""
    manager = person(org, "Vera", "Whitfield", Title="VP Sales")
    sellers = [
        person(org, "Rosa", "Martinez", Title="RSM", ManagerId=manager),
        person(org, "Sam", "Okafor", Title="RSM", ManagerId=manager),
    ]
    leads = [
        person(org, "Tara", "Lindqvist", CS_Role__c="Team Lead", Title="Team Lead"),
        person(org, "Tom", "Bergmann", CS_Role__c="Team Lead", Title="Team Lead"),
    ]
    wanted = (
        ("Ada", "Novak", 0, ("SMB",)), ("Ben", "Carter", 0, ("SMB", "Mid-Market")),
        ("Cleo", "Dubois", 0, ("Mid-Market",)), ("Dev", "Patel", 1, ("Mid-Market", "Enterprise")),
        ("Eva", "Rossi", 1, ("Enterprise",)), ("Finn", "Larsen", 1, ("SMB", "Enterprise")),
        ("Gus", "Retired", 1, ("SMB", "Mid-Market", "Enterprise")),
    )  # fmt: skip
    csms = [_csm(org, first, last, leads[lead], segments) for first, last, lead, segments in wanted]
    away(org, csms[1].id, today - timedelta(days=2), 7)
    away(org, csms[4].id, today + timedelta(days=7), 5)
    former_seller = person(org, "Ria", "Former", Title="RSM", ManagerId=manager, IsActive=False)
    return Team(sellers, leads, csms, former_seller)


def _csm(org: Org, first: str, last: str, lead: str, segments: tuple[str, ...]) -> Csm:
    active = last != "Retired"
    user_id = person(
        org, first, last, CS_Role__c="CSM", Title="CSM", ManagerId=lead, IsActive=active,
        CS_Segments__c=";".join(segments),
    )  # fmt: skip
    return Csm(user_id, lead, segments, active)


def away(org: Org, user_id: str, first: date, days: int) -> None:
    """An all-day event that shows as out of office."""
    last = first + timedelta(days=days - 1)
    org.plant(
        "Event", Subject="Out of office", OwnerId=user_id, ShowAs="OutOfOffice", IsAllDayEvent=True,
        ActivityDate=first.isoformat(), StartDateTime=f"{first.isoformat()}T00:00:00.000+0000",
        EndDateTime=f"{last.isoformat()}T00:00:00.000+0000", DurationInMinutes=days * 24 * 60,
    )  # fmt: skip


def demo_books(sandbox: SandboxState, org: Org, team: Team, today: date) -> None:
    """The active accounts the CSMs hold already, set up in the LMS and Recurly: enough that loads differ."""
    chance = Random(2)  # noqa: S311 - a made-up world, no secret
    holders = cycle([csm for csm in team.csms if csm.active])
    for number in range(1, _BOOK + 1):
        csm = next(holders)
        segment = chance.choice(csm.segments)
        low, high = _MRR[segment]
        assigned = today - timedelta(days=chance.randint(20, 700))
        name = f"Established Customer {number:02d}"
        account = org.plant(
            "Account", Name=name, Type="Customer", CS_Status__c="Active",
            CS_Segmentation__c=segment, MRR__c=float(chance.randrange(low, high, 10)), Health__c="Healthy",
            Customer_Success_Manager__c=csm.id, Customer_Success_Manager_Leader__c=csm.lead,
            CSM_Assigned_On__c=f"{assigned.isoformat()}T14:00:00.000+0000",
        )  # fmt: skip
        set_up(sandbox, org, account, {"name": name})


def sold_earlier(org: Org, today: date) -> None:
    """The sales that brought those accounts: new business of earlier months, for the replay of its assignments."""
    for account in [*org.store.tables["Account"].rows.values()]:
        if not str(account["Name"]).startswith("Established Customer"):
            continue
        assigned = date.fromisoformat(str(account["CSM_Assigned_On__c"])[:10])
        if today - assigned > _LONG_AGO:
            csm, lead = account["Customer_Success_Manager__c"], account["Customer_Success_Manager_Leader__c"]
            org.plant(
                "Opportunity", Name=f"{account['Name']} sale", AccountId=account["Id"], StageName="Closed Won",
                Type="New Business", CloseDate=assigned.isoformat(), Amount=float(account["MRR__c"]) * 12,
                Customer_Success_Manager_NEW__c=csm, Customer_Onboarding_Manager_NEW__c=csm,
                Customer_Success_Manager_Leader_NEW__c=lead,
            )  # fmt: skip


def set_up(sandbox: SandboxState, org: Org, account: str, company: dict[str, object]) -> str:
    """Give an account its company in the LMS and its Recurly account, whose ids it knows; answers the company's id."""
    (made,) = sandbox.systems["lms"].seed({"companies": [{"accountId": account, **company}]})["companies"]
    billing = {"code": account, "company": company["name"]}
    (billed,) = sandbox.systems["recurly"].seed({"accounts": [billing]})["accounts"]
    org.amend(
        "Account", account, LMS_Company_Id__c=made, Recurly_Account_Id__c=billed,
        Recurly_Billing_URL__c=f"https://sandbox.recurly.com/accounts/{account}",
    )  # fmt: skip
    return str(made)
