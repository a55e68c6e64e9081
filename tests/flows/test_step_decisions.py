"""A person redoes or skips one step of a run, and the run's log says what each step did (CARD-5, REC-3)."""

import asyncio

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId, TaskRunFilter, TaskRunFilterName

from flows.steps import redo_step, skip_step
from tests.support.asking import Worker, read_run, state_of
from tests.support.outcome import messages
from tests.support.runs import audit_page, latest_artifact

pytestmark = pytest.mark.flows

DANA = {"name": "Dana Wu", "reason": "The LMS refuses Forms until Monday."}
WAIT_SECONDS = 60


async def log_of(run_id, *, until):
    """The lines of a run's log with their levels, in order, once the log has one that begins so."""
    which = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run_id]))
    async with get_client() as client, asyncio.timeout(WAIT_SECONDS):
        while True:
            logs = await client.read_logs(which, limit=200)
            if any(one.message.startswith(until) for one in logs):
                return [(one.level, one.message, one.task_run_id) for one in logs]
            await asyncio.sleep(0.2)


async def title_of_step(run_id, beginning):
    """The title of a step, once the server has written it down."""
    async with get_client() as client, asyncio.timeout(WAIT_SECONDS):
        which = TaskRunFilter(name=TaskRunFilterName(like_=beginning))
        while True:
            rows = await client.read_task_runs(task_run_filter=which)
            if mine := [row.name for row in rows if row.flow_run_id == run_id and row.state and row.state.is_final()]:
                return mine[0]
            await asyncio.sleep(0.1)


async def test_a_failed_step_is_skipped_by_name_and_reason_and_what_it_was_to_change_is_accepted(sandbox, people):
    sale, worker = people.make_sale(), Worker()
    sandbox.fault("lms", "error", path="/permissions", status=422, code="unknown_module", times=1000)
    failed = await worker.start(opportunity_id=sale.opportunity)
    assert state_of(failed) == "Refused"
    title = await title_of_step(failed.id, "Set the modules of LMS company")
    request = {"run_id": f"http://127.0.0.1:4200/v2/runs/flow-run/{failed.id}?tab=logs", "step": title.upper(), **DANA}

    refused = await skip_step(**request | {"step": "Sign up somebody"}, return_state=True)
    assert refused.name == "Bad input"
    assert f'"{title}"' in refused.message
    preview = await skip_step(**request, preview=True, return_state=True)
    assert preview.name == "Previewed"
    assert state_of(await read_run(failed.id)) == "Refused"

    skipped = await skip_step(**request, return_state=True)
    assert skipped.message.startswith(f"{failed.name}: “{title}” is skipped by Dana Wu: {DANA['reason']}")
    assert (await skip_step(**request, return_state=True)).name == "Bad input"  # it is to be retried already
    ended = await worker.work(failed.id)

    assert state_of(ended) == "Completed"
    assert f"{title}: skipped by Dana Wu: {DANA['reason']}" in ended.state.message
    (line,) = [line for line in await audit_page(sale.account) if line["record"] == "Step"]
    assert line["after"] == f"skipped by Dana Wu: {DANA['reason']}"
    report = (await latest_artifact(f"onboarding-{sale.opportunity.lower()}")).replace("\\", "")
    assert "skipped by Dana Wu" in report
    assert "Modules is empty instead of" in report

    # Nothing is skipped twice, and a later redo does it after all.
    sandbox.clear_faults()
    assert state_of(await worker.retry(failed.id)) == "Completed"
    assert (await skip_step(**request, return_state=True)).message.startswith(f'{failed.name}: "{title}" did not fail')
    await redo_step(**request | {"reason": "The LMS has Forms."}, return_state=True)
    ended = await worker.work(failed.id)
    assert "skipped" not in ended.state.message
    after = [line["after"] for line in await audit_page(sale.account) if line["field"] in (title, "Modules")]
    assert after[1] == "redone by Dana Wu: The LMS has Forms."
    assert after[2]


async def test_a_step_that_was_done_is_done_again_once_and_the_log_has_one_line_for_each_step(sandbox, people):
    sale, worker = people.make_sale(), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    assert state_of(run) == "Completed"
    log = await log_of(run.id, until="Finished in state Completed")
    said = [message for _, message, _ in log]
    assert not [one for one in said if "Finished in state Completed()" in one or "has 1 lines" in one]
    signed_up = next(one for one in log if one[1].startswith("LMS company "))
    assert signed_up[2] is not None

    title = await title_of_step(run.id, "Notify ")
    before = [one for one in messages(sandbox) if "csm-assignment" in str(one["metadata"])]
    redone = await redo_step(run_id=str(run.id), step=title, **DANA, return_state=True)
    assert redone.is_completed()
    run = await worker.work(run.id)
    assert state_of(run) == "Completed"
    assert [one for one in messages(sandbox) if "csm-assignment" in str(one["metadata"])] == before
    lines = [line["after"] for line in await audit_page(sale.account) if line["record"] == "Step"]
    assert lines == [f"redone by Dana Wu: {DANA['reason']}"]
    await worker.retry(run.id)
    assert len([line for line in await audit_page(sale.account) if line["record"] == "Step"]) == 1

    refused = await redo_step(
        run_id=str(run.id), step=f"Claim opportunity:{sale.opportunity}", **DANA, return_state=True
    )
    assert "runs again in every try" in refused.message
