"""Values that somebody changes behind everybody's back in one system, each put back afterwards (REC-2)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

import httpx
from simple_salesforce.format import format_soql

from tests.support.calendar import org_today
from tests.support.grown_world import PLACEHOLDER, Client, World, day

Record = dict[str, Any]
Changes = Callable[[World, Client, Record], Record]
"""The new values of some fields of a record, given all its values."""
RUNNING = ("other publications", "renewed", "reassigned", "no welcome", "came back")
SERVED = (*RUNNING, "ends soon")
MORE_MODULES = ("learning-api", "compliance-audits", "credentialing-monitoring")
"""Each is of another product, and only at the premium level."""
WELCOMED = tuple(story for story in SERVED if story != "no welcome")


class Tampering(NamedTuple):
    """One change.

    Attributes:
        sentence: the one that is not true any more.
        stories: of the clients that it may happen to.
        change: makes it, and puts it back at the end of the context.
        fits: whether it can happen to a client.
    """

    sentence: str
    stories: tuple[str, ...]
    change: Callable[[World, Client], AbstractContextManager[None]]
    fits: Callable[[World, Client], bool] = lambda _world, _client: True

    def somebody(self, world: World) -> Client:
        """A random client to whom it can happen."""
        return world.chance.choice(
            [client for client in world.clients if client.story in self.stories and self.fits(world, client)]
        )


@contextmanager
def _salesforce(world: World, sobject: str, record_id: str, fields: Record) -> Iterator[None]:
    before = world.people.read(sobject, record_id)
    world.people.edit(sobject, record_id, **fields)
    yield
    world.people.edit(sobject, record_id, **{name: before[name] for name in fields})


@contextmanager
def _lms(world: World, path: str, record: Record, fields: Record) -> Iterator[None]:
    """Other values of a record, by its path below `/api`."""
    sandbox, method = world.people.sandbox, "PUT" if path.endswith("/permissions") else "PATCH"
    headers = {"X-API-Key": sandbox.credentials.lms_api_key}

    def send(values: Record) -> None:
        address = f"{sandbox.url}/lms/api/{path}"
        httpx.request(method, address, json=values, headers=headers, trust_env=False).raise_for_status()

    send(fields)
    yield
    send({name: record[name] for name in fields})


def on_account(**fields: Any) -> Callable[[World, Client], AbstractContextManager[None]]:
    """Other values on the account."""
    return lambda world, client: _salesforce(world, "Account", client.account, fields)


def on_sale(field: str) -> Callable[[World, Client], AbstractContextManager[None]]:
    """Somebody else in a field of the latest sale."""
    return lambda world, client: _salesforce(world, "Opportunity", client.sale.opportunity, {field: world.stranger})


def on_company(changes: Changes) -> Callable[[World, Client], AbstractContextManager[None]]:
    """Other values of the company in the LMS."""

    def change(world: World, client: Client) -> AbstractContextManager[None]:
        company = _company(world, client)
        return _lms(world, f"companies/{client.company}", company, changes(world, client, company))

    return change


def on_modules(other: Callable[[list[str]], list[str]]) -> Callable[[World, Client], AbstractContextManager[None]]:
    """Other modules of the company."""

    def change(world: World, client: Client) -> AbstractContextManager[None]:
        company = _company(world, client)
        return _lms(world, f"companies/{client.company}/permissions", company, {"modules": other(company["modules"])})

    return change


def on_publication(changes: Changes) -> Callable[[World, Client], AbstractContextManager[None]]:
    """Other values of one of the client's publications that is in service."""

    def change(world: World, client: Client) -> AbstractContextManager[None]:
        every = world.people.sandbox.state("lms")["publications"]
        own = [one for one in every if one["companyId"] == client.company and one["status"] != "inactive"]
        publication = world.chance.choice(own)
        return _lms(world, f"publications/{publication['id']}", publication, changes(world, client, publication))

    return change


def _company(world: World, client: Client) -> Record:
    (company,) = [one for one in world.people.sandbox.state("lms")["companies"] if one["id"] == client.company]
    return dict(company)


def _with_the_placeholder(world: World, client: Client) -> AbstractContextManager[None]:
    users = world.people.sandbox.state("lms")["users"]
    user = next(one for one in users if one["companyId"] == client.company)
    return _lms(world, f"users/{user['id']}", user, {"email": PLACEHOLDER.format(client.account.lower())})


def _without_company_id(world: World, client: Client) -> AbstractContextManager[None]:
    """An account without an id is being onboarded, unless people have made it active."""
    world.people.edit("Account", client.account, CS_Status__c="Active")
    return on_account(LMS_Company_Id__c=None)(world, client)


def _with_a_csm_who_left(world: World, client: Client) -> AbstractContextManager[None]:
    return on_account(Customer_Success_Manager__c=world.gone)(world, client)


def _with_another_leader(world: World, client: Client) -> AbstractContextManager[None]:
    return on_account(Customer_Success_Manager_Leader__c=world.stranger)(world, client)


def _with_other_details(_world: World, _client: Client, record: Record) -> Record:
    return {"details": record["details"] | {"userCount": 1}}


def _off(_world: World, _client: Client, _record: Record) -> Record:
    return {"status": "inactive", "deactivationReason": "by hand", "deactivateOn": None}


def _on(_world: World, _client: Client, record: Record) -> Record:
    return {"status": "active", "deactivateOn": None, "deactivationReason": record["deactivationReason"]}


