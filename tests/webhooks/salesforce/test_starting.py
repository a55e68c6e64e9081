"""Deliveries that are taken: a run for each opportunity, in a real Prefect, and only then the Ack (ONB-1)."""

import asyncio
import hashlib
import hmac
import json
import time
from collections import Counter

import pytest

from tests.support.ports import free_port
from tests.webhooks.conftest import Receiver
from tests.webhooks.messages import ACK, ORGANIZATION, message, new_id, notification, sale
from tests.webhooks.prefect_side import PrefectSide
from tests.webhooks.serving import BadLine, Fault, Salesforce, Serving

pytestmark = pytest.mark.flows

HMAC_SECRET = "a secret of the signing Apex class"
CREATE = r"^POST .*create_flow_run"


def event(opportunity_id: str, event_id: str = "e-1") -> bytes:
    return json.dumps({"object": "Opportunity", "id": opportunity_id, "event_id": event_id}).encode()


async def test_a_closed_won_opportunity_starts_its_onboarding(salesforce: Salesforce, prefect: PrefectSide) -> None:
    opportunity = new_id()
    answer = await salesforce.outbound(sale(opportunity))
    assert (answer.status_code, answer.text) == (200, ACK)
    assert answer.headers["content-type"].startswith("text/xml")
    run = await prefect.the_run(opportunity)
    assert run["parameters"]["opportunity_id"] == opportunity
    assert set(run["tags"]) == {"onboarding", f"opportunity:{opportunity}"}
    assert run["idempotency_key"] == f"onboarding:{opportunity}"
    assert run["deployment_id"] == prefect.deployment_id
    assert run["state"]["type"] == "SCHEDULED"


async def test_the_same_message_again_and_at_once_is_one_run(salesforce: Salesforce, prefect: PrefectSide) -> None:
    opportunity = new_id()
    body = sale(opportunity)
    answers = await asyncio.gather(*(salesforce.outbound(body) for _ in range(10)))
    answers.append(await salesforce.outbound(body))
    assert [each.text for each in answers] == [ACK] * 11
    assert len(await prefect.runs(opportunity)) == 1


async def test_short_and_full_ids_and_both_ways_in_are_one_run(salesforce: Salesforce, prefect: PrefectSide) -> None:
    opportunity = new_id()
    first = await salesforce.callout(event(opportunity[:15], "e-1"))
    second = await salesforce.callout(event(opportunity, "e-2"))
    message_answer = await salesforce.outbound(message([notification(opportunity[:15])], ORGANIZATION[:15]))
    run = await prefect.the_run(opportunity)
    assert (first.status_code, first.json()) == (202, {"flow_run_id": run["id"], "created": True})
    assert (second.status_code, second.json()) == (202, {"flow_run_id": run["id"], "created": False})
    assert message_answer.text == ACK


async def test_a_hundred_sales_in_one_message_are_a_hundred_runs(
    receiver: Receiver, prefect_api: str, prefect: PrefectSide
) -> None:
    salesforce = receiver(prefect_api, deployment=prefect.deployment, patience=5.0)
    body = sale(*(opportunities := [new_id() for _ in range(100)]))
    # A busy machine has not made all of them within the patience: the message comes again, and goes on where it was.
    while (answer := await salesforce.outbound(body)).status_code == 503:
        continue
    assert answer.text == ACK
    runs = await prefect.runs(*opportunities)
    assert Counter(run["parameters"]["opportunity_id"] for run in runs) == Counter(opportunities)


async def test_an_opportunity_told_of_twice_in_one_message_is_one_run(
    salesforce: Salesforce, prefect: PrefectSide
) -> None:
    opportunity = new_id()
    same = notification(opportunity)
    body = message([same, same, notification(opportunity[:15]), notification(opportunity, "Negotiation")])
    assert (await salesforce.outbound(body)).text == ACK
    assert len(await prefect.runs(opportunity)) == 1


