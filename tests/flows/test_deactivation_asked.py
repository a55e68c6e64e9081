"""What does not fit about a client's end of service is asked, and nothing ends before it is settled (PUB-3, PUB-7)."""

from datetime import timedelta

import pytest

from flows.deactivation import deactivate_account
from rules.contracts.service_term import DAY
from tests.flows.end_of_service import TODAY, in_days, in_lms, told
from tests.support.asking import Worker, questions, said, state_of
from tests.support.clients import YEAR, look_after, make_client
from tests.support.outcome import effects, messages
from tests.support.runs import latest_artifact, press_retry

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("at")]

LASTING = 1000
"""More requests than any run makes."""


def renewal_of(client, **fields):
    usual = {"Type": "Renewal", "StageName": "Negotiation/Review", "CloseDate": in_days(20)}
    return client.people.create("Opportunity", AccountId=client.account, Name="Renewal 2032", **usual | fields)


async def test_pub_3_a_preview_says_what_sales_must_settle_first_and_asks_nobody(people, sandbox):
    client = make_client(people, TODAY + timedelta(days=10))
    renewal, since = renewal_of(client), sandbox.last()
    run = await look_after(client, preview=True)
    assert run.ended == "Previewed", run.message
    assert [word for word in ("To settle first: [sales]", renewal) if word not in run.message] == []
    page = await latest_artifact(f"end-of-service-{client.account.lower()}")
    assert [word for word in ("Preview: ", renewal, "A run that is no preview asks people") if word not in page] == []
    assert effects(sandbox, since) == {}


async def test_pub_3_pub_7_every_doubt_is_asked_of_sales_at_once_and_when_all_are_settled_service_ends(people, sandbox):
    client, worker = make_client(people, TODAY + timedelta(days=10)), Worker(deactivate_account)
    renewal = renewal_of(client)
    beside = client.renew(TODAY - YEAR - DAY, TODAY + timedelta(days=60))
    draft = client.renew(TODAY + timedelta(days=11), TODAY + YEAR, Status="Draft")
    slip = client.renew(TODAY + timedelta(days=15), TODAY + YEAR)
    client.in_lms_change(deactivateOn=in_days(40), deactivationReason="Chapter 11")
    before = in_lms(client)
    run = await worker.start(account_id=client.account)
    assert state_of(run) == "Suspended", run.state
    (question,) = questions(sandbox, run)
    assert (question["channel"], question["thread_ts"] is not None) == ("sales", True)
    words = (
        *("please fix 5 things", "while contract", f"in force too, until {in_days(60)}"),
        f"Negotiation/Review, to be closed on {in_days(20)}",
        *("Draft, from", "Activate it if the client renews"),
        f"{in_days(15)}, but contract",
        f"{in_days(40)} (Chapter 11), but the contract ends on {in_days(10)}",
        *(renewal, draft, slip),
    )
    assert [word for word in words if word not in said(question)] == []
    assert (in_lms(client), client.cs_status()) == (before, "Active")
    assert {f"account:{client.account}", f"contract:{client.contract}", f"opportunity:{renewal}"} <= set(run.tags)
    people.edit("Opportunity", renewal, StageName="Closed Lost")
    people.edit("Contract", beside, Status="Terminated")
    run = await worker.resume(run.id)
    assert (state_of(run), in_lms(client)) == ("Suspended", before)
    people.delete("Contract", draft)
    people.delete("Contract", slip)
    client.in_lms_change(deactivateOn=None)
    run = await worker.resume(run.id)
    assert state_of(run) == "Completed", run.state
    assert in_lms(client) == [("scheduled", in_days(10))]
    assert sorted(client.told()[-2:]) == ["ends soon:sales", "ends soon:the CSM"]
    page = await latest_artifact(f"waiting-end-of-service-{client.account.lower()}")
    assert page.startswith("# No longer waiting for people")
    assert "All questions are settled" in page


async def test_pub_7_a_live_subscription_in_recurly_is_asked_about_and_recurly_is_never_changed(people, sandbox):
    client = make_client(people, TODAY + timedelta(days=10))
    client.bill(plan_name="Gold", auto_renew=True, current_period_ends_at=f"{in_days(5)}T12:00:00Z")
    billed = sandbox.state("recurly")
    run = await look_after(client)
    assert run.ended == "Needs sales"
    words = (f"The Recurly subscription (Gold) still renews, but the contract ends on {in_days(10)}.", "PUB-7")
    assert [word for word in words if word not in run.message] == []
    assert in_lms(client) == [("active", None)]
    client.amend(EndDate=in_days(200))
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert (in_lms(client), sandbox.state("recurly")) == ([("active", None)], billed)


