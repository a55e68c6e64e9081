"""Failed runs reach CS Operations, each failure once, a storm in one message, and are retried together (REC-3)."""

from datetime import UTC, datetime, timedelta

import pytest
from prefect.artifacts import Artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import State, StateType

from flows.failures import report_failures, retry_failed
from flows.onboarding import onboarding
from rules.questions import failures
from tasks.questions.failure_hook import REPORT, report_due
from tests.support.asking import Worker, read_run, said, state_of
from tests.support.outcome import messages

pytestmark = pytest.mark.flows
CRASH = "Process exited with status code: -9"


@pytest.fixture(autouse=True)
async def _report_what_other_tests_left():
    await report()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(failures, "SETTLING", timedelta(0))


async def report(**parameters):
    """A run of the report's deployment."""
    worker = Worker(report_failures, "report-tests")
    run = await worker.start(**parameters)
    assert run.state.is_completed(), run.state
    return run


async def retried(**parameters):
    """A run of the retry's deployment, at its end, and the page that it leaves."""
    run = await Worker(retry_failed, "retry-tests").start(**parameters)
    page = await Artifact.aget("retried-runs")
    return run, str(page.data) if page else ""


def reports(sandbox, name=""):
    """What the messages in the CS Operations channel say that name a run."""
    keyed = [one for one in messages(sandbox) if "failures:" in str(one["metadata"])]
    return [said(one) for one in keyed if name in said(one) and one["channel"] == "cs-operations"]


async def what_failed():
    return str((await Artifact.aget("what-failed")).data)


async def crashed(worker, number):
    """So many runs that crashed; their process could not tag them."""
    runs = []
    async with get_client() as client:
        for _ in range(number):
            run = await worker.create(opportunity_id="006000000000001AAA")
            state = State(type=StateType.CRASHED, name="Crashed", message=CRASH)
            await client.set_flow_run_state(run.id, state, force=True)
            runs.append(run.id)
    return runs


async def forget_crashed():
    """Delete the crashed runs of other tests, which a retry of all would count."""
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CRASHED]))
    async with get_client() as client:
        for run in await client.read_flow_runs(flow_run_filter=FlowRunFilter(state=state)):
            await client.delete_flow_run(run.id)


async def test_rec_3_each_failure_is_reported_once_with_who_acts_and_what_to_do(sandbox, people):
    sale, worker = people.make_sale(), Worker()
    sandbox.fault("lms", "error", status=403, code="forbidden", times=50)
    run = await worker.start(opportunity_id=sale.opportunity)
    assert state_of(run) == "Refused"
    assert {"failed", "refused"} <= set((await read_run(run.id)).tags)
    await report(preview=True)
    assert reports(sandbox, run.name) == []
    for _ in range(2):
        await report()
    (text,) = reports(sandbox, run.name)
    wanted = ["*Refused*", "LMS: 1 run", "*Who acts:*", "then press Retry", str(run.id), run.state.message[:60]]
    assert [word for word in wanted if word not in text] == []
    assert text.count("Runbook: Refused (docs/runbook.md)") == 1
    assert run.name.replace("|", "\\|") in await what_failed()

    # The retry takes the tags away and fails again, which is a new failure.
    assert state_of(await worker.retry(run.id)) == "Refused"
    await report()
    assert len(reports(sandbox, run.name)) == 2
    sandbox.clear_faults()
    assert state_of(await worker.retry(run.id)) == "Completed"
    assert not {"failed", "refused"} & set((await read_run(run.id)).tags)
    await report()
    assert len(reports(sandbox, run.name)) == 2
    assert run.name not in await what_failed()


async def test_rec_3_a_failing_run_asks_for_a_report_within_a_minute_and_a_preview_for_none(sandbox, people):
    reporter, sale = Worker(report_failures, REPORT.partition("/")[2]), people.make_sale()
    await reporter.deploy()
    sandbox.fault("lms", "error", status=403, code="forbidden", times=50)
    preview = await Worker().start(opportunity_id=sale.opportunity, preview=True)
    assert preview.state.is_failed()
    assert await reporter.runs(StateType.SCHEDULED) == []
    for run in [await Worker().start(opportunity_id=sale.opportunity) for _ in range(2)]:
        assert state_of(run) == "Refused"
        due = report_due(run.state.timestamp)
        assert timedelta(0) < due - run.state.timestamp < timedelta(seconds=32)
        assert due in [one.expected_start_time for one in await reporter.runs(StateType.SCHEDULED)]
    sandbox.clear_faults()
    async with get_client() as client:
        for one in await reporter.runs():
            await client.delete_flow_run(one.id)


async def test_rec_3_a_storm_is_one_message_that_grows_and_is_retried_as_a_whole(sandbox):
    await forget_crashed()
    worker, before = Worker(onboarding, "storm-tests"), len(reports(sandbox))
    runs = await crashed(worker, 25)
    await report()
    (text,) = reports(sandbox)[before:]
    assert "*25 runs failed" in text
    assert "*Crashed*: 25 runs, the first at" in text
    assert {"failed", "crashed"} <= set((await read_run(runs[0])).tags)
    runs += await crashed(worker, 2)
    for _ in range(2):
        await report()
    (text,) = reports(sandbox)[before:]
    assert "*27 runs failed" in text

    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    previewed, page = await retried(failure_class="crashed", since=since, preview=True)
    assert (state_of(previewed), previewed.state.message) == ("Previewed", "27 runs would be retried.")
    assert page.startswith("# 27 runs would be retried")
    done, page = await retried(failure_class="crashed", since="1h")
    assert done.state.message == "27 runs retried."
    assert page.count("| Retried. |") == 27
    again = [await read_run(run) for run in runs]
    assert {run.state.name for run in again} == {"AwaitingRetry"}
    due = sorted(run.state.state_details.scheduled_time for run in again)
    assert due[-1] - due[0] == timedelta(seconds=26)
    assert not any({"failed", "crashed"} & set(run.tags) for run in again)
    done, page = await retried(failure_class="crashed", since="1h")
    assert done.state.message == "0 runs retried."

    # A failure after the retry has a message of its own.
    runs += await crashed(worker, 1)
    await report()
    assert len(reports(sandbox)) == before + 2
    async with get_client() as client:
        for run in runs:
            await client.delete_flow_run(run)


async def test_rec_3_named_runs_are_retried_only_if_they_failed_and_bad_requests_are_told(people):
    worker = Worker(onboarding, "named-tests")
    (failed,) = await crashed(worker, 1)
    waiting = await Worker().start(opportunity_id=people.make_sale(contact={"phone": None}).opportunity)
    assert state_of(waiting) == "Suspended"
    bad = await Worker().start(opportunity_id="006000000000001AAB")
    assert state_of(bad) == "Bad input"
    done, page = await retried(runs=f"http://p.example/runs/flow-run/{failed} {waiting.id} {bad.id}")
    assert done.state.message == "1 run retried. Left alone: 2; the page says why."
    assert "Start a new run with the right values." in page
    assert "Left alone: it waits for a person." in page
    assert state_of(await read_run(waiting.id)) == "Suspended"
    run, _ = await retried(failure_class="waiting")
    assert (state_of(run), "There is no class waiting" in run.state.message) == ("Bad input", True)
    async with get_client() as client:
        await client.delete_flow_run(failed)
