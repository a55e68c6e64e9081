"""An account in Outreach follows its CSM in Salesforce: owners, and the sender of open sequences (TRN-10, REC-2)."""

import asyncio

import pytest

from tests.support.in_outreach import ADA, AUTOMATED, BEN, SEMI, InOutreach, bring
from tests.support.runs import audit_page, latest_artifact, press_retry

pytestmark = pytest.mark.flows


@pytest.fixture
def org(people) -> InOutreach:
    return InOutreach(people)


async def test_rec_2_the_csm_gets_account_prospects_and_open_sequences_once(org):
    account, since = org.account(), org.sandbox.last()
    run = await bring(account[:15])
    assert (run.ended, run.message) == (
        "Completed",
        "Linden Care: Ada Novak owns the account in Outreach. 4 changes made.",
    )
    assert org.owners(account) == {ADA}
    assert org.senders(account) == [("finished", BEN), ("active", ADA)]
    assert org.mails(account) == [ADA]
    assert len(org.effects(since)) == 5
    lines = [(line["field"], line["before"], line["after"]) for line in await audit_page(account)]
    assert lines.count(("Owner", BEN, ADA)) == 3
    assert {(f"Sequence {AUTOMATED}", "active", "finished"), (f"Sequence {AUTOMATED}", "", ADA)} < {*lines}
    assert f"| Owner | {BEN} | **{ADA}** |" in await latest_artifact(f"outreach-{account.lower()}")
    for again in (await press_retry(run), await bring(account)):
        assert again.message == "Linden Care: Ada Novak owns the account in Outreach. 0 changes made."
    assert len(org.effects(since)) == 5


async def test_rec_2_an_account_that_agrees_is_left_as_it_is(org):
    account = org.account(owner=ADA, sequence=SEMI)
    since = org.sandbox.last()
    run = await bring(account)
    assert run.ended == "Completed", run.message
    assert org.effects(since) == []
    assert org.senders(account) == [("active", ADA)]


async def test_rec_2_two_runs_at_once_start_a_sequence_once(org):
    account = org.account()
    runs = await asyncio.gather(bring(account), bring(account[:15]))
    assert {run.ended for run in runs} <= {"Already under way", "Completed"}
    assert org.senders(account) == [("finished", BEN), ("active", ADA)]
    assert org.mails(account) == [ADA]


@pytest.mark.usefixtures("every_link_leads")
async def test_rec_2_a_preview_lists_every_change_and_writes_nothing(org):
    account = org.account()
    since = org.sandbox.last()
    run = await bring(account, preview=True)
    assert (run.ended, run.message) == ("Previewed", "Linden Care: 4 changes would be made. Nothing was written.")
    assert org.effects(since) == []
    assert (org.owners(account), org.senders(account)) == ({BEN}, [("active", BEN)])
    page = await latest_artifact(f"outreach-{account.lower()}")
    assert "# Preview: Linden Care in Outreach" in page
    assert f"Sequence {AUTOMATED}" in page


@pytest.mark.parametrize("csm", [None, "Gus Retired"])
async def test_rec_2_an_account_without_an_active_csm_is_bad_input_with_the_next_step(org, csm):
    account = org.account(csm)
    since = org.sandbox.last()
    run = await bring(account)
    assert run.ended == "Bad input"
    wanted = (account, "Linden Care", "CS Operations", "csm-assignment/csm-assignment", "Then start a new run.")
    assert [part for part in wanted if part not in run.message] == []
    assert org.effects(since) == []


async def test_rec_2_an_account_that_outreach_does_not_have_is_refused_with_the_next_step(org):
    account = org.people.create(
        "Account", Name="Not Synchronized", Customer_Success_Manager__c=org.team.named("Ada Novak")["Id"]
    )
    run = await bring(account)
    assert run.ended == "Refused"
    assert "CS Operations synchronize it from Salesforce" in run.message


@pytest.mark.parametrize(
    ("method", "path", "skip"),
    [
        ("PATCH", "/accounts/", 0),
        ("PATCH", "/prospects/", 0),
        ("POST", "/actions/finish", 0),
        ("POST", "/sequenceStates", 1),
    ],
)
async def test_rec_2_a_lost_answer_of_outreach_starts_no_sequence_twice(org, method, path, skip):
    account = org.account()
    org.sandbox.fault("outreach", "drop_after", method=method, path=path, skip=skip)
    run = await bring(account)
    assert run.ended == "Completed", run.message
    assert org.sandbox.faults() == []
    assert (org.owners(account), org.senders(account)) == ({ADA}, [("finished", BEN), ("active", ADA)])
    assert org.mails(account) == [ADA]


async def test_rec_2_a_retry_starts_what_an_earlier_try_only_finished(org):
    account = org.account()
    org.sandbox.fault("outreach", "error", method="POST", path="/sequenceStates", status=422, skip=1)
    run = await bring(account)
    assert run.ended == "Refused", run.message
    assert org.senders(account) == [("finished", BEN)]
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert org.senders(account) == [("finished", BEN), ("active", ADA)]
    assert org.mails(account) == [ADA]


async def test_rec_2_a_sequence_that_is_not_enabled_is_refused_before_anything_is_changed(org, override):
    org.sandbox.seed(outreach={"sequences": [{"attributes": {"name": "Switched off", "enabled": False}}]})
    await override("lifecycle-policy", transition_automated_sequence="Switched off")
    account = org.account(sequence="Switched off")
    since = org.sandbox.last()
    run = await bring(account)
    assert run.ended == "Refused", run.message
    assert "the sequence 'Switched off' is not enabled" in run.message
    assert org.effects(since) == []
