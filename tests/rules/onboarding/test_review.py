"""ONB-3: the review finds every problem at once, each once, and nothing where nothing is wrong.

What it looks for comes from ONB-1, ONB-2, ONB-4, ONB-5, ONB-6, ONB-7 and ONB-13.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.problems import EMPTY, Problem, Responsible
from rules.common.records import Contact
from rules.onboarding.permissions import products, with_choices
from rules.onboarding.review import product_choices, review
from rules.onboarding.reviewed_sale import ReviewedSale
from tests.rules.builders.sales import (
    CONTACT_ID,
    CONTRACT_ID,
    FAULTS,
    MATRIX,
    OPPORTUNITY_ID,
    OTHER_ACCOUNT,
    PRODUCTS,
    TODAY,
    good_sale,
    good_sales,
    injected,
    with_account,
    with_contact,
    with_contract,
    with_opportunity,
)


def reviewed(sale, *, in_report=True, matrix_products=frozenset(PRODUCTS)):
    outcome = review(sale, in_report=in_report, matrix_products=matrix_products, today=TODAY)
    return () if isinstance(outcome, ReviewedSale) else outcome.problems


def told(problems):
    return sorted((p.who, p.record, p.record_id, p.field, p.rule) for p in problems)


def only(problems):
    assert len(problems) == 1, problems
    return problems[0]


@given(good_sales())
def test_onb_3_a_good_sale_has_no_problem(sale):
    assert reviewed(sale) == ()


@given(good_sales(), injected(), st.booleans())
def test_onb_3_exactly_the_injected_faults_are_reported_all_at_once(sale, faults, in_report):
    for fault in faults:
        sale = fault.inject(sale)
    hidden = {record for fault in faults for record in fault.hides}
    visible = [fault for fault in faults if fault.record not in hidden]
    expected = [(f.who, f.record, f.record_id, f.field, f.rule) for f in visible]
    if not in_report:
        expected.append((Responsible.SALES, "Opportunity", OPPORTUNITY_ID, "Onboarding Report", "ONB-5"))
    assert told(reviewed(sale, in_report=in_report)) == sorted(expected)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.place}-{fault.rule}")
def test_each_fault_alone_is_one_problem_for_the_one_who_must_act(fault):
    problem = only(reviewed(fault.inject(good_sale())))
    assert (problem.who, problem.record, problem.record_id) == (fault.who, fault.record, fault.record_id)
    assert (problem.field, problem.rule) == (fault.field, fault.rule)
    assert problem.found
    assert problem.expected.endswith(".")


@given(good_sales(), injected())
def test_the_order_of_the_problems_is_stable(sale, faults):
    for fault in faults:
        sale = fault.inject(sale)
    assert reviewed(sale) == reviewed(sale)
    assert len(set(reviewed(sale))) == len(reviewed(sale))


@given(injected(), st.sampled_from(["Prospecting", "Closed Lost", "", "Won"]))
def test_onb_1_a_sale_that_is_not_closed_won_is_reported_for_that_alone(faults, stage):
    sale = good_sale()
    for fault in faults:
        sale = fault.inject(sale)
    problem = only(reviewed(with_opportunity(sale, stage=stage), in_report=False))
    assert (problem.who, problem.field, problem.rule) == (Responsible.SALES, "Stage", "ONB-1")
    assert problem.found == (stage or "empty")
    assert "Closed Won" in problem.expected


@given(st.sampled_from(["Contract Signed", "Gewonnen", "Closed Won", ""]))
def test_onb_1_a_sale_is_won_when_salesforce_counts_it_so_however_its_stage_is_called(stage):
    assert reviewed(with_opportunity(good_sale(), stage=stage, is_won=True)) == ()
    problem = only(reviewed(with_opportunity(good_sale(), stage=stage, is_won=False)))
    assert problem.rule == "ONB-1"


@pytest.mark.parametrize(("is_won", "problems"), [(True, ()), (False, ("ONB-1",))])
def test_onb_1_salesforce_counts_a_sale_as_won_whatever_its_stage_is_called(is_won, problems):
    sale = with_opportunity(good_sale(), stage="Gewonnen", is_won=is_won)
    assert tuple(problem.rule for problem in reviewed(sale)) == problems


def test_onb_3_all_four_records_are_reviewed():
    sale = with_opportunity(good_sale(), services=())
    sale = with_account(sale, name=" ")
    sale = with_contract(sale, user_count=None)
    sale = with_contact(sale, phone=None)
    assert [problem.record for problem in reviewed(sale)] == ["Opportunity", "Account", "Contract", "Contact"]


def test_onb_4_the_opportunity_may_lack_the_service_level_the_contract_may_not():
    assert reviewed(with_opportunity(good_sale(), service_level=None)) == ()
    problem = only(reviewed(with_contract(good_sale(), service_level="gold")))
    assert problem.who is Responsible.SALES
    assert problem.found == "gold"
    assert all(level in problem.expected for level in ("basic", "standard", "premium"))


def test_onb_5_a_sale_that_the_onboarding_report_leaves_out_is_asked_of_sales():
    problem = only(reviewed(good_sale(), in_report=False))
    assert (problem.who, problem.record, problem.rule) == (Responsible.SALES, "Opportunity", "ONB-5")


def test_onb_6_several_primary_contacts_are_named():
    sale = good_sale()
    second = Contact("003000000000002AAA", "John", "Roe", "john@x.org", "1")
    nameless = Contact("003000000000003AAA", None, " ", None, None)
    problem = only(reviewed(replace(sale, primary_contacts=(*sale.primary_contacts, second, nameless))))
    assert problem.found == "Jane Doe, John Roe and 003000000000003AAA"


@pytest.mark.parametrize(("users", "found"), [(None, "empty"), ("-5", "-5"), ("5.5", "5.5"), ("2E+6", "2000000")])
def test_onb_6_the_user_count_is_shown_as_it_was_found(users, found):
    problem = only(reviewed(with_contract(good_sale(), user_count=users and Decimal(users))))
    assert problem.found == found


@pytest.mark.parametrize("users", ["1", "5.0", "1000000"])
def test_onb_6_whole_user_counts_from_one_to_a_million_are_right(users):
    assert reviewed(with_contract(good_sale(), user_count=Decimal(users))) == ()


def test_onb_6_a_plan_amount_of_zero_is_right():
    assert reviewed(with_contract(good_sale(), plan_amount=Decimal(0))) == ()


def test_onb_6_names_as_long_as_the_form_takes_are_right():
    sale = with_contact(with_account(good_sale(), name="x" * 255), first_name="x" * 80, last_name="y" * 80)
    assert reviewed(sale) == ()


def test_onb_6_a_long_value_is_shown_cut_with_its_length():
    problem = only(reviewed(with_account(good_sale(), name="x" * 300)))
    assert problem.found == "x" * 40 + "… (300 characters)"
    assert "255" in problem.expected


def test_onb_7_a_billing_start_long_past_is_right_and_one_ten_years_ahead_still_is():
    assert reviewed(with_contract(good_sale(), billing_start=date(2012, 1, 1))) == ()
    assert reviewed(with_contract(good_sale(), billing_start=date(2036, 6, 15))) == ()
    problem = only(reviewed(with_contract(good_sale(), billing_start=date(2206, 7, 1))))
    assert (problem.found, problem.rule) == ("2206-07-01", "ONB-7")


def test_onb_13_each_unknown_product_is_asked_of_cs_ops_once_with_the_choices():
    sale = with_contract(good_sale(), products=("Telehealth", "learning ", "telehealth", "Payroll"))
    problems = reviewed(sale)
    assert [problem.found for problem in problems] == ["Telehealth", "Payroll"]
    for problem in problems:
        assert (problem.who, problem.record_id, problem.rule) == (Responsible.CS_OPS, CONTRACT_ID, "ONB-13")
        assert all(choice in problem.expected for choice in (*PRODUCTS, "Credentialing Service"))


def test_onb_13_cs_ops_choose_among_the_products_of_the_matrix_and_no_modules():
    problem = only(reviewed(with_contract(good_sale(), products=("Learning", "Telehealth"))))
    assert sorted((choice.value, choice.label) for choice in problem.choices) == [
        ("-", "No modules for Telehealth"),
        ("Compliance", "Modules of Compliance"),
        ("Credentialing Software", "Modules of Credentialing Software"),
        ("Learning", "Modules of Learning"),
    ]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.place}-{fault.rule}")
def test_only_what_cs_ops_settle_has_choices_and_a_topic(fault):
    problem = only(reviewed(fault.inject(good_sale())))
    assert (bool(problem.choices), bool(problem.topic)) == (
        (True, True) if fault.who is Responsible.CS_OPS else (False, False)
    )


@pytest.mark.parametrize("typed", ["telehealth", " TELEHEALTH ", "TeleHealth\t", "\uff34elehealth"])
def test_onb_13_a_question_about_a_product_is_the_same_however_it_is_typed(typed):
    first = only(reviewed(with_contract(good_sale(), products=("Telehealth",))))
    second = only(reviewed(with_contract(good_sale(), products=(typed,))))
    assert (second.identity, second.choices[0]) == (first.identity, first.choices[0])
    assert product_choices({second.topic: "Learning"}) == {"telehealth": "Learning"}


def test_onb_13_each_product_has_a_topic_of_its_own_and_other_topics_are_no_products():
    telehealth, radiology = reviewed(with_contract(good_sale(), products=("Telehealth", "Radiology")))
    chosen = {telehealth.topic: "-", radiology.topic: "Learning", "Recurly account": "rec-1"}
    assert product_choices(chosen) == {"telehealth": "-", "radiology": "Learning"}


def after(sale, *decisions):
    """The review once CS Operations have chosen, by number, for each of the products that were asked about."""
    chosen = {
        problem.topic: problem.choices[number].value for problem, number in zip(reviewed(sale), decisions, strict=True)
    }
    return reviewed(sale, matrix_products=products(with_choices(MATRIX, product_choices(chosen))))


@given(st.integers(0, 3), st.integers(0, 3))
def test_onb_13_whatever_cs_ops_choose_settles_the_product(first, second):
    assert after(with_contract(good_sale(), products=("Telehealth", " x-RAY  (new)")), first, second) == ()


def test_onb_13_a_decision_that_decides_nothing_is_asked_for_again():
    sale = with_contract(good_sale(), products=("Telehealth",))
    matrix = with_choices(MATRIX, {"telehealth": "Radiology"})
    assert reviewed(sale, matrix_products=products(matrix)) == reviewed(sale)


def test_onb_13_credentialing_service_beside_others_need_not_be_in_the_matrix():
    assert reviewed(with_contract(good_sale(), products=("Learning", "Credentialing Service"))) == ()


def test_onb_13_products_are_matched_whatever_their_case_and_spacing():
    sale = with_contract(good_sale(), products=(" credentialing  SOFTWARE ", "LEARNING"))
    assert reviewed(sale, matrix_products={"Learning", "Credentialing software"}) == ()


def test_a_problem_reads_as_one_line_with_where_what_and_what_to_do():
    line = str(only(reviewed(with_contract(good_sale(), user_count=Decimal(-5)))))
    assert line == (
        f"Contract {CONTRACT_ID}: User Count is -5. "
        "Enter the number of users: a whole number from 1 to 1,000,000. (ONB-6)"
    )


def test_onb_3_a_primary_contact_of_another_account_is_named_with_it_and_asked_about_alone():
    problem = only(reviewed(with_contact(good_sale(), **OTHER_ACCOUNT, phone=None, email="jane")))
    assert (problem.who, problem.record_id, problem.rule) == (Responsible.SALES, CONTACT_ID, "ONB-3")
    assert problem.found == "Lake Clinic (001000000000009AAA)"
    assert "Jane Doe would become the super admin of Harbor Clinic" in problem.expected


def test_onb_3_a_contract_of_another_account_is_named_with_it_and_asked_about_alone():
    problem = only(reviewed(with_contract(good_sale(), **OTHER_ACCOUNT, user_count=None, products=("Telehealth",))))
    assert (problem.who, problem.record_id, problem.rule) == (Responsible.SALES, CONTRACT_ID, "ONB-3")
    assert problem.found == "Lake Clinic (001000000000009AAA)"
    assert "choose a contract of Harbor Clinic" in problem.expected


def test_onb_3_a_contact_without_an_account_is_asked_about():
    problem = only(reviewed(with_contact(good_sale(), account_id=None, account_name=None)))
    assert (problem.field, problem.found) == ("Account Name", "empty")


def test_onb_6_what_the_seller_does_not_see_is_written_out_with_its_position():
    problem = only(reviewed(with_contact(good_sale(), email="jane.doe@zw\u200b.example")))
    assert problem.found == "jane.doe@zw<U+200B>.example"
    assert "U+200B (zero width space) at position 12" in problem.expected


def test_onb_6_a_name_that_turns_the_direction_of_reading_is_written_out():
    problem = only(reviewed(with_account(good_sale(), name="Harbor \u202ecinilC")))
    assert problem.found == "Harbor <U+202E>cinilC"
    assert "right-to-left override) at position 8" in problem.expected


@pytest.mark.parametrize(
    ("field", "line", "label", "heading"),
    [
        ("Contract End Date", f"{CONTRACT_ID}: Contract End Date is empty.", "Contract End Date", "Contract End Date"),
        ("User Count", f"Contract {CONTRACT_ID}: User Count is empty.", "Contract User Count", "Contract: User Count"),
    ],
)
def test_a_field_that_begins_with_its_record_names_the_record_once(field, line, label, heading):
    problem = Problem(Responsible.SALES, "Contract", CONTRACT_ID, field, EMPTY, "Enter it.", "PUB-4")
    assert str(problem).startswith(line)
    assert (problem.label, problem.heading) == (label, heading)


def test_onb_13_while_the_matrix_is_faulty_no_product_is_looked_at():
    sale = with_contract(good_sale(), products=("Telehealth",))
    assert reviewed(sale, matrix_products=None) == ()
    assert [problem.field for problem in reviewed(sale)] == ["Products"]
