"""Users, locations, amount and modules of a company follow the contracts in force (ONB-6, ONB-8, ONB-13, REC-2)."""

import asyncio

import pytest

from flows.entitlement import update_entitlement
from tests.support.asking import Worker, questions, said, state_of
from tests.support.drifted import FIGURES, LEARNING, figures, make_drifted
from tests.support.outcome import MODULES, effects, messages
from tests.support.publications import TODAY, make_client, make_contract, number_of
from tests.support.runs import audit_page, latest_artifact, press_retry, run_of

pytestmark = pytest.mark.flows


async def bring(account_id, **parameters):
    """Run the entitlement as a new run, which cannot wait."""
    state = await update_entitlement(account_id=account_id, **parameters, return_state=True)
    return run_of(state, update_entitlement)


async def test_rec_2_what_is_below_the_contracts_is_raised_once_and_audited(people, sandbox):
    whose = make_drifted(people, modules=["learning"], userCount=10, locationCount=1, planAmount="100")
    since = sandbox.last()
    run = await bring(whose.account[:15])
    changed = "User Count 40, Location Count 2, Plan Amount 480.50 and Modules " + ", ".join(LEARNING)
    assert (run.ended, run.message) == ("Completed", f"{whose.name}: By the contracts in force: {changed}.")
    assert figures(sandbox, whose.company) == (40, 2, "480.50", LEARNING)
    assert effects(sandbox, since) == {FIGURES: 1, MODULES: 1}
    lines = {(line["field"], line["before"], line["after"]) for line in await audit_page(whose.account)}
    assert {("User Count", "10", "40"), ("Modules", "learning", ", ".join(LEARNING))} <= lines
    page = await latest_artifact(f"entitlement-{whose.account.lower()}")
    assert f"# Entitlement of {whose.name}" in page
    assert "| User Count | 10 | **40** |" in page
    for again in (await press_retry(run), await bring(whose.account)):
        assert again.message == f"{whose.name}: The LMS company agrees with the contracts in force."
    assert effects(sandbox, since) == {FIGURES: 1, MODULES: 1}
    assert len(await audit_page(whose.account)) == 4


async def test_rec_2_contracts_that_add_up_give_users_and_modules_together(people, sandbox):
    whose = make_drifted(people, userCount=40, locationCount=2, planAmount="480.50")
    more = make_contract(people, whose.account, User_Count__c=60, Plan_Amount__c=100, Products__c="Compliance")
    sold = {"AccountId": whose.account, "ContractId": more, "StageName": "Closed Won", "CloseDate": str(TODAY)}
    people.create("Opportunity", Name="More", Type="Expansion", **sold)
    run = await bring(whose.account)
    assert run.ended == "Completed", run.message
    users, _, amount, modules = figures(sandbox, whose.company)
    assert (users, amount) == (100, "580.50")
    assert {*LEARNING} < {*modules}


@pytest.mark.usefixtures("every_link_leads")
async def test_rec_2_a_preview_shows_changes_and_questions_and_writes_nothing(people, sandbox):
    whose = make_drifted(people, modules=[*LEARNING, "compliance"], userCount=10, planAmount="900")
    before, since = figures(sandbox, whose.company), sandbox.last()
    run = await bring(whose.account, preview=True)
    expected = f"{whose.name}: 1 change would be made. 2 questions would be asked. Nothing was written."
    assert (run.ended, run.message) == ("Previewed", expected)
    assert figures(sandbox, whose.company) == before
    assert effects(sandbox, since) == {}
    page = await latest_artifact(f"entitlement-{whose.account.lower()}")
    assert f"# Preview: Entitlement of {whose.name}" in page
    assert "| User Count | 10 | **40** |" in page
    assert "compliance, which no contract in force gives" in page


