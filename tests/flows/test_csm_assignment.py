"""The right manager, explained, and the welcome: the deployment of its own, and the last part of an onboarding."""

import asyncio
from datetime import date, timedelta

import pytest
from prefect.client.orchestration import get_client

from tasks.core.locks import CSM_ASSIGNMENT
from tests.support.calendar import org_today
from tests.support.outcome import (
    MESSAGE,
    WRITE,
    assert_onboarded,
    effects,
    messages,
    outcome,
)
from tests.support.runs import artifacts, assign, audit_page, flow_run, latest_artifact, onboard, press_retry, until
from tests.support.team import Team, other_run

pytestmark = pytest.mark.flows

TODAY = org_today()
"""In the org's time zone: the policy's default."""


@pytest.fixture
def team(people) -> Team:
    return Team(people)


@pytest.fixture
def available(team) -> list[str]:
    """The CSMs of the demo world who serve SMB and are there: Ben is out of office, Gus has left."""
    return [team.named(name)["Id"] for name in ("Ada Novak", "Finn Larsen")]


def ranking_of(account_id):
    return latest_artifact(f"csm-assignment-{account_id.lower()}")


def told_of(sandbox, record_id):
    return [one for one in messages(sandbox) if f"csm-assignment:{record_id}:" in str(one["metadata"])]


# --- an account of its own


async def test_csm_1_an_account_without_a_csm_gets_the_one_with_the_lightest_book(people, sandbox, team, available):
    account = team.account()
    expected, since = team.lightest(available), sandbox.last()
    run = await assign(account[:15])
    assert run.ended == "Completed", run.message
    csm = people.read("User", expected)
    assert other_run(people, account) == (expected, csm["ManagerId"], "SMB"), await ranking_of(account)
    assert run.message == f"Harbor Clinic goes to {csm['Name']}."
    assert effects(sandbox, since) == {WRITE: 1, MESSAGE: 1}
    (told,) = told_of(sandbox, account)
    lead = people.read("User", csm["ManagerId"])
    assert [part for part in ("Harbor Clinic", csm["Name"], lead["Name"], account) if part not in told["text"]] == []
    on_server = await flow_run(run)
    assert {"csm-assignment", f"account:{account}"} <= set(on_server.tags)
    assert on_server.name == "Assign a CSM to Harbor Clinic"


async def test_csm_1_the_choice_is_explained_with_every_candidate_and_why_others_were_passed_over(team):
    ada = team.named("Ada Novak")["Id"]
    sold = team.account(Name="Just Sold", MRR__c=None, Customer_Success_Manager__c=ada, CS_Segmentation__c="SMB")
    terms = {"Status": "Activated", "StartDate": f"{TODAY + timedelta(days=5)}", "Plan_Amount__c": 480.0}
    team.people.create("Contract", AccountId=sold, **terms)
    account = team.account(Name="Explained Clinic", MRR__c=700)
    held = sum(one["MRR__c"] or 0 for one in team.accounts() if one["Customer_Success_Manager__c"] == ada)
    await assign(account)
    text = await ranking_of(account)
    assert "without MRR" in text
    (row,) = [line for line in text.splitlines() if "Ada Novak" in line and line.startswith("| ") and "%" in line]
    assert f" {held:,.0f} |" in row
    chosen = other_run(team.people, account)[0]
    assert f"# {team.people.read('User', chosen)['Name']} is the CSM of Explained Clinic" in text
    reasons = {
        "Ben Carter": "out of office from",
        "Cleo Dubois": "serves Mid-Market, not SMB",
        "Dev Patel": "serves Mid-Market, Enterprise, not SMB",
        "Eva Rossi": "serves Enterprise, not SMB",
        "Gus Retired": "the user is inactive",
    }
    for name, reason in reasons.items():
        (row,) = [line for line in text.splitlines() if line.startswith(f"| {name}")]
        assert reason in row
    for name in ("Ada Novak", "Finn Larsen"):
        assert any(name in line for line in text.partition("## Not eligible")[0].splitlines())
    assert "![Books of business before and after](data:image/svg+xml;base64," in text


