"""Every call of an end of service, and of its withdrawal, meets faults: in the end all is done, nothing twice."""

import os
from datetime import date, timedelta

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType

from rules.contracts.service_term import DAY
from tests.faults.killed import killed
from tests.support.asking import state_of
from tests.support.clients import YEAR, look_after, make_client
from tests.support.outcome import effects
from tests.support.prefect_calls import ask_prefect
from tests.support.runs import audit_page, press_retry
from tests.support.scale import cases

pytestmark = pytest.mark.flows

READS = {
    "client": ("salesforce", "POST", "/composite", 0),
    "company": ("lms", "GET", "/api/companies", 0),
    "publications": ("lms", "GET", "/api/publications", 0),
    "subscriptions": ("recurly", "GET", "/subscriptions", 0),
}
CHANGES = {
    "first publication": ("lms", "PATCH", "/api/publications", 0),
    "second publication": ("lms", "PATCH", "/api/publications", 1),
    "end of the company": ("lms", "PATCH", "/api/companies", 0),
    "one word": ("slack", "POST", "chat.postMessage", 0),
    "other word": ("slack", "POST", "chat.postMessage", 1),
}
STATUS = {"CS Status": ("salesforce", "POST", "/composite", 1)}
ENDING, STAYING = READS | CHANGES | STATUS, READS | CHANGES
"""Every call to a vendor: system, method, path, and how many alike come before it."""
PASSING = {"error": {"status": 503}, "drop_before": {}, "drop_after": {}}
LASTING = 1000
"""More requests than any run makes."""
DONE = {"PATCH /publications/*": 2, "PATCH /companies/*": 1, "POST /chat.postMessage": 2}


def order(sandbox, calls, call, kind, times=1):
    system, method, path, before = calls[call]
    if kind == "drop_after" and times == 1 and system == "slack":
        before = 0  # What was posted is found and not posted again, so one call less comes before.
    sandbox.fault(system, kind, method=method, path=path, skip=before, times=times, **PASSING[kind])


def over(people, calendar):
    """A client whose contract ended yesterday, and which nobody looked after; the journal's last entry."""
    client = make_client(people, calendar.on(-1), publications=("Nursing Today", "Ward News"))
    return client, people.sandbox.last()


async def renewed(people, calendar):
    """A client whose end was set and who then renewed; the journal's last entry."""
    client = make_client(people, calendar.on(20), publications=("Nursing Today", "Ward News"))
    await look_after(client)
    client.renew(calendar.on(21), calendar.today + YEAR)
    return client, people.sandbox.last()


async def assert_ended_once(client, since):
    """Status, days and messages as the procedure says; one effect and one line of the audit for each (PUB-4)."""
    yesterday = (date.fromisoformat(os.environ["LIFECYCLE_TODAY"]) - DAY).isoformat()
    records = (client.in_lms(), *client.issues())
    assert [(one["status"], one["deactivateOn"]) for one in records] == [("inactive", yesterday)] * 3
    assert client.cs_status() == "Deactivated"
    assert sorted(client.told()) == ["ended:sales", "ended:the CSM"]
    assert effects(client.sandbox, since) == DONE | {"POST /composite": 1}
    lines = sorted((line["system"], line["field"]) for line in await audit_page(client.account))
    ends = [("LMS", "Last Day of Service")] * 3 + [("LMS", "Status")] * 3
    assert lines == [*ends, ("Salesforce", "CS Status"), *[("Slack", "Message")] * 2]


async def assert_stays_once(client, since):
    """The end is withdrawn everywhere, and people know (PUB-5)."""
    records = (client.in_lms(), *client.issues())
    assert [(one["status"], one["deactivateOn"]) for one in records] == [("active", None)] * 3
    assert client.cs_status() == "Active"
    assert sorted(client.told()) == ["stays:sales", "stays:the CSM"]
    assert effects(client.sandbox, since) == DONE
    lines = sorted((line["system"], line["field"]) for line in await audit_page(client.account))
    assert lines == [*[("LMS", "Last Day of Service")] * 6, *[("Slack", "Message")] * 2]


