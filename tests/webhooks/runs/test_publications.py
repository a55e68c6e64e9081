"""A contract is changed: the publications of its client are brought in line (PUB-1, PUB-5)."""

import asyncio
import json

import pytest

from tests.webhooks.conftest import Receiver
from tests.webhooks.messages import ACK, callout, changed, message, new_id, notification, sale
from tests.webhooks.prefect_side import PUBLICATIONS, PrefectSide
from tests.webhooks.serving import BadLine, Fault, Salesforce, Serving

pytestmark = pytest.mark.flows

CREATE = r"^POST .*create_flow_run"


async def numbers(salesforce: Salesforce) -> str:
    return (await salesforce.client.get(f"{salesforce.url}/metrics")).text


async def begin(publications: PrefectSide, contract: str) -> None:
    """Have every run of the contract's publications at work: it may have read the record already."""
    for run in await publications.made(f"contract:{contract}"):
        await publications.set_state(run["id"], "RUNNING", "Running")


async def test_pub_1_a_changed_contract_starts_a_run_of_publications(
    salesforce: Salesforce, publications: PrefectSide
) -> None:
    contract = new_id("800")
    word = notification(contract[:15], None, "Contract")
    assert (await salesforce.outbound(message([word]))).text == ACK
    (run,) = await publications.made(f"contract:{contract}")
    notification_id = word.removeprefix("<Notification><Id>").partition("<")[0]
    assert run["parameters"]["contract_id"] == contract
    assert set(run["tags"]) == {"publications", f"contract:{contract}"}
    assert run["idempotency_key"] == f"publications:{contract}:{notification_id}"
    assert run["labels"]["started-by"] == "Salesforce"


async def test_pub_5_a_word_repeated_is_one_run_and_another_word_is_another(
    salesforce: Salesforce, publications: PrefectSide
) -> None:
    contract = new_id("800")
    first = changed("Contract", contract)
    for body in (first, first):
        assert (await salesforce.outbound(body)).text == ACK
        await begin(publications, contract)
    assert len(await publications.made(f"contract:{contract}")) == 1
    assert (await salesforce.outbound(changed("Contract", contract))).text == ACK
    assert len(await publications.made(f"contract:{contract}")) == 2


async def test_pub_1_an_onboarding_that_has_yet_to_set_its_customer_up_reads_the_contract_itself(
    salesforce: Salesforce, prefect: PrefectSide, publications: PrefectSide
) -> None:
    contract = new_id("800")
    tags = ("onboarding", "not-set-up", f"contract:{contract}")
    waiting = await prefect.waiting_run(*tags)
    assert (await salesforce.outbound(changed("Contract", contract))).text == ACK
    assert (await prefect.run(waiting))["state"]["type"] == "SCHEDULED"
    # The next edits find it on its way.
    assert (await salesforce.outbound(changed("Contract", contract))).text == ACK
    assert await publications.made(f"contract:{contract}") == []
    # It may have read the contract by now, and gone on: nothing is lost.
    await prefect.set_state(waiting, "RUNNING", "Running")
    assert (await salesforce.outbound(changed("Contract", contract))).text == ACK
    (run,) = await publications.made(f"contract:{contract}")
    assert run["parameters"] == {"contract_id": contract, "preview": False}


async def test_pub_5_the_onboarding_of_a_customer_who_has_publications_keeps_no_change_from_them(
    salesforce: Salesforce, prefect: PrefectSide, publications: PrefectSide
) -> None:
    contract = new_id("800")
    await prefect.waiting_run("onboarding", f"contract:{contract}")
    assert (await salesforce.outbound(changed("Contract", contract))).text == ACK
    assert len(await publications.made(f"contract:{contract}")) == 1


@pytest.mark.parametrize(
    ("kind", "name"), [("SCHEDULED", "Late"), ("SCHEDULED", "AwaitingRetry"), ("PENDING", "Pending")]
)
async def test_a_run_that_has_yet_to_read_the_contract_heeds_the_next_words_too(
    salesforce: Salesforce, publications: PrefectSide, kind: str, name: str
) -> None:
    contract = new_id("800")
    first = (await salesforce.callout(callout("Contract", contract, "e-1"))).json()
    await publications.set_state(first["flow_run_id"], kind, name)
    assert (await salesforce.outbound(changed("Contract", contract))).text == ACK
    again = await salesforce.callout(callout("Contract", contract[:15], "e-2"))
    assert (again.status_code, again.json()) == (202, first | {"created": False})
    assert len(await publications.made(f"contract:{contract}")) == 1


async def test_a_burst_of_changes_of_one_contract_is_one_run(
    receiver: Receiver, prefect: PrefectSide, prefect_api: str, publications: PrefectSide
) -> None:
    salesforce = receiver(prefect_api, deployment=prefect.deployment, at_once=8)
    contract = new_id("800")
    answers = await asyncio.gather(*(salesforce.outbound(changed("Contract", contract)) for _ in range(10)))
    assert [each.text for each in answers] == [ACK] * 10
    assert len(await publications.made(f"contract:{contract}")) == 1
    counted = await numbers(salesforce)
    assert 'receiver_notifications_total{object="Contract",outcome="started"} 1.0' in counted
    assert 'receiver_notifications_total{object="Contract",outcome="known"} 9.0' in counted
    assert "receiver_flow_runs_created_total 1.0" in counted


