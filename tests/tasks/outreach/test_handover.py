"""The steps against Outreach, with the stand-in, on a real Prefect server (TRN-3, TRN-4, TRN-10, TRN-11)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from prefect import flow

from blocks.common.errors import VendorError, VendorRefused
from tasks.outreach.handover import (
    add_prospect,
    end_other_introductions,
    make_task,
    read_outreach,
    start_sequence,
    states_before,
)
from tasks.outreach.owners import hand_over_in_outreach
from tests.sandbox.outreach_calls import to
from tests.support.scale import cases
from tests.tasks.outreach_org import ACME, journal, run, run_recorded

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_api")]

BEN = "ben@seller.example"
NOW = datetime.now(UTC)
KEY = "transition:abc:001000000000001AAA:pending:500000000000001AAA"
FAULTS = {
    "drop_before": {},
    "drop_after": {},
    "error": {"status": 503},
    "timeout": {"seconds": 5},
    "rate_limit": {},
}


def state(sandbox, kind):
    return sandbox.state("outreach")[kind]


def owners(sandbox, kind):
    return [one["relationships"]["owner"]["data"]["id"] for one in state(sandbox, kind)]


def states(sandbox):
    return [one["attributes"]["state"] for one in state(sandbox, "sequenceStates")]


def mails(sandbox):
    return [mail["from"] for mail in sandbox.state("mail")["mails"]]


async def hand_over(account_id=ACME, csm_email=BEN):
    _, lines = await run_recorded(hand_over_in_outreach, account_id, csm_email)
    return lines


async def start(prospect_id=1, sequence="Automated", csm_email=BEN, before=()):
    state_id, lines = await run_recorded(
        start_sequence, prospect_id, sequence, csm_email, rule="TRN-3", before=list(before)
    )  # fmt: skip
    return {"state_id": state_id, "effects": lines}


async def make(key=KEY, **changes):
    wanted = {"csm_email": BEN, "text": "Two questions.", "template": "Hello", "prospect_id": 1}
    task_id, lines = await run_recorded(make_task, key, "Open questions", **wanted | changes)
    return {"id": task_id, "effects": lines}


async def test_trn_3_what_outreach_knows_of_an_account_is_read(outreach_org):
    await start(sequence="Semi-automated")
    about = {"owner": to("user", 1), "account": to("account", 1), "subject": to("account", 1)}
    outreach_org.seed(outreach={"tasks": [{"attributes": {"state": "pending"}, "relationships": about}]})
    found = await run(read_outreach, [ACME, "001000000000002AAA"], ["Semi-automated", "Nowhere"])
    assert found.keys() == {ACME}
    acme = found[ACME]
    assert (acme.id, acme.owner.email, [one.name for one in acme.prospects]) == (
        1,
        "ada@seller.example",
        ["jane", "joe"],
    )
    assert [(one.prospect, one.account) for one in acme.open_tasks] == [(1, None), (None, 1)]
    assert [(one.prospect, one.state) for one in acme.states] == [(1, "active")]


async def test_trn_3_a_hundred_accounts_are_read_in_few_calls(outreach_org):
    ids = [f"{number:018}" for number in range(100)]
    accounts = [{"attributes": {"customId": one}, "relationships": {"owner": to("user", 1)}} for one in ids]
    numbers = outreach_org.seed(outreach={"accounts": accounts})["outreach"]["accounts"]
    contacts = [
        {"attributes": {}, "relationships": {"account": to("account", one)}} for one in numbers for _ in range(2)
    ]
    outreach_org.seed(outreach={"prospects": contacts})
    since = outreach_org.last()
    found = await run(read_outreach, ids, ["Automated", "Semi-automated"])
    assert {len(one.prospects) for one in found.values()} == {2}
    assert len(found) == 100
    calls = [entry for entry in outreach_org.journal("outreach", since) if "/oauth/" not in entry["path"]]
    assert len(calls) <= 20


async def test_trn_10_account_and_prospects_get_the_new_owner_and_a_repeat_changes_nothing(outreach_org):
    task = {"owner": to("user", 1), "prospect": to("prospect", 1), "subject": to("prospect", 1)}
    outreach_org.seed(outreach={"tasks": [{"attributes": {}, "relationships": task}]})
    told = await hand_over()
    assert [(one["record"], one["field"], one["before"], one["after"], one["rule"]) for one in told] == [
        (record, "Owner", "ada@seller.example", BEN, "TRN-10") for record in ("Account 1", "Prospect 1", "Prospect 2")
    ]
    moved = {kind: owners(outreach_org, kind) for kind in ("accounts", "prospects", "tasks")}
    assert moved == {"accounts": [2], "prospects": [2, 2], "tasks": [2]}
    assert await hand_over() == []
    assert len(journal(outreach_org, "PATCH")) == 3


async def test_trn_10_only_who_has_another_owner_is_moved(outreach_org):
    fields = {
        "attributes": {"firstName": "Kim"},
        "relationships": {"account": to("account", 1), "owner": to("user", 2)},
    }
    outreach_org.seed(outreach={"prospects": [fields]})
    assert [one["record"] for one in await hand_over()] == ["Account 1", "Prospect 1", "Prospect 2"]


@pytest.mark.parametrize("fault", cases(["drop_after", "error", "timeout"], "drop_after"))
@pytest.mark.parametrize("path", ["/accounts/1", "/prospects/2"])
async def test_trn_10_owners_are_right_in_the_end_whatever_happens_on_the_way(outreach_org, path, fault):
    outreach_org.fault("outreach", fault, method="PATCH", path=path, **FAULTS[fault])
    await hand_over()
    assert (owners(outreach_org, "accounts"), owners(outreach_org, "prospects")) == ([2], [2, 2])
    assert len([one for one in journal(outreach_org, "PATCH") if one["effect"]]) == 3


async def test_trn_3_an_automated_sequence_mails_once_from_the_new_csms_mailbox(outreach_org):
    first = await start()
    again = await start()
    assert (first["state_id"], again["state_id"], again["effects"]) == (1, 1, [])
    assert [(one["field"], one["after"]) for one in first["effects"]] == [("Sequence Automated", BEN)]
    assert (states(outreach_org), mails(outreach_org)) == (["active"], [BEN])


async def test_trn_4_a_sequence_that_is_not_automated_reaches_the_csm_as_a_task(outreach_org):
    await start(sequence="Semi-automated")
    (task,) = state(outreach_org, "tasks")
    assert (task["attributes"]["taskType"], task["relationships"]["owner"]["data"]["id"]) == ("sequence_step_email", 2)
    assert mails(outreach_org) == []


@pytest.mark.parametrize("fault", cases(FAULTS, "drop_before", "drop_after"))
async def test_trn_3_one_state_and_one_mail_whatever_happens_on_the_way(outreach_org, fault):
    outreach_org.fault("outreach", fault, method="POST", path="/sequenceStates", **FAULTS[fault])
    assert (await start())["state_id"] == 1
    assert (states(outreach_org), mails(outreach_org)) == (["active"], [BEN])


@pytest.fixture
def far_away(outreach_org):
    """An Outreach whose answers take so long that everybody has looked before anybody has written."""
    outreach_org.control.post("/_control/latency", json={"outreach": 0.4}).raise_for_status()


@pytest.mark.usefixtures("far_away")
async def test_trn_3_many_who_begin_the_same_at_once_begin_it_once(outreach_org):
    begun = await asyncio.gather(*(start() for _ in range(4)))
    assert {one["state_id"] for one in begun} == {1}
    assert (states(outreach_org), mails(outreach_org)) == (["active"], [BEN])


def begun(sandbox, state, mailbox=2, created=NOW):
    relations = {"prospect": to("prospect", 1), "sequence": to("sequence", 1), "mailbox": to("mailbox", mailbox)}
    attributes = {"state": state, "createdAt": created.isoformat()}
    sandbox.seed(outreach={"sequenceStates": [{"attributes": attributes, "relationships": relations}]})


async def test_trn_3_of_two_that_a_race_began_the_older_goes_on(outreach_org):
    for one in ("finished", "active", "paused"):
        begun(outreach_org, one)
    told = await start()
    assert (told["state_id"], states(outreach_org), mails(outreach_org)) == (2, ["finished", "active", "finished"], [])
    assert [(one["before"], one["after"]) for one in told["effects"]] == [("paused", "finished")]


async def test_trn_3_what_an_earlier_hand_over_began_from_another_mailbox_ends(outreach_org):
    begun(outreach_org, "active", mailbox=1, created=NOW - timedelta(days=9))
    assert (await start())["state_id"] == 2
    assert (states(outreach_org), mails(outreach_org)) == (["finished", "active"], [BEN])


async def test_trn_3_a_way_that_ended_within_this_hand_over_is_not_begun_again_but_one_before_it_is(outreach_org):
    begun(outreach_org, "finished")
    assert (await start())["state_id"] == 1
    assert mails(outreach_org) == []
    assert (await start(before=[1]))["state_id"] == 2
    assert mails(outreach_org) == [BEN]


async def test_trn_3_what_was_there_before_a_run_is_the_same_in_every_try_of_it(outreach_org):
    @flow
    async def look_twice():
        first = await states_before(1, "Automated")
        begun(outreach_org, "active")
        return first, await states_before(1, "Automated")

    begun(outreach_org, "finished")
    assert await look_twice() == ([1], [1])


@pytest.mark.parametrize(
    ("records", "changes", "told"),
    [
        ({}, {"csm_email": "zed@seller.example"}, "nobody there has the address zed.*administrator adds"),
        ({"users": [{"email": "zed@x.org", "locked": True}]}, {"csm_email": "zed@x.org"}, "is locked.*unlocks it"),
        ({"users": [{"email": "zed@x.org"}]}, {"csm_email": "zed@x.org"}, "has no mailbox.*connects one"),
        ({}, {"sequence": "Nowhere"}, "no sequence 'Nowhere'.*policy block"),
        ({"sequences": [{"name": "Off", "enabled": False}]}, {"sequence": "Off"}, "not enabled.*CS Operations enable"),
        ({"prospects": [{"emails": ["o@x.org"], "optedOut": True}]}, {"prospect_id": 3}, "opted out.*another contact"),
        ({"prospects": [{}]}, {"prospect_id": 3}, "failed in the sequence.*no email address.*CSM corrects it"),
        (
            {"users": [{"email": "z@x.org"}], "mailboxes": [{"email": "z@x.org", "userId": 3, "sendDisabled": True}]},
            {"csm_email": "z@x.org"},
            "cannot send.*connects it again",
        ),
    ],
)
async def test_trn_3_what_stands_in_the_way_is_told_with_who_must_do_what(outreach_org, records, changes, told):
    seeded = {kind: [{"attributes": one} for one in rows] for kind, rows in records.items()}
    outreach_org.seed(outreach=seeded)
    with pytest.raises(VendorRefused, match=told) as refused:
        await start(**changes)
    assert "press Retry" in str(refused.value)
    assert mails(outreach_org) == []


async def test_trn_3_who_opted_out_after_the_sequence_began_fails_no_repeat(outreach_org):
    outreach_org.seed(outreach={"prospects": [{"attributes": {"emails": ["o@x.org"], "optedOut": True}}]})
    relations = {"prospect": to("prospect", 3), "sequence": to("sequence", 1), "mailbox": to("mailbox", 2)}
    outreach_org.seed(outreach={"sequenceStates": [{"attributes": {}, "relationships": relations}]})
    assert (await start(prospect_id=3))["effects"] == []


@pytest.mark.parametrize("call", [hand_over, make])
async def test_trn_10_a_csm_whom_outreach_does_not_know_is_told(outreach_org, call):
    with pytest.raises(VendorRefused, match="nobody there has the address zed"):
        await call(csm_email="zed@seller.example")
    assert len(journal(outreach_org, "PATCH")) == 0


@pytest.mark.usefixtures("outreach_org")
async def test_trn_10_an_account_that_outreach_does_not_know_is_told():
    with pytest.raises(VendorRefused, match="no account there has the custom id 001000000000009AAA"):
        await hand_over(account_id="001000000000009AAA")


async def test_trn_11_a_task_is_made_once_of_its_template_for_the_csm(outreach_org):
    first, again = await make(), await make()
    assert (again["id"], again["effects"]) == (first["id"], [])
    (task,) = state(outreach_org, "tasks")
    relations = {name: task["relationships"][name]["data"]["id"] for name in ("owner", "prospect", "template")}
    assert relations == {"owner": 2, "prospect": 1, "template": 1}
    assert (task["attributes"]["action"], task["attributes"]["taskType"]) == ("email", "manual")
    assert task["attributes"]["note"] == f"Open questions\n\nTwo questions.\n\nTemplate: Hello\n\n[{KEY}]"
    assert [(one["field"], one["after"], one["rule"]) for one in first["effects"]] == [
        ("Task", "Open questions", "TRN-11")
    ]


async def test_trn_11_one_that_is_done_is_not_made_again_and_one_of_a_longer_key_is_another(outreach_org):
    first = await make()
    done = {"attributes": {"state": "complete", "note": f"[{KEY}2]"}, "relationships": {"prospect": to("prospect", 1)}}
    outreach_org.seed(outreach={"tasks": [done]})
    assert (await make(key=f"{KEY}2"))["effects"] == []
    assert (await make(key=f"{KEY}3"))["id"] == 3
    assert (await make())["id"] == first["id"]


@pytest.mark.parametrize("fault", cases(FAULTS, "drop_before", "drop_after"))
async def test_trn_11_one_task_whatever_happens_on_the_way(outreach_org, fault):
    outreach_org.fault("outreach", fault, method="POST", path="/tasks", **FAULTS[fault])
    await make()
    assert len(state(outreach_org, "tasks")) == 1


@pytest.mark.usefixtures("far_away")
async def test_trn_11_many_who_make_the_same_task_at_once_make_one(outreach_org):
    made = await asyncio.gather(*(make() for _ in range(4)))
    assert {one["id"] for one in made} == {1}
    assert len(state(outreach_org, "tasks")) == 1


async def test_trn_11_a_template_that_is_missing_is_told_and_none_is_needed_for_a_call(outreach_org):
    with pytest.raises(VendorRefused, match=r"no template 'Gone'.*CS Operations create it"):
        await make(template="Gone")
    assert state(outreach_org, "tasks") == []
    await make(template="", action="call", text="x" * 70_000, due=NOW)
    (task,) = state(outreach_org, "tasks")
    assert (task["attributes"]["action"], task["attributes"]["note"].endswith(f"[{KEY}]")) == ("call", True)
    assert datetime.fromisoformat(task["attributes"]["dueAt"]) == NOW


async def add(email="kim@acme.example"):
    fields = {"first_name": "Kim", "last_name": "Day", "title": "COO", "csm_email": BEN}
    return await run(add_prospect, ACME, email, **fields)


async def test_trn_3_a_contact_becomes_a_prospect_once(outreach_org):
    outreach_org.fault("outreach", "drop_after", method="POST", path="/prospects")
    assert (await add()) == (await add()) == 3
    assert owners(outreach_org, "prospects") == [1, 1, 2]


async def test_trn_3_an_address_of_another_accounts_prospect_is_told(outreach_org):
    outreach_org.seed(outreach={"prospects": [{"attributes": {"emails": ["kim@acme.example"]}}]})
    with pytest.raises(VendorRefused, match=r"another account.*CS Operations move it"):
        await add()


async def test_what_was_done_before_a_failure_is_told_by_the_trail(outreach_org):
    from tasks.runs.audit import audit_trail  # noqa: PLC0415 - for this test alone

    outreach_org.fault("outreach", "error", method="PATCH", path="/prospects/2", status=422, code="validationError")
    lines = []

    @flow(persist_result=True)
    async def once():
        async with audit_trail(None) as trail:
            try:
                await hand_over_in_outreach(ACME, BEN)
            except VendorError:
                lines.extend(trail)

    await once()
    assert [one["record"] for one in lines] == ["Account 1", "Prospect 1"]


async def test_trn_10_an_introduction_that_an_earlier_hand_over_began_goes_on_from_nobody_elses_mailbox(outreach_org):
    await start(sequence="Semi-automated", csm_email="ada@seller.example")
    await start(sequence="Automated")
    names = ["Automated", "Semi-automated", "No Such Sequence"]
    _, done = await run_recorded(end_other_introductions, ACME, names, BEN)
    assert states(outreach_org) == ["finished", "active"]
    assert [(line["field"], line["after"]) for line in done] == [("Sequence Semi-automated", "finished")]
    assert await run_recorded(end_other_introductions, ACME, names, BEN) == (None, [])