async def test_a_message_without_a_stage_starts_the_run_and_another_stage_does_not(
    salesforce: Salesforce, prefect: PrefectSide
) -> None:
    silent, negotiating = new_id(), new_id()
    body = message([notification(silent, None), notification(negotiating, "Negotiation/Review")])
    assert (await salesforce.outbound(body)).text == ACK
    assert len(await prefect.runs(silent)) == 1
    assert await prefect.runs(negotiating) == []


@pytest.mark.parametrize(("kind", "prefix"), [("Contact", "003"), ("Account", "001")])
async def test_changes_of_other_records_are_acknowledged_counted_and_start_nothing(
    receiver: Receiver, prefect: PrefectSide, line: BadLine, kind: str, prefix: str
) -> None:
    with Serving(line.app()) as prefect_line:
        salesforce = receiver(prefect_line.url, deployment=prefect.deployment)
        body = message(notification(new_id(prefix), None, kind) for _ in range(2))
        assert (await salesforce.outbound(body)).text == ACK
    assert line.sent(CREATE) == []
    numbers = (await salesforce.client.get(f"{salesforce.url}/metrics")).text
    assert f'receiver_notifications_total{{object="{kind}",outcome="noted"}} 2.0' in numbers


@pytest.mark.usefixtures("salesforce_block")
async def test_what_became_of_the_notifications_is_counted(
    receiver: Receiver, prefect_api: str, prefect: PrefectSide
) -> None:
    salesforce = receiver(prefect_api, deployment=prefect.deployment)
    known, other = new_id(), new_id()
    await salesforce.outbound(sale(known))
    await salesforce.outbound(message([notification(known), notification(new_id())]))
    await salesforce.outbound(sale(other, stage="Prospecting"))
    numbers = (await salesforce.client.get(f"{salesforce.url}/metrics")).text
    assert 'receiver_notifications_total{object="Opportunity",outcome="started"} 2.0' in numbers
    assert 'receiver_notifications_total{object="Opportunity",outcome="known"} 1.0' in numbers
    assert 'receiver_notifications_total{object="Opportunity",outcome="other stage"} 1.0' in numbers
    assert "receiver_flow_runs_created_total 2.0" in numbers
    route = 'route="/salesforce/outbound-messages/{token}"'
    assert f"receiver_answer_seconds_count{{{route}}} 3.0" in numbers