async def test_every_contract_of_a_message_has_a_run_and_one_told_of_twice_has_one(
    salesforce: Salesforce, publications: PrefectSide
) -> None:
    contracts = [new_id("800") for _ in range(5)]
    assert (await salesforce.outbound(changed("Contract", *contracts, contracts[0]))).text == ACK
    runs = await publications.made(*(f"contract:{each}" for each in contracts))
    assert sorted(run["parameters"]["contract_id"] for run in runs) == sorted(contracts)


async def test_a_callout_about_a_contract_names_its_run_and_tells_how_many_woke(
    salesforce: Salesforce, prefect: PrefectSide, publications: PrefectSide
) -> None:
    contract = new_id("800")
    waiting = await prefect.waiting_run(f"contract:{contract}")
    answer = await salesforce.callout(callout("Contract", contract, "e-7"))
    (run,) = await publications.made(f"contract:{contract}")
    assert (answer.status_code, answer.json()) == (202, {"flow_run_id": run["id"], "created": True, "woken": 1})
    assert run["idempotency_key"] == f"publications:{contract}:e-7"
    assert (await prefect.run(waiting))["state"]["name"] == "Resuming"


async def test_pub_7_a_run_of_publications_that_waits_on_the_contract_goes_on_and_no_second_asks_the_same(
    salesforce: Salesforce, publications: PrefectSide
) -> None:
    contract = new_id("800")
    waiting = await publications.waiting_run("publications", f"contract:{contract}", name="Publications of Acme")
    answer = await salesforce.callout(callout("Contract", contract))
    assert answer.json() == {"flow_run_id": waiting, "created": False, "woken": 1}
    assert [run["id"] for run in await publications.made(f"contract:{contract}")] == [waiting]


async def test_a_waiting_run_that_cannot_be_woken_keeps_no_contract_from_its_publications(
    receiver: Receiver, prefect: PrefectSide, line: BadLine, publications: PrefectSide
) -> None:
    contract = new_id("800")
    waiting = await prefect.waiting_run(f"contract:{contract}")
    line.faults.append(Fault(f"{waiting}/resume", times=1000))
    with Serving(line.app()) as prefect_line:
        impatient = receiver(prefect_line.url, deployment=prefect.deployment, patience=8.0)
        assert (await impatient.outbound(changed("Contract", contract))).status_code == 503
    assert len(await publications.made(f"contract:{contract}")) == 1


@pytest.mark.parametrize("forward", [True, False], ids=["answer lost", "refused as busy"])
async def test_a_start_that_prefect_did_not_confirm_at_once_is_one_run(
    receiver: Receiver, prefect: PrefectSide, line: BadLine, publications: PrefectSide, *, forward: bool
) -> None:
    contract = new_id("800")
    line.faults.append(Fault(CREATE, times=2, forward=forward))
    with Serving(line.app()) as prefect_line:
        salesforce = receiver(prefect_line.url, deployment=prefect.deployment)
        assert (await salesforce.outbound(changed("Contract", contract))).text == ACK
    assert len({json.loads(body)["idempotency_key"] for body in line.sent(CREATE)}) == 1
    assert len(await publications.made(f"contract:{contract}")) == 1


async def test_without_the_deployment_of_publications_a_sale_is_taken_and_a_contract_fails_but_wakes(
    receiver: Receiver, prefect: PrefectSide, prefect_api: str
) -> None:
    lacking = receiver(prefect_api, deployment=prefect.deployment, publications_deployment="publications/no-such")
    contract = new_id("800")
    waiting = await prefect.waiting_run(f"contract:{contract}")
    assert (await lacking.outbound(sale(new_id()))).text == ACK
    failed = await lacking.outbound(changed("Contract", contract))
    assert failed.status_code == 503
    assert "publications/no-such" in failed.json()["error"]
    assert (await prefect.run(waiting))["state"]["name"] == "Resuming"
    ready = await lacking.client.get(f"{lacking.url}/ready")
    assert ready.status_code == 503
    assert "publications/no-such" in ready.json()["error"]


async def test_a_run_that_was_to_begin_long_ago_and_did_not_swallows_no_change(
    receiver: Receiver, prefect: PrefectSide, line: BadLine, publications: PrefectSide
) -> None:
    contract = new_id("800")
    long_ago = [
        {
            "id": "5d2f0c6e-0a5b-4c57-9d0e-6f4d1f0f5a11",
            "name": "stuck",
            "state": {"id": "s", "type": "PENDING", "name": "Pending", "timestamp": "2026-01-01T00:00:00Z"},
            "tags": ["publications", f"contract:{contract}"],
        }
    ]
    line.faults.append(Fault("flow_runs/filter .*all_", times=1, status=200, body=json.dumps(long_ago)))
    with Serving(line.app()) as prefect_line:
        salesforce = receiver(prefect_line.url, deployment=prefect.deployment)
        assert (await salesforce.callout(callout("Contract", contract))).json()["created"]
    assert len(await publications.made(f"contract:{contract}")) == 1


async def test_a_deployment_that_was_replaced_is_found_again(
    receiver: Receiver, prefect: PrefectSide, prefect_api: str
) -> None:
    replaced = PrefectSide(prefect.api, "publications/receiver-tests-replaced")
    await replaced.deploy(PUBLICATIONS)
    salesforce = receiver(prefect_api, deployment=prefect.deployment, publications_deployment=replaced.deployment)
    assert (await salesforce.outbound(changed("Contract", new_id("800")))).text == ACK
    await replaced.withdraw()
    await replaced.deploy(PUBLICATIONS)
    contract = new_id("800")
    assert (await salesforce.outbound(changed("Contract", contract))).text == ACK
    assert len(await replaced.made(f"contract:{contract}")) == 1
