"""REC-1: a sale or contract whose message was lost is found in Salesforce, and its run is started once."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType

from rules.reconciliation import missed as rules
from rules.reconciliation.missed_records import Action, Missed, Why
from tasks.reconciliation.missed import find_missed, make_up_for
from tasks.reconciliation.missed_reports import report_missed
from tests.support.asking import read_run
from tests.support.outcome import calls, messages
from tests.support.publications import TODAY, make_client
from webhooks.common.metrics import Metrics
from webhooks.runs.prefect_api import PrefectApi
from webhooks.runs.prefect_runs import PrefectRuns
from webhooks.salesforce.change import Change
from webhooks.salesforce.onboardings import Onboardings
from webhooks.salesforce.won_sales import WonSales

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("onboardings", "publication_runs")]

DAYS, MOST = 14, 20
DONE = (("Running", StateType.RUNNING), ("Completed", StateType.COMPLETED))
CRASHED = (("Crashed", StateType.CRASHED),)


@flow(name="a pass of the reconciliation")
async def one_pass(most: int = MOST) -> Missed:
    """What the flow does with missed messages."""
    plan = await find_missed(TODAY, DAYS, most)
    await report_missed(plan, await make_up_for(plan), TODAY)
    return plan


@flow(name="a look of the reconciliation")
async def look() -> Missed:
    """What a preview does."""
    return await find_missed(TODAY, DAYS, MOST)


@flow(name="what was found earlier")
async def carry_out(plan: Missed) -> dict[str, str]:
    """The second half of a pass."""
    return await make_up_for(plan)


async def add_run(worker, *tags, states=(), **parameters):
    """A run that was started before, brought into these states."""
    given = {"preview": False} | parameters
    async with get_client() as client:
        run = await client.create_flow_run_from_deployment(await worker.deploy(), parameters=given, tags=tags)
    await become(run.id, *states)
    return run


async def become(run_id, *states):
    async with get_client() as client:
        for name, kind in states:
            await client.set_flow_run_state(run_id, State(type=kind, name=name), force=True)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """No message is waited for."""
    monkeypatch.setattr(rules, "SETTLING", timedelta(0))


def reports(sandbox):
    return [one["text"] for one in messages(sandbox) if "missed:" in str(one["metadata"])]


def win_again(people, opportunity, after):
    """Lose a sale and win it again, later than a moment: Salesforce keeps whole seconds."""
    while (
        datetime.fromisoformat(
            people.read("Opportunity", opportunity)["LastStageChangeDate"] or "2000-01-01T00:00:00+00:00"
        )
        <= after
    ):
        for stage in ("Closed Lost", "Closed Won"):
            people.edit("Opportunity", opportunity, StageName=stage)


async def deliver(prefect_api, *opportunities):
    """What the receiver does with a late message of these opportunities."""
    async with httpx.AsyncClient(base_url=prefect_api) as client:
        api = PrefectApi(client, patience=20, at_once=2)
        receiver = Onboardings(PrefectRuns(api), WonSales(api), Metrics(), "onboarding/onboarding")
        changes = [Change("Opportunity", each, is_won=True, event="late") for each in opportunities]
        return await receiver.start_all(changes, datetime.now(UTC))


async def test_rec_1_a_sale_whose_message_was_never_delivered_is_onboarded_once_and_told_once(
    sellers, onboardings, empty_org, prefect_api
):
    sale = sellers.make_sale()
    assert [one.why for one in (await look()).to_do] == [Why.NO_RUN]
    assert (await onboardings.runs(), reports(empty_org)) == ([], [])
    await one_pass()
    (run,) = await onboardings.runs()
    assert (run.parameters, run.idempotency_key) == (
        {"opportunity_id": sale.opportunity, "preview": False},
        f"onboarding:{sale.opportunity}",
    )
    won = f"missed:{datetime.now(UTC):%Y-%m-%d}"
    assert set(run.tags) == {"onboarding", f"opportunity:{sale.opportunity}", won}
    (told,) = reports(empty_org)
    assert all(word in told for word in (sale.company, str(run.id), "was started", "no run was started for it"))
    assert (await one_pass()).to_do == ()
    await deliver(prefect_api, sale.opportunity)
    assert [one.id for one in await onboardings.runs()] == [run.id]
    assert len(reports(empty_org)) == 1


async def test_rec_1_two_passes_at_once_start_one_run_and_tell_once(sellers, onboardings, empty_org):
    sale = sellers.make_sale()
    await asyncio.gather(one_pass(), one_pass())
    (run,) = await onboardings.runs()
    assert run.parameters == {"opportunity_id": sale.opportunity, "preview": False}
    assert len(reports(empty_org)) == 1


@pytest.mark.long
async def test_rec_1_a_run_that_crashed_before_it_began_is_retried_three_times(
    sellers, onboardings, empty_org, monkeypatch
):
    sale = sellers.make_sale()
    run = await add_run(onboardings, "onboarding", f"opportunity:{sale.opportunity}", opportunity_id=sale.opportunity)
    await become(run.id, *CRASHED)
    with monkeypatch.context() as usual:
        usual.setattr(rules, "SETTLING", timedelta(minutes=10))
        assert [one.why for one in (await look()).left] == [Why.TOLD]
    for _ in range(rules.MOST_RETRIES):
        found = await look()
        await one_pass()
        assert (await read_run(run.id)).state_name == "AwaitingRetry"
        assert await carry_out(found) == {}
        await become(run.id, *CRASHED)
    assert [one.why for one in (await one_pass()).left] == [Why.TOLD]
    assert (await read_run(run.id)).state_name == "Crashed"
    told = reports(empty_org)
    assert (len(told), all("was retried" in one for one in told)) == (rules.MOST_RETRIES, True)


async def test_rec_1_above_the_limit_nothing_is_started_and_cs_operations_are_told_once(
    sellers, onboardings, empty_org
):
    sales = [sellers.make_sale() for _ in range(3)]
    for _ in range(2):
        assert len((await one_pass(most=2)).held) == 3
    assert await onboardings.runs() == []
    (told,) = reports(empty_org)
    assert all(sale.company in told for sale in sales)
    assert "none of these runs was started" in told
    await one_pass(most=3)
    assert len(await onboardings.runs()) == 3


async def test_rec_1_a_cancelled_sale_is_left_until_it_is_won_again(sellers, onboardings, prefect_api):
    sale = sellers.make_sale()
    run = await add_run(onboardings, "onboarding", f"opportunity:{sale.opportunity}", opportunity_id=sale.opportunity)
    await become(run.id, ("Cancelled", StateType.CANCELLED))
    assert [one.why for one in (await one_pass()).left] == [Why.CANCELLED]
    win_again(sellers, sale.opportunity, after=(await read_run(run.id)).state.timestamp)
    await one_pass()
    assert {one.idempotency_key for one in await onboardings.runs()} == {
        None,
        f"onboarding:{sale.opportunity}:after:{run.id}",
    }
    await deliver(prefect_api, sale.opportunity)
    assert len(await onboardings.runs()) == 2


@pytest.mark.long
async def test_rec_1_previews_and_runs_that_left_the_work_to_others_do_not_count(sellers, onboardings):
    sale = sellers.make_sale()
    tags = ("onboarding", f"opportunity:{sale.opportunity}")
    await add_run(onboardings, *tags, opportunity_id=sale.opportunity, preview=True, states=DONE)
    beside = (("Running", StateType.RUNNING), ("Already under way", StateType.COMPLETED))
    await add_run(onboardings, *tags, opportunity_id=sale.opportunity, states=beside)
    assert [one.action for one in (await look()).to_do] == [Action.START]


async def test_rec_1_a_run_that_a_person_has_just_started_counts_by_its_parameter(sellers, onboardings):
    sale = sellers.make_sale()
    await add_run(onboardings, opportunity_id=sale.opportunity[:15])
    assert [one.why for one in (await look()).left] == [Why.UNDER_WAY]


async def test_rec_1_a_changed_contract_that_no_run_has_read_is_started_once(
    sellers, publication_runs, empty_org, monkeypatch
):
    whose = make_client(sellers, "North")
    sellers.create("Contract", AccountId=sellers.create("Account", Name="Not in the LMS"))
    await one_pass()
    (run,) = await publication_runs.runs()
    assert run.parameters == {"contract_id": whose.contract, "preview": False}
    assert {"publications", f"contract:{whose.contract}"} == set(run.tags)
    assert run.idempotency_key.startswith(f"publications:{whose.contract}:missed:")
    assert (await one_pass()).to_do == ()
    await become(run.id, *DONE)
    # The contract was changed in the second in which the run began, but before that.
    monkeypatch.setattr(rules, "WHOLE_SECONDS", timedelta(0))
    assert [one.why for one in (await one_pass()).left] == [Why.READ]
    (told,) = reports(empty_org)
    assert whose.name in told


async def test_rec_1_a_contract_that_was_read_before_its_last_change_is_read_again(
    sellers, publication_runs, empty_org, monkeypatch
):
    whose = make_client(sellers, "North")
    tags = ("publications", f"account:{whose.account}")
    await add_run(publication_runs, *tags, account_id=whose.account, states=DONE)
    with monkeypatch.context() as one_second:
        one_second.setattr(rules, "WHOLE_SECONDS", timedelta(0))
        assert (await one_pass()).to_do == ()
    empty_org.clock((TODAY + timedelta(days=2)).isoformat())
    sellers.edit("Contract", whose.contract, Publications__c="North\nSouth")
    assert [one.why for one in (await one_pass()).to_do] == [Why.NOT_READ]
    (run,) = await publication_runs.runs(StateType.SCHEDULED)
    assert [one.why for one in (await one_pass()).left] == [Why.READ]
    await become(run.id, *DONE)
    assert [one.why for one in (await one_pass()).left] == [Why.STARTED]


@pytest.mark.long
async def test_rec_1_what_is_older_than_the_deployments_is_left(sellers, publication_runs, onboardings, empty_org):
    empty_org.clock((TODAY - timedelta(days=1)).isoformat())
    sellers.make_sale()
    make_client(sellers, "North")
    assert {one.why for one in (await one_pass()).left} == {Why.BEFORE}
    assert (await onboardings.runs(), await publication_runs.runs()) == ([], [])


async def test_rec_1_a_pass_costs_one_call_to_salesforce(sellers, empty_org):
    for _ in range(3):
        sellers.make_sale()
    since = empty_org.last()
    assert len((await look()).to_do) == 3
    assert calls(empty_org, since) == {"salesforce": 1}
