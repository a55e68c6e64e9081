"""The kill switch: nothing is written while everything is stopped, and nothing is lost (ADR-17)."""

import asyncio
from datetime import timedelta

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags

from deployments.commands.switch import start, stop
from flows.failures import report_failures, retry_failed
from flows.onboarding import onboarding
from flows.reminders import waiting
from rules.questions import failures
from tasks.health.policy_versions import KEY
from tasks.home.start_page import KEY as START_PAGE
from tests.support.asking import Worker, read_run, state_of
from tests.support.every_procedure import PROCEDURES, flow_of
from tests.support.going_live import POLICY, written
from tests.support.outcome import ALL_EFFECTS, assert_onboarded, assert_untouched, effects, messages
from tests.support.runs import latest_artifact

pytestmark = pytest.mark.flows
GO_ON = {"flows.failures.report_failures", "flows.check.check"}
"""What CS Operations need to know while everything is stopped."""


@pytest.mark.parametrize("entrypoint", PROCEDURES)
async def test_a_run_of_every_procedure_ends_as_stopped_and_writes_nothing(org, override, sandbox, entrypoint):
    parameters = await org.work_for(entrypoint)
    await report_failures(return_state=True)  # what other tests left
    worker, since = Worker(flow_of(entrypoint), PROCEDURES[entrypoint]), sandbox.last()
    await override(POLICY, mode="stopped", mode_reason="wrong prices")
    run = await worker.start(**parameters)
    assert entrypoint in GO_ON or written(sandbox, since) == []
    assert (state_of(run) == "Stopped") is (entrypoint not in GO_ON), run.state
    if entrypoint not in GO_ON:
        assert "Reason: wrong prices." in run.state.message
        assert {"failed", "stopped"} <= set((await read_run(run.id)).tags)
    await override(POLICY, mode="live")
    for undo in org.undo:
        await undo()


async def test_an_onboarding_that_is_stopped_on_its_way_does_the_rest_after_it_and_nothing_twice(
    override, people, sandbox
):
    sale, worker = people.make_sale(), Worker()
    sandbox.fault("lms", "slow", path="/signup/preSign", method="POST", seconds=2)
    run = await worker.create(opportunity_id=sale.opportunity)
    working = asyncio.create_task(worker.work(run.id))
    await asyncio.to_thread(
        sandbox.until, "slack", lambda state: sale.company in str([one["messages"] for one in state["channels"]])
    )
    await override(POLICY, mode="stopped", mode_reason="wrong prices")
    run = await working
    assert state_of(run) == "Stopped", run.state
    assert run.state.message.startswith("Stopped before “Set the modules of LMS company "), run.state.message
    assert dict(effects(sandbox, sale.since)) == {"POST /signup/preSign": 1, "POST /chat.postMessage": 1}
    run = await worker.retry(run.id)
    assert (state_of(run), sale.company in run.name) == ("Stopped", True), run.name
    assert dict(effects(sandbox, sale.since)) == {"POST /signup/preSign": 1, "POST /chat.postMessage": 1}
    await override(POLICY, mode="live")
    run = await worker.retry(run.id)
    assert state_of(run) == "Completed", run.state
    assert_onboarded(people, sale)
    assert dict(effects(sandbox, sale.since)) == ALL_EFFECTS


async def forget_stopped():
    """Delete what other tests have stopped: their message would take in ours."""
    async with get_client() as client:
        for run in await client.read_flow_runs(flow_run_filter=FlowRunFilter(tags=FlowRunFilterTags(all_=["stopped"]))):
            await client.delete_flow_run(run.id)


async def test_stopped_runs_are_one_message_and_begin_again_together(override, people, sandbox, monkeypatch):
    monkeypatch.setattr(failures, "SETTLING", timedelta(0))
    await forget_stopped()
    await report_failures(return_state=True)
    before = len(messages(sandbox))
    sales, worker = [people.make_sale() for _ in range(3)], Worker(onboarding, "stopped-tests")
    await override(POLICY, mode="stopped")
    runs = [await worker.start(opportunity_id=sale.opportunity) for sale in sales]
    assert (await report_failures(return_state=True)).is_completed()
    (told,) = messages(sandbox)[before:]
    assert "Stopped" in told["text"]
    assert "Retry all" in str(told["blocks"])
    assert state_of(await Worker(retry_failed, "retry-failed").start(failure_class="stopped")) == "Stopped"
    await override(POLICY, mode="live")
    again = await Worker(retry_failed, "retry-failed").start(failure_class="stopped")
    assert state_of(again) == "Completed", again.state
    for run, sale in zip(runs, sales, strict=True):
        assert state_of(await worker.work(run.id)) == "Completed"
        assert_onboarded(people, sale)


async def test_the_start_page_says_that_everything_is_stopped_and_why(override):
    await override(POLICY, mode="stopped", mode_reason="wrong prices")
    run = await Worker(waiting, "reminders").start()
    assert state_of(run) == "Stopped", run.state
    assert "Stopped: no run does anything. Reason: wrong prices." in await latest_artifact(START_PAGE)


async def test_the_commands_change_the_mode_alone_say_what_it_means_and_record_who_did(
    override, people, capsys, monkeypatch
):
    monkeypatch.setenv("LOGNAME", "dana")
    sale = people.make_sale()
    await override(POLICY, mode="shadow", live_accounts=[sale.account], recurly_wait_seconds=1)
    assert await stop("wrong prices") == 0
    assert "Running ones stop before their next change" in " ".join(capsys.readouterr().out.split())
    run = await Worker().start(opportunity_id=sale.opportunity)
    assert "Reason: wrong prices." in run.state.message
    assert_untouched(people, sale)
    page = await latest_artifact(KEY)
    newest = page.partition("\n## ")[2].partition("\n## ")[0]
    assert newest.startswith("By dana (lifecycle) on ")
    assert "shadow → stopped" in newest
    assert await start("") == 0
    assert "lifecycle retry --class stopped" in capsys.readouterr().out
    assert state_of(await Worker().start(opportunity_id=sale.opportunity)) == "Completed"
    async with get_client() as client:
        stored = await client.read_block_document_by_name("default", POLICY)
    assert stored.data["going_live"]["mode"] == "shadow"
    assert stored.data["going_live"]["mode_reason"] == ""
