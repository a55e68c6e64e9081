"""What a client's contracts list, and what brings the LMS in line with it (PUB-1 to PUB-3, PUB-5)."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from rules.common.problems import Responsible
from rules.publications.listing import publication_problems, sale_remarks
from tests.rules.builders.publication_clients import (
    ACCOUNT_ID,
    COMPANY,
    DAY,
    TODAY,
    agreement,
    applied,
    client,
    details,
    planned,
    publication,
    steps,
)
from tests.rules.builders.sales import good_sale, with_contract, with_opportunity


def test_pub_2_what_the_contract_lists_and_the_lms_lacks_is_set_up_with_all_its_details():
    plan = planned(client(agreement("North", "South", products=("Compliance", "Learning"))))
    assert steps(plan) == [("set up", "North"), ("set up", "South")]
    north = plan.steps[0]
    assert north.listed.details == details(products=("Compliance", "Learning"))
    assert [(one.field, one.rule) for one in north.changes] == [
        ("Organization Name", "PUB-2"),
        ("Publication Name", "PUB-2"),
        ("Details of North", "PUB-2"),
    ]
    organization, name, told = (one.after for one in north.changes)
    assert (organization, name) == ("Harbor Clinic", "North")
    assert json.loads(told) == north.listed.details


def test_pub_2_a_name_that_is_listed_twice_counts_once_whatever_its_spelling():
    whose = client(agreement("North Clinic", " north  CLINIC"), agreement("NORTH clinic", number="00000102"))
    assert steps(planned(whose)) == [("set up", "North Clinic")]


def test_pub_2_of_two_contracts_that_list_it_the_one_that_ends_last_decides_level_and_users():
    first = agreement("North", number="00000103", users=Decimal(10), service_level="Basic")
    last = agreement("North", number="00000102", users=Decimal(70), service_level="premium", end=date(2028, 1, 31))
    second = replace(first, products=("Compliance", "learning"))
    (step,) = planned(client(second, last)).steps
    assert step.listed.details == details(
        "00000102", "00000103", users=70, products=("Compliance", "Learning"), level="premium"
    )


def test_pub_5_what_is_as_the_contract_has_it_is_left_alone():
    plan = planned(client(agreement("North")), publication(" NORTH"))
    assert steps(plan) == []
    assert [(line.name, line.before, line.after, line.why) for line in plan.lines] == [
        ("North", "active", "active", "in line")
    ]


def test_pub_5_details_that_differ_are_updated_and_those_of_others_do_not_count():
    there = publication("North", details={**details(users=30), "colour": "blue"})
    (step,) = planned(client(agreement("North")), there).steps
    assert (step.action, step.there.id) == ("update", "7001")
    assert planned(client(agreement("North")), replace(there, details={**details(), "colour": "blue"})).steps == ()


def test_pub_5_what_no_contract_lists_any_more_has_today_as_its_last_day():
    (step,) = planned(client(agreement("North")), publication("North"), publication("South", 7002)).steps
    assert (step.action, step.there.id, step.last_day) == ("deactivate", "7002", TODAY)
    assert step.reason == "Not in the contract any more (00000101)"


def test_pub_5_what_ends_today_or_has_ended_is_not_ended_again():
    ending = publication("South", status="scheduled", last_day=TODAY)
    over = publication("East", 7003, status="inactive")
    assert steps(planned(client(agreement("North")), publication("North", 7002), ending, over)) == []


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"status": "inactive"}, ["reactivate"]),
        ({"status": "inactive", "last_day": date(2027, 12, 31)}, ["reactivate"]),
        ({"status": "scheduled", "last_day": date(2027, 5, 1)}, ["reactivate"]),
        ({"status": "scheduled", "last_day": TODAY}, ["reactivate"]),
        ({"status": "scheduled", "last_day": date(2027, 12, 31)}, []),
        ({"status": "scheduled", "last_day": date(2028, 1, 31)}, []),
        ({"status": "active"}, []),
    ],
)
def test_pub_5_what_is_listed_is_active_as_long_as_its_contract(state, expected):
    plan = planned(client(agreement("North")), publication("North", **state))
    assert [step.action for step in plan.steps] == expected


def test_pub_4_an_end_that_is_planned_for_the_whole_company_is_the_deactivations_business():
    ending = replace(COMPANY, status="scheduled", last_day=date(2027, 5, 1))
    there = publication("North", status="scheduled", last_day=date(2027, 5, 1))
    assert steps(planned(client(agreement("North")), there, company=ending)) == []


def test_pub_2_a_contract_that_begins_later_sets_nothing_up_before_its_first_day():
    later = agreement("South", number="00000102", start=TODAY + DAY)
    plan = planned(client(agreement("North"), later), publication("North"))
    assert steps(plan) == []
    assert any("00000102 begins on 2027-03-16" in remark for remark in plan.remarks)
    assert steps(planned(client(agreement("North"), later), today=TODAY + DAY)) == [
        ("set up", "North"),
        ("set up", "South"),
    ]


@pytest.mark.parametrize(("begins", "expected"), [(DAY, []), (2 * DAY, ["deactivate"])])
def test_pub_5_a_renewal_that_begins_the_day_after_keeps_what_only_it_lists(begins, expected):
    present = agreement("North", end=date(2027, 3, 31))
    renewal = agreement("North", "South", number="00000102", start=present.end + begins)
    there = (publication("North"), publication("South", 7002))
    assert [step.action for step in planned(client(present, renewal), *there).steps] == expected


def test_pub_5_a_publication_does_not_flap_at_a_renewal():
    first = agreement("North", end=date(2027, 3, 31))
    second = agreement("North", number="00000102", start=date(2027, 4, 1), end=date(2028, 3, 31))
    there = [publication("North")]
    for day in (date(2027, 3, 30), date(2027, 3, 31), date(2027, 4, 1), date(2027, 4, 2)):
        plan = planned(client(first, second), *there, today=day)
        assert {step.action for step in plan.steps} <= {"update"}
        there = applied(plan, there, day)
    assert there[0].details["contracts"] == ["00000102"]


def test_pub_5_the_last_day_of_a_renewal_counts_as_the_end_of_what_both_list():
    first = agreement("North", end=date(2027, 3, 31))
    second = agreement("North", number="00000102", start=date(2027, 4, 1))
    there = publication("North", status="scheduled", last_day=date(2027, 3, 31))
    assert steps(planned(client(first, second), there)) == [("reactivate", "North")]
    assert steps(planned(client(first), there)) == []


@pytest.mark.parametrize(
    "alone",
    [
        {"status": "Draft"},
        {"start": TODAY + DAY},
        {"end": TODAY - DAY},
        {"start": date(2027, 12, 31), "end": date(2027, 1, 1)},
    ],
)
def test_pub_4_without_a_signed_contract_in_force_nothing_is_done(alone):
    plan = planned(client(agreement("North", **alone)), publication("South"))
    assert (plan.steps, plan.problems) == ((), ())
    assert "No signed contract is in force on 2027-03-15" in plan.remarks[0]


def test_pub_4_a_company_that_is_inactive_gets_no_publication():
    plan = planned(client(agreement("North")), company=replace(COMPANY, status="inactive"))
    assert (plan.steps, plan.problems) == ((), ())
    assert "48213 is inactive" in plan.remarks[0]


def test_pub_2_a_draft_counts_once_the_sale_was_won():
    assert steps(planned(client(agreement("North", status="Draft", won=True)))) == [("set up", "North")]


def test_an_organization_that_has_another_name_in_the_lms_is_told():
    plan = planned(client(agreement("North")), publication("North", organization="Harbour Clinic"))
    assert plan.remarks == ("In the LMS the organization of North is not called Harbor Clinic.",)


# --- what people must put right


def problems(whose, *there, **more):
    plan = planned(whose, *there, **more)
    assert plan.steps == ()
    return [(one.who, one.record, one.field, one.found) for one in plan.problems]


@pytest.mark.parametrize(("name", "found"), [("  ", "a blank line"), ("x" * 256, f"{'x' * 40}… (256 characters)")])
def test_pub_2_a_line_that_cannot_be_a_name_is_asked_of_sales(name, found):
    assert problems(client(agreement("North", name))) == [(Responsible.SALES, "Contract", "Publications", found)]


def test_pub_2_a_name_may_be_as_long_as_the_lms_takes():
    assert steps(planned(client(agreement("x" * 255)))) == [("set up", "x" * 255)]


@pytest.mark.parametrize(
    ("fields", "field", "found"),
    [
        ({"service_level": None}, "Service Level", "empty"),
        ({"service_level": "gold"}, "Service Level", "gold"),
        ({"users": None}, "User Count", "empty"),
        ({"users": Decimal(0)}, "User Count", "0"),
        ({"users": Decimal("2.5")}, "User Count", "2.5"),
        ({"products": ()}, "Products", "empty"),
    ],
)
def test_pub_3_details_that_the_contract_lacks_are_asked_of_sales_and_nothing_is_done(fields, field, found):
    whose = client(agreement("North", **fields))
    assert problems(whose, publication("South")) == [(Responsible.SALES, "Contract", field, found)]
    assert problems(client(agreement(**fields))) == []


@pytest.mark.parametrize("name", ["", "x" * 256])
def test_pub_2_an_account_whose_name_cannot_be_an_organizations_is_asked_of_sales(name):
    assert [one[:3] for one in problems(client(agreement("North"), name=name))] == [
        (Responsible.SALES, "Account", "Account Name")
    ]


def test_pub_1_a_client_that_is_not_set_up_is_left_to_its_onboarding():
    plan = planned(client(agreement("North"), lms_company_id=None), company=None)
    assert (plan.is_set_up, plan.steps, plan.problems) == (False, (), ())
    assert "not set up yet" in plan.remarks[0]


def test_pub_3_a_company_that_the_lms_does_not_know_is_asked_of_cs_operations():
    found = "48213, which the LMS does not know"
    assert problems(client(agreement("North")), company=None) == [
        (Responsible.CS_OPS, "Account", "LMS Company Id", found)
    ]


def test_pub_3_an_account_that_names_another_company_than_its_own_is_asked_of_cs_operations():
    found = "99, but this account's company is 48213"
    whose = client(agreement("North"), lms_company_id="99")
    assert problems(whose) == [(Responsible.CS_OPS, "Account", "LMS Company Id", found)]


def test_pub_3_another_accounts_company_is_asked_of_cs_operations():
    other = replace(COMPANY, account_id="001000000000009AAA")
    (problem,) = planned(client(agreement("North")), company=other).problems
    assert (problem.who, problem.record_id, problem.field) == (Responsible.CS_OPS, ACCOUNT_ID, "LMS Company Id")


def test_pub_3_a_sales_contract_is_looked_at_before_the_client_is_set_up():
    sale = with_contract(good_sale(), publications=("North", "x" * 256))
    assert [(one.record, one.field) for one in publication_problems(sale, {})] == [("Contract", "Publications")]
    assert publication_problems(good_sale(), {}) == ()
    assert publication_problems(with_opportunity(sale, stage="Negotiation/Review"), {}) == ()
    assert publication_problems(replace(sale, contract=None), {}) == ()


def test_pub_1_a_preview_of_a_sale_tells_which_publications_follow():
    (remark,) = sale_remarks(with_contract(good_sale(), publications=("North", "South", "north")).contract)
    assert "publications: North and South." in remark
    assert sale_remarks(good_sale().contract) == sale_remarks(None) == ()


@pytest.mark.parametrize("line", ["Publications:", "none", " N/A ", "TBD"])
def test_pub_7_a_heading_or_a_word_for_nothing_is_no_publication(line):
    sale = with_contract(good_sale(), publications=(line,))
    assert [(one.field, one.rule) for one in publication_problems(sale, {})] == [("Publications", "PUB-7")]


def test_pub_7_a_row_of_names_in_a_sales_contract_is_asked_about_before_the_client_is_set_up():
    sale = with_contract(good_sale(), publications=("North, South",))
    (problem,) = publication_problems(sale, {})
    assert problem.topic == "publications north, south"
    assert publication_problems(sale, {problem.topic: "several"}) == ()
