"""ONB-6, ONB-7, ONB-8: the pre-signup form; ONB-10: without its password."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.onboarding.signup import (
    LocationRow,
    billing_start,
    location_count,
    money_text,
    signup_form,
)
from tests.rules.builders.sales import (
    ACCOUNT_ID,
    TODAY,
    dates,
    good_sale,
    good_sales,
    reviewed_sale,
    with_contact,
)

users = st.integers(1, 1_000_000)
tables = st.lists(st.builds(LocationRow, st.integers(1, 500), st.integers(1, 50)), max_size=8)


def form_of(sale, email="jane@x.org", table=()):
    users = int(sale.contract.user_count) if sale.contract else 1
    locations = location_count(users, table, 25)
    amount = sale.contract.plan_amount if sale.contract else Decimal(0)
    return signup_form(reviewed_sale(sale), email, users=users, locations=locations, plan_amount=amount, today=TODAY)


# --- the form


def test_onb_6_the_form_holds_what_the_procedure_lists_under_the_lms_names():
    assert form_of(good_sale()).fields() == {
        "accountId": ACCOUNT_ID,
        "companyName": "Harbor Clinic",
        "firstName": "Jane",
        "lastName": "Doe",
        "phone": "+1 555 0100",
        "email": "jane@x.org",
        "userCount": "26",
        "locationCount": "2",
        "planAmount": "1250.00",
        "billingStartDate": "2026-07-16",
    }


@given(good_sales())
def test_onb_6_the_person_is_the_primary_contact_and_the_figures_are_the_contracts(sale):
    form = form_of(sale, email="jane+1@x.org")
    contact, contract = sale.primary_contacts[0], sale.contract
    assert (form.first_name, form.last_name) == (contact.first_name.strip(), contact.last_name.strip())
    assert (form.phone, form.email) == (contact.phone.strip(), "jane+1@x.org")
    assert (form.company_name, form.account_id) == (sale.account.name.strip(), ACCOUNT_ID)
    assert (form.user_count, form.plan_amount) == (contract.user_count, contract.plan_amount)


@given(good_sales())
def test_onb_10_the_form_has_no_password_and_no_empty_field(sale):
    fields = form_of(sale).fields()
    assert "password" not in fields
    assert all(fields.values())


@given(good_sales())
def test_onb_6_counts_and_amounts_are_plain_numbers(sale):
    fields = form_of(sale).fields()
    assert fields["userCount"].isascii()
    assert fields["userCount"].isdigit()
    assert fields["locationCount"].isdigit()
    assert date.fromisoformat(fields["billingStartDate"])


def test_onb_6_outer_white_space_is_not_carried_over():
    form = form_of(with_contact(good_sale(), first_name="  Jane\t", phone=" 1 "))
    assert (form.first_name, form.phone) == ("Jane", "1")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1250", "1250.00"),
        ("1250.5", "1250.50"),
        ("1250.500", "1250.50"),
        ("1.25E+3", "1250.00"),
        ("0", "0.00"),
        ("0E-7", "0.00"),
        ("0.005", "0.005"),
        ("1000000000", "1000000000.00"),
    ],
)
def test_onb_6_the_plan_amount_is_plain_decimal_text(amount, text):
    assert money_text(Decimal(amount)) == text


@given(st.decimals(0, 10**12, allow_nan=False, allow_infinity=False))
def test_onb_6_no_money_is_lost_or_made_in_the_text(amount):
    text = money_text(amount)
    assert Decimal(text) == amount
    assert len(text.partition(".")[2]) >= 2
    assert "E" not in text


# --- billing start


@pytest.mark.parametrize(
    ("contract", "expected"),
    [
        (date(2026, 7, 1), date(2026, 7, 16)),
        (date(2028, 2, 14), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 3, 15)),
        (date(2027, 2, 14), date(2027, 3, 1)),
        (date(2026, 12, 20), date(2027, 1, 4)),
    ],
)
def test_onb_7_billing_starts_fifteen_calendar_days_after_the_contracts_date(contract, expected):
    assert billing_start(contract, None, TODAY) == expected


@given(dates, dates)
def test_onb_7_without_the_rsms_date_today_does_not_matter(contract, today):
    assert billing_start(contract, None, today) == contract + timedelta(days=15)


@given(dates, dates, dates)
def test_onb_7_the_rsms_date_is_taken_exactly_if_it_is_later_and_in_the_future(contract, future, today):
    taken = future > contract + timedelta(days=15) and future > today
    assert billing_start(contract, future, today) == (future if taken else contract + timedelta(days=15))


def test_onb_7_an_rsms_date_on_the_usual_day_or_today_changes_nothing():
    assert billing_start(date(2026, 7, 1), date(2026, 7, 16), TODAY) == date(2026, 7, 16)
    assert billing_start(date(2026, 7, 1), date(2026, 7, 17), TODAY) == date(2026, 7, 17)
    assert billing_start(date(2026, 5, 1), TODAY, TODAY) == date(2026, 5, 16)
    assert billing_start(date(2026, 5, 1), TODAY + timedelta(days=1), TODAY) == date(2026, 6, 16)


# --- locations


@pytest.mark.parametrize(("users", "locations"), [(1, 1), (25, 1), (26, 2), (50, 2), (51, 3), (1000, 40), (1001, 41)])
def test_onb_8_one_location_per_25_users_begun(users, locations):
    assert location_count(users, ()) == locations


@given(users, st.integers(1, 500))
def test_onb_8_beyond_the_table_the_locations_just_hold_the_users(count, per_location):
    locations = location_count(count, (), per_location)
    assert (locations - 1) * per_location < count <= locations * per_location


@given(users, tables)
def test_onb_8_there_is_always_at_least_one_location(count, table):
    assert location_count(count, table) >= 1


def test_onb_8_the_table_of_cs_ops_comes_first_whatever_its_order():
    table = [LocationRow(100, 3), LocationRow(10, 1), LocationRow(50, 2)]
    assert [location_count(count, table) for count in (1, 10, 11, 50, 51, 100)] == [1, 1, 2, 2, 3, 3]
    assert location_count(101, table) == 5


@given(st.integers(1, 500), tables)
def test_onb_8_within_the_table_the_smallest_row_that_is_large_enough_decides(count, table):
    table = [*table, LocationRow(500, 7)]
    smallest = min(row.up_to_users for row in table if row.up_to_users >= count)
    chosen = {row.locations for row in table if row.up_to_users == smallest}
    assert location_count(count, table) in chosen


@given(st.sets(st.integers(1, 500), min_size=1, max_size=8), st.data())
def test_onb_8_within_a_table_that_rises_more_users_never_have_fewer_locations(sizes, data):
    locations = data.draw(st.lists(st.integers(1, 50), min_size=len(sizes), max_size=len(sizes)))
    table = [LocationRow(*row) for row in zip(sorted(sizes), sorted(locations), strict=True)]
    counts = [location_count(count, table) for count in range(1, max(sizes) + 1)]
    assert counts == sorted(counts)


def test_onb_8_beyond_the_table_there_are_never_fewer_locations_than_in_its_last_row():
    table = [LocationRow(up_to_users=100, locations=10)]
    assert location_count(101, table) == 10
    assert location_count(251, table) == 11