def _ends_in(days: int) -> Changes:
    return lambda _world, _client, record: {
        "deactivateOn": day(days),
        "status": "scheduled",
        "deactivationReason": record["deactivationReason"],
    }


def _another_address_of_the_csm(world: World, client: Client) -> AbstractContextManager[None]:
    """Outreach knows the CSM by the old address, so the mailbox is no longer the CSM's."""
    csm = world.people.read("Account", client.account)["Customer_Success_Manager__c"]
    return _salesforce(world, "User", csm, {"Email": "new.address@team.example"})


def _onboardings(world: World, client: Client) -> list[Record]:
    soql = "SELECT Id, Send_Onboarding_Email__c, Onboarding_Email_Sent_Date__c FROM Customer_Onboarding__c"
    return world.people.query(format_soql(soql + " WHERE Account__c = {}", client.account))


def _never_welcomed(world: World, client: Client) -> AbstractContextManager[None]:
    (sent,) = [one for one in _onboardings(world, client) if one["Send_Onboarding_Email__c"]]
    fields = {"Send_Onboarding_Email__c": False, "Onboarding_Email_Sent_Date__c": None}
    return _salesforce(world, "Customer_Onboarding__c", sent["Id"], fields)


@contextmanager
def _welcomed_twice(world: World, client: Client) -> Iterator[None]:
    fields = {"Account__c": client.account, "Onboarding_Email_Sent_Date__c": org_today().isoformat()}
    record = world.people.create("Customer_Onboarding__c", Name="By hand", **fields)
    yield
    world.people.delete("Customer_Onboarding__c", record)


def _less_one(modules: list[str]) -> list[str]:
    return modules[1:]


def _and_one(modules: list[str]) -> list[str]:
    return [*modules, next(one for one in MORE_MODULES if one not in modules)]


def _lacks_one(world: World, client: Client) -> bool:
    return not {*MORE_MODULES} <= {*_company(world, client)["modules"]}


ONE_COMPANY, IDS = "every_active_account_has_one_lms_company", "recurly_ids_agree"
TOO_LONG, TOO_SHORT = "no_company_is_active_after_its_last_day", "no_company_is_inactive_before_its_last_day"
MODULES, USERS = "modules_equal_the_matrix", "users_equal_the_contracts"
CSM, LEADER = "every_onboarded_account_has_an_active_csm", "csm_and_leader_agree_on_account_and_opportunity"
ADDRESS, PUBLICATIONS = "no_placeholder_address_is_left", "publications_follow_contracts"
SEQUENCES, WELCOME = "open_outreach_sequences_have_the_current_owner", "every_welcome_was_sent_once"

TAMPERINGS = {
    "no company id": Tampering(ONE_COMPANY, SERVED, _without_company_id),
    "another company id": Tampering(ONE_COMPANY, SERVED, on_account(LMS_Company_Id__c="999999")),
    "no recurly id": Tampering(IDS, SERVED, on_account(Recurly_Account_Id__c=None)),
    "another recurly id": Tampering(IDS, SERVED, on_account(Recurly_Account_Id__c="zzzzzzzzzzzz")),
    "another billing page": Tampering(IDS, SERVED, on_account(Recurly_Billing_URL__c="https://x.example/accounts/1")),
    "active after the end": Tampering(TOO_LONG, ("ended",), on_company(_on)),
    "ends too late": Tampering(TOO_LONG, ("ends soon",), on_company(_ends_in(60))),
    "status after the end": Tampering(TOO_LONG, ("ended",), on_account(CS_Status__c="Active")),
    "inactive while it runs": Tampering(TOO_SHORT, RUNNING, on_company(_off)),
    "ends too early": Tampering(TOO_SHORT, ("ends soon",), on_company(_ends_in(2))),
    "status while it runs": Tampering(TOO_SHORT, SERVED, on_account(CS_Status__c="Deactivated")),
    "a module less": Tampering(MODULES, SERVED, on_modules(_less_one)),
    "a module more": Tampering(MODULES, SERVED, on_modules(_and_one), _lacks_one),
    "users": Tampering(USERS, SERVED, on_company(lambda _w, _c, record: {"userCount": record["userCount"] + 1})),
    "locations": Tampering(USERS, SERVED, on_company(lambda *_: {"locationCount": 1})),
    "amount": Tampering(USERS, SERVED, on_company(lambda *_: {"planAmount": "1.00"})),
    "no csm": Tampering(CSM, SERVED, on_account(Customer_Success_Manager__c=None)),
    "a csm who left": Tampering(CSM, SERVED, _with_a_csm_who_left),
    "another leader": Tampering(LEADER, SERVED, _with_another_leader),
    "another csm of the sale": Tampering(LEADER, SERVED, on_sale("Customer_Success_Manager_NEW__c")),
    "another leader of the sale": Tampering(LEADER, SERVED, on_sale("Customer_Success_Manager_Leader_NEW__c")),
    "the placeholder": Tampering(ADDRESS, ("no welcome",), _with_the_placeholder),
    "a publication that is off": Tampering(PUBLICATIONS, SERVED, on_publication(_off)),
    "other details": Tampering(PUBLICATIONS, SERVED, on_publication(_with_other_details)),
    "another address of the csm": Tampering(SEQUENCES, ("reassigned",), _another_address_of_the_csm),
    "never welcomed": Tampering(WELCOME, WELCOMED, _never_welcomed),
    "welcomed twice": Tampering(WELCOME, WELCOMED, _welcomed_twice),
}
"""By what is changed; each sentence has one at least."""