async def test_csm_3_segmentation_follows_mrr_and_a_person_s_choice_stands(team):
    large, chosen_by_hand = team.account(MRR__c=5000), team.account(MRR__c=100, CS_Segmentation__c="Enterprise")
    for account in (large, chosen_by_hand):
        await assign(account)
        csm, _, segmentation = other_run(team.people, account)
        assert segmentation == "Enterprise"
        assert csm in {one["Id"] for one in team.members("Enterprise")}


async def test_an_account_keeps_its_active_csm_and_nothing_is_written(people, sandbox, team):
    cleo = team.named("Cleo Dubois")
    account = team.account(
        CS_Segmentation__c="SMB",
        Customer_Success_Manager__c=cleo["Id"],
        Customer_Success_Manager_Leader__c=cleo["ManagerId"],
    )
    since = sandbox.last()
    run = await assign(account)
    assert (run.ended, run.message) == ("Completed", "Harbor Clinic keeps Cleo Dubois.")
    assert effects(sandbox, since) == {}
    assert other_run(people, account)[0] == cleo["Id"]


async def test_csm_2_a_csm_who_left_is_replaced_and_the_leader_with_them(people, team, available):
    gus = team.named("Gus Retired")
    account = team.account(Customer_Success_Manager__c=gus["Id"], Customer_Success_Manager_Leader__c=gus["ManagerId"])
    expected = team.lightest(available)
    run = await assign(account)
    assert run.ended == "Completed", run.message
    assert other_run(people, account)[:2] == (expected, people.read("User", expected)["ManagerId"])
    (line,) = [one for one in await audit_page(account) if one["field"] == "Customer Success Manager"]
    assert line["before"] == f"Gus Retired ({gus['Id']})"


async def test_reassign_chooses_anew_once_also_when_the_run_is_retried(people, sandbox, team, available):
    ben = team.named("Ben Carter")
    account = team.account(Customer_Success_Manager__c=ben["Id"], Customer_Success_Manager_Leader__c=ben["ManagerId"])
    expected = team.lightest(available)
    run = await assign(account, reassign=True)
    assert run.ended == "Completed", run.message
    assert other_run(people, account)[0] == expected
    since = sandbox.last()
    # Now the other one's book is lighter: a second choice would name somebody else.
    with team.out_of_office(expected, IsAllDayEvent=True, StartDateTime=f"{TODAY}T00:00:00Z"):
        again = await press_retry(run)
    assert again.ended == "Completed", again.message
    assert (await flow_run(again)).name == "Assign a CSM to Harbor Clinic"
    assert other_run(people, account)[0] == expected
    assert effects(sandbox, since) == {"POST /sobjects/Event": 1, "DELETE /sobjects/Event/*": 1}


# --- the fields of account and sale are aligned with the account's CSM (REC-2)


@pytest.fixture
def drifted(people, team):
    """A customer in service with Cleo, whose account names another leader, and whose sale names Ada and Gus."""
    cleo, ada, gus = (team.named(name) for name in ("Cleo Dubois", "Ada Novak", "Gus Retired"))
    sale = people.make_sale(
        account={
            "Customer_Success_Manager__c": cleo["Id"],
            "Customer_Success_Manager_Leader__c": ada["Id"],
            "CS_Segmentation__c": "SMB",
        },
        opportunity={
            "Customer_Success_Manager_NEW__c": ada["Id"],
            "Customer_Onboarding_Manager_NEW__c": gus["Id"],
            "Customer_Success_Manager_Leader_NEW__c": ada["Id"],
        },
    )
    return sale, cleo, ada


def named_on(people, sale):
    """CSM and leader of the account; CSM, onboarding manager and leader of the sale."""
    account, sold = people.read("Account", sale.account), people.read("Opportunity", sale.opportunity)
    new = ("Customer_Success_Manager_NEW__c", "Customer_Onboarding_Manager_NEW__c")
    return [
        account["Customer_Success_Manager__c"],
        account["Customer_Success_Manager_Leader__c"],
        *(sold[field] for field in (*new, "Customer_Success_Manager_Leader_NEW__c")),
    ]


