"""A reconciliation while a system is down, killed between two pages, beside another one, and as a preview (REC-2)."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from prefect.client.orchestration import get_client
from prefect.states import Scheduled

from flows.onboarding import onboarding
from flows.publications import publications
from flows.reconciliation import reconciliation
from flows.reconciliation_repair import leave, repair
from rules.reconciliation import missed
from rules.reconciliation.client_state import LMS, RECURLY
from rules.reconciliation.drift import all_sentences
from tasks.reconciliation.accounts import PAGE
from tests.faults.killed import killed
from tests.support.asking import Worker, state_of
from tests.support.drifted import LEARNING, change_by_hand, make_drifted
from tests.support.own_org import own_org
from tests.support.runs import artifacts, latest_artifact, run_of
from tests.support.tampering import CSM, IDS, ONE_COMPANY, USERS

pytestmark = [pytest.mark.flows, pytest.mark.xdist_group("faults of a reconciliation")]

LASTING = 10_000
"""More requests than any run makes."""


@pytest.fixture
async def org(blocks, credentials):  # noqa: ARG001 - the blocks are stored
    """The people of an org, and the deployments that a reconciliation names or starts."""
    async with own_org(credentials) as people:
        for flow, name in ((onboarding, "onboarding"), (publications, "publications")):
            await Worker(flow, name).deploy()
        for flow, name in ((repair, "repair"), (leave, "leave")):
            await Worker(flow, name).deploy()
        yield people


@pytest.fixture
def drifted(org):
    """A client without a CSM and without a Recurly account, whose company has too many users."""
    return make_drifted(org, LEARNING, userCount=41, locationCount=2)


@pytest.fixture
def at_once(monkeypatch):
    """No message is waited for."""
    monkeypatch.setattr(missed, "SETTLING", timedelta(0))


async def reconcile(**parameters):
    return run_of(await reconciliation(**parameters, return_state=True), reconciliation)


async def listed():
    """Sentence and account of each line of the latest report."""
    return {
        (row["Sentence"].replace("\\", ""), row["Account"])
        for row in json.loads(await latest_artifact("drift-offenders"))
    }


def needing(system):
    return [one for one in all_sentences() if system in one.needs]


@pytest.mark.parametrize(("system", "fault", "kept"), [(LMS, "lms", USERS), (RECURLY, "recurly", IDS)])
async def test_rec_2_a_system_that_is_down_leaves_its_sentences_unchecked(org, drifted, system, fault, kept):
    first = await reconcile()
    before = await listed()
    assert before == {(sentence, drifted.account) for sentence in (USERS, IDS, CSM)}
    later = make_drifted(org, LEARNING, userCount=41, locationCount=2)
    org.sandbox.fault(fault, "error", status=503, times=LASTING)
    run = await reconcile()
    org.sandbox.clear_faults()
    unchecked = needing(system)
    assert (first.ended, run.ended) == ("Completed", "Completed"), run.message
    assert f"{len(unchecked)} sentences not checked" in run.message or len(unchecked) == 1, run.message
    page = await latest_artifact("drift")
    assert all(f"**Not checked: {one.text}** {system}" in page.replace("\\", "") for one in unchecked), page
    assert page.count("**Not checked:") == len(unchecked)
    others = {USERS, IDS, CSM} - {kept}
    assert await listed() == before | {(sentence, later.account) for sentence in others}
    await reconcile()
    assert await listed() == before | {(sentence, later.account) for sentence in (*others, kept)}


async def test_rec_2_what_is_gone_stays_in_the_report_until_its_system_is_read(org, drifted):
    await reconcile()
    change_by_hand(org.sandbox, drifted.company, LEARNING, userCount=40)
    org.sandbox.fault("lms", "error", status=503, times=LASTING)
    await reconcile()
    org.sandbox.clear_faults()
    assert (USERS, drifted.account) in await listed()
    await reconcile()
    assert (USERS, drifted.account) not in await listed()


@pytest.mark.long
async def test_rec_2_a_system_that_fails_at_the_second_look_makes_nothing_gone(org, drifted):
    await reconcile()
    # The first look reads the companies and the publications of all clients.
    org.sandbox.fault("lms", "error", status=503, times=LASTING, skip=2)
    run = await reconcile()
    org.sandbox.clear_faults()
    assert f"{len(needing(LMS))} sentences not checked" in run.message
    assert (USERS, drifted.account) in await listed()


async def test_rec_2_salesforce_that_is_down_ends_the_run_and_a_retry_completes_it(org, drifted):
    worker = Worker(reconciliation, "reconciliation")
    org.sandbox.fault("salesforce", "error", status=503, times=LASTING)
    run = await worker.start()
    org.sandbox.clear_faults()
    assert state_of(run) == "Unavailable"
    run = await worker.retry(run.id)
    assert state_of(run) == "Completed", run.state
    assert (USERS, drifted.account) in await listed()


@pytest.mark.long
async def test_rec_2_a_process_killed_between_two_pages_goes_on_after_the_last_page(org, drifted):
    rows = [{"type": "Account", "Name": f"Clinic {one}", "CS_Status__c": "Onboarding"} for one in range(PAGE)]
    ids = org.sandbox.seed(salesforce={"records": rows})["salesforce"]["ids"]
    second_page = f"afterAccountId={ids[PAGE - 2]}"
    org.sandbox.fault("lms", "slow", path=second_page, seconds=2)
    worker = Worker(reconciliation, "reconciliation")
    run = await worker.create()
    await killed(run, lambda: pages_read(org, second_page))
    org.sandbox.clear_faults()
    since = org.sandbox.last()
    run = await worker.retry(run.id)
    assert state_of(run) == "Completed", run.state
    assert f"{PAGE + 1:,} clients compared" in run.state.message
    assert {(USERS, drifted.account), (CSM, drifted.account)} <= await listed()
    assert pages_read(org, second_page, since)
    assert not pages_read(org, "afterAccountId=&", since)


def pages_read(org, query, since=0):
    """The requests for companies from an account on."""
    every = org.sandbox.journal("lms", since)
    return [one for one in every if one["path"].endswith("/companies") and query in f"{one['query']}&"]


async def test_rec_2_of_two_reconciliations_at_once_one_works(org, drifted):
    runs = await asyncio.gather(reconcile(), reconcile())
    assert sorted(run.ended for run in runs) == ["Already under way", "Completed"]
    assert (USERS, drifted.account) in await listed()
    digests = [
        message
        for channel in org.sandbox.state("slack")["channels"]
        for message in channel["messages"]
        if "drift:" in str(message["metadata"])
    ]
    assert len(digests) == 1


@pytest.mark.usefixtures("drifted")
async def test_rec_2_an_earlier_reconciliation_that_has_not_claimed_yet_is_the_one_that_works():
    worker = Worker(reconciliation, "reconciliation")
    earlier = await worker.create()
    run = await reconcile()
    assert run.ended == "Already under way"
    assert str(earlier.id) in run.message
    assert (await reconcile(full=False)).ended == "Completed"
    assert state_of(await worker.work(earlier.id)) == "Completed"


@pytest.mark.usefixtures("drifted")
async def test_rec_2_a_reconciliation_that_never_began_holds_up_none_of_the_next_nights():
    worker = Worker(reconciliation, "reconciliation")
    due = Scheduled(scheduled_time=datetime.now(UTC) - timedelta(days=1))
    async with get_client() as client:
        deployment, parameters = await worker.deploy(), {"preview": False}
        dead = await client.create_flow_run_from_deployment(deployment, parameters=parameters, state=due)
    assert (await reconcile()).ended == "Completed"
    assert state_of(await worker.work(dead.id)) == "Completed"


@pytest.mark.usefixtures("at_once")
async def test_rec_2_a_preview_starts_and_posts_nothing(org, drifted):
    sale = org.make_sale()
    worker = Worker(onboarding, "onboarding")
    lines, since = await artifacts("drift-offenders"), org.sandbox.last()
    run = await reconcile(preview=True)
    assert run.ended == "Previewed"
    assert run.message.endswith("Nothing was started or posted.")
    assert [one for one in org.sandbox.effects(since=since) if "token" not in one["path"]] == []
    assert (await worker.runs(), await artifacts("drift-offenders")) == ([], lines)
    assert drifted.name in (await latest_artifact("drift-preview")).replace("\\", "")
    await reconcile()
    assert [one.parameters for one in await worker.runs()] == [{"opportunity_id": sale.opportunity, "preview": False}]
    assert org.sandbox.effects("slack", since=since)
    assert (USERS, drifted.account) in await listed()


@pytest.mark.usefixtures("drifted")
async def test_rec_2_the_hourly_pass_reads_no_client(org):
    since = org.sandbox.last()
    run = await reconcile(full=False)
    assert run.ended == "Completed"
    assert org.sandbox.journal("lms", since) + org.sandbox.journal("recurly", since) == []
    assert ONE_COMPANY not in run.message
