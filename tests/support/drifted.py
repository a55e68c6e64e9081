"""Clients whose LMS company was changed by hand, so that it disagrees with the contracts (REC-2)."""

from collections.abc import Sequence
from typing import Any

import httpx

from tests.support.publications import ClientIds, make_client
from tests.support.sales import SalesPeople
from tests.support.sandbox import SandboxProcess

LEARNING = ["learning", "learning-custom-courses", "learning-reports"]
"""The modules of Learning at the standard level, read off the permission matrix."""
FIGURES = "PATCH /companies/*"


def make_drifted(people: SalesPeople, modules: Sequence[str] = LEARNING, **fields: Any) -> ClientIds:
    """A client with a contract of 40 users for 480.50 a month, whose company was changed by hand."""
    whose = make_client(people)
    people.edit("Contract", whose.contract, Plan_Amount__c=480.5)
    change_by_hand(people.sandbox, whose.company, modules, **fields)
    return whose


def change_by_hand(sandbox: SandboxProcess, company: str, modules: Sequence[str], **fields: Any) -> None:
    """What somebody changes in the LMS."""
    address, headers = f"{sandbox.url}/lms/api/companies/{company}", {"X-API-Key": sandbox.credentials.lms_api_key}
    if fields:
        httpx.patch(address, json=fields, headers=headers, trust_env=False).raise_for_status()
    body = {"modules": list(modules)}
    httpx.put(f"{address}/permissions", json=body, headers=headers, trust_env=False).raise_for_status()


def figures(sandbox: SandboxProcess, company: str) -> tuple[int, int, str, list[str]]:
    """Users, locations, amount and modules of a company."""
    (found,) = [one for one in sandbox.state("lms")["companies"] if one["id"] == company]
    return found["userCount"], found["locationCount"], found["planAmount"], sorted(found["modules"])