async def test_rec_2_aligning_writes_the_csm_and_their_team_lead_everywhere_once(people, sandbox, drifted):
    sale, cleo, _ = drifted
    csm, lead = cleo["Id"], cleo["ManagerId"]
    since = sandbox.last()
    run = await assign(sale.account, align=True)
    name = people.read("Account", sale.account)["Name"]
    assert (run.ended, run.message) == ("Completed", f"{name} keeps Cleo Dubois. Fields aligned: 4.")
    assert named_on(people, sale) == [csm, lead, csm, csm, lead]
    assert effects(sandbox, since) == {WRITE: 1}
    lines = {(line["field"], line["before"].partition(" (")[0]) for line in await audit_page(sale.account)}
    assert ("Customer Success Manager (NEW)", "Ada Novak") in lines
    assert ("Customer Onboarding Manager (NEW)", "Gus Retired") in lines
    again = await assign(sale.account, align=True)
    assert again.message == f"{name} keeps Cleo Dubois. Fields aligned: 0."
    assert effects(sandbox, since) == {WRITE: 1}


async def test_rec_2_aligning_an_onboarded_customer_sends_no_second_welcome(people, sandbox, team):
    sale = people.make_sale()
    await onboard(sale.opportunity)
    assert_onboarded(people, sale)
    eva = team.named("Eva Rossi")["Id"]
    people.edit("Opportunity", sale.opportunity, Customer_Success_Manager_NEW__c=eva)
    # Salesforce keeps whole seconds: a run that begins in the second of an assignment takes it for its own.
    before = "2026-01-05T09:00:00.000+0000"
    people.edit("Account", sale.account, Customer_Success_Manager_Leader__c=eva, CSM_Assigned_On__c=before)
    since = sandbox.last()
    run = await assign(sale.account, align=True)
    assert run.ended == "Completed", run.message
    assert "Fields aligned: 2." in run.message
    assert_onboarded(people, sale)
    assert effects(sandbox, since) == {WRITE: 1}


async def test_rec_2_without_align_fields_that_name_an_active_csm_stay(people, drifted):
    sale, cleo, ada = drifted
    run = await assign(sale.account)
    assert run.ended == "Completed", run.message
    assert named_on(people, sale) == [cleo["Id"], ada["Id"], ada["Id"], cleo["Id"], ada["Id"]]


async def test_rec_2_a_preview_of_an_alignment_shows_each_field_and_writes_nothing(people, sandbox, drifted):
    sale, _, _ = drifted
    before, since = named_on(people, sale), sandbox.last()
    run = await assign(sale.account, align=True, preview=True)
    assert (run.ended, run.message) == ("Previewed", "Cleo Dubois stays. 4 changes would be made. Nothing was written.")
    assert named_on(people, sale) == before
    assert effects(sandbox, since) == {}
    page = await ranking_of(sale.account)
    assert "| Customer Success Manager (NEW) | Ada Novak (" in page


async def test_rec_2_a_lost_answer_to_an_alignment_changes_nothing_twice(people, sandbox, drifted):
    sale, cleo, _ = drifted
    csm, lead = cleo["Id"], cleo["ManagerId"]
    sandbox.fault("salesforce", "drop_after", method="POST", path="/composite", skip=1)
    run = await assign(sale.account, align=True)
    assert run.ended == "Completed", run.message
    assert named_on(people, sale) == [csm, lead, csm, csm, lead]
    fields = [line["field"] for line in await audit_page(sale.account)]
    assert (len(fields), len({*fields})) == (4, 4), fields


async def test_rec_2_aligning_an_account_that_is_not_there_is_refused(sandbox):
    since = sandbox.last()
    run = await assign("001000000000001AAA", align=True)
    assert run.ended == "Refused"
    assert "there is no account 001000000000001AAA" in run.message
    assert effects(sandbox, since) == {}


