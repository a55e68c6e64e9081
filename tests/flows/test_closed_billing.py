"""A Recurly account that was closed is never taken silently (ONB-12)."""

import pytest

from tests.support.asking import Worker, buttons, note_press, questions, said, state_of
from tests.support.outcome import messages
from tests.support.runs import latest_artifact, onboard

pytestmark = pytest.mark.flows


def close_account(sandbox, people):
    """A sale whose customer has a Recurly account with the right code, which was closed."""
    sandbox.behaviour(recurly_account="never")
    sale = people.make_sale()
    account = {"code": sale.account, "company": sale.company, "email": sale.email, "state": "inactive"}
    sandbox.seed(recurly={"accounts": [account]})
    return sale


async def test_onb_12_a_closed_account_is_taken_and_said_in_the_report_and_to_cs_operations_once(sandbox, people):
    sale = close_account(sandbox, people)
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    assert f"The Recurly account {sale.account} is closed" in await latest_artifact(
        f"onboarding-{sale.opportunity.lower()}"
    )
    (told,) = [one for one in messages(sandbox) if f"closed-billing:{sale.opportunity}" in str(one["metadata"])]
    assert told["channel"] == "cs-operations"
    assert "is closed: nothing is billed to it" in told["text"]


async def test_onb_12_by_policy_cs_operations_are_asked_before_a_closed_account_is_taken(sandbox, people, override):
    await override("lifecycle-policy", closed_recurly_account="ask")
    sale, worker = close_account(sandbox, people), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    assert state_of(run) == "Suspended"
    (question,) = questions(sandbox, run)
    assert f"closed (account {sale.account})" in said(question)
    assert f"Take the closed account {sale.account}" in buttons(question)
    (billed,) = [one for one in sandbox.state("recurly")["accounts"] if one["code"] == sale.account]
    key = await note_press(run.id, decision="Choose", topic="closed Recurly account", choice=billed["id"])
    run = await worker.resume(run.id, decided_by=key)
    assert state_of(run) == "Completed", run.state
    assert people.read("Account", sale.account)["Recurly_Account_Id__c"] == billed["id"]
