"""Publications that somebody asks for, or asks about; once, whatever happens (PUB-1, PUB-3, PUB-5, PUB-7)."""

import asyncio

import pytest

from flows.publications import publications
from tests.support.asking import Worker, buttons, note_press, questions, said, state_of
from tests.support.outcome import MESSAGE, effects, messages
from tests.support.publications import (
    CREATE,
    NORTH,
    PATCH,
    SOUTH,
    TODAY,
    bring,
    details,
    in_lms,
    make_client,
    number_of,
    request,
    states,
)
from tests.support.runs import audit_page, retry_until_completed, until

pytestmark = pytest.mark.flows


def notices(sandbox, run):
    return [one for one in messages(sandbox) if f"publications:{run.id}" in str(one["metadata"])]


# --- requests


@pytest.mark.usefixtures("every_link_leads")
async def test_pub_1_a_request_that_fits_renames_and_the_sales_channel_reads_of_it(people, sandbox):
    whose = make_client(people, "East", there=(NORTH,))
    asked = request("rename", "north", "East") | {"note": "They *moved* <!here>"}
    run = await bring(whose.account, request=asked)
    assert run.message == f"{whose.name}: 1 renamed."
    assert states(people, whose.company) == {"East": "active"}
    assert effects(sandbox, whose.since) == {PATCH: 1, MESSAGE: 2}
    notice, reply = notices(sandbox, run)
    assert (notice["channel"], reply["channel"], reply["thread_ts"]) == ("sales", "sales", notice["ts"])
    assert f"{whose.name}*: 1 renamed." in reply["text"]
    assert "pat.seller asks to *rename north to East*" in notice["text"]
    assert "<!here>" not in notice["text"]
    (line,) = [one for one in await audit_page(whose.account) if one["field"] == "Publication Name"]
    assert (line["before"], line["after"], line["rule"]) == ("North", "East", "PUB-5")


async def test_pub_3_a_preview_says_what_sales_must_settle_first_and_asks_nobody(people, sandbox):
    whose = make_client(people, "North", there=(SOUTH,))
    run = await bring(whose.account, request=request("set up", "East", by=""), preview=True)
    assert run.ended == "Previewed", run.message
    words = ("To settle first: [sales]", "East", "Nothing was written.")
    assert [word for word in words if word not in run.message] == []
    assert (questions(sandbox, run), notices(sandbox, run), effects(sandbox, whose.since)) == ([], [], {})


async def test_pub_3_a_request_that_does_not_fit_asks_the_seller_and_goes_on_when_the_contract_is_repaired(
    people, sandbox
):
    whose, worker = make_client(people, "North", there=(SOUTH,)), Worker(publications)
    run = await worker.start(account_id=whose.account, request=request("set up", "East"))
    assert state_of(run) == "Suspended"
    (notice,), (question,) = notices(sandbox, run), questions(sandbox, run)
    assert (question["channel"], question["thread_ts"]) == ("sales", notice["ts"])
    told = ("Publications* is North", "list East", "cancel the request to set up East", f"/{whose.contract}/view")
    assert [part for part in told if part not in said(question)] == []
    assert set(buttons(question)) == {"Check again", "Cancel this publication change"}
    assert effects(sandbox, whose.since) == {MESSAGE: 2}
    assert {f"account:{whose.account}", f"contract:{whose.contract}", "waiting"} <= set(run.tags)
    people.edit("Contract", whose.contract, Publications__c="North\nSouth\nEast")
    run = await worker.resume(run.id, decided_by=f"Salesforce (Contract {whose.contract})")
    assert state_of(run) == "Completed", run.state
    assert states(people, whose.company) == {"North": "active", "South": "active", "East": "active"}
    assert "all fixed" in said(questions(sandbox, run)[0])
    _, reply = notices(sandbox, run)
    assert "2 set up" in reply["text"]


async def test_pub_3_a_request_that_is_already_true_ends_well_and_says_so(people, sandbox):
    whose = make_client(people, "North", there=(NORTH,))
    run = await bring(whose.account, request=request("set up", "North", by=""))
    expected = f"{whose.name}: all publications are in line. Asked to set up North: that is so already."
    assert (run.ended, run.message) == ("Completed", expected)
    assert effects(sandbox, whose.since) == {}


# --- new names


async def test_pub_7_what_is_gone_beside_what_is_new_is_asked_of_sales_and_renamed_by_their_answer(people, sandbox):
    whose, worker = make_client(people, "East", "West", there=(NORTH, SOUTH)), Worker(publications)
    run = await worker.start(account_id=whose.account)
    assert state_of(run) == "Suspended"
    (question,) = questions(sandbox, run)
    assert {"Renamed to East", "Renamed to West", "North has ended", "South has ended"} <= set(buttons(question))
    assert "the contract and the LMS disagree" in notices(sandbox, run)[0]["text"]
    assert effects(sandbox, whose.since) == {MESSAGE: 2}
    await note_press(run.id, decision="Choose", topic="publication north", choice="renamed to east")
    key = await note_press(run.id, decision="Choose", topic="publication south", choice="ended")
    run = await worker.resume(run.id, decided_by=key)
    assert state_of(run) == "Completed", run.state
    assert run.state.message == f"{whose.name}: 1 set up, 1 renamed, 1 deactivated."
    assert states(people, whose.company) == {
        "East": "active",
        "West": "active",
        "South": f"scheduled until {TODAY}",
    }
    answers = [line["after"] for line in await audit_page(whose.account) if line["field"] == "Answer"]
    assert "pat.seller: Choose publication north = renamed to east" in answers


