"""A record is changed: every run that waits on it goes on (D-4 and D-16)."""

import asyncio
import json

import httpx
import pytest

from tests.webhooks.conftest import Receiver
from tests.webhooks.messages import ACK, callout, changed, new_id, sale
from tests.webhooks.prefect_side import PrefectSide
from tests.webhooks.serving import BadLine, Fault, Salesforce, Serving
from webhooks.runs.prefect_api import PrefectApi
from webhooks.runs.prefect_runs import AT_REST, PrefectRuns

pytestmark = pytest.mark.flows

PREFIXES = {"Opportunity": "006", "Contract": "800", "Contact": "003", "Account": "001"}
OTHERS = ["Contact", "Account"]
RESUMED = ["Scheduled", "Running", "Suspended", "Resuming"]
UNTOUCHED = ["Scheduled", "Running", "Suspended"]
RESUME = r"^POST .*/resume"


async def numbers(salesforce: Salesforce) -> str:
    return (await salesforce.client.get(f"{salesforce.url}/metrics")).text


@pytest.fixture(scope="module")
async def another_flow(prefect: PrefectSide) -> PrefectSide:
    side = PrefectSide(prefect.api, prefect.deployment.replace("onboarding/", "csm-assignment/"))
    await side.deploy()
    return side


@pytest.mark.parametrize("kind", sorted(PREFIXES))
async def test_a_run_that_waits_on_a_record_is_resumed_when_it_changes(
    salesforce: Salesforce, prefect: PrefectSide, kind: str
) -> None:
    record = new_id(PREFIXES[kind])
    run_id = await prefect.waiting_run(f"{kind.lower()}:{record}")
    assert (await salesforce.outbound(changed(kind, record[:15]))).text == ACK
    assert await prefect.states(run_id) == RESUMED
    answers = await prefect.inputs(run_id, "suspended")
    assert answers["suspended-question-1-wait-1-response"] == {
        "decision": "Check again",
        "decided_by": f"Salesforce ({kind} {record})",
    }


@pytest.mark.parametrize("kind", OTHERS)
async def test_a_callout_about_another_record_is_told_how_many_runs_it_woke(
    salesforce: Salesforce, prefect: PrefectSide, kind: str
) -> None:
    record = new_id(PREFIXES[kind])
    runs = [await prefect.waiting_run(f"{kind.lower()}:{record}") for _ in range(2)]
    first = await salesforce.callout(callout(kind, record[:15]))
    again = await salesforce.callout(callout(kind, record))
    assert (first.status_code, first.json()) == (202, {"woken": 2})
    assert (again.status_code, again.json()) == (202, {"woken": 0})
    assert [await prefect.states(each) for each in runs] == [RESUMED, RESUMED]


async def test_a_callout_about_an_opportunity_wakes_too_and_names_the_onboarding(
    salesforce: Salesforce, prefect: PrefectSide
) -> None:
    opportunity = new_id()
    waiting = await prefect.waiting_run(f"opportunity:{opportunity}")
    answer = await salesforce.callout(callout("Opportunity", opportunity))
    (onboarding,) = (run["id"] for run in await prefect.runs(opportunity) if run["id"] != waiting)
    assert (answer.status_code, answer.json()) == (202, {"flow_run_id": onboarding, "created": True})
    assert await prefect.states(waiting) == RESUMED


@pytest.mark.parametrize("stage", ["Closed Won", "Closed Lost", "Prospecting"])
async def test_the_onboarding_of_an_opportunity_is_resumed_at_any_stage(
    salesforce: Salesforce, prefect: PrefectSide, stage: str
) -> None:
    opportunity = new_id()
    assert (await salesforce.outbound(sale(opportunity))).text == ACK
    run_id = (await prefect.the_run(opportunity))["id"]
    await prefect.suspend(run_id)
    assert (await salesforce.outbound(sale(opportunity, stage=stage))).text == ACK
    assert await prefect.states((await prefect.the_run(opportunity))["id"]) == RESUMED


