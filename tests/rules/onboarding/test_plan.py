"""The plan of an onboarding: everything that will change, before anything does.

Lines and remarks name their rules: ONB-2, ONB-4, ONB-6, ONB-7, ONB-8, ONB-9, ONB-11, ONB-13, PUB-6.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from rules.common.records import Change, LmsUser
from rules.contracts.terms import sold_agreement, terms
from rules.onboarding.customer import Customer
from rules.onboarding.entitlements import entitlement
from rules.onboarding.no_welcome import Placeholder
from rules.onboarding.plan import plan_onboarding
from rules.onboarding.signup import LocationRow, location_count, signup_form
from tests.rules.builders.clients import contract
from tests.rules.builders.sales import (
    ACCOUNT_ID,
    CONTRACT_ID,
    MATRIX,
    OPPORTUNITY_ID,
    TODAY,
    company_of,
    good_sale,
    good_sales,
    reviewed_sale,
    with_account,
    with_contract,
    with_opportunity,
)

SETTINGS = {"today": TODAY, "chosen": {}}
HOLDER = LmsUser("900112", "jane@x.org", "demo", "active", None)
module_sets = st.sets(st.sampled_from(["courses", "policies", "legacy", "extra"]))


def planned(
    sale,
    *,
    company=None,
    email="jane@x.org",
    rename=None,
    left=None,
    beside=(),
    table=(),
    per_location=25,
    **more,
):
    """The plan of a sale to a customer who has these contracts beside the sale's."""
    settings = {**SETTINGS, **more}
    settings.setdefault(
        "entitled", entitlement(terms(beside, TODAY, settings["chosen"], sold_agreement(sale, beside)), MATRIX)
    )
    return plan_onboarding(
        reviewed_sale(sale),
        Customer(company, email, rename, left),
        company=company,
        locations=partial(location_count, table=table, users_per_location=per_location),
        **settings,
    )


def in_words(changes):
    return [(change.record, change.field, change.before, change.after, change.rule) for change in changes]


def test_the_plan_of_a_new_customer_shows_every_change_before_and_after():
    new, account = "Company (new)", f"Account {ACCOUNT_ID}"
    assert in_words(planned(with_opportunity(good_sale(), service_level="basic")).changes) == [
        (new, "Account ID", "", ACCOUNT_ID, "ONB-6"),
        (new, "Company Name", "", "Harbor Clinic", "ONB-6"),
        (new, "First Name", "", "Jane", "ONB-6"),
        (new, "Last Name", "", "Doe", "ONB-6"),
        (new, "Phone Number", "", "+1 555 0100", "ONB-6"),
        (new, "Email Address / Username", "", "jane@x.org", "ONB-6"),
        (new, "User Count", "", "26", "ONB-6"),
        (new, "Location Count", "", "2", "ONB-8"),
        (new, "Plan Amount", "", "1250.00", "ONB-6"),
        (new, "Billing Start Date", "", "2026-07-16", "ONB-7"),
        (new, "Modules", "", "courses, reports", "ONB-13"),
        (account, "LMS Company Id", "", "to be given by the LMS", "ONB-11"),
        (account, "Recurly Account Id", "", "to be given by Recurly", "ONB-11"),
        (account, "Recurly Billing URL", "", "to be given by Recurly", "ONB-11"),
        (f"Opportunity {OPPORTUNITY_ID}", "Service Level", "basic", "standard", "ONB-4"),
    ]


@given(good_sales())
def test_the_plan_of_a_new_customer_signs_up_what_the_form_rules_say(sale):
    made = planned(sale)
    users = int(sale.contract.user_count)
    figures = {"users": users, "locations": location_count(users, ()), "plan_amount": sale.contract.plan_amount}
    assert made.form == signup_form(reviewed_sale(sale), "jane@x.org", **figures, today=TODAY)
    assert made.company_id is None
    level = sale.contract.service_level.strip().lower()
    expected = {m for product in sale.contract.products for m in MATRIX.get((product, level), ())}
    assert made.modules == tuple(sorted(expected))


def test_onb_9_a_renamed_holder_is_the_first_change():
    made = planned(good_sale(), rename=(HOLDER, "janeDONOTUSE@x.org"))
    assert made.rename == (HOLDER, "janeDONOTUSE@x.org")
    assert made.changes[0] == Change(
        "LMS", "User 900112", "Email Address / Username", "jane@x.org", "janeDONOTUSE@x.org", "ONB-9"
    )


def test_onb_9_another_username_than_the_contacts_is_marked_and_remarked():
    made = planned(good_sale(), email="jane+1@x.org")
    username = next(change for change in made.changes if change.field == "Email Address / Username")
    assert (username.after, username.rule) == ("jane+1@x.org", "ONB-9")
    assert made.remarks == ("jane@x.org is another user's; the super admin signs in as jane+1@x.org. (ONB-9)",)


