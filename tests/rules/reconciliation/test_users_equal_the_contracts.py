"""Users, locations and amount of a company against its contracts (REC-2, ONB-6, ONB-8)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.rules.builders.client_states import (
    COMPANY,
    STANDARDS,
    agreed,
    client_state,
    in_account,
    in_company,
    named_by,
    offender,
    offenders,
    run_of,
)
from tests.rules.builders.clients import ACCOUNT_ID

KEY = "users_equal_the_contracts"
USERS, LOCATIONS, AMOUNT = "User Count", "Location Count", "Plan Amount"


@pytest.mark.parametrize("users", [39, 41])
def test_onb_6_other_users_than_contracted_are_named(users):
    found = offender(client_state(lms={"user_count": users}), KEY)
    assert (found.record, found.field, found.found) == (COMPANY, USERS, str(users))
    assert found.expected == "40, by contract 00000101"
    assert run_of(found) == ("entitlement/entitlement", {"account_id": ACCOUNT_ID})


def test_onb_6_another_amount_than_contracted_is_named():
    found = offender(client_state(lms={"plan_amount": Decimal("480.50")}), KEY)
    assert (found.field, found.found, found.expected) == (AMOUNT, "480.50", "480.00, by contract 00000101")


def test_onb_6_the_same_amount_in_other_digits_is_right():
    assert offenders(client_state(lms={"plan_amount": Decimal("480.0000")}), KEY) == []


def test_onb_8_fewer_locations_than_the_table_says_are_named():
    found = offender(client_state(lms={"location_count": 1}), KEY)
    assert (found.field, found.found, found.expected) == (
        LOCATIONS,
        "1",
        "2 or more, for 40 users, by contract 00000101",
    )


def test_onb_8_more_locations_than_the_table_says_are_right():
    assert offenders(client_state(lms={"location_count": 9}), KEY) == []


def test_onb_6_an_expansion_adds_its_users_and_amount():
    expansion = agreed(-10, 265, 102, sold_as="Expansion", users=Decimal(25), publications=())
    both = client_state(agreed(), expansion)
    assert offenders(in_company(both, user_count=65, location_count=3, plan_amount=Decimal(960)), KEY) == []
    assert [field for _, field, _ in offenders(both, KEY)] == [USERS, LOCATIONS, AMOUNT]


def test_onb_6_of_a_contract_and_its_renewal_the_larger_figures_count():
    renewal = agreed(-10, 400, 102, sold_as="Renewal", users=Decimal(25), publications=())
    assert offenders(client_state(agreed(), renewal), KEY) == []


def test_onb_6_users_of_an_expansion_that_ended_are_named():
    expansion = agreed(-400, -10, 102, sold_as="Expansion", users=Decimal(25), publications=())
    state = in_account(client_state(lms={"user_count": 65, "location_count": 3}), agreements=(agreed(), expansion))
    assert offenders(state, KEY) == [(COMPANY, USERS, "65")]


def test_onb_6_a_contract_that_has_not_begun_does_not_count_yet():
    later = agreed(20, 265, 102, sold_as="Expansion", publications=())
    assert offenders(client_state(agreed(), later), KEY) == []


@pytest.mark.parametrize(
    "state",
    [
        in_account(client_state(publications=()), agreements=(agreed(5, 265, publications=()),)),
        in_account(client_state(publications=()), agreements=(agreed(products=("Telepathy",), publications=()),)),
        in_account(client_state(publications=()), agreements=(agreed(users=None, publications=()),)),
        in_account(client_state(), agreements=(agreed(), agreed(-9, 265, 102, sold_as=None))),
        client_state(lms={"status": "inactive"}),
        client_state(account={"cs_status": "Deactivated"}),
        client_state(account={"lms_company_id": "77"}),
    ],
    ids=["not begun", "unknown product", "no users", "undecided", "inactive", "deactivated", "another company"],
)
def test_rec_2_without_a_clear_entitlement_or_a_running_service_nothing_is_named(state):
    assert KEY not in named_by(in_company(state, user_count=7))


def test_onb_6_the_figures_are_compared_without_a_matrix_too():
    found = offender(client_state(lms={"user_count": 39}), KEY, replace(STANDARDS, matrix=None))
    assert found.field == USERS