async def test_pub_7_a_name_that_another_company_has_is_asked_of_sales_and_nothing_else_is_lost(people, sandbox):
    other = make_client(people)
    whose = make_client(people, "North", "South", "West", there=(SOUTH | {"details": {}},), Name=f"{other.name}")
    sandbox.seed(lms={"publications": [NORTH | {"organizationName": other.name, "companyId": other.company}]})
    worker = Worker(publications)
    run = await worker.start(account_id=whose.account)
    assert state_of(run) == "Suspended"
    (question,) = questions(sandbox, run)
    assert "another company" in said(question)
    assert set(in_lms(people, whose.company)) == {"South", "West"}
    assert in_lms(people, whose.company)["South"]["details"] == details(number_of(people, whose.contract))
    people.edit("Contract", whose.contract, Publications__c="North 2\nSouth\nWest")
    run = await worker.resume(run.id)
    assert state_of(run) == "Completed", run.state
    assert set(states(people, whose.company)) == {"North 2", "South", "West"}
    assert states(people, other.company) == {"North": "active"}


# --- again, at once, and through faults


async def test_two_runs_at_once_set_a_publication_up_once(people, sandbox):
    whose = make_client(people, "North", "South")
    runs = await asyncio.gather(bring(whose.account), bring("", contract_id=whose.contract), bring(whose.account))
    assert {run.ended for run in runs} <= {"Completed", "Already under way"}
    assert states(people, whose.company) == {"North": "active", "South": "active"}
    assert effects(sandbox, whose.since) == {CREATE: 2}


async def test_pub_1_a_request_beside_a_run_that_waits_is_told_so_and_nothing_is_done_when_both_end(people, sandbox):
    whose, worker = make_client(people, "North"), Worker(publications)
    waits = await worker.start(account_id=whose.account, request=request("set up", "East"))
    run = await bring(whose.account, request=request("update", "North"))
    assert run.ended == "Already under way"
    (notice,) = notices(sandbox, run)
    assert str(waits.id) in notice["text"]
    waits = await worker.resume(waits.id, decision="Cancel", decided_by="Dana Ops")
    assert state_of(waits) == "Cancelled"
    assert states(people, whose.company) == {}


async def test_a_contract_that_changes_while_the_run_is_at_work_is_heeded(people, sandbox):
    whose = make_client(people, "North")
    sandbox.fault("lms", "slow", path="/api/publications", method="POST", seconds=1)
    working = asyncio.create_task(bring(whose.account))
    await until(lambda: [one for one in sandbox.journal("lms", whose.since) if one["method"] == "POST"], working)
    people.edit("Contract", whose.contract, Publications__c="North\nSouth")
    run = await working
    assert run.ended == "Completed", run.message
    assert set(in_lms(people, whose.company)) == {"North", "South"}


READS = [("salesforce", "POST", "/composite", 1), ("lms", "GET", "/api/companies", 1)]
READS += [("lms", "GET", "/api/publications", 1)]
WRITES = [("lms", "PATCH", "/api/publications", 2), ("lms", "POST", "/api/publications", 1)]
"""The calls of a run that renames, updates and sets up: system, method, path, how often it is met by the fault."""


@pytest.mark.parametrize(
    ("kind", "met"),
    [
        ("drop_after", READS + WRITES),
        ("drop_before", READS + WRITES),
        ("malformed", WRITES),
    ],
)
async def test_a_fault_met_by_each_call_passes_or_is_mended_by_retry(people, sandbox, kind, met):
    whose = make_client(people, "East", "South", "West", there=(NORTH, SOUTH | {"details": {}}))
    for system, method, path, times in met:
        sandbox.fault(system, kind, method=method, path=path, times=times)
    run = await bring(whose.account, request=request("rename", "North", "East", by=""))
    if kind != "malformed":
        assert run.ended == "Completed", run.message
    await retry_until_completed(run, tries=3)
    assert sandbox.faults() == []
    assert states(people, whose.company) == {"East": "active", "South": "active", "West": "active"}
    found = in_lms(people, whose.company).values()
    assert [one["details"] for one in found] == [details(number_of(people, whose.contract))] * 3
    assert effects(sandbox, whose.since) == {CREATE: 1, PATCH: 2}
    names = [line["after"] for line in await audit_page(whose.account) if line["field"] == "Publication Name"]
    assert sorted(names) == ["East", "West"]
