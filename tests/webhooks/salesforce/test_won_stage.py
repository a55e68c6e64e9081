"""Which opportunity is won: its message may be older than its record, or call the stage otherwise (ONB-1)."""

from collections.abc import AsyncIterator

import pytest

from tests.support.sandbox import SandboxProcess
from tests.webhooks.conftest import Receiver
from tests.webhooks.messages import ACK, message, new_id, notification, sale
from tests.webhooks.prefect_side import PrefectSide
from tests.webhooks.serving import BadLine, Fault, Salesforce, Serving

pytestmark = pytest.mark.flows

OLDER = "Negotiation/Review"
OWN_STAGE = "Contract Signed"
CREATE = "create_flow_run"


MADE: list[str] = []


@pytest.fixture(autouse=True)
async def fresh(stand_in_process: SandboxProcess, prefect: PrefectSide) -> AsyncIterator[None]:
    """The runs go with the test: other stand-ins of the session know opportunities by the same ids."""
    stand_in_process.clear_faults()
    yield
    stand_in_process.clear_faults()
    for run in await prefect.runs(*MADE) if MADE else []:
        await prefect.delete_run(run["id"])
    MADE.clear()


def opportunity(stand_in: SandboxProcess, stage: str) -> str:
    """One in Salesforce, at this stage."""
    fields = {"type": "Opportunity", "Name": "Acme", "StageName": stage, "CloseDate": "2026-07-01"}
    MADE.append(str(stand_in.seed(salesforce={"records": [fields]})["salesforce"]["ids"][0]))
    return MADE[-1]


@pytest.mark.parametrize("stage", ["Closed Won", OWN_STAGE])
@pytest.mark.parametrize("told", [OLDER, OWN_STAGE, "Closed Lost"])
async def test_a_sale_that_is_won_in_its_record_is_started_whatever_stage_its_message_names(
    salesforce: Salesforce, prefect: PrefectSide, stand_in_process: SandboxProcess, stage: str, told: str
) -> None:
    sold = opportunity(stand_in_process, stage)
    assert (await salesforce.outbound(sale(sold, stage=told))).text == ACK
    assert (await prefect.the_run(sold))["idempotency_key"] == f"onboarding:{sold}"


async def test_no_process_is_started_for_a_sale_that_is_open_in_its_record(
    salesforce: Salesforce, prefect: PrefectSide, stand_in_process: SandboxProcess
) -> None:
    open_ones = [opportunity(stand_in_process, stage) for stage in (OLDER, "Prospecting", "Closed Lost")]
    since = stand_in_process.last()
    assert (await salesforce.outbound(sale(*open_ones, new_id(), stage=OLDER))).text == ACK
    assert await prefect.runs(*open_ones) == []
    assert sum("/query" in call["path"] for call in stand_in_process.journal("salesforce", since)) == 1


async def test_a_message_that_says_won_costs_salesforce_nothing(
    salesforce: Salesforce, prefect: PrefectSide, stand_in_process: SandboxProcess
) -> None:
    sold, known = new_id(), new_id()
    since = stand_in_process.last()
    assert (await salesforce.outbound(sale(sold, known))).text == ACK
    assert (await salesforce.outbound(sale(known, stage=OLDER))).text == ACK
    assert len(await prefect.runs(sold, known)) == 2
    assert stand_in_process.journal("salesforce", since) == []


@pytest.mark.parametrize(("is_won", "runs"), [("true", 1), ("1", 1), ("false", 0)])
async def test_what_the_message_says_of_is_won_counts_before_the_name_of_the_stage(
    salesforce: Salesforce, prefect: PrefectSide, is_won: str, runs: int
) -> None:
    sold = new_id()
    body = message([notification(sold, "Gewonnen", is_won=is_won)])
    assert (await salesforce.outbound(body)).text == ACK
    assert len(await prefect.runs(sold)) == runs


async def test_the_names_of_won_stages_are_a_setting(
    receiver: Receiver, prefect: PrefectSide, prefect_api: str
) -> None:
    salesforce = receiver(prefect_api, deployment=prefect.deployment, won_stages="Closed Won, Gewonnen")
    sold = new_id()
    assert (await salesforce.outbound(sale(sold, stage="gewonnen "))).text == ACK
    assert len(await prefect.runs(sold)) == 1


async def test_a_sale_that_salesforce_does_not_answer_about_is_not_acknowledged(
    salesforce: Salesforce, prefect: PrefectSide, stand_in_process: SandboxProcess
) -> None:
    sold = opportunity(stand_in_process, "Closed Won")
    stand_in_process.fault("salesforce", "error", path="query", status=503, code="SERVER_UNAVAILABLE", times=1)
    failed = await salesforce.outbound(sale(sold, stage=OLDER))
    assert failed.status_code == 503
    assert "Salesforce" in failed.json()["error"]
    assert "Retry-After" in failed.headers
    assert (await salesforce.outbound(sale(sold, stage=OLDER))).text == ACK
    assert len(await prefect.runs(sold)) == 1


async def test_a_cancelled_sale_that_is_won_again_is_started_whatever_stage_its_message_names(
    salesforce: Salesforce, prefect: PrefectSide, stand_in_process: SandboxProcess
) -> None:
    sold = opportunity(stand_in_process, "Closed Won")
    assert (await salesforce.outbound(sale(sold))).text == ACK
    await prefect.set_state((await prefect.the_run(sold))["id"], "CANCELLED", "Cancelled")
    assert (await salesforce.outbound(sale(sold, stage=OLDER))).text == ACK
    assert len(await prefect.runs(sold)) == 2


async def test_without_the_block_of_the_org_the_delivery_fails_and_names_it(
    receiver: Receiver, prefect: PrefectSide, line: BadLine
) -> None:
    line.faults.append(Fault("salesforce-org", times=1000, status=404))
    with Serving(line.app()) as prefect_line:
        salesforce = receiver(prefect_line.url, deployment=prefect.deployment)
        failed = await salesforce.outbound(sale(new_id(), stage=OLDER))
    assert failed.status_code == 503
    assert "salesforce-org/default" in failed.json()["error"]
    assert line.sent(CREATE) == []
