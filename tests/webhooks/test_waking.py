"""A later change of an opportunity whose run exists already (design decision 16)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.webhooks.conftest import Receiver
from tests.webhooks.messages import ACK, new_id, sale
from tests.webhooks.prefect_side import PrefectSide
from tests.webhooks.serving import BadLine, Fault, Salesforce, Serving
from webhooks.onboarding import Onboardings, Outcome
from webhooks.prefect_runs import PrefectRuns

pytestmark = pytest.mark.flows


async def run_in_state(salesforce: Salesforce, prefect: PrefectSide, kind: str, name: str) -> tuple[str, str]:
    """An opportunity and its run, brought to a state as the flow would."""
    opportunity = new_id()
    assert (await salesforce.outbound(sale(opportunity))).text == ACK
    run_id = str((await prefect.the_run(opportunity))["id"])
    await prefect.set_state(run_id, kind, name)
    return opportunity, run_id


@pytest.mark.parametrize("needs", ["Needs sales", "Needs CS Operations"])
async def test_a_run_that_failed_for_a_records_sake_is_retried_when_the_opportunity_changes(
    salesforce: Salesforce, prefect: PrefectSide, needs: str
) -> None:
    opportunity, run_id = await run_in_state(salesforce, prefect, "FAILED", needs)
    assert (await salesforce.outbound(sale(opportunity))).text == ACK
    run = await prefect.the_run(opportunity)
    assert (run["id"], run["state"]["type"], run["state"]["name"]) == (run_id, "SCHEDULED", "AwaitingRetry")


async def test_a_burst_of_changes_retries_the_run_once_even_when_prefect_is_slow(
    receiver: Receiver, prefect: PrefectSide, line: BadLine
) -> None:
    with Serving(line.app()) as prefect_line:
        salesforce = receiver(prefect_line.url, deployment=prefect.deployment, at_once=8)
        opportunity, run_id = await run_in_state(salesforce, prefect, "FAILED", "Needs sales")
        line.faults.append(Fault("set_state", times=10, forward=True, status=0, seconds=0.5))
        answers = await asyncio.gather(*(salesforce.outbound(sale(opportunity)) for _ in range(10)))
    assert [each.text for each in answers] == [ACK] * 10
    assert await prefect.states(run_id) == ["Scheduled", "Needs sales", "AwaitingRetry"]


@pytest.mark.parametrize("forward", [True, False], ids=["answer lost", "refused as busy"])
async def test_a_retry_prefect_did_not_confirm_at_once_happens_once(
    receiver: Receiver, prefect: PrefectSide, line: BadLine, *, forward: bool
) -> None:
    line.faults.append(Fault("set_state", times=1, forward=forward))
    with Serving(line.app()) as prefect_line:
        salesforce = receiver(prefect_line.url, deployment=prefect.deployment)
        opportunity, run_id = await run_in_state(salesforce, prefect, "FAILED", "Needs CS Operations")
        assert (await salesforce.outbound(sale(opportunity))).text == ACK
    assert await prefect.states(run_id) == ["Scheduled", "Needs CS Operations", "AwaitingRetry"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("SCHEDULED", "AwaitingRetry"),
        ("PENDING", "Pending"),
        ("RUNNING", "Running"),
        ("PAUSED", "Suspended"),
        ("COMPLETED", "Completed"),
        ("CANCELLED", "Cancelled"),
        ("CRASHED", "Crashed"),
        ("FAILED", "Failed"),
        ("COMPLETED", "Needs sales"),
    ],
)
async def test_a_run_in_any_other_state_is_left_alone(
    salesforce: Salesforce, prefect: PrefectSide, kind: str, name: str
) -> None:
    opportunity, run_id = await run_in_state(salesforce, prefect, kind, name)
    assert (await salesforce.outbound(sale(opportunity))).text == ACK
    assert await prefect.states(run_id) == ["Scheduled", name]


async def test_another_stage_does_not_retry(salesforce: Salesforce, prefect: PrefectSide) -> None:
    opportunity, run_id = await run_in_state(salesforce, prefect, "FAILED", "Needs sales")
    assert (await salesforce.outbound(sale(opportunity, stage="Closed Lost"))).text == ACK
    assert await prefect.states(run_id) == ["Scheduled", "Needs sales"]


async def test_a_change_that_came_before_the_failure_does_not_retry(
    salesforce: Salesforce, prefect: PrefectSide
) -> None:
    opportunity, run_id = await run_in_state(salesforce, prefect, "FAILED", "Needs sales")
    onboardings = Onboardings(PrefectRuns(prefect.api, prefect.deployment, patience=20, at_once=1))
    _, outcome = await onboardings.hear(opportunity, datetime.now(UTC) - timedelta(minutes=5))
    assert outcome is Outcome.KNOWN
    assert await prefect.states(run_id) == ["Scheduled", "Needs sales"]
