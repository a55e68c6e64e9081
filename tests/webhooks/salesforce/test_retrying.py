"""A record is changed: a run that failed for its sake, or crashed, begins again; others do not (D-16)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.webhooks.conftest import PUBLICATIONS_DEPLOYMENT, Receiver
from tests.webhooks.messages import ACK, callout, new_id, sale
from tests.webhooks.prefect_side import PrefectSide
from tests.webhooks.serving import BadLine, Fault, Salesforce, Serving
from webhooks.common.metrics import Metrics
from webhooks.runs.prefect_api import PrefectApi
from webhooks.runs.prefect_runs import PrefectRuns
from webhooks.runs.publications import Publications
from webhooks.runs.waking import RunWaker
from webhooks.salesforce.change import Change
from webhooks.salesforce.changes import ChangeHandler, ChangeOutcome
from webhooks.salesforce.following import RunFollower
from webhooks.salesforce.onboardings import Onboardings
from webhooks.salesforce.won_sales import WonSales

pytestmark = pytest.mark.flows


@pytest.mark.parametrize(
    ("kind", "name"),
    [("FAILED", "Needs sales"), ("FAILED", "Needs CS Operations"), ("CRASHED", "Crashed")],
)
async def test_a_waiting_run_that_failed_for_a_records_sake_or_crashed_is_retried(
    salesforce: Salesforce, prefect: PrefectSide, kind: str, name: str
) -> None:
    contact = new_id("003")
    run_id = await prefect.add_run("waiting", f"contact:{contact}")
    await prefect.set_state(run_id, kind, name)
    assert (await salesforce.callout(callout("Contact", contact))).json() == {"woken": 1}
    assert await prefect.states(run_id) == ["Scheduled", name, "AwaitingRetry"]


@pytest.mark.parametrize(
    ("kind", "name", "tags"),
    [
        ("SCHEDULED", "AwaitingRetry", ["waiting"]),
        ("PENDING", "Pending", ["waiting"]),
        ("RUNNING", "Running", ["waiting"]),
        ("COMPLETED", "Completed", ["waiting"]),
        ("CANCELLED", "Cancelled", ["waiting"]),
        ("FAILED", "Failed", ["waiting"]),
        ("COMPLETED", "Needs sales", ["waiting"]),
        ("CRASHED", "Crashed", []),
    ],
)
async def test_a_run_in_any_other_state_is_left_alone(
    salesforce: Salesforce, prefect: PrefectSide, kind: str, name: str, tags: list[str]
) -> None:
    contact = new_id("003")
    run_id = await prefect.add_run(*tags, f"contact:{contact}")
    await prefect.set_state(run_id, kind, name)
    assert (await salesforce.callout(callout("Contact", contact))).json() == {"woken": 0}
    assert await prefect.states(run_id) == ["Scheduled", name]


async def run_that_failed(salesforce: Salesforce, prefect: PrefectSide, name: str) -> tuple[str, str]:
    """An opportunity and its onboarding, which ended in this failed state."""
    opportunity = new_id()
    assert (await salesforce.outbound(sale(opportunity))).text == ACK
    run_id = str((await prefect.the_run(opportunity))["id"])
    await prefect.set_state(run_id, "FAILED", name)
    return opportunity, run_id


async def test_a_burst_of_changes_retries_the_run_once_even_when_prefect_is_slow(
    receiver: Receiver, prefect: PrefectSide, line: BadLine
) -> None:
    with Serving(line.app()) as prefect_line:
        salesforce = receiver(prefect_line.url, deployment=prefect.deployment, at_once=8)
        opportunity, run_id = await run_that_failed(salesforce, prefect, "Needs sales")
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
        opportunity, run_id = await run_that_failed(salesforce, prefect, "Needs CS Operations")
        assert (await salesforce.outbound(sale(opportunity))).text == ACK
    assert await prefect.states(run_id) == ["Scheduled", "Needs CS Operations", "AwaitingRetry"]


async def test_a_change_that_came_before_the_failure_does_not_retry_but_resumes(
    salesforce: Salesforce, prefect: PrefectSide
) -> None:
    opportunity, failed = await run_that_failed(salesforce, prefect, "Needs sales")
    paused = await prefect.waiting_run(f"opportunity:{opportunity}")
    runs = PrefectRuns(PrefectApi(prefect.api, patience=20, at_once=1))
    publications = Publications(runs, PUBLICATIONS_DEPLOYMENT)
    waker, metrics, sales = RunWaker(runs), Metrics(), WonSales(PrefectApi(prefect.api, patience=20, at_once=1))
    onboardings = Onboardings(runs, sales, metrics, prefect.deployment)
    follower = RunFollower(runs, waker, onboardings)
    changes = ChangeHandler(
        runs,
        waker,
        metrics,
        onboardings=onboardings,
        publications=publications,
        follower=follower,
        sales=sales,
        waking_seconds=20,
    )
    earlier = datetime.now(UTC) - timedelta(minutes=5)
    (result,) = await changes.handle([Change("Opportunity", opportunity, is_won=True)], earlier)
    assert result.outcome is ChangeOutcome.RESUMED
    assert await prefect.states(failed) == ["Scheduled", "Needs sales"]
    assert await prefect.states(paused) == ["Scheduled", "Running", "Suspended", "Resuming"]
