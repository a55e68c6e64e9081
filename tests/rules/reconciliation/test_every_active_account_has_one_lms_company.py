"""An account in service without its company in the LMS, with several, or with another id (REC-2, ONB-11)."""

from dataclasses import replace

import pytest

from tests.rules.builders.client_states import (
    ACCOUNT,
    agreed,
    client_state,
    in_account,
    offender,
    offenders,
    run_of,
    sold,
)
from tests.rules.builders.clients import company

KEY = "every_active_account_has_one_lms_company"
FIELD = "LMS Company Id"
ONBOARDS = ("onboarding/onboarding", {"opportunity_id": sold().id})


@pytest.mark.parametrize("cs_status", ["Onboarding", "Active", "Churned", None])
def test_rec_2_an_account_in_service_with_its_company_is_right(cs_status):
    assert offenders(client_state(account={"cs_status": cs_status}), KEY) == []


@pytest.mark.parametrize("cs_status", ["Onboarding", "Active", "Churned", None])
def test_rec_2_an_id_that_the_lms_does_not_have_is_named(cs_status):
    found = offender(client_state(account={"cs_status": cs_status}, companies=()), KEY)
    assert (found.record, found.field) == (ACCOUNT, FIELD)
    assert found.found == "48213, which the LMS does not have for this account"
    assert run_of(found) == ONBOARDS


def test_rec_2_an_active_account_without_an_id_is_named_with_its_company():
    found = offender(client_state(account={"lms_company_id": None}), KEY)
    assert (found.found, found.expected) == ("empty", "48213, the company of this account in the LMS")
    assert run_of(found) == ONBOARDS


def test_rec_2_an_active_account_without_a_company_is_named():
    found = offender(client_state(account={"lms_company_id": None}, companies=(), publications=()), KEY)
    assert (found.found, found.expected) == ("empty", "the id of its company in the LMS")


def test_rec_2_an_id_other_than_that_of_its_company_is_named():
    found = offender(client_state(account={"lms_company_id": "77"}), KEY)
    assert found.found == "77, which the LMS does not have for this account"
    assert found.expected.startswith("48213")


def test_rec_2_several_companies_are_for_people():
    state = client_state()
    found = offender(replace(state, companies=(*state.companies, company(id="48214"))), KEY)
    assert found.found == "48213, and the LMS has 48213 and 48214 for this account"
    assert run_of(found) is None


def test_rec_2_without_a_sale_no_run_repairs_it():
    found = offender(client_state(companies=(), sale=None), KEY)
    assert run_of(found) is None


@pytest.mark.parametrize("cs_status", ["Onboarding", None])
def test_rec_2_an_account_that_is_being_onboarded_has_no_id_yet(cs_status):
    state = client_state(account={"lms_company_id": None, "cs_status": cs_status})
    assert offenders(state, KEY) == []
    assert offenders(replace(state, companies=()), KEY) == []


def test_onb_2_credentialing_service_alone_needs_no_company():
    service = agreed(products=("Credentialing Service",), publications=())
    state = in_account(client_state(companies=(), publications=()), lms_company_id=None, agreements=(service,))
    assert offenders(state, KEY) == []


def test_pub_4_the_company_of_a_deactivated_account_is_not_compared():
    state = client_state(account={"cs_status": "Deactivated"}, companies=())
    assert offenders(state, KEY) == []
