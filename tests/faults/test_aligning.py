"""Wherever the process of an alignment dies: in the end every value is right, changed once and audited (REC-2)."""

import re

import pytest

from flows.account_transition_outreach import align_outreach
from flows.entitlement import update_entitlement
from tests.faults.killed import killed
from tests.support.asking import Worker, state_of
from tests.support.drifted import LEARNING, figures, make_drifted
from tests.support.in_outreach import ADA, BEN, InOutreach
from tests.support.runs import audit_page
from tests.support.scale import cases
from tests.support.whole_workbooks import free_turns

pytestmark = pytest.mark.flows

DEATHS = {
    "owner of the account": r"/accounts/\d+",
    "owner of a prospect": r"/prospects/\d+",
    "between the two sequences": r"/sequenceStates/\d+/actions/finish",
    "after the new sequence": r"/sequenceStates",
}
"""Where its process dies: right after this change."""


def has_changed(sandbox, since, path, system="outreach"):
    return any(re.search(f"{path}$", one["path"]) for one in sandbox.effects(system, since))


@pytest.mark.parametrize("where", cases(DEATHS, "between the two sequences"))
async def test_rec_2_wherever_its_process_dies_a_retry_starts_the_sequence_once(people, sandbox, where):
    org, worker = InOutreach(people), Worker(align_outreach, "outreach")
    account, since = org.account(), sandbox.last()
    run = await worker.create(account_id=account)
    if where == "between the two sequences":
        sandbox.fault("outreach", "error", status=503, method="POST", path="/sequenceStates", skip=1, times=1000)
    await killed(run, lambda: has_changed(sandbox, since, DEATHS[where]))
    sandbox.clear_faults()
    await free_turns()
    run = await worker.retry(run.id)
    assert state_of(run) == "Completed", run.state
    assert org.owners(account) == {ADA}
    assert org.senders(account) == [("finished", BEN), ("active", ADA)]
    assert org.mails(account) == [ADA]
    owners = [line["record"] for line in await audit_page(account) if line["field"] == "Owner"]
    assert len(owners) == len({*owners}) == 3


@pytest.mark.long
@pytest.mark.parametrize("path", cases([r"/companies/\w+", "/permissions"], r"/companies/\w+"))
async def test_rec_2_wherever_the_process_of_an_entitlement_dies_a_retry_completes_company_and_audit(
    people, sandbox, path
):
    whose, worker = make_drifted(people, modules=["learning"], userCount=10), Worker(update_entitlement)
    since, run = sandbox.last(), await worker.create(account_id=whose.account)
    await killed(run, lambda: has_changed(sandbox, since, path, "lms"))
    await free_turns()
    run = await worker.retry(run.id)
    assert state_of(run) == "Completed", run.state
    users, *_, modules = figures(sandbox, whose.company)
    assert (users, modules) == (40, LEARNING)
    fields = [line["field"] for line in await audit_page(whose.account)]
    assert sorted(fields) == ["Modules", "User Count"]