async def test_all_runs_of_any_flow_that_wait_on_one_contract_are_resumed(
    salesforce: Salesforce, prefect: PrefectSide, another_flow: PrefectSide
) -> None:
    contract, other = new_id("800"), new_id("800")
    sides = [prefect, another_flow, another_flow, prefect]
    runs = [await side.waiting_run(f"contract:{contract}", f"account:{new_id('001')}") for side in sides]
    asleep = await prefect.waiting_run(f"contract:{other}")
    assert (await salesforce.outbound(changed("Contract", contract))).text == ACK
    assert [await prefect.states(each) for each in runs] == [RESUMED] * 4
    assert await prefect.states(asleep) == UNTOUCHED


async def test_a_run_that_waits_on_several_changed_records_is_resumed_once(
    salesforce: Salesforce, prefect: PrefectSide
) -> None:
    contacts = [new_id("003") for _ in range(3)]
    run_id = await prefect.waiting_run(*(f"contact:{each}" for each in contacts))
    assert (await salesforce.outbound(changed("Contact", *contacts, contacts[0]))).text == ACK
    assert await prefect.states(run_id) == RESUMED


async def test_more_than_a_page_of_runs_that_wait_is_found_to_the_last(prefect: PrefectSide, line: BadLine) -> None:
    tag = f"account:{new_id('001')}"
    waiting = [await prefect.waiting_run(tag) for _ in range(5)]
    with Serving(line.app()) as prefect_line:
        async with httpx.AsyncClient(base_url=prefect_line.url) as client:
            runs = PrefectRuns(PrefectApi(client, patience=20, at_once=1), page=2)
            found = [run.id for run in await runs.tagged([tag], states=AT_REST)]
    assert sorted(found) == sorted(waiting)
    assert len(line.sent("flow_runs/filter")) == 3


async def test_one_run_that_cannot_be_woken_does_not_keep_the_others_asleep(
    receiver: Receiver, prefect: PrefectSide, line: BadLine
) -> None:
    contract = new_id("800")
    runs = [await prefect.waiting_run(f"contract:{contract}") for _ in range(4)]
    line.faults.append(Fault(f"{runs[1]}/resume", times=1000))
    with Serving(line.app()) as prefect_line:
        impatient = receiver(prefect_line.url, deployment=prefect.deployment, patience=8.0)
        failed = await impatient.outbound(changed("Contract", contract))
        assert failed.status_code == 503
        assert "Ack" not in failed.text
        assert [await prefect.states(each) for each in runs] == [RESUMED, UNTOUCHED, RESUMED, RESUMED]
        line.faults.clear()
        assert (await impatient.outbound(changed("Contract", contract))).text == ACK
    assert [await prefect.states(each) for each in runs] == [RESUMED] * 4


async def test_a_burst_of_changes_resumes_the_run_once(
    receiver: Receiver, prefect: PrefectSide, prefect_api: str
) -> None:
    salesforce = receiver(prefect_api, deployment=prefect.deployment, at_once=8)
    contact = new_id("003")
    run_id = await prefect.waiting_run(f"contact:{contact}")
    answers = await asyncio.gather(*(salesforce.outbound(changed("Contact", contact)) for _ in range(10)))
    assert [each.text for each in answers] == [ACK] * 10
    assert await prefect.states(run_id) == RESUMED
    assert 'receiver_notifications_total{object="Contact",outcome="resumed"} 1.0' in await numbers(salesforce)


@pytest.mark.parametrize("forward", [True, False], ids=["answer lost", "refused as busy"])
async def test_a_resumption_prefect_did_not_confirm_at_once_happens_once(
    receiver: Receiver, prefect: PrefectSide, line: BadLine, *, forward: bool
) -> None:
    contact = new_id("003")
    run_id = await prefect.waiting_run(f"contact:{contact}")
    line.faults.append(Fault(RESUME, times=1, forward=forward))
    with Serving(line.app()) as prefect_line:
        salesforce = receiver(prefect_line.url, deployment=prefect.deployment)
        answer = await salesforce.callout(callout("Contact", contact))
    assert answer.json() == {"woken": 1}
    assert await prefect.states(run_id) == RESUMED