async def test_a_signed_callout_starts_the_run(receiver: Receiver, prefect_api: str, prefect: PrefectSide) -> None:
    salesforce = receiver(prefect_api, deployment=prefect.deployment, hmac_secret=HMAC_SECRET)
    opportunity, now = new_id(), str(int(time.time()))
    body = event(opportunity)
    digest = hmac.new(HMAC_SECRET.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    answer = await salesforce.callout(body, X_Timestamp=now, X_Signature=f"sha256={digest}")
    assert answer.json() == {"flow_run_id": (await prefect.the_run(opportunity))["id"], "created": True}


async def test_while_prefect_is_down_nothing_is_acknowledged_and_the_same_message_succeeds_later(
    receiver: Receiver, prefect: PrefectSide, line: BadLine
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    impatient = receiver(url, deployment=prefect.deployment, patience=1.0)
    patient = receiver(url, deployment=prefect.deployment)
    opportunities = [new_id() for _ in range(20)]
    body = sale(*opportunities)
    begun = time.monotonic()
    down = await impatient.outbound(body)
    assert time.monotonic() - begun < 6  # the patience for one run, not for twenty one after the other
    assert down.status_code == 503
    assert "Prefect" in down.json()["error"]
    assert (await impatient.callout(event(opportunities[0]))).status_code == 503
    with Serving(line.app(), port):
        assert (await patient.outbound(body)).text == ACK
    assert len(await prefect.runs(*opportunities)) == 20


async def test_a_busy_prefect_is_asked_again_with_the_same_key(
    receiver: Receiver, prefect: PrefectSide, line: BadLine
) -> None:
    line.faults.append(Fault(CREATE, times=3))
    opportunity = new_id()
    with Serving(line.app()) as prefect_line:
        salesforce = receiver(prefect_line.url, deployment=prefect.deployment)
        assert (await salesforce.outbound(sale(opportunity))).text == ACK
    keys = [json.loads(body)["idempotency_key"] for body in line.sent(CREATE)]
    assert keys == [f"onboarding:{opportunity}"] * 4
    assert len(await prefect.runs(opportunity)) == 1


async def test_a_run_whose_confirmation_was_lost_is_not_made_twice(
    receiver: Receiver, prefect: PrefectSide, line: BadLine
) -> None:
    line.faults.append(Fault(CREATE, times=2, forward=True))
    opportunity = new_id()
    with Serving(line.app()) as prefect_line:
        salesforce = receiver(prefect_line.url, deployment=prefect.deployment)
        assert (await salesforce.outbound(sale(opportunity))).text == ACK
    assert len(line.sent(CREATE)) == 3
    assert len(await prefect.runs(opportunity)) == 1


async def test_a_message_is_not_acknowledged_while_one_of_its_runs_is_missing(
    receiver: Receiver, prefect: PrefectSide, line: BadLine
) -> None:
    opportunities = [new_id() for _ in range(5)]
    line.faults.append(Fault(f"{CREATE}.*{opportunities[3]}", times=1000))
    with Serving(line.app()) as prefect_line:
        impatient = receiver(prefect_line.url, deployment=prefect.deployment, patience=1.0)
        patient = receiver(prefect_line.url, deployment=prefect.deployment)
        failed = await impatient.outbound(sale(*opportunities))
        assert failed.status_code == 503
        assert "Ack" not in failed.text
        line.faults.clear()
        assert (await patient.outbound(sale(*opportunities))).text == ACK
    runs = await prefect.runs(*opportunities)
    assert Counter(run["parameters"]["opportunity_id"] for run in runs) == Counter(opportunities)


@pytest.mark.parametrize(
    ("status", "body"), [(200, "<html>a proxy's page</html>"), (200, '{"id":'), (409, "schema"), (302, "")]
)
async def test_an_answer_that_confirms_nothing_is_a_failed_delivery(
    receiver: Receiver, prefect: PrefectSide, line: BadLine, status: int, body: str
) -> None:
    line.faults.append(Fault(CREATE, times=1, status=status, body=body))
    opportunity = new_id()
    with Serving(line.app()) as prefect_line:
        salesforce = receiver(prefect_line.url, deployment=prefect.deployment)
        failed = await salesforce.outbound(sale(opportunity))
        assert failed.status_code == 503
        assert "Prefect" in failed.json()["error"]
        assert (await salesforce.outbound(sale(opportunity))).text == ACK


async def test_a_deployment_that_was_replaced_is_found_again(
    receiver: Receiver, prefect_api: str, prefect: PrefectSide
) -> None:
    replaced = PrefectSide(prefect.api, f"{prefect.deployment}-replaced")
    await replaced.deploy()
    salesforce = receiver(prefect_api, deployment=replaced.deployment)
    assert (await salesforce.outbound(sale(new_id()))).text == ACK
    await replaced.withdraw()
    await replaced.deploy()
    opportunity = new_id()
    assert (await salesforce.outbound(sale(opportunity))).text == ACK
    assert (await prefect.the_run(opportunity))["deployment_id"] == replaced.deployment_id


async def test_the_receiver_is_ready_when_prefect_has_the_deployment(
    receiver: Receiver, prefect_api: str, salesforce: Salesforce, prefect: PrefectSide
) -> None:
    await prefect.be_polled()
    ready = await salesforce.client.get(f"{salesforce.url}/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    lacking = receiver(prefect_api, deployment="onboarding/no-such")
    answer = await lacking.client.get(f"{lacking.url}/ready")
    assert answer.status_code == 503
    assert "onboarding/no-such" in answer.json()["error"]
    assert (await lacking.outbound(sale(new_id()))).status_code == 503


async def test_the_receiver_is_alive_but_not_ready_without_prefect(receiver: Receiver) -> None:
    alone = receiver(f"http://127.0.0.1:{free_port()}")
    answer = await alone.client.get(f"{alone.url}/ready")
    assert answer.status_code == 503
    assert "Prefect" in answer.json()["error"]
    assert (await alone.client.get(f"{alone.url}/health")).json() == {"status": "alive"}