# --- every call


@pytest.mark.parametrize("kind", cases(PASSING, "drop_after"))
async def test_pub_4_pub_5_a_fault_met_once_by_each_call_passes(people, sandbox, calendar, kind):
    client, since = over(people, calendar)
    for call in ENDING:
        order(sandbox, ENDING, call, kind)
    run = await look_after(client)
    assert run.ended == "Completed", run.message
    assert sandbox.faults() == []
    await assert_ended_once(client, since)

    client, since = await renewed(people, calendar)
    for call in STAYING:
        order(sandbox, STAYING, call, kind)
    run = await look_after(client)
    assert run.ended == "Completed", run.message
    assert sandbox.faults() == []
    await assert_stays_once(client, since)


FIRST_READ = ["client", "company", "publications", "subscriptions"]
IN_TURN = {
    ("ended", "drop_before"): [
        *FIRST_READ,
        *["first publication"] * 2,
        "end of the company",
        "CS Status",
        "other word",
    ],
    ("ended", "drop_after"): [*["first publication"] * 2, "end of the company", "CS Status"],
    ("stays", "drop_before"): ["end of the company", "first publication", "other word", "first publication"],
    ("stays", "drop_after"): ["end of the company", *["first publication"] * 2],
}
"""What a run meets that is tried again after each: what is done is not asked for again, so the second is then first."""


IN_TURN |= {(becomes, "error"): IN_TURN[becomes, "drop_before"] for becomes in ("ended", "stays")}


@pytest.mark.parametrize(("becomes", "kind"), cases(IN_TURN, ("ended", "drop_before")))
async def test_pub_4_pub_5_though_each_call_fails_for_long_in_turn_retry_does_everything_once(
    people, sandbox, calendar, becomes, kind
):
    client, since = over(people, calendar) if becomes == "ended" else await renewed(people, calendar)
    run = None
    for call in IN_TURN[becomes, kind]:
        order(sandbox, ENDING, call, kind, times=LASTING)
        run = await press_retry(run) if run else await look_after(client)
        assert run.ended == "Unavailable", (call, run.message)
        assert "press Retry" in run.message
        sandbox.clear_faults()
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    await (assert_ended_once if becomes == "ended" else assert_stays_once)(client, since)


# --- power cuts


def started_so_far(clients):
    """How many of these clients have a run, asked while the sweep's process works."""
    tags = [f"account:{client.account}" for client in clients]
    return int(ask_prefect("/flow_runs/count", flow_runs={"tags": {"any_": tags}}))


@pytest.mark.long
async def test_pub_4_a_sweep_that_is_killed_while_it_starts_its_runs_starts_each_once_when_it_runs_again(
    people, calendar, override
):
    await override("lifecycle-policy", guard_max_percent=100)
    clients = [make_client(people, calendar.on(-1)) for _ in range(24)]
    await calendar.deploy()
    sweep = await calendar.nights.sweep.create()
    await killed(sweep, lambda: started_so_far(clients))
    assert 0 < started_so_far(clients) < len(clients)
    async with get_client() as client:
        retry = State(type=StateType.SCHEDULED, name="AwaitingRetry")
        await client.set_flow_run_state(sweep.id, retry, force=True)
    sweep = await calendar.nights.sweep.work(sweep.id)
    assert state_of(sweep) == "Completed", sweep.state
    runs = await calendar.runs(*clients)
    last_day = calendar.today - timedelta(days=1)
    keys = [[f"deactivation:{one.contract}:{last_day}:{calendar.today}"] for one in clients]
    assert [[run.idempotency_key for run in some] for some in runs] == keys
    since = people.sandbox.last()
    await calendar.work(*clients[:2])
    await calendar.night(*clients[:2])
    assert effects(people.sandbox, since)["PATCH /companies/*"] == 2
    assert [sorted(one.told()) for one in clients[:2]] == [["ended:sales", "ended:the CSM"]] * 2