async def test_a_run_whose_suspension_is_just_being_saved_is_resumed_when_it_is(
    receiver: Receiver, prefect: PrefectSide, line: BadLine
) -> None:
    contract = new_id("800")
    run_id = await prefect.add_run("waiting", f"contract:{contract}")
    await prefect.suspend(run_id, with_form=False)
    with Serving(line.app()) as prefect_line:
        salesforce = receiver(prefect_line.url, deployment=prefect.deployment)
        word = asyncio.create_task(salesforce.outbound(changed("Contract", contract)))
        await line.until_sent(RESUME, 2)
        await prefect.save_form(run_id)
        assert (await word).text == ACK
    assert await prefect.states(run_id) == RESUMED


async def test_a_run_whose_suspension_is_never_saved_is_retried(salesforce: Salesforce, prefect: PrefectSide) -> None:
    contact = new_id("003")
    run_id = await prefect.add_run("waiting", f"contact:{contact}")
    await prefect.suspend(run_id, with_form=False)
    answer = await salesforce.callout(callout("Contact", contact))
    assert answer.json() == {"woken": 1}
    assert await prefect.states(run_id) == [*UNTOUCHED, "AwaitingRetry"]


async def test_a_record_nobody_waits_for_is_acknowledged_and_wakes_nobody(
    salesforce: Salesforce, prefect: PrefectSide
) -> None:
    asleep = await prefect.waiting_run(f"contact:{new_id('003')}")
    assert (await salesforce.callout(callout("Contact", new_id("003")))).json() == {"woken": 0}
    assert await prefect.states(asleep) == UNTOUCHED


async def test_an_opportunity_nobody_waits_for_at_another_stage_starts_nothing(
    salesforce: Salesforce, prefect: PrefectSide
) -> None:
    opportunity = new_id()
    assert (await salesforce.outbound(changed("Opportunity", opportunity))).text == ACK
    assert await prefect.runs(opportunity) == []


async def test_what_became_of_changes_is_counted(receiver: Receiver, prefect: PrefectSide, prefect_api: str) -> None:
    salesforce = receiver(prefect_api, deployment=prefect.deployment)
    resumed, retried, other = new_id("003"), new_id("003"), new_id("003")
    await prefect.waiting_run(f"contact:{resumed}")
    failed = await prefect.add_run("waiting", f"contact:{retried}")
    await prefect.set_state(failed, "FAILED", "Needs sales")
    await salesforce.outbound(changed("Contact", resumed, retried, other))
    counted = await numbers(salesforce)
    for outcome in ("resumed", "retried", "noted"):
        assert f'receiver_notifications_total{{object="Contact",outcome="{outcome}"}} 1.0' in counted


async def test_a_run_that_takes_no_such_answer_is_retried(salesforce: Salesforce, prefect: PrefectSide) -> None:
    contact = new_id("003")
    run_id = await prefect.add_run("waiting", f"contact:{contact}")
    await prefect.suspend(run_id, with_form=False)
    form = {"type": "object", "properties": {"approved": {"type": "boolean"}}, "required": ["approved"]}
    body = {"key": "suspended-question-1-wait-1-schema", "value": json.dumps(form)}
    answer: httpx.Response = await prefect.api.post(f"/flow_runs/{run_id}/input", json=body)
    assert answer.status_code == 201
    assert (await salesforce.callout(callout("Contact", contact))).json() == {"woken": 1}
    assert await prefect.states(run_id) == [*UNTOUCHED, "AwaitingRetry"]


async def test_a_run_that_ops_suspended_by_hand_stays_suspended(salesforce: Salesforce, prefect: PrefectSide) -> None:
    contact = new_id("003")
    run_id = await prefect.add_run("waiting", f"contact:{contact}")
    await prefect.set_state(run_id, "RUNNING", "Running")
    await prefect.set_state(run_id, "PAUSED", "Suspended", {"pause_key": "1", "pause_reschedule": True})
    assert (await salesforce.callout(callout("Contact", contact))).json() == {"woken": 0}
    assert await prefect.states(run_id) == UNTOUCHED
