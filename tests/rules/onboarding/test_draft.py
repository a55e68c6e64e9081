"""ONB-1, ONB-3: a preview of an open or incomplete sale shows what is known, and leaves open what is to be settled."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.records import Change, Contact
from rules.onboarding.draft import STAND_IN_EMAIL, TO_SETTLE, draft, stage_note, without_stand_ins
from rules.onboarding.review import record_problems, review
from rules.onboarding.reviewed_sale import ReviewedSale
from rules.onboarding.write_back import (
    BILLING_START,
    EMAIL,
    LOCATION_COUNT,
    MODULES,
    PLAN_AMOUNT,
    SERVICE_LEVEL,
    USER_COUNT,
)
from tests.rules.builders.sales import (
    OTHER_ACCOUNT,
    PRODUCTS,
    TODAY,
    good_sale,
    injected,
    with_account,
    with_contact,
    with_contract,
    with_opportunity,
)

OPEN = {"stage": "Negotiation/Review"}
EVERY = (
    *("Company Name", "First Name", "Last Name", "Phone Number", EMAIL, USER_COUNT, LOCATION_COUNT, PLAN_AMOUNT),
    *(BILLING_START, MODULES, SERVICE_LEVEL, "Customer Success Manager"),
)


def problems_of(sale):
    return record_problems(sale, in_report=True, matrix_products=PRODUCTS, today=TODAY)


def drafted(sale, products=PRODUCTS):
    return draft(sale, problems_of(sale), products, TODAY)


def open_rows(sale):
    """The fields of a plan that are shown as open."""
    changes = [Change("LMS", "Company (new)", field, "", "a value", "ONB-6") for field in EVERY]
    return {one.field for one in without_stand_ins(changes, problems_of(sale)) if one.after == TO_SETTLE}


def test_onb_1_the_stage_of_an_open_sale_is_a_note_and_no_problem():
    sale = with_opportunity(good_sale(), **OPEN)
    assert problems_of(sale) == ()
    assert stage_note(sale.opportunity) == (
        "Stage is Negotiation/Review: onboarding starts when the opportunity is Closed Won. (ONB-1)"
    )
    assert stage_note(good_sale().opportunity) == ""
    assert drafted(sale) == review(good_sale(), in_report=True, matrix_products=PRODUCTS, today=TODAY).__class__(
        sale, sale.account, sale.primary_contacts[0], sale.contract, sale.contract.billing_start
    )


@pytest.mark.parametrize(
    ("sale", "rows"),
    [
        (with_contract(good_sale(), user_count=None), {USER_COUNT, LOCATION_COUNT}),
        (with_contract(good_sale(), plan_amount=None), {PLAN_AMOUNT}),
        (with_contract(good_sale(), billing_start=None), {BILLING_START}),
        (with_contract(good_sale(), service_level="gold"), {SERVICE_LEVEL, MODULES}),
        (with_contract(good_sale(), products=("Telehealth",)), {MODULES}),
        (with_contact(good_sale(), phone=None), {"Phone Number"}),
        (with_contact(good_sale(), email="jane"), {EMAIL}),
        (with_contact(good_sale(), **OTHER_ACCOUNT), {"First Name", "Last Name", "Phone Number", EMAIL}),
        (replace(good_sale(), primary_contacts=()), {"First Name", "Last Name", "Phone Number", EMAIL}),
        (with_account(good_sale(), name=" "), {"Company Name"}),
    ],
)
def test_onb_3_only_what_depends_on_a_problem_is_left_open(sale, rows):
    assert open_rows(with_opportunity(sale, **OPEN)) == rows
    assert drafted(sale) is not None


def test_onb_9_an_address_that_is_to_be_settled_is_looked_up_nowhere():
    for sale in (replace(good_sale(), primary_contacts=()), with_contact(good_sale(), email=None)):
        assert drafted(sale).email == STAND_IN_EMAIL
    two = (*good_sale().primary_contacts, Contact("003000000000002AAA", "John", "Roe", "john@x.org", "1"))
    assert drafted(replace(good_sale(), primary_contacts=two)).email == STAND_IN_EMAIL


@pytest.mark.parametrize(
    "sale",
    [
        replace(good_sale(), account=None),
        replace(good_sale(), contract=None),
        with_contract(good_sale(), **OTHER_ACCOUNT),
        with_account(with_contract(good_sale(), user_count=None), lms_company_id="48213"),
    ],
)
def test_onb_3_with_too_little_known_there_is_no_plan_of_the_set_up(sale):
    assert drafted(sale) is None


def test_onb_13_without_a_matrix_there_is_no_plan_of_the_set_up():
    assert drafted(good_sale(), None) is None


@given(injected(), st.booleans())
def test_onb_3_whatever_is_wrong_the_draft_can_be_planned(faults, is_open):
    sale = with_opportunity(good_sale(), **OPEN) if is_open else good_sale()
    for fault in faults:
        sale = fault.inject(sale)
    made = drafted(sale)
    if made is not None:
        whole = replace(
            made.sale,
            opportunity=replace(made.opportunity, stage="Closed Won", services=("Learning",)),
            account=replace(made.account, name="Harbor Clinic"),
        )
        left = review(whole, in_report=True, matrix_products=PRODUCTS, today=TODAY)
        assert isinstance(left, ReviewedSale) or {one.record for one in left.problems} <= {"Contact", "Contract"}
