"""Safe to repeat: whatever is started or run again, nothing is done twice (ONB-1, D-1, D-2 and D-16)."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.states import Running

from deployments.stack.settings import PROJECT
from flows.onboarding import onboarding
from tests.support.asking import Worker, questions, said, state_of
from tests.support.outcome import ALL_EFFECTS, MESSAGE, WRITE, assert_onboarded, calls, effects, outcome
from tests.support.runs import await_retry, flow_run, onboard, press_retry, retry_until_completed, until

pytestmark = pytest.mark.flows

FOLDERS = ("flows", "tasks", "blocks", "rules", "deployments")


async def test_onb_1_a_new_run_for_a_customer_in_place_does_nothing_more(people, sandbox):
    sale = people.make_sale()
    await onboard(sale.opportunity)
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    assert_onboarded(people, sale)
    assert effects(sandbox, sale.since) == ALL_EFFECTS


async def test_decision_16_two_runs_started_at_once_do_nothing_twice_and_both_end_well(people, sandbox):
    sale = people.make_sale()
    runs = await asyncio.gather(onboard(sale.opportunity), onboard(sale.opportunity[:15]))
    # Whether they meet or the second begins when the first is done is up to the machine.
    assert {run.ended for run in runs} <= {"Already under way", "Completed"}
    assert "Completed" in {run.ended for run in runs}
    assert_onboarded(people, sale)
    assert effects(sandbox, sale.since) == ALL_EFFECTS


async def test_decision_16_a_run_started_beside_one_that_acts_leaves_everything_to_it(people, sandbox, override):
    await override("lifecycle-policy", recurly_wait_seconds=60)
    sandbox.behaviour(recurly_account="never")
    sale = people.make_sale()
    acting = asyncio.create_task(onboard(sale.opportunity))
    # The announcement is made beside the set-up.
    await until(lambda: calls(sandbox, sale.since)["recurly"] and effects(sandbox, sale.since)[MESSAGE], acting)
    since = sandbox.last()
    idle = await onboard(sale.opportunity)
    assert idle.ended == "Already under way"
    assert idle.state.is_completed()
    assert effects(sandbox, since) == {}
    sandbox.seed(recurly={"accounts": [{"code": sale.account, "company": sale.company, "email": sale.email}]})
    acted = await acting
    assert acted.ended == "Completed", acted.message
    assert str(acted.id) in idle.message
    assert_onboarded(people, sale)
    assert effects(sandbox, sale.since) == ALL_EFFECTS


@pytest.mark.long
async def test_decision_16_an_earlier_run_that_has_not_tagged_itself_yet_acts_too_among_many_others(people, sandbox):
    sale = people.make_sale()
    others = [f"006Zz00000{number:05}" for number in range(60)]
    async with get_client() as client:
        begun = [
            await client.create_flow_run(onboarding, parameters={"opportunity_id": record}, state=Running())
            for record in (*others, sale.opportunity[:15])
        ]
        idle = await onboard(sale.opportunity)
        assert idle.ended == "Already under way"
        assert str(begun[-1].id) in idle.message
        assert effects(sandbox, sale.since) == {}
        for run in begun:
            await client.delete_flow_run(run.id)


async def test_a_preview_beside_a_run_neither_blocks_it_nor_is_blocked(people, sandbox):
    sale = people.make_sale()
    acted, previewed = await asyncio.gather(onboard(sale.opportunity), onboard(sale.opportunity, preview=True))
    assert (acted.ended, previewed.ended) == ("Completed", "Previewed")
    assert_onboarded(people, sale)
    assert effects(sandbox, sale.since) == ALL_EFFECTS


async def test_retry_of_a_completed_run_has_no_effect(people, sandbox):
    sale = people.make_sale()
    run = await onboard(sale.opportunity)
    since = sandbox.last()
    again = await press_retry(run)
    assert again.id == run.id
    assert again.ended == "Completed", again.message
    assert effects(sandbox, since) == {}
    assert (await flow_run(again)).run_count == 2
    assert_onboarded(people, sale)


async def failed_at_its_last_step(people):
    """A run that did everything but fill in the onboarding record, and Salesforce well again."""
    sale = people.make_sale()
    # Team and books are read, and the CSM is written, in calls of the same path.
    people.sandbox.fault("salesforce", "error", path="/composite", skip=2, times=1000)
    run = await onboard(sale.opportunity)
    assert run.ended == "Unavailable", run.message
    people.sandbox.clear_faults()
    return sale, run, people.sandbox.last()


async def test_card_5_retry_acts_only_where_the_run_failed(people, sandbox):
    sale, run, since = await failed_at_its_last_step(people)
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert effects(sandbox, since) == {WRITE: 1}
    # The notice's kept result was found: Slack is not even asked.
    assert calls(sandbox, since)["slack"] == 0
    assert_onboarded(people, sale)


@pytest.mark.long
async def test_decision_1_retry_of_a_failed_run_whose_kept_results_were_deleted_looks_first(
    people, sandbox, prefect_server
):
    sale, run, since = await failed_at_its_last_step(people)
    storage = prefect_server.home / "storage"
    assert any(storage.iterdir())
    shutil.rmtree(storage)
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert effects(sandbox, since) == {WRITE: 1}
    assert calls(sandbox, since)["slack"] > 0
    assert_onboarded(people, sale)
    assert effects(sandbox, sale.since) == ALL_EFFECTS


def edited_tree(tmp_path):
    """A copy of the project in which a comment was added at the top of every step's body."""
    for folder in FOLDERS:
        shutil.copytree(PROJECT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("slack/messages.py", "lms/companies.py", "salesforce/assignment.py", "recurly/accounts.py"):
        path = tmp_path / "tasks" / file
        text = path.read_text(encoding="utf-8")
        edited = text.replace('\n    """\n    ', '\n    """\n    # A hot-fix.\n    ')
        assert "# A hot-fix." in edited
        path.write_text(edited, encoding="utf-8")
    return tmp_path


async def run_by_the_engine(run, tree: Path):
    """Let Prefect's own engine process execute the run from that tree, as the worker does."""
    environment = os.environ | {
        "PYTHONPATH": str(tree),
        "PREFECT__FLOW_ENTRYPOINT": "flows.onboarding.onboarding",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "prefect.engine", str(run.id)),
        cwd=tree,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


async def test_decision_1_retry_after_a_comment_was_edited_in_a_completed_step_repeats_nothing(
    people, sandbox, tmp_path
):
    sale, run, since = await failed_at_its_last_step(people)
    await await_retry(run)
    code, output = await run_by_the_engine(run, edited_tree(tmp_path))
    assert code == 0, output
    on_server = await flow_run(run)
    assert on_server.state_name == "Completed", output
    assert effects(sandbox, since) == {WRITE: 1}
    assert calls(sandbox, since)["slack"] == 0
    assert_onboarded(people, sale)
    assert effects(sandbox, sale.since) == ALL_EFFECTS


async def test_decision_4_an_expansion_adds_modules_and_takes_none_away(people, sandbox):
    first = people.make_sale()
    await onboard(first.opportunity)
    more = people.make_expansion(first, products="Compliance", level="basic")
    run = await onboard(more.opportunity)
    assert run.ended == "Completed", run.message
    found = outcome(people, more)
    (company,) = found.companies
    assert sorted(company["modules"]) == [
        "compliance",
        "credentialing",
        "credentialing-primary-source",
        "learning",
        "learning-custom-courses",
        "learning-reports",
    ]
    assert len(found.users) == 1
    assert len(found.recurly) == 1
    assert len(found.announcements) == 1
    # The sale gets the CSM that the account keeps, and its onboarding record its name and boxes.
    changed = {"PATCH /companies/*": 1, "PUT /companies/*/permissions": 1}
    assert effects(sandbox, more.since) == {**changed, MESSAGE: 2, WRITE: 2}


async def test_onb_6_an_expansion_adds_its_users_and_amount_and_a_second_run_adds_nothing(people):
    first = people.make_sale(contract={"User_Count__c": 40, "Plan_Amount__c": 500})
    await onboard(first.opportunity)
    more = people.make_expansion(first, products="Compliance", level="basic")
    people.edit("Contract", more.contract, User_Count__c=10, Plan_Amount__c=100)
    for sale in (more, more, first):
        run = await onboard(sale.opportunity)
        assert run.ended == "Completed", run.message
        (company,) = outcome(people, more).companies
        assert (company["userCount"], company["locationCount"], company["planAmount"]) == (50, 2, "600.00")
        assert {"compliance", "credentialing", "learning"} <= {*company["modules"]}


async def test_onb_6_a_second_contract_of_another_type_is_asked_of_the_seller_who_chooses(people, sandbox):
    first = people.make_sale(contract={"User_Count__c": 40, "Plan_Amount__c": 500})
    await onboard(first.opportunity)
    more, worker = people.make_expansion(first, products="Compliance", level="basic"), Worker(onboarding)
    people.edit("Contract", more.contract, User_Count__c=10, Plan_Amount__c=100)
    people.edit("Opportunity", more.opportunity, Type="New Business")
    run = await worker.start(opportunity_id=more.opportunity)
    assert state_of(run) == "Suspended", run.state
    (company,) = outcome(people, first).companies
    assert (company["userCount"], company["planAmount"]) == (40, "500.00")
    (question,) = questions(sandbox, run)
    assert (question["channel"], "replaces" in said(question)) == ("sales", True)
    number = people.read("Contract", first.contract)["ContractNumber"]
    run = await worker.resume(run.id, choice_1=f"It adds to {number}")
    assert state_of(run) == "Completed", run.state
    (company,) = outcome(people, first).companies
    assert (company["userCount"], company["planAmount"]) == (50, "600.00")


async def test_csm_6_a_customer_is_welcomed_once_however_many_sales_follow(people):
    first = people.make_sale()
    await onboard(first.opportunity)
    csm = outcome(people, first).account["Customer_Success_Manager__c"]
    more = people.make_expansion(first, products="Compliance", level="basic")
    run = await onboard(more.opportunity)
    assert run.ended == "Completed", run.message
    found = outcome(people, more)
    assert len(found.welcomes) == 1
    assert found.account["Customer_Success_Manager__c"] == found.opportunity["Customer_Success_Manager_NEW__c"] == csm
    (record,) = [one for one in found.onboardings if one["Opportunity__c"] == more.opportunity]
    assert (record["Name"], record["Compliance__c"]) == (f"{first.company} expansion", True)
    assert (record["Send_Onboarding_Email__c"], record["Onboarding_Email_Sent_Date__c"]) == (False, None)


async def test_csm_6_two_sales_of_one_customer_at_once_are_one_welcome(people):
    first = people.make_sale()
    more = people.make_expansion(first, products="Compliance", level="basic")
    runs = await asyncio.gather(onboard(first.opportunity), onboard(more.opportunity))
    for run in runs:
        assert (await retry_until_completed(run, tries=1)).ended == "Completed"
    found = outcome(people, first)
    assert len(found.welcomes) == 1
    assert len(found.onboardings) == 2
    assert len(found.companies) == 1
