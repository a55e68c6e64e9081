"""Contracts that people edit before anything is sold start no run of publications (PUB-1)."""

from collections.abc import AsyncIterator

import pytest

from tests.support.sandbox import SandboxProcess
from tests.webhooks.messages import ACK, message, notification
from tests.webhooks.prefect_side import PrefectSide
from tests.webhooks.serving import Salesforce

pytestmark = pytest.mark.flows


MADE: list[str] = []


@pytest.fixture(autouse=True)
async def fresh(stand_in_process: SandboxProcess, publications: PrefectSide) -> AsyncIterator[None]:
    """The runs go with the test: other stand-ins of the session know contracts by the same ids."""
    stand_in_process.clear_faults()
    yield
    stand_in_process.clear_faults()
    for contract in MADE:
        for run in await publications.made(f"contract:{contract}"):
            await publications.delete_run(run["id"])
    MADE.clear()


def contract(stand_in: SandboxProcess, *, stage: str) -> str:
    """The contract of an account with one opportunity, at this stage."""
    (account,) = seeded(stand_in, {"type": "Account", "Name": "Acme"})
    sale = {"type": "Opportunity", "Name": "Acme", "AccountId": account, "StageName": stage, "CloseDate": "2026-07-01"}
    seeded(stand_in, sale)
    MADE.extend(seeded(stand_in, {"type": "Contract", "AccountId": account}))
    return MADE[-1]


def seeded(stand_in: SandboxProcess, record: dict[str, str]) -> list[str]:
    return list(stand_in.seed(salesforce={"records": [record]})["salesforce"]["ids"])


def edited(*contracts: str) -> str:
    return message(notification(each, None, "Contract") for each in contracts)


async def test_pub_1_only_the_contract_of_an_account_with_a_won_opportunity_starts_a_run(
    salesforce: Salesforce, publications: PrefectSide, stand_in_process: SandboxProcess
) -> None:
    prospect = contract(stand_in_process, stage="Negotiation/Review")
    customer = contract(stand_in_process, stage="Closed Won")
    since = stand_in_process.last()
    assert (await salesforce.outbound(edited(prospect, customer))).text == ACK
    assert await publications.made(f"contract:{prospect}") == []
    assert len(await publications.made(f"contract:{customer}")) == 1
    assert sum("/query" in call["path"] for call in stand_in_process.journal("salesforce", since)) == 1


async def test_pub_1_a_run_starts_when_salesforce_does_not_say_whether_the_account_is_a_customer(
    salesforce: Salesforce, publications: PrefectSide, stand_in_process: SandboxProcess
) -> None:
    prospect = contract(stand_in_process, stage="Negotiation/Review")
    stand_in_process.fault("salesforce", "error", path="query", status=503, code="SERVER_UNAVAILABLE", times=1)
    assert (await salesforce.outbound(edited(prospect))).text == ACK
    assert len(await publications.made(f"contract:{prospect}")) == 1
