"""Clients that real runs of the flows have made and changed: a seed decides what was sold to whom, and what came of it.

Nobody else has touched them, so no sentence about drift has an offender (REC-2).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any

from flows.account_transition_outreach import align_outreach
from flows.csm_assignment import csm_assignment
from flows.deactivation import deactivate_account
from flows.entitlement import update_entitlement
from flows.onboarding import onboarding
from flows.publications import publications
from tests.sandbox.outreach_calls import to
from tests.support.calendar import org_today
from tests.support.closing import hire
from tests.support.in_outreach import AUTOMATED, SEMI
from tests.support.sales import Sale, SalesPeople

DAY = timedelta(days=1)
PRODUCTS = ("Learning", "Compliance", "Credentialing Software")
LEVELS = ("basic", "standard", "premium")
STATUSES = (None, "Onboarding", "Active")
"""What people make of CS Status: an onboarding leaves it as it is."""
PLACEHOLDER = "{}@no-welcome.invalid"


@dataclass(frozen=True)
class Client:
    """A client of the world.

    Attributes:
        story: what came of it: one of `STORIES`.
        sale: its latest one.
        first: its first one.
        company: its id in the LMS.
    """

    story: str
    sale: Sale
    first: Sale
    company: str

    @property
    def account(self) -> str:
        return self.sale.account


@dataclass
class World:
    """An org, and the clients that runs have made in it.

    Attributes:
        chance: decides everything that is random.
        stranger: the user id of somebody who is no CSM and leads nobody.
        gone: the user id of a CSM who has left.
        sender: the mailbox in Outreach of a user who has no account.
    """

    people: SalesPeople
    chance: Random
    clients: list[Client] = field(default_factory=list)
    stranger: str = ""
    gone: str = ""
    sender: int = 0

    async def grow(self, count: int) -> None:
        """Hire the people, and sell to so many clients."""
        csms = hire(self.people.sandbox, 3, "SMB;Mid-Market;Enterprise")
        self.stranger, self.gone = self._user("Stan"), self._user("Greta", CS_Role__c="CSM", IsActive=False)
        self._open_outreach([*csms, self.stranger])
        for number in range(count):
            story = [*STORIES][number % len(STORIES)]
            self.clients.append(await self._client(number, story))

    def one(self, *stories: str) -> Client:
        """Any client with one of these stories."""
        return self.chance.choice([client for client in self.clients if client.story in stories])

    async def _client(self, number: int, story: str) -> Client:
        sale = self._sell(f"{'UPMC' if story == 'no welcome' else 'Alder'} Clinic {number}")
        await completed(onboarding, opportunity_id=sale.opportunity)
        self.people.edit("Account", sale.account, CS_Status__c=self.chance.choice(STATUSES))
        (company,) = [one for one in self.people.sandbox.state("lms")["companies"] if one["accountId"] == sale.account]
        return await STORIES[story](self, Client(story, sale, sale, company["id"]))

    def _sell(self, name: str) -> Sale:
        terms = self.terms() | {"Publications__c": "\n".join(self.chance.sample(("North", "South", "East"), 2))}
        sold = {"Services_Included__c": terms["Products__c"], "Service_Level__c": self.chance.choice(LEVELS)}
        account = {"Name": name, "MRR__c": self.chance.choice((None, 300, 2500, 9000))}
        return self.people.make_sale(account=account, contract=terms, opportunity=sold | {"Name": f"{name} 2027"})

    def terms(self) -> dict[str, Any]:
        """A random contract that is in force for the next half year at least; it needs two locations or more."""
        some = [one for one in PRODUCTS if self.chance.random() < 1 / 2] or [self.chance.choice(PRODUCTS)]
        return {
            "Status": "Activated",
            "StartDate": day(-self.chance.randint(1, 300)),
            "EndDate": day(self.chance.randint(180, 700)),
            "User_Count__c": self.chance.randint(26, 400),
            "Plan_Amount__c": self.chance.randint(20_000, 900_000) / 100,
            "Service_Level__c": self.chance.choice(LEVELS),
            "Products__c": ";".join(some),
        }

    async def sell_more(self, client: Client, type_: str, **terms: Any) -> Client:
        """A further sale to the client, onboarded."""
        new = self.people.make_expansion(client.sale, products="Learning", level="standard")
        terms = self.terms() | terms
        self.people.edit("Contract", new.contract, **terms)
        fields = {"Type": type_, "Services_Included__c": terms["Products__c"]}
        self.people.edit("Opportunity", new.opportunity, **fields)
        await completed(onboarding, opportunity_id=new.opportunity)
        return replace(client, sale=new)

    def put_into_sequence(self, client: Client) -> None:
        """The client's contact in a sequence of an account transition, which the client's CSM sends."""
        csm = self.people.read("Account", client.account)["Customer_Success_Manager__c"]
        email, seed = self.people.read("User", csm)["Email"], self.people.sandbox.seed
        (user, mailbox) = self._in_outreach("users", email), self._in_outreach("mailboxes", email)
        account = {"attributes": {"customId": client.account}, "relationships": {"owner": to("user", user)}}
        (owner,) = seed(outreach={"accounts": [account]})["outreach"]["accounts"]
        owned = {"account": to("account", owner), "owner": to("user", user)}
        (prospect,) = seed(outreach={"prospects": [{"attributes": {"firstName": "Jane"}, "relationships": owned}]})[
            "outreach"
        ]["prospects"]
        self.begin_sequence(prospect, mailbox)

    def begin_sequence(self, prospect: int, mailbox: int) -> int:
        """A prospect in the semi-automated sequence; the number of its state."""
        relations = {
            "prospect": to("prospect", prospect),
            "sequence": to("sequence", 1),
            "mailbox": to("mailbox", mailbox),
        }
        rows = [{"attributes": {"state": "active"}, "relationships": relations}]
        return int(self.people.sandbox.seed(outreach={"sequenceStates": rows})["outreach"]["sequenceStates"][0])

    def prospect_of(self, client: Client) -> int:
        """The client's prospect in Outreach."""
        state = self.people.sandbox.state("outreach")
        (account,) = [one["id"] for one in state["accounts"] if one["attributes"]["customId"] == client.account]
        owners = {one["id"]: one["relationships"]["account"]["data"]["id"] for one in state["prospects"]}
        return next(number for number, owner in owners.items() if owner == account)

    def _in_outreach(self, kind: str, email: str) -> int:
        every = self.people.sandbox.state("outreach")[kind]
        return next(int(one["id"]) for one in every if one["attributes"]["email"] == email)

    def _open_outreach(self, users: list[str]) -> None:
        emails = [self.people.read("User", one)["Email"] for one in users]
        seed = self.people.sandbox.seed
        seed(outreach={"sequences": [{"attributes": {"name": name}} for name in (SEMI, AUTOMATED)]})
        by_hand = {"stepType": "manual_email", "order": 1, "taskNote": "Adjust before sending"}
        seed(outreach={"sequenceSteps": [{"attributes": by_hand, "relationships": {"sequence": to("sequence", 1)}}]})
        for email in emails:
            (user,) = seed(outreach={"users": [{"attributes": {"email": email}}]})["outreach"]["users"]
            box = {"attributes": {"email": email, "userId": user}, "relationships": {"user": to("user", user)}}
            (self.sender,) = seed(outreach={"mailboxes": [box]})["outreach"]["mailboxes"]

    def _user(self, name: str, **fields: Any) -> str:
        email = f"{name.lower()}@team.example"
        return self.people.create("User", FirstName=name, LastName="Team", Email=email, Username=email, **fields)


