"""A run waits for Recurly and Salesforce without a process, and nothing is done twice (ONB-12, CSM-5)."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow

from flows.csm_assignment import csm_assignment
from flows.onboarding import onboarding
from tests.support.asking import Worker, questions, read_run, said, state_of
from tests.support.outcome import ALL_EFFECTS, AUDIT, MESSAGE, assert_onboarded, calls, effects, messages, outcome
from tests.support.runs import Run as Ended
from tests.support.runs import artifacts, audit_page, onboard

pytestmark = pytest.mark.flows

WAITED = timedelta(seconds=20)
"""A run that has waited for so long ends its process after the next look."""
PATIENCE = 120


@pytest.fixture(autouse=True)
async def patient(override):
    await override("lifecycle-policy", recurly_wait_seconds=PATIENCE, onboarding_record_wait_seconds=PATIENCE)


async def begin(worker, run):
    """One process of the run, from its begin to its end."""
    with suppress(Pause):
        await run_flow(worker.flow, flow_run=await read_run(run.id), return_type="state")
    return await read_run(run.id)


async def waiting_run(worker, system, record_id, waited=WAITED, **parameters):
    """A run that first looked for the record some time ago, as it is when its process ends."""
    run = await worker.create(**parameters)
    async with get_client() as client:
        await client.update_flow_run(run.id, infrastructure_pid="machine:4711")  # as a worker does
        moment = (datetime.now(UTC) - waited).isoformat()
        await client.create_flow_run_input(run.id, f"first-look-{system}-{record_id}".lower(), f'"{moment}"')
    return await begin(worker, run)


async def late_customer(sandbox, people, waited=WAITED):
    """A sale whose customer is late in Recurly, and its run, which waits without a process."""
    sandbox.behaviour(recurly_account="never")
    sale, worker = people.make_sale(), Worker(onboarding)
    return sale, worker, await waiting_run(worker, "Recurly", sale.account, waited, opportunity_id=sale.opportunity)


def appear(sandbox, sale):
    account = {"code": sale.account, "company": sale.company, "email": sale.email}
    sandbox.seed(recurly={"accounts": [account]})


async def set_state(run, type_, name, *, force):
    async with get_client() as client:
        await client.set_flow_run_state(run.id, State(type=type_, name=name), force=force)
    return await read_run(run.id)


async def test_onb_12_a_late_customer_is_waited_for_without_a_process_and_onboarded_once(sandbox, people):
    sale, worker, run = await late_customer(sandbox, people)
    state = run.state
    assert (state.type, state.name) == (StateType.SCHEDULED, "Waiting for Recurly")
    look = state.state_details.scheduled_time
    assert state.message == (
        f"Recurly has no account with the code {sale.account} yet. The run looks again at {look:%H:%M:%S} UTC."
    )
    assert timedelta(seconds=4) < look - state.timestamp < timedelta(seconds=30)
    assert effects(sandbox, sale.since)[MESSAGE] == 1
    appear(sandbox, sale)
    since = sandbox.last()
    run = await worker.work(run.id)
    assert state_of(run) == "Completed", run.state
    assert_onboarded(people, sale)
    assert effects(sandbox, sale.since) == ALL_EFFECTS
    assert [one for one in sandbox.journal("recurly", since) if one["path"].endswith("/accounts")] == []
    lines = await audit_page(sale.account)
    assert sorted((line["system"], line["field"]) for line in lines) == sorted(AUDIT)


@pytest.mark.long
async def test_onb_12_the_next_look_is_the_same_try_and_comes_at_its_time(sandbox, people):
    sale, worker, run = await late_customer(sandbox, people)
    first = run.state.state_details.scheduled_time
    run = await begin(worker, run)
    assert state_of(run) == "Waiting for Recurly"
    assert run.run_count == 1
    assert first <= run.state.timestamp
    assert run.state.state_details.scheduled_time - run.state.timestamp > timedelta(seconds=4)
    assert calls(sandbox, sale.since)["recurly"] == 2
    assert effects(sandbox, sale.since)[MESSAGE] == 1


async def test_a_step_that_finds_nothing_yet_is_completed_and_those_beside_it_end_first(sandbox, people, task_runs):
    sandbox.fault("slack", "slow", path="postMessage", seconds=2)
    sale, _, run = await late_customer(sandbox, people)
    await task_runs(Ended(run.id, run.state), at_least=10)
    async with get_client() as client:
        found = await client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))
    rows = {row.name: row for row in found}
    look, announcement = (
        rows[f"Find the Recurly account of {sale.company}"],
        rows[f"Announce {sale.company} 2027 in the sales channel"],
    )
    assert (look.state.type, look.state.name) == (StateType.COMPLETED, "Not there yet")
    assert {row.state.type for row in found} == {StateType.COMPLETED}
    assert look.end_time < announcement.end_time < run.state.timestamp


async def test_a_run_that_is_cancelled_while_it_waits_without_a_process_is_cancelled_at_once(sandbox, people):
    *_, run = await late_customer(sandbox, people)
    run = await set_state(run, StateType.CANCELLING, "Cancelling", force=False)  # as the dashboard does
    assert state_of(run) == "Cancelled"


async def test_retry_looks_at_once(sandbox, people):
    sale, worker, run = await late_customer(sandbox, people)
    appear(sandbox, sale)
    due = run.state.state_details.scheduled_time
    run = await worker.retry(run.id)
    assert state_of(run) == "Completed", run.state
    assert run.end_time < due
    assert effects(sandbox, sale.since) == ALL_EFFECTS


@pytest.mark.long
async def test_the_patience_goes_on_after_a_crash(sandbox, people):
    sale, worker, run = await late_customer(sandbox, people, timedelta(seconds=60))
    await set_state(run, StateType.CRASHED, "Crashed", force=True)
    run = await begin(worker, await set_state(run, StateType.SCHEDULED, "AwaitingRetry", force=True))
    assert state_of(run) == "Waiting for Recurly"
    assert run.run_count == 2
    assert run.state.state_details.scheduled_time - run.state.timestamp > timedelta(seconds=18)
    appear(sandbox, sale)
    assert state_of(await worker.retry(run.id)) == "Completed"
    assert effects(sandbox, sale.since) == ALL_EFFECTS


async def test_onb_12_when_the_patience_is_over_cs_operations_are_asked(sandbox, people):
    sale, worker, run = await late_customer(sandbox, people, timedelta(seconds=PATIENCE))
    assert state_of(run) == "Suspended"
    (question,) = questions(sandbox, run)
    assert f"Give the right account the code {sale.account}" in said(question)
    appear(sandbox, sale)
    run = await worker.resume(run.id)
    assert state_of(run) == "Completed", run.state
    assert effects(sandbox, sale.since)[MESSAGE] == ALL_EFFECTS[MESSAGE] + 1


async def test_onb_12_a_run_without_a_deployment_waits_in_its_process(sandbox, people, override):
    await override("lifecycle-policy", recurly_wait_seconds=1)
    sandbox.behaviour(recurly_account="never")
    sale = people.make_sale()
    run = await onboard(sale.opportunity)
    assert run.ended == "Needs CS Operations"
    looks = [one for one in sandbox.journal("recurly", sale.since) if f"code-{sale.account}" in one["path"]]
    assert len(looks) == 6


async def test_csm_5_a_late_onboarding_record_is_waited_for_without_a_process_too(sandbox, people):
    first = people.make_sale()
    assert (await onboard(first.opportunity)).ended == "Completed"
    sandbox.behaviour(onboarding_record="never")
    sale, worker = people.make_expansion(first, products="Compliance", level="basic"), Worker(csm_assignment)
    run = await waiting_run(worker, "Salesforce", sale.opportunity, account_id=sale.account)
    assert (run.state.type, run.state.name) == (StateType.SCHEDULED, "Waiting for Salesforce")
    assert f"no Customer Onboarding record of opportunity {sale.opportunity} yet" in run.state.message
    page = await artifacts(f"csm-assignment-{sale.account.lower()}")
    told = [one for one in messages(sandbox) if f"csm-assignment:{sale.account}" in str(one["metadata"])]
    people.create("Customer_Onboarding__c", Opportunity__c=sale.opportunity, Account__c=sale.account)
    run = await worker.work(run.id)
    assert state_of(run) == "Completed", run.state
    assert page == await artifacts(f"csm-assignment-{sale.account.lower()}")
    assert told == [one for one in messages(sandbox) if f"csm-assignment:{sale.account}" in str(one["metadata"])]
    (record,) = [one for one in outcome(people, sale).onboardings if one["Opportunity__c"] == sale.opportunity]
    assert record["Name"] == f"{first.company} expansion"
