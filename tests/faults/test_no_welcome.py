"""PUB-6: between the placeholder and the true address anything may happen; the address is finished, or asked about."""

import asyncio

import pytest

from tests.faults.killed import killed
from tests.support.asking import Worker, questions, said, state_of
from tests.support.no_welcome import (
    NO_WELCOME_AUDIT,
    NO_WELCOME_EFFECTS,
    TRUE_ADDRESS,
    assert_not_welcomed,
    assert_silently_onboarded,
    make_upmc_sale,
    placeholder_of,
    users_of,
)
from tests.support.outcome import SIGN_UP, effects, outcome
from tests.support.runs import Run, audit_page, await_retry, onboard, press_retry, retry_until_completed, until
from tests.support.scale import cases

pytestmark = pytest.mark.flows

CALLS = {
    "placeholder": ("GET", "no-welcome.invalid", 0),
    "username": ("GET", "/api/users.*willow", 0),
    "sign-up": ("POST", "/signup/preSign", 0),
    "who is on the placeholder": ("GET", "no-welcome.invalid", 1),
    "true address": ("PATCH", "/api/users", 0),
    "modules": ("PUT", "/permissions", 0),
}
"""Every call to the LMS: method, path, and how many alike come before it."""
PASSING = {"error": {"status": 503}, "drop_before": {}, "drop_after": {}, "rate_limit": {}, "lock_row": {}}
LASTING = 1000
"""More requests than any run makes."""


def order(sandbox, call, kind, times=1, **more):
    method, path, before = CALLS[call]
    sandbox.fault("lms", kind, method=method, path=path, skip=before, times=times, **more)


async def left_behind(people, **records):
    """A sale whose run broke off between placeholder and true address, and the LMS well again."""
    sale = make_upmc_sale(people, **records)
    order(people.sandbox, "true address", "error", times=LASTING, status=503)
    run = await onboard(sale.opportunity)
    assert run.ended == "Unavailable", run.message
    people.sandbox.clear_faults()
    assert users_of(people.sandbox, sale) == [placeholder_of(sale)]
    return sale, run


def assert_once(people, sale):
    assert_silently_onboarded(people, sale)
    assert effects(people.sandbox, sale.since) == NO_WELCOME_EFFECTS


async def assert_whole_and_once(people, sale):
    assert_once(people, sale)
    lines = await audit_page(sale.account)
    assert sorted((line["system"], line["field"]) for line in lines) == NO_WELCOME_AUDIT


# --- every call


@pytest.mark.parametrize("kind", cases(PASSING, "drop_after"))
async def test_pub_6_a_fault_met_once_by_each_call_passes(people, sandbox, kind):
    sale = make_upmc_sale(people)
    for call in CALLS:
        order(sandbox, call, kind, **PASSING[kind])
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    assert sandbox.faults() == []
    await assert_whole_and_once(people, sale)


@pytest.mark.parametrize(
    ("call", "kind"),
    cases(
        [
            *((call, kind) for call in CALLS for kind in ("error", "drop_before")),
            *((call, "drop_after") for call in ("sign-up", "true address", "modules")),
        ],
        ("placeholder", "drop_before"),
        ("true address", "drop_after"),
    ),
)
async def test_pub_6_a_fault_that_lasts_ends_the_run_and_retry_goes_on(people, sandbox, call, kind):
    sale = make_upmc_sale(people)
    order(sandbox, call, kind, times=LASTING, **PASSING[kind])
    run = await onboard(sale.opportunity)
    if (call, kind) == ("true address", "drop_after"):
        # The step looks before it asks again, and finds nobody on the placeholder.
        assert run.ended == "Completed", run.message
    else:
        assert run.ended == "Unavailable", run.message
    sandbox.clear_faults()
    run = await retry_until_completed(run, tries=1)
    await assert_whole_and_once(people, sale)


@pytest.mark.parametrize("kind", cases(["malformed", "html", "expired_session"], "malformed"))
async def test_pub_6_an_answer_that_is_not_what_was_promised_ends_the_run_and_retry_finishes(people, sandbox, kind):
    sale = make_upmc_sale(people)
    order(sandbox, "true address", kind)
    run = await onboard(sale.opportunity)
    assert run.ended == "Refused", run.message
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert_once(people, sale)


# --- broken off between the two steps


@pytest.mark.long
async def test_pub_6_the_rerun_finishes_the_address_and_signs_nobody_up_again(people, sandbox):
    sale, run = await left_behind(people)
    since = sandbox.last()
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert (effects(sandbox, since)[SIGN_UP], effects(sandbox, since)[TRUE_ADDRESS]) == (0, 1)
    await assert_whole_and_once(people, sale)