async def test_pub_5_an_end_that_moves_while_the_run_waits_is_read_anew(people, sandbox):
    client, worker = make_client(people, TODAY + timedelta(days=20)), Worker(deactivate_account)
    await look_after(client)
    renewal = renewal_of(client)
    client.amend(EndDate=in_days(9))
    run = await worker.start(account_id=client.account)
    assert (state_of(run), in_lms(client)) == ("Suspended", [("active", None)])
    people.edit("Opportunity", renewal, StageName="Closed Lost")
    client.amend(EndDate=in_days(12))
    run = await worker.resume(run.id)
    assert state_of(run) == "Completed", run.state
    assert in_lms(client) == [("scheduled", in_days(12))]
    (question,) = questions(sandbox, run)
    assert "all fixed" in said(question)


async def test_pub_7_with_the_answer_cancel_nothing_ends(people, at):
    client, worker = make_client(people, TODAY + timedelta(days=3)), Worker(deactivate_account)
    renewal_of(client)
    run = await worker.start(account_id=client.account)
    page = f"waiting-end-of-service-{client.account.lower()}"
    assert (await latest_artifact(page)).startswith("# Waiting for people")
    run = await worker.resume(run.id, decision="Cancel")
    assert (await latest_artifact(page)).startswith("# No longer waiting for people")
    assert "cancelled it" in await latest_artifact(page)
    assert state_of(run) == "Cancelled", run.state
    at(TODAY + timedelta(days=4))
    assert (in_lms(client), client.cs_status()) == ([("active", None)], "Active")
    (notice,) = [one for one in messages(people.sandbox) if f"*{client.name}*" in one["text"] and not one["thread_ts"]]
    assert "We can't end or resume the service of" in notice["text"]


async def test_pub_4_dates_at_fault_are_asked_about_and_once_corrected_service_goes_on(people):
    endless, backwards = make_client(people, None), make_client(people, TODAY, start=TODAY + YEAR)
    backwards.amend(StartDate=in_days(-1), EndDate=in_days(-2))
    for client, words in ((endless, "End Date is empty"), (backwards, "before the start on")):
        run = await look_after(client)
        assert run.ended == "Needs sales", run.message
        assert words in run.message
        assert in_lms(client) == [("active", None)]
        client.amend(EndDate=in_days(25))
        run = await press_retry(run)
        assert run.ended == "Completed", run.message
        assert in_lms(client) == [("scheduled", in_days(25))]


async def test_pub_3_a_company_id_that_the_lms_does_not_know_is_asked_of_cs_operations(people, sandbox):
    client, worker = make_client(people, TODAY - DAY), Worker(deactivate_account)
    people.edit("Account", client.account, LMS_Company_Id__c="999999")
    run = await worker.start(account_id=client.account)
    assert state_of(run) == "Suspended", run.state
    (question,) = questions(sandbox, run)
    assert question["channel"] == "cs-operations"
    assert f"999999, but the LMS has {client.company} for this account" in said(question)
    assert (in_lms(client), client.cs_status()) == ([("active", None)], "Active")
    people.edit("Account", client.account, LMS_Company_Id__c=client.company)
    run = await worker.resume(run.id)
    assert state_of(run) == "Completed", run.state
    assert client.cs_status() == "Deactivated"


async def test_pub_4_a_company_that_is_locked_is_unavailable_and_done_when_it_is_not(people, sandbox):
    client = make_client(people, TODAY - DAY)
    locked = {"method": "PATCH", "path": f"/api/companies/{client.company}", "status": 409, "code": "locked"}
    sandbox.fault("lms", "error", times=LASTING, **locked)
    run = await look_after(client)
    assert run.ended == "Unavailable", run.message
    assert (client.cs_status(), told(client)) == ("Active", [])
    sandbox.clear_faults()
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert (client.cs_status(), client.in_lms()["status"]) == ("Deactivated", "inactive")


async def test_rec_3_a_client_that_was_deleted_while_it_is_asked_about_closes_its_question(people, sandbox):
    client, worker = make_client(people, TODAY + timedelta(days=3)), Worker(deactivate_account)
    renewal_of(client)
    run = await worker.start(account_id=client.account)
    people.delete("Account", client.account)
    run = await worker.resume(run.id)
    assert state_of(run) == "Record deleted"
    (question,) = questions(sandbox, run)
    assert f"no answer is needed any more. Salesforce: there is no account {client.account}" in said(question)
