"""The modules of a company against its contracts and the permission matrix (REC-2, ONB-13)."""

from dataclasses import replace

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

KEY = "modules_equal_the_matrix"


def test_onb_13_a_missing_module_is_named():
    found = offender(client_state(lms={"modules": ("reports",)}), KEY)
    assert (found.record, found.field, found.found) == (COMPANY, "Modules", "reports")
    assert found.expected == "courses, reports, by contract 00000101 (missing: courses; too many: none)"
    assert run_of(found) == ("entitlement/entitlement", {"account_id": ACCOUNT_ID})


def test_onb_13_a_module_that_no_contract_gives_is_named():
    found = offender(client_state(lms={"modules": ("reports", "courses", "policies")}), KEY)
    assert found.found == "courses, policies, reports"
    assert found.expected.endswith("(missing: none; too many: policies)")


def test_onb_13_a_company_without_any_module_is_named():
    assert offenders(client_state(lms={"modules": ()}), KEY) == [(COMPANY, "Modules", "none")]


def test_onb_13_order_and_repetition_do_not_count():
    assert offenders(client_state(lms={"modules": ("reports", "courses", "reports")}), KEY) == []


def test_onb_13_the_modules_are_those_of_every_contract_in_force():
    expansion = agreed(-10, 265, 102, sold_as="Expansion", products=("Compliance",), publications=())
    both = client_state(agreed(), expansion, lms={"user_count": 80, "location_count": 4, "plan_amount": 960})
    assert offenders(in_company(both, modules=("courses", "incidents", "policies", "reports")), KEY) == []
    found = offender(both, KEY)
    assert "by contract 00000101 and 00000102 (missing: incidents, policies; too many: none)" in found.expected


def test_onb_13_the_modules_of_a_contract_that_ended_are_named():
    compliance = agreed(-400, -10, 102, sold_as="Expansion", products=("Compliance",), publications=())
    state = in_account(client_state(), agreements=(agreed(), compliance))
    assert offenders(in_company(state, modules=("courses", "policies", "reports")), KEY) != []


@pytest.mark.parametrize(
    "state",
    [
        in_account(client_state(publications=()), agreements=(agreed(5, 265, publications=()),)),
        in_account(client_state(publications=()), agreements=(agreed(products=("Telepathy",), publications=()),)),
        in_account(client_state(publications=()), agreements=(agreed(service_level=None, publications=()),)),
        in_account(client_state(), agreements=(agreed(), agreed(-9, 265, 102, sold_as=None))),
        client_state(lms={"status": "inactive"}),
        client_state(account={"cs_status": "Deactivated"}),
        client_state(account={"lms_company_id": "77"}),
    ],
    ids=["not begun", "unknown product", "unknown level", "undecided", "inactive", "deactivated", "another company"],
)
def test_rec_2_without_a_clear_entitlement_or_a_running_service_nothing_is_named(state):
    assert KEY not in named_by(in_company(state, modules=()))


def test_onb_13_without_a_matrix_no_modules_are_compared():
    assert offenders(client_state(lms={"modules": ()}), KEY, replace(STANDARDS, matrix=None)) == []