async def test_two_runs_at_once_for_one_account_assign_it_once(sandbox, team):
    account, since = team.account(), sandbox.last()
    runs = await asyncio.gather(assign(account), assign(account[:15]))
    assert {run.ended for run in runs} <= {"Already under way", "Completed"}
    assert effects(sandbox, since) == {WRITE: 1, MESSAGE: 1}


async def test_csm_7_assignments_at_once_choose_as_if_one_after_the_other(team, available):
    before = team.accounts()
    accounts = [team.account(Name=f"At Once {number}", MRR__c=500) for number in range(4)]
    runs = await asyncio.gather(*map(assign, accounts))
    assert [run.ended for run in runs] == ["Completed"] * 4
    books = {csm_id: team.load(csm_id, before) for csm_id in available}
    for _ in accounts:
        lightest = min(books, key=books.__getitem__)
        books[lightest] += 0.5 * 500 / 30_000 + 0.5 / 60
    after = team.accounts()
    assert {csm_id: team.load(csm_id, after) for csm_id in available} == pytest.approx(books)


@pytest.mark.usefixtures("every_link_leads")
async def test_a_preview_shows_who_would_be_next_and_writes_nothing(people, sandbox, team, available):
    account, since = team.account(Name="Looked At"), sandbox.last()
    expected = people.read("User", team.lightest(available))["Name"]
    run = await assign(account, preview=True)
    assert run.ended == "Previewed"
    assert effects(sandbox, since) == {}
    assert other_run(people, account) == (None, None, None)
    page = await ranking_of(account)
    assert f"**{expected} (" in page
    told = (
        f"## Why {expected}",
        "## Available",
        "has the lightest book of business",
        "| CSM Assigned On | \N{EN DASH} |",
    )
    assert [part for part in told if part not in page] == []
    assert run.message.startswith(f"{expected} would be the CSM.")

    # Chosen again, it is the same one, and the page tells when it was assigned before.
    assert (await assign(f"https://acme.lightning.force.com/lightning/r/Account/{account}/view")).ended == "Completed"
    people.edit("Account", account, CSM_Assigned_On__c="2026-01-05T14:00:00.000+0000")
    run = await assign(account, reassign=True, preview=True)
    assert run.message == f"{expected} stays. 1 change would be made. Nothing was written."
    page = await ranking_of(account)
    assert f"{expected} stays: no available CSM has a lighter book" in page
    assert "| CSM Assigned On | 2026-01-05 |" in page
    assert (await assign(account, reassign=True)).message.endswith(f" stays with {expected}.")


# --- nobody, and nobody any more


@pytest.mark.usefixtures("every_link_leads")
async def test_csm_2_when_nobody_is_available_nobody_is_assigned_and_the_team_lead_is_asked(people, team):
    enterprise = [one["Id"] for one in team.members("Enterprise") if one["IsActive"]]
    sale = people.make_sale(account={"MRR__c": 9000})
    tomorrow = TODAY + timedelta(days=1)
    noon_to_evening = {"StartDateTime": f"{tomorrow}T17:00:00Z", "EndDateTime": f"{tomorrow}T21:00:00Z"}
    with team.out_of_office(*enterprise, **noon_to_evening):
        run = await onboard(sale.opportunity)
        assert run.ended == "Needs the team lead", run.message
        wanted = ("Tom Bergmann", f"out of office on {tomorrow}", "CSM-2", "press Retry", sale.account)
        assert [part for part in wanted if part not in run.message] == []
        found = outcome(people, sale)
        assert other_run(people, sale.account) == (None, None, None)
        assert (found.onboardings, found.welcomes, found.told) == ([], [], [])
        # What was done before is written down: the customer exists.
        assert found.account["LMS_Company_Id__c"] == found.companies[0]["id"]
        assert "# No CSM is available for" in await ranking_of(sale.account)
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert_onboarded(people, sale)