# --- a client without a welcome mail

HIDDEN = "001000000000001aaa@no-welcome.invalid"
PLACEHOLDER = Placeholder(HIDDEN, "Jane Doe")
LEFT = LmsUser("900300", HIDDEN, "customer", "active", "48213")
USERNAME = "Email Address / Username"


def addresses(made):
    return [line for line in in_words(made.changes) if line[1] == USERNAME]


def test_pub_6_the_super_admin_is_signed_up_with_the_placeholder_and_then_given_the_address():
    made = planned(good_sale(), placeholder=PLACEHOLDER)
    assert addresses(made) == [
        ("Company (new)", USERNAME, "", HIDDEN, "PUB-6"),
        ("User (new)", USERNAME, HIDDEN, "jane@x.org", "PUB-6"),
    ]
    assert (made.form.email, made.email, made.placeholder) == (HIDDEN, "jane@x.org", PLACEHOLDER)
    assert made.remarks == (f"The super admin begins as {HIDDEN}, so that no welcome mail reaches jane@x.org. (PUB-6)",)
    assert [change.after for change in made.signup_changes if change.field == USERNAME] == [HIDDEN]


@given(good_sales(), st.none() | module_sets)
def test_pub_6_but_for_the_address_the_plan_is_that_of_every_other_client(sale, present):
    company = None if present is None else company_of(modules=tuple(present))
    usual, made = planned(sale, company=company), planned(sale, company=company, placeholder=PLACEHOLDER)
    assert [one for one in made.changes if one.field != USERNAME] == [
        one for one in usual.changes if one.field != USERNAME
    ]
    # A company whose super admin is not on the placeholder has nothing to be finished.
    assert (made == usual) == (company is not None)


def test_pub_6_onb_9_another_users_address_is_freed_or_left_before_the_sign_up():
    renamed = planned(good_sale(), rename=(HOLDER, "janeDONOTUSE@x.org"), placeholder=PLACEHOLDER)
    assert [line[0] for line in addresses(renamed)] == ["User 900112", "Company (new)", "User (new)"]
    plus = planned(good_sale(), email="jane+1@x.org", placeholder=PLACEHOLDER)
    assert [line[3] for line in addresses(plus)] == [HIDDEN, "jane+1@x.org"]
    assert plus.remarks[0] == "jane@x.org is another user's; the super admin signs in as jane+1@x.org. (ONB-9)"


def test_pub_6_a_user_left_on_the_placeholder_is_given_the_address_and_nobody_is_signed_up():
    made = planned(good_sale(), company=company_of(), placeholder=PLACEHOLDER, left=LEFT)
    assert addresses(made) == [("User 900300", USERNAME, HIDDEN, "jane@x.org", "PUB-6")]
    assert (made.form, made.signup_changes, made.company_changes) == (None, (), ())
    assert (made.email, made.placeholder) == ("jane@x.org", PLACEHOLDER)


def test_onb_8_the_table_of_cs_ops_gives_the_locations():
    assert planned(good_sale(), table=(LocationRow(30, 7),)).form.location_count == 7
    assert planned(good_sale(), per_location=10).form.location_count == 3


@given(good_sales(), st.none() | module_sets)
def test_the_lines_for_the_sign_up_the_company_and_the_modules_are_all_that_change_in_it(sale, present):
    company = None if present is None else company_of(modules=tuple(present))
    made = planned(sale, company=company)
    parts = (*made.signup_changes, *made.company_changes, *made.module_changes)
    assert parts == tuple(change for change in made.changes if change.record.startswith("Company"))
    assert bool(made.signup_changes) == (company is None)
    assert not (made.signup_changes and made.company_changes)


def test_an_existing_company_as_the_contract_has_it_is_not_touched():
    account = {"lms_company_id": "48213", "recurly_account_id": "r", "recurly_billing_url": "https://r"}
    made = planned(with_account(good_sale(), **account), company=company_of())
    assert (made.form, made.company_id, made.changes, made.remarks) == (None, "48213", (), ())


def test_an_existing_company_is_brought_up_to_the_contract_field_by_field():
    present = company_of(name="Old", user_count=10, location_count=1, plan_amount=Decimal(900), modules=("legacy",))
    made = planned(good_sale(), company=present)
    assert in_words(made.changes)[:5] == [
        ("Company 48213", "Company Name", "Old", "Harbor Clinic", "ONB-6"),
        ("Company 48213", "User Count", "10", "26", "ONB-6"),
        ("Company 48213", "Location Count", "1", "2", "ONB-8"),
        ("Company 48213", "Plan Amount", "900.00", "1250.00", "ONB-6"),
        ("Company 48213", "Modules", "legacy", "courses, legacy, reports", "ONB-13"),
    ]
    assert in_words(made.changes)[5] == (f"Account {ACCOUNT_ID}", "LMS Company Id", "", "48213", "ONB-11")


