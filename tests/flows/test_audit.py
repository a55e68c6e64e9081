"""The account's page: every effect one line, whatever happened on the way (D-11)."""

import asyncio

import pytest
from prefect import flow
from prefect.client.orchestration import get_client

from flows.onboarding import onboarding
from rules.common.records import Change
from tasks.core.effects import effects
from tasks.runs.audit import audit_trail
from tests.support.outcome import AUDIT, assert_audited
from tests.support.runs import Run, artifacts, audit_page, onboard, press_retry

pytestmark = pytest.mark.flows


async def test_after_a_failed_run_and_a_retry_no_line_is_there_twice_and_none_is_lost(people, sandbox):
    sale = people.make_sale()
    sandbox.fault("lms", "error", path="/permissions", times=1000)
    run = await onboard(sale.opportunity)
    assert run.ended == "Unavailable"
    early = await audit_page(sale.account)
    sandbox.clear_faults()
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    late = await audit_page(sale.account)
    assert_audited(late)
    # What was sure stays where it was; the modules, whose answers said nothing, are told anew. All was this run's.
    sure = [line for line in early if not line["note"]]
    assert late[: len(sure)] == sure
    assert [line["note"] for line in late] == [""] * len(late)
    assert {line["run"].rpartition("/")[2] for line in late} == {str(run.id)}


async def test_what_was_done_though_its_answer_was_lost_is_told_with_the_doubt(people, sandbox):
    sale = people.make_sale()
    # Team and books are read by a call of the same path.
    sandbox.fault("salesforce", "drop_after", path="/composite", skip=1, times=1000)
    run = await onboard(sale.opportunity)
    assert run.ended == "Unavailable"
    sandbox.clear_faults()
    await press_retry(run)
    lines = await audit_page(sale.account)
    assert_audited(lines)
    doubtful = {line["field"] for line in lines if line["note"] == "the answer was lost: it may have been done"}
    codes = {"LMS Company Id", "Recurly Account Id", "Recurly Billing URL"}
    assert doubtful == codes | {field for _, field in AUDIT if field.startswith(("Customer Success", "CS"))} | {
        "Customer Onboarding Manager (NEW)"
    }


async def test_what_a_second_run_finds_in_place_is_not_told_again(people):
    sale = people.make_sale()
    await onboard(sale.opportunity)
    await onboard(sale.opportunity)
    assert_audited(await audit_page(sale.account))


async def test_flows_that_finish_at_once_on_one_account_lose_no_line(people):
    account = people.make_sale().account

    @flow(name="errand")
    async def errand(number: int) -> None:
        async with audit_trail(account) as trail:
            trail.extend(effects([Change("LMS", "Company 1", f"Field {number}", "", "x", "ONB-6")]))

    await asyncio.gather(*map(errand, range(8)))
    assert sorted(line["field"] for line in await audit_page(account)) == [f"Field {number}" for number in range(8)]


async def test_a_line_says_who_or_what_started_the_run(people):
    sale = people.make_sale()
    async with get_client() as client:
        created = await client.create_flow_run(onboarding, parameters={"opportunity_id": sale.opportunity})
        await client.update_flow_run_labels(created.id, {"started-by": "Salesforce"})
    run = await press_retry(Run(created.id, created.state))
    assert run.ended == "Completed", run.message
    assert {line["by"] for line in await audit_page(sale.account)} == {"Salesforce"}


async def test_an_onboarding_that_touches_nothing_leaves_no_page(people):
    sale = people.make_sale(contact={"Phone": None})
    await onboard(sale.opportunity)
    assert await audit_page(sale.account) == []
    assert await artifacts(f"account-{sale.account.lower()}") == []