async def _with_other_publications(world: World, client: Client) -> Client:
    """An expansion, then another publication."""
    client = await world.sell_more(client, "Expansion", StartDate=day(0))
    names = world.people.read("Contract", client.first.contract)["Publications__c"]
    world.people.edit("Contract", client.first.contract, Publications__c=f"{names}\nWest")
    await completed(publications, account_id=client.account)
    return client


async def _renewed(world: World, client: Client) -> Client:
    """A contract that ends soon, is set to end, and is renewed."""
    last = org_today() + 20 * DAY
    world.people.edit("Contract", client.first.contract, EndDate=last.isoformat())
    await completed(deactivate_account, account_id=client.account)
    dates = {"StartDate": (last + DAY).isoformat(), "EndDate": (last + 365 * DAY).isoformat()}
    names = world.people.read("Contract", client.first.contract)["Publications__c"]
    return await world.sell_more(client, "Renewal", Publications__c=names, **dates)


async def _ended(world: World, client: Client) -> Client:
    """A contract that ended yesterday."""
    world.people.edit("Contract", client.first.contract, StartDate=day(-366), EndDate=day(-1))
    await completed(deactivate_account, account_id=client.account)
    return client


async def _came_back(world: World, client: Client) -> Client:
    """A contract that ended, and a renewal after the end."""
    await _ended(world, client)
    names = world.people.read("Contract", client.first.contract)["Publications__c"]
    return await world.sell_more(client, "Renewal", StartDate=day(0), Publications__c=names)


async def _ends_soon(world: World, client: Client) -> Client:
    """A contract that ends soon."""
    world.people.edit("Contract", client.first.contract, EndDate=day(world.chance.randint(5, 12)))
    await completed(deactivate_account, account_id=client.account)
    return client


async def _reassigned(world: World, client: Client) -> Client:
    """Another CSM, to whom the open sequence in Outreach goes."""
    world.put_into_sequence(client)
    await completed(csm_assignment, account_id=client.account, reassign=True)
    await completed(align_outreach, account_id=client.account)
    return client


async def _no_welcome(world: World, client: Client) -> Client:
    """A client without a welcome e-mail, whose contract gives more afterwards."""
    agreed = world.people.read("Contract", client.first.contract)
    terms = {name: agreed[name] + world.chance.randint(1, 90) for name in ("User_Count__c", "Plan_Amount__c")}
    world.people.edit("Contract", client.first.contract, **terms)
    await completed(publications, account_id=client.account)
    await completed(update_entitlement, account_id=client.account)
    return client


Story = Callable[[World, Client], Awaitable[Client]]
STORIES: dict[str, Story] = {
    "other publications": _with_other_publications,
    "renewed": _renewed,
    "ended": _ended,
    "ends soon": _ends_soon,
    "reassigned": _reassigned,
    "no welcome": _no_welcome,
    "came back": _came_back,
}
"""What comes of a client after its onboarding, by name."""


async def completed(flow: Any, **parameters: Any) -> None:
    """Run a flow; it must complete."""
    state = await flow(**parameters, return_state=True)
    assert state.name == "Completed", (flow.name, parameters, state.name, state.message)


def day(days: int) -> str:
    """The day so many days from today, ISO."""
    return (org_today() + days * DAY).isoformat()