@given(good_sales(), module_sets, st.sampled_from(["New Business", "Renewal", "Expansion", None]))
def test_onb_13_no_sale_takes_a_module_away_that_no_ended_contract_gave(sale, present, kind):
    sale = with_opportunity(sale, type=kind)
    made = planned(sale, company=company_of(modules=tuple(present)))
    agreed = {*planned(sale).modules}
    assert set(made.modules) == present | agreed
    kept = present - agreed
    assert any("keeps" in remark for remark in made.remarks) == bool(kept)


@given(good_sales(), module_sets)
def test_an_existing_company_after_its_changes_needs_none(sale, present):
    less = company_of(modules=tuple(present), user_count=1, location_count=1, plan_amount=Decimal(0))
    made = planned(sale, company=less)
    wanted = planned(sale).form
    after = company_of(
        name=wanted.company_name,
        user_count=wanted.user_count,
        location_count=wanted.location_count,
        plan_amount=wanted.plan_amount,
        modules=made.modules,
    )
    assert [change for change in planned(sale, company=after).changes if change.system == "LMS"] == []


@given(good_sales(), st.none() | module_sets)
def test_every_change_of_a_plan_changes_something_and_no_field_twice(sale, present):
    company = None if present is None else company_of(modules=tuple(present))
    changes = planned(sale, company=company).changes
    assert all(change.before != change.after for change in changes)
    assert len({(change.record, change.field) for change in changes}) == len(changes)
    assert not any("password" in change.field.lower() for change in changes)


def test_onb_2_what_is_left_out_is_remarked():
    services = ("Learning", "Credentialing Service")
    sale = with_contract(with_opportunity(good_sale(), services=services), products=services)
    assert planned(sale).remarks == (
        "Onboarded: Learning. Left out, because it is not set up here: Credentialing Service. (ONB-2)",
    )


def test_onb_13_what_opportunity_and_contract_do_not_share_is_remarked_not_refused():
    sale = with_opportunity(good_sale(), services=("learning", "Compliance"))
    sale = with_contract(sale, products=("Learning", "Credentialing Software"))
    assert planned(sale).remarks == (
        "The opportunity lists Compliance, the contract does not. (ONB-13)",
        "The contract lists Credentialing Software, the opportunity does not. (ONB-13)",
    )


def test_onb_7_an_rsms_date_that_is_not_taken_is_remarked():
    remark = "The RSM's billing date 2026-07-02 is past or before 2026-07-16: 2026-07-16 stands. (ONB-7)"
    early = with_opportunity(good_sale(), future_billing=date(2026, 7, 2))
    assert planned(early).remarks == (remark,)
    assert planned(with_opportunity(good_sale(), future_billing=date(2026, 8, 1))).remarks == ()


def test_a_company_that_is_not_active_is_remarked():
    made = planned(good_sale(), company=replace(company_of(), status="inactive"))
    assert made.remarks == (
        "The company 48213 is inactive in the LMS: if the end of a contract did that, it goes on. (PUB-5)",
    )


def test_onb_6_contracts_that_are_added_up_and_one_that_is_not_in_force_are_remarked():
    added = contract(
        *(TODAY - timedelta(days=9), TODAY + timedelta(days=300), 102),
        users=Decimal(10),
        plan_amount=Decimal(100),
        sold_as="Expansion",
    )
    made = planned(good_sale(), beside=(added,))
    assert f"The contracts {CONTRACT_ID} and 00000102 are in force: together 36 users, 1350.00 a month. (ONB-6)" in (
        made.remarks
    )
    ahead = sold_agreement(good_sale(), (replace(added, id=CONTRACT_ID, start=TODAY + timedelta(days=9)),))
    agreed = entitlement(terms((added, ahead), TODAY, {}, ahead), MATRIX)
    made = planned(good_sale(), entitled=agreed)
    assert f"Contract {CONTRACT_ID} is not in force today: what it gives counts while it is. (ONB-6)" in made.remarks


def test_onb_13_products_without_modules_change_no_modules():
    sale = with_contract(good_sale(), products=("Credentialing Software",), service_level="premium")
    made = planned(sale)
    assert (made.modules, made.module_changes) == ((), ())


def test_onb_7_a_plan_names_the_day_on_which_billing_starts_only_for_a_new_customer():
    assert planned(good_sale()).billing_start == "2026-07-16"
    assert planned(good_sale(), company=company_of()).billing_start == ""


def test_a_reviewed_sale_is_called_like_its_opportunity_and_its_customer_like_the_account():
    sale = reviewed_sale(with_account(good_sale(), name=" Harbor Clinic "))
    assert (sale.name, sale.customer) == (good_sale().opportunity.name, "Harbor Clinic")
