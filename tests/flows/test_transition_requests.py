"""Every approval is a request of its own, however often the same form or workbook was given before (TRN-2, TRN-10)."""

import pytest

from benchmarks.transition import planned
from tests.support.asking import state_of
from tests.support.transitions import workbook

pytestmark = pytest.mark.flows
CLINIC = "Granite Peak Rehab"


@pytest.mark.long
async def test_the_same_form_approved_again_moves_the_account_again_and_a_retry_moves_nothing(transitions, book):
    there = {"account": CLINIC, "new_csm": "Ada Novak", "reason": "Workload balancing"}
    back = there | {"new_csm": "Hana Berg"}
    for number, (form, csm) in enumerate([(there, "Ada Novak"), (back, "Hana Berg"), (there, "Ada Novak")], 1):
        run = await transitions.start(one=form)
        assert state_of(run) == "Suspended", run.state
        run = await transitions.approve(run, 1)
        assert (state_of(run), run.state.message) == ("Completed", "Accounts: 1 moved.")
        assert book.handover(CLINIC)[0] == csm
        assert [len(book.files(CLINIC)), len(book.invitations(CLINIC))] == [number, number]
        assert len(book.in_outreach(CLINIC)[2]) == 1

    run = await transitions.workbook.retry(run.id)
    assert (state_of(run), run.state.message) == ("Completed", "Accounts: 1 moved.")
    assert [len(book.files(CLINIC)), len(book.invitations(CLINIC))] == [3, 3]


async def test_a_workbook_says_moved_only_of_accounts_that_are_with_their_new_csm_when_it_says_so(
    transitions, people, book, tmp_path
):
    clinic = "Greystone Labs"
    run = await transitions.move(tmp_path, clinic)
    assert state_of(run) == "Completed", run.state
    account = book.account(clinic)["Id"]
    (cleo,) = people.query("SELECT Id FROM User WHERE Name = 'Cleo Dubois'")
    people.edit("Account", account, Customer_Success_Manager__c=cleo["Id"])

    run = await transitions.workbook.retry(run.id)
    assert state_of(run) == "Partially completed", run.state
    assert "Accounts: 1 with somebody else." in run.state.message


async def test_an_account_that_one_request_moved_is_not_moved_and_introduced_again_by_another_for_the_same_csm(
    transitions, book, tmp_path
):
    clinic = "Lakemont ENT"
    rows = str(workbook(tmp_path, [(clinic, "Ada Novak", "Leave")]))
    orders = [order for which in ("one", "other") for order in await planned(rows, which)]
    runs = [
        await transitions.account.start(account_id=order.account_id, order=order.model_dump(mode="json"))
        for order in orders
    ]
    assert [state_of(run) for run in runs] == ["Completed", "Changed since approval"]
    assert "Ada Novak is its CSM already" in runs[1].state.message
    assert len(book.files(clinic)) == 1