@pytest.mark.usefixtures("every_link_leads")
async def test_rec_2_sales_decide_about_what_no_contract_gives(people, sandbox):
    whose = make_drifted(people, modules=[*LEARNING, "compliance"], userCount=90, planAmount="480.50")
    since, worker = sandbox.last(), Worker(update_entitlement)
    run = await worker.start(account_id=whose.account)
    assert state_of(run) == "Suspended", run.state
    (question,) = questions(sandbox, run)
    (notice,) = [one for one in messages(sandbox) if f"entitlement:{run.id}" in str(one["metadata"])]
    assert (question["channel"], question["thread_ts"]) == ("sales", notice["ts"])
    by = f"90, but contract {number_of(people, whose.contract)} gives 40"
    assert [part for part in (by, "They are removed", "It stays at 90") if part not in said(question)] == []
    assert FIGURES not in effects(sandbox, since)
    run = await worker.resume(run.id, choice_1="It stays at 90", choice_2="They are removed")
    assert state_of(run) == "Completed", run.state
    users, locations, amount, modules = figures(sandbox, whose.company)
    assert (users, amount, modules) == (90, "480.50", LEARNING)
    assert "stays at 90, as decided" in run.state.message
    assert locations > 1


async def test_rec_2_the_other_answers_lower_the_figure_and_keep_the_modules(people, sandbox):
    whose, worker = make_drifted(people, modules=[*LEARNING, "compliance"], userCount=90), Worker(update_entitlement)
    run = await worker.start(account_id=whose.account)
    run = await worker.resume(run.id, choice_1="It becomes 40", choice_2="They stay")
    assert state_of(run) == "Completed", run.state
    users, _, _, modules = figures(sandbox, whose.company)
    assert (users, modules) == (40, sorted([*LEARNING, "compliance"]))
    assert "keeps compliance, though no contract in force gives it" in run.state.message


async def test_rec_2_two_runs_at_once_change_the_company_once(people, sandbox):
    whose = make_drifted(people, modules=["learning"], userCount=10)
    since = sandbox.last()
    runs = await asyncio.gather(bring(whose.account), bring(whose.account[:15]))
    assert {run.ended for run in runs} <= {"Already under way", "Completed"}
    assert effects(sandbox, since) == {FIGURES: 1, MODULES: 1}


async def test_rec_2_a_company_that_is_inactive_or_unknown_or_without_a_contract_is_left_alone(people, sandbox):
    inactive = make_drifted(people, userCount=10, status="inactive")
    ended = make_drifted(people, userCount=10)
    people.edit("Contract", ended.contract, EndDate="2020-12-31", StartDate="2020-01-01")
    unknown = people.create("Account", Name="Unknown Clinic")
    since = sandbox.last()
    ends = {}
    for account in (inactive.account, ended.account, unknown):
        run = await bring(account)
        ends[account] = (run.ended, run.message)
    assert ends[inactive.account][0] == ends[ended.account][0] == "Not in service"
    assert f"company {inactive.company} is inactive" in ends[inactive.account][1]
    assert "no contract is in force" in ends[ended.account][1]
    assert ends[unknown][0] == "Not set up yet"
    assert "the LMS does not know this account" in ends[unknown][1]
    assert effects(sandbox, since) == {}


async def test_rec_2_a_contract_without_a_figure_is_asked_about_before_anything_is_changed(people, sandbox):
    whose = make_drifted(people, userCount=10)
    people.edit("Contract", whose.contract, User_Count__c=None)
    since = sandbox.last()
    run = await bring(whose.account)
    assert run.ended == "Needs sales"
    assert f"Contract {whose.contract}: User Count is empty" in run.message
    assert effects(sandbox, since) == {}
    people.edit("Contract", whose.contract, User_Count__c=35)
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert figures(sandbox, whose.company)[0] == 35


@pytest.mark.parametrize(("method", "path"), [("PATCH", "/companies/"), ("PUT", "/permissions")])
async def test_rec_2_a_lost_answer_of_the_lms_changes_nothing_twice(people, sandbox, method, path):
    whose = make_drifted(people, modules=["learning"], userCount=10)
    sandbox.fault("lms", "drop_after", method=method, path=path)
    run = await bring(whose.account)
    assert run.ended == "Completed", run.message
    users, *_, modules = figures(sandbox, whose.company)
    assert (users, modules) == (40, LEARNING)
    fields = [line["field"] for line in await audit_page(whose.account)]
    assert len(fields) == len({*fields}), fields


async def test_rec_2_an_id_of_another_object_is_bad_input(people, sandbox):
    whose, since = make_client(people), sandbox.last()
    run = await bring(f"{whose.account[:15]}AAA")
    assert run.ended == "Bad input"
    assert "Start a new run with the right id" in run.message
    assert sandbox.journal(since=since) == []