async def test_csm_2_a_csm_whom_the_team_lead_enters_is_taken_at_retry(people, team):
    eva = team.named("Eva Rossi")
    enterprise = [one["Id"] for one in team.members("Enterprise") if one["IsActive"]]
    sale = people.make_sale(account={"MRR__c": 9000})
    with team.out_of_office(*enterprise, IsAllDayEvent=True, StartDateTime=f"{TODAY}T00:00:00Z"):
        run = await onboard(sale.opportunity)
        assert run.ended == "Needs the team lead"
        ranking = f"csm-assignment-{sale.account.lower()}"
        assert "No CSM is available" in await latest_artifact(ranking)
        people.edit("Account", sale.account, Customer_Success_Manager__c=eva["Id"])
        run = await press_retry(run)
    assert run.ended == "Completed", run.message
    page = await latest_artifact(ranking)
    assert "No CSM is available" not in page
    assert page.startswith("# Eva Rossi is the CSM of")
    assert other_run(people, sale.account) == (eva["Id"], eva["ManagerId"], "Enterprise")
    found = outcome(people, sale)
    assert found.opportunity["Customer_Success_Manager_NEW__c"] == eva["Id"]
    assert (len(found.welcomes), len(found.told)) == (1, 1)


async def test_csm_1_a_retry_tells_the_new_csm_the_same_as_the_first_try_would_have(sandbox, team):
    account = team.account(Name="Told Late")
    sandbox.fault("slack", "malformed", path="chat.postMessage")
    run = await assign(account)
    assert run.ended == "Refused", run.message
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    (told,) = told_of(sandbox, account)
    assert "'s account now." in told["text"]
    assert "Why this CSM" in told["text"]


async def test_a_csm_deactivated_between_choice_and_write_is_replaced_at_once(people, sandbox, team, available):
    first = team.lightest(available)
    (second,) = set(available) - {first}
    account = team.account(Name="Just Left")
    # Team and books are read by the first call of that path; the second, which writes, is held.
    sandbox.fault("salesforce", "slow", path="/composite", skip=1, seconds=2)
    since = sandbox.last()
    running = asyncio.create_task(assign(account))
    await until(lambda: [one for one in sandbox.journal("salesforce", since) if "composite" in one["path"]], running)
    with team.inactive(first):
        run = await running
    assert run.ended == "Completed", run.message
    assert other_run(people, account)[0] == second
    (told,) = told_of(sandbox, account)
    assert people.read("User", second)["Name"] in told["text"]


# --- the onboarding record


async def test_csm_5_a_record_that_does_not_come_is_reported_to_cs_ops_and_found_at_retry(people, sandbox, override):
    await override("lifecycle-policy", onboarding_record_wait_seconds=0.5)
    sandbox.behaviour(onboarding_record="never")
    sale = people.make_sale()
    run = await onboard(sale.opportunity)
    assert run.ended == "Needs CS Operations"
    wanted = ("Customer Onboarding record", "CSM-5", sale.opportunity, "press Retry")
    assert [part for part in wanted if part not in run.message] == []
    assert outcome(people, sale).welcomes == []
    people.create("Customer_Onboarding__c", Opportunity__c=sale.opportunity, Account__c=sale.account)
    since = sandbox.last()
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert effects(sandbox, since) == {WRITE: 1}
    assert_onboarded(people, sale)


async def test_csm_6_a_tick_that_a_person_set_is_left_and_no_second_mail_goes_out(people, sandbox, override):
    await override("lifecycle-policy", onboarding_record_wait_seconds=0.5)
    sandbox.behaviour(onboarding_record="never")
    sale = people.make_sale()
    run = await onboard(sale.opportunity)
    record = people.create("Customer_Onboarding__c", Opportunity__c=sale.opportunity, Account__c=sale.account)
    people.edit("Customer_Onboarding__c", record, Send_Onboarding_Email__c=True)
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    found = outcome(people, sale)
    assert len(found.welcomes) == 1
    assert found.onboardings[0]["Name"] == f"{sale.company} 2027"
    assert "was sent already" in await latest_artifact(f"onboarding-{sale.opportunity.lower()}")


