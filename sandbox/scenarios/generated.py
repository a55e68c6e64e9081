"""The generated world: as many accounts as wanted, the same for the same seed."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from sandbox.salesforce.org import Org
from sandbox.scenarios.generated_service import Terms, account_id, serve, welcome
from sandbox.scenarios.sales import ALL_THREE
from sandbox.scenarios.team import SEGMENTS, Csm, Team, away, person
from sandbox.state import SandboxState

_FIRST: Final = ("Alex", "Blair", "Casey", "Drew", "Emery", "Frankie", "Harper", "Jamie", "Kendall", "Logan")
_LAST: Final = ("Ames", "Boyd", "Cruz", "Diaz", "Ellis", "Frost", "Gray", "Hale", "Irwin", "Jones")
_PLACES: Final = ("Cedar", "Harbor", "Lake", "Maple", "Oak", "Pine", "River", "Stone", "Summit", "Valley")
_KINDS: Final = ("Clinic", "Hospital", "Health", "Pediatrics", "Dental", "Care", "Labs", "Hospice", "Academy", "Rehab")
_LEVELS: Final = ("basic", "standard", "premium")
_HEALTH: Final = ("Healthy", "Healthy", "Healthy", "Watch", "At Risk", "Escalated")
_ACCOUNTS_A_CSM: Final = 60
_CSMS_A_LEAD: Final = 8
_MOST_CSMS: Final = 200
_GONE, _AWAY = 0.03, 0.1
_SOLD_LATELY: Final = 5


def build_generated(sandbox: SandboxState, org: Org, seed: int, accounts: int, drift_every: int = 0) -> None:
    """Fill an empty sandbox with customers whose onboarding is finished in every system.

    Each account has a CSM, a contact, a contract, a company in the LMS and an account in Recurly, every fifth a closed
    sale.

    Args:
        sandbox: its state.
        org: its Salesforce.
        seed: the same seed makes the same customers.
        accounts: their number.
        drift_every: in steps of so many customers, the LMS has one user too many; 0 for none.
    """
    chance = Random(seed)  # noqa: S311 - a made-up world, no secret
    today = sandbox.clock.today()
    team = _team(org, chance, min(max(2, accounts // _ACCOUNTS_A_CSM), _MOST_CSMS), today)
    world = _World(sandbox, org, chance, team, _present(team), today)
    for number in range(1, accounts + 1):
        _customer(world, number, drifted=drift_every > 0 and number % drift_every == 0)


def _team(org: Org, chance: Random, csms: int, today: date) -> Team:
    sellers = [person(org, "Seller", f"Number{number}", Title="RSM") for number in range(1, 6)]
    leads = [
        person(org, "Lead", f"Number{number}", CS_Role__c="Team Lead") for number in range(1, 2 + csms // _CSMS_A_LEAD)
    ]
    made = []
    for number in range(csms):
        lead, segment = leads[number // _CSMS_A_LEAD], SEGMENTS[number % len(SEGMENTS)]
        user = person(
            org, "Csm", f"Number{number + 1}", CS_Role__c="CSM", ManagerId=lead, CS_Segments__c=segment,
            IsActive=(active := chance.random() > _GONE),
        )  # fmt: skip
        made.append(Csm(user, lead, (segment,), active))
        if chance.random() < _AWAY:
            away(org, user, today + timedelta(days=chance.randint(-5, 20)), chance.randint(1, 10))
    return Team(sellers, leads, made)


@dataclass(frozen=True)
class _World:
    """Where customers are put, and what they are made of; `csms`: those who may log in."""

    sandbox: SandboxState
    org: Org
    chance: Random
    team: Team
    csms: list[Csm]
    today: date


def _customer(world: _World, number: int, *, drifted: bool) -> None:
    org, chance, team, today = world.org, world.chance, world.team, world.today
    csm, seller = chance.choice(world.csms), chance.choice(team.sellers)
    name = f"{chance.choice(_PLACES)} {chance.choice(_KINDS)} {number}"
    mrr, start = float(chance.randrange(100, 20_000, 10)), today - timedelta(days=chance.randint(1, 700))
    health, first, last = chance.choice(_HEALTH), chance.choice(_FIRST), chance.choice(_LAST)
    products = tuple(chance.sample(ALL_THREE, chance.randint(1, 3)))
    terms = Terms(products, chance.choice(_LEVELS), chance.randint(1, 900), mrr, start)
    account = org.plant(
        "Account", Name=name, OwnerId=seller, Type="Customer", CS_Status__c="Active", MRR__c=mrr,
        CS_Segmentation__c=csm.segments[0], Health__c=health,
        Customer_Success_Manager__c=csm.id, Customer_Success_Manager_Leader__c=csm.lead,
        CSM_Assigned_On__c=f"{start.isoformat()}T14:00:00.000+0000",
        **serve(world.sandbox, account_id(number), name, terms, drifted=drifted),
    )  # fmt: skip
    contact = org.plant(
        "Contact", AccountId=account, FirstName=first, LastName=last,
        Email=f"contact{number}@customer{number}.example", Phone="+1 212 555 0142",
    )  # fmt: skip
    contract = org.plant(
        "Contract", AccountId=account, Status="Activated", StartDate=start.isoformat(),
        EndDate=(start + timedelta(days=730)).isoformat(), Billing_Start_Date__c=start.isoformat(),
        User_Count__c=float(terms.users), Plan_Amount__c=mrr, Service_Level__c=terms.level,
        Products__c=";".join(products),
    )  # fmt: skip
    if number % _SOLD_LATELY == 0:
        opportunity = org.plant(
            "Opportunity", Name=name, AccountId=account, ContractId=contract, OwnerId=seller, Amount=mrr * 12,
            StageName="Closed Won", CloseDate=start.isoformat(), Type="New Business",
            Services_Included__c=";".join(products), Service_Level__c=terms.level,
            Customer_Success_Manager_NEW__c=csm.id, Customer_Onboarding_Manager_NEW__c=csm.id,
            Customer_Success_Manager_Leader_NEW__c=csm.lead,
        )  # fmt: skip
        org.plant("OpportunityContactRole", OpportunityId=opportunity, ContactId=contact, IsPrimary=True)
        welcome(org, account, opportunity, name, terms)


def _present(team: Team) -> list[Csm]:
    """The CSMs who may log in; all of them where nobody may."""
    return [csm for csm in team.csms if csm.active] or team.csms