async def test_pub_6_a_new_run_for_the_same_sale_finishes_the_address(people, sandbox):
    sale, _ = await left_behind(people)
    since = sandbox.last()
    previewed = await onboard(sale.opportunity, preview=True)
    assert previewed.ended == "Previewed", previewed.message
    assert effects(sandbox, since) == {}
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    assert_once(people, sale)


@pytest.mark.long
async def test_pub_6_a_new_run_finishes_it_also_when_salesforce_has_the_company_already(people):
    sale, _ = await left_behind(people)
    (company,) = outcome(people, sale).companies
    people.edit("Account", sale.account, LMS_Company_Id__c=company["id"])
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    assert_silently_onboarded(people, sale)


@pytest.mark.long
async def test_pub_6_killed_between_the_two_steps_both_the_rerun_and_a_new_run_finish(people, sandbox):
    worker = Worker()
    for finish in (
        lambda _, sale: onboard(sale.opportunity),
        lambda run, _: again_by(worker, run),
    ):
        sale = make_upmc_sale(people)
        run = await worker.create(opportunity_id=sale.opportunity)
        order(sandbox, "who is on the placeholder", "slow", seconds=3)
        await killed(run, lambda sale=sale: users_of(sandbox, sale))
        assert users_of(sandbox, sale) == [placeholder_of(sale)]
        sandbox.clear_faults()
        await finish(run, sale)
        assert_once(people, sale)


async def again_by(worker, run):
    await await_retry(Run(run.id, run.state))
    return await worker.work(run.id)


# --- what only people can settle


async def broken_off_by(people, sandbox, worker, take):
    """A run whose super admin's address is taken while the LMS signs up."""
    sale = make_upmc_sale(people)
    order(sandbox, "sign-up", "slow", seconds=0.5)
    acting = asyncio.create_task(worker.start(opportunity_id=sale.opportunity))
    await until(lambda: [one for one in sandbox.journal("lms", sale.since) if "preSign" in one["path"]], acting)
    take(sale)
    return sale, await acting


@pytest.mark.parametrize(("kind", "becomes"), [("customer", "{}+1@{}"), ("demo", "{}@{}")])
async def test_pub_6_onb_9_an_address_taken_meanwhile_is_asked_about_and_then_decided_anew(
    people, sandbox, kind, becomes
):
    def take(sale):
        sandbox.seed(lms={"users": [{"email": sale.email, "firstName": "Jo", "lastName": "Other", "kind": kind}]})

    worker = Worker()
    sale, run = await broken_off_by(people, sandbox, worker, take)
    assert state_of(run) == "Suspended", run.state
    (question,) = questions(sandbox, run)
    assert question["channel"] == "cs-operations"
    assert [word for word in ("still the placeholder", sale.email) if word not in said(question)] == []
    assert users_of(sandbox, sale) == [placeholder_of(sale)]
    run = await worker.resume(run.id)
    assert state_of(run) == "Completed", run.state
    assert users_of(sandbox, sale) == [becomes.format(*sale.email.split("@"))]
    assert_not_welcomed(people, sale)


async def test_pub_6_nobody_is_given_the_address_of_another_primary_contact(people, sandbox):
    sale, run = await left_behind(people)
    people.edit("Contact", sale.contact, FirstName="Rob")
    run = await press_retry(run)
    assert run.ended == "Needs CS Operations"
    wanted = ("still the placeholder of Jane Roe", "the primary contact is Rob Roe", "PUB-6", "press Retry")
    assert [word for word in wanted if word not in run.message] == []
    assert users_of(sandbox, sale) == [placeholder_of(sale)]
    people.edit("Contact", sale.contact, FirstName="Jane")
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert_silently_onboarded(people, sale)


@pytest.mark.long
async def test_pub_6_a_second_user_with_the_true_address_is_asked_about(people, sandbox):
    sale, _ = await left_behind(people)
    (company,) = outcome(people, sale).companies
    person = {"email": sale.email, "firstName": "Jane", "lastName": "Roe", "companyId": company["id"]}
    sandbox.seed(lms={"users": [person]})
    run = await onboard(sale.opportunity)
    assert run.ended == "Needs CS Operations"
    assert "Keep one of the two in the LMS" in run.message
    assert set(users_of(sandbox, sale)) == {placeholder_of(sale), sale.email}
