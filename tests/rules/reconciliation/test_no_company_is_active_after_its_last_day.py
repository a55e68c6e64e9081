"""Service after the last day of a contract, and an end that is planned too late (REC-2, PUB-4)."""

from dataclasses import replace

import pytest

from tests.rules.builders.client_states import (
    ACCOUNT,
    COMPANY,
    agreed,
    client_state,
    ended_state,
    in_account,
    in_company,
    offender,
    offenders,
    run_of,
)
from tests.rules.builders.clients import ACCOUNT_ID, contract, on, publication, renewal, subscription

KEY = "no_company_is_active_after_its_last_day"
RUN = ("deactivation/deactivate-account", {"account_id": ACCOUNT_ID})
LAST = on(-10)


def test_pub_4_a_service_that_ended_with_its_contract_is_right():
    assert offenders(ended_state(), KEY) == []


@pytest.mark.parametrize("last_day", [None, LAST])
def test_pub_4_a_company_that_is_active_after_its_contract_is_named(last_day):
    found = offender(in_company(ended_state(), status="active", last_day=last_day), KEY)
    assert (found.record, found.field, found.found) == (COMPANY, "Status", "active")
    assert found.expected == f"inactive, since contract 00000101 ended on {LAST}"
    assert run_of(found) == RUN


def test_pub_4_a_publication_that_is_active_after_the_contract_is_named():
    found = offender(ended_state(publications=(publication(),)), KEY)
    assert (found.record, found.field, found.found) == ("Publication 7001", "Status", "active")


@pytest.mark.parametrize("cs_status", ["Active", "Churned", None])
def test_pub_4_a_cs_status_that_does_not_show_the_end_is_named(cs_status):
    found = offender(in_account(ended_state(), cs_status=cs_status), KEY)
    assert (found.record, found.field, found.found) == (ACCOUNT, "CS Status", cs_status or "empty")
    assert found.expected == f"Deactivated, since contract 00000101 ended on {LAST}"


def test_pub_4_the_last_day_itself_is_a_day_of_service():
    assert offenders(client_state(agreed(-100, 0)), KEY) == []


def test_pub_4_on_the_day_after_the_service_must_be_off():
    state = client_state(agreed(-100, -1))
    assert [record for record, _, _ in offenders(state, KEY)] == [COMPANY, ACCOUNT]


def test_pub_4_an_end_that_is_planned_after_the_contract_is_named():
    state = in_company(client_state(agreed(-100, 20)), status="scheduled", last_day=on(25), reason="End of contract")
    found = offender(state, KEY)
    assert (found.record, found.field, found.found) == (COMPANY, "Last Day of Service", str(on(25)))
    assert found.expected == f"{on(20)}, since contract 00000101 ends on {on(20)}"
    assert run_of(found) == RUN


@pytest.mark.parametrize("last_day", [None, on(20)])
def test_pub_4_an_end_that_is_not_planned_yet_or_planned_right_is_no_offender(last_day):
    status = "scheduled" if last_day else "active"
    state = in_company(client_state(agreed(-100, 20)), status=status, last_day=last_day)
    assert offenders(state, KEY) == []


def test_pub_4_an_end_that_the_lms_keeps_for_longer_than_the_look_ahead_is_not_compared():
    assert offenders(client_state(agreed(-100, 31)), KEY) == []


@pytest.mark.parametrize(
    "whose",
    [
        {"renewals": (renewal(),)},
        {"agreements": (agreed(-400, -10), contract(-9, None, 102))},
        {"lms_company_id": "77"},
    ],
    ids=["an open renewal", "a contract without an end", "another company id"],
)
def test_pub_7_while_people_are_asked_nothing_is_named(whose):
    state = in_company(in_account(ended_state(), **whose), status="active", last_day=None, reason="")
    assert offenders(state, KEY) == []


def test_pub_7_a_service_that_is_billed_on_is_a_question_to_sales():
    state = in_company(ended_state(), status="active", last_day=None)
    assert offenders(replace(state, subscriptions=(subscription(renews=True),)), KEY) == []


def test_pub_7_a_planned_end_of_somebody_else_is_a_question_to_sales():
    state = in_company(client_state(agreed(-100, 20)), status="scheduled", last_day=on(25), reason="Chapter 11")
    assert offenders(state, KEY) == []


def test_pub_4_a_client_without_a_contract_has_no_last_day():
    state = in_account(client_state(publications=()), agreements=())
    assert offenders(state, KEY) == []