async def test_csm_4_the_recent_sale_of_an_account_goes_to_the_same_hands_and_begins_when_the_customer_is_set_up(
    people,
):
    sale = people.make_sale()
    run = await assign(sale.account)
    assert run.ended == "Completed", run.message
    found = outcome(people, sale)
    csm = other_run(people, sale.account)[0]
    assert found.opportunity["Customer_Onboarding_Manager_NEW__c"] == csm
    # Nobody is welcomed to what is not there yet.
    assert found.welcomes == []
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    assert_onboarded(people, sale)
    assert other_run(people, sale.account)[0] == csm


async def test_csm_4_an_old_sale_stays_as_it_is(people):
    sale = people.make_sale(opportunity={"CloseDate": (date.today() - timedelta(days=120)).isoformat()})  # noqa: DTZ011
    run = await assign(sale.account)
    assert run.ended == "Completed", run.message
    assert other_run(people, sale.account)[0]
    found = outcome(people, sale)
    assert found.opportunity.get("Customer_Success_Manager_NEW__c") is None
    assert found.onboardings == []


async def test_csm_6_a_long_name_is_cut_to_what_salesforce_takes(people):
    name = "A sale with a name that goes on and on, as names of sales do when everything is put into them, and more"
    sale = people.make_sale(opportunity={"Name": name})
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    (record,) = outcome(people, sale).onboardings
    assert record["Name"] == f"{name[:79]}…"


# --- bad input


@pytest.mark.parametrize("wrong", ["", "001", "006000000000001AAA", "../User/005000000000001"])
async def test_an_id_of_another_shape_is_refused_before_anything_is_asked(sandbox, wrong):
    since = sandbox.last()
    run = await assign(wrong)
    assert run.ended == "Bad input"
    assert "account" in run.message
    assert sandbox.journal(since=since) == []


async def test_an_unknown_account_is_refused_with_what_may_be_the_reason(sandbox):
    since = sandbox.last()
    run = await assign("001000000000001AAA")
    assert run.ended == "Refused"
    assert "there is no account 001000000000001AAA" in run.message
    assert effects(sandbox, since) == {}


async def test_csm_3_an_account_of_which_neither_mrr_nor_users_are_known_is_asked_of_cs_ops(people, team):
    account = team.account(MRR__c=None)
    run = await assign(account)
    assert run.ended == "Needs CS Operations"
    assert f"Account {account}: CS Segmentation is empty, and neither MRR nor users are known" in run.message
    people.edit("Account", account, CS_Segmentation__c="SMB")
    run = await press_retry(run)
    assert run.ended == "Completed", run.message


async def test_a_negative_mrr_counts_as_none_and_is_told(people, team):
    account = team.account(Name="In Credit", MRR__c=-120)
    run = await assign(account)
    assert run.ended == "Completed", run.message
    assert other_run(people, account)[2] == "SMB"
    assert "The account's MRR is -120.00: 0 was used." in (await ranking_of(account)).replace("\\", "")


async def test_a_kept_csm_without_a_team_lead_is_asked_of_cs_ops(people, team):
    cleo = team.named("Cleo Dubois")
    account = team.account(Customer_Success_Manager__c=cleo["Id"])
    people.edit("User", cleo["Id"], ManagerId=None)
    try:
        run = await assign(account)
    finally:
        people.edit("User", cleo["Id"], ManagerId=cleo["ManagerId"])
    assert run.ended == "Needs CS Operations"
    assert f"User {cleo['Id']}: Manager is nobody who is active" in run.message
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert other_run(people, account)[:2] == (cleo["Id"], cleo["ManagerId"])


async def test_csm_7_without_the_limit_nobody_is_assigned_and_the_engineer_is_told(people, team):
    account = team.account()
    async with get_client() as client:
        await client.delete_global_concurrency_limit_by_name(CSM_ASSIGNMENT)
        run = await assign(account)
        assert run.ended == "Refused"
        assert "lifecycle bootstrap" in run.message
        assert other_run(people, account) == (None, None, None)
        await client.upsert_global_concurrency_limit_by_name(CSM_ASSIGNMENT, 1)
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert await artifacts(f"csm-assignment-{account.lower()}")
