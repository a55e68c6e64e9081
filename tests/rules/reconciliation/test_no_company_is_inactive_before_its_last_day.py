"""Service that ended, or is planned to end, before its contract does (REC-2, PUB-4, PUB-5)."""

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
from tests.rules.builders.clients import ACCOUNT_ID, contract, on

KEY = "no_company_is_inactive_before_its_last_day"
RUN = ("deactivation/deactivate-account", {"account_id": ACCOUNT_ID})
FIELD = "Last Day of Service"


@pytest.mark.parametrize("reason", ["", "Chapter 11", f"End of contract 00000101 on {on(-5)}"])
def test_pub_4_an_inactive_company_is_named_while_its_contract_is_in_force(reason):
    state = in_company(client_state(), status="inactive", last_day=on(-5), reason=reason)
    found = offender(state, KEY)
    assert (found.record, found.field) == (COMPANY, "Status")
    assert found.found == f"inactive ({reason or 'no reason given'})"
    assert found.expected == f"active, since contract 00000101 ends on {on(265)}"
    assert run_of(found) == RUN


@pytest.mark.parametrize("cs_status", ["Active", "Deactivated"])
def test_pub_5_a_client_whom_people_deactivated_is_named_once(cs_status):
    state = in_company(client_state(account={"cs_status": cs_status}), status="inactive", reason="Chapter 11")
    assert offenders(state, KEY) == [(COMPANY, "Status", "inactive (Chapter 11)")]


def test_pub_4_an_inactive_company_is_named_on_the_last_day():
    state = in_company(client_state(agreed(-100, 0)), status="inactive", last_day=on(-1))
    assert offenders(state, KEY) == [(COMPANY, "Status", "inactive (no reason given)")]


def test_pub_5_a_cs_status_that_denies_a_running_service_is_named():
    found = offender(client_state(account={"cs_status": "Deactivated"}), KEY)
    assert (found.record, found.field, found.found) == (ACCOUNT, "CS Status", "Deactivated")
    assert found.expected == f"Active, as company 48213 is, since contract 00000101 ends on {on(265)}"
    assert run_of(found) == RUN


def test_pub_5_a_planned_end_is_named_although_service_goes_on():
    ours = f"End of contract 00000101 on {on(12)}"
    found = offender(in_company(client_state(), status="scheduled", last_day=on(12), reason=ours), KEY)
    assert (found.record, found.field, found.found) == (COMPANY, FIELD, str(on(12)))
    assert found.expected == f"empty, since contract 00000101 ends on {on(265)}"


def test_pub_4_an_end_that_is_planned_before_the_last_day_is_named():
    state = client_state(agreed(-100, 20))
    found = offender(in_company(state, status="scheduled", last_day=on(12), reason="End of contract 1"), KEY)
    assert (found.field, found.found) == (FIELD, str(on(12)))
    assert found.expected.startswith(str(on(20)))


def test_pub_5_an_end_that_people_planned_is_kept():
    state = in_company(client_state(), status="scheduled", last_day=on(12), reason="Chapter 11")
    assert offenders(state, KEY) == []


def test_pub_4_an_end_that_is_not_planned_yet_is_no_offender():
    assert offenders(client_state(agreed(-100, 20)), KEY) == []


def test_pub_4_an_inactive_company_after_its_last_day_is_right():
    assert offenders(ended_state(), KEY) == []


@pytest.mark.parametrize(
    "whose",
    [
        {"agreements": (contract(-100, None),)},
        {"lms_company_id": "77"},
        {"agreements": ()},
    ],
    ids=["a contract without an end", "another company id", "no contract"],
)
def test_pub_7_while_people_are_asked_or_nothing_is_agreed_nothing_is_named(whose):
    state = in_account(client_state(publications=()), cs_status="Deactivated", **whose)
    assert offenders(in_company(state, status="inactive"), KEY) == []


def test_rec_2_a_client_without_a_company_is_the_matter_of_another_sentence():
    state = client_state(account={"cs_status": "Deactivated", "lms_company_id": None}, companies=())
    assert offenders(state, KEY) == []
