"""Clients that are set up, with contracts that list publications, and runs that bring them in line."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from flows.publications import publications
from tests.support.calendar import org_today
from tests.support.runs import Run, run_of
from tests.support.sales import SalesPeople

TODAY = org_today()
"""In the org's time zone: the policy's default."""
YEAR = timedelta(days=365)
CREATE, PATCH = "POST /publications", "PATCH /publications/*"
NORTH, SOUTH = {"publicationName": "North"}, {"publicationName": "South"}
"""Publications that the LMS may have already."""
_NUMBERS = count(1001)
"""Of as many digits for every client: reports sort names as text."""


@dataclass(frozen=True)
class ClientIds:
    """A client's account, its company in the LMS, its first contract; `since`: the journal before anything is done."""

    name: str
    account: str
    company: str
    contract: str
    since: int


def make_client(people: SalesPeople, *names: str, there: tuple[dict[str, Any], ...] = (), **account: Any) -> ClientIds:
    """A client that is set up, with a contract in force that lists these publications.

    Args:
        people: of the org.
        names: the lines of the contract.
        there: publications that the LMS has already, by the LMS's fields; the usual ones are as the contract has them.
        account: fields of the account.
    """
    name, sandbox = f"Harbor Group {next(_NUMBERS)}", people.sandbox
    account_id = people.create("Account", **{"Name": name, "MRR__c": 500} | account)
    company = {"accountId": account_id, "name": name, "userCount": 40, "locationCount": 2, "planAmount": "480.50"}
    (company_id,) = sandbox.seed(lms={"companies": [company]})["lms"]["companies"]
    people.edit("Account", account_id, LMS_Company_Id__c=company_id)
    contract_id = make_contract(people, account_id, *names)
    usual = {"organizationName": name, "companyId": company_id, "details": details(number_of(people, contract_id))}
    sandbox.seed(lms={"publications": [usual | one for one in there]})
    return ClientIds(name, account_id, company_id, contract_id, sandbox.last())


def make_contract(people: SalesPeople, account_id: str, *names: str, **fields: Any) -> str:
    """A signed contract that is in force: Learning, standard, 40 users."""
    usual = {
        "AccountId": account_id,
        "Status": "Activated",
        "StartDate": (TODAY - YEAR).isoformat(),
        "EndDate": (TODAY + YEAR).isoformat(),
        "User_Count__c": 40,
        "Service_Level__c": "standard",
        "Products__c": "Learning",
        "Publications__c": "\n".join(names),
    }
    return people.create("Contract", **usual | fields)


def number_of(people: SalesPeople, contract_id: str) -> str:
    """The number by which people know a contract."""
    return str(people.read("Contract", contract_id)["ContractNumber"])


def request(action: str, name: str, new_name: str = "", by: str = "pat.seller") -> dict[str, str]:
    """What a seller asks for in Slack; by nobody, what ops ask for at the dashboard."""
    return {"action": action, "publication": name, "new_name": new_name, "requested_by": by, "note": ""}


def details(*numbers: str, users: int = 40) -> dict[str, Any]:
    """What PUB-2 wants the LMS to know of a publication of such contracts."""
    return {
        "contracts": sorted(numbers),
        "products": ["Learning"],
        "serviceLevel": "standard",
        "userCount": users,
    }


def in_lms(people: SalesPeople, company_id: str) -> dict[str, dict[str, Any]]:
    """The publications of a company, by name; no name twice."""
    found = [one for one in people.sandbox.state("lms")["publications"] if one["companyId"] == company_id]
    by_name = {one["publicationName"]: one for one in found}
    assert len(by_name) == len(found)
    return by_name


def states(people: SalesPeople, company_id: str) -> dict[str, str]:
    """Whether each publication of a company is in service, and until when."""
    return {
        name: f"{one['status']} until {one['deactivateOn']}" if one["deactivateOn"] else one["status"]
        for name, one in in_lms(people, company_id).items()
    }


async def bring(account_id: str, **parameters: Any) -> Run:
    """Run the publications as a new run, which cannot wait."""
    state = await publications(account_id=account_id, **parameters, return_state=True)
    return run_of(state, publications)
