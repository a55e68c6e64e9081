"""PUB-4, PUB-5: whom a sweep has to look at, asked of Salesforce in one call."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from blocks.common.field_map import FieldMap
from tasks.salesforce.ends import MOST_FAULTY, due_statements, faulty

NEW_YORK = ZoneInfo("America/New_York")
FIRST, TODAY, LAST = date(2026, 5, 15), date(2026, 6, 15), date(2026, 7, 15)


def due(org):
    """The accounts that are due, in order, and the number of clients."""
    ends, suspect, back, _, (counted,) = org.client.queries(due_statements(FieldMap(), FIRST, LAST, TODAY, NEW_YORK))
    return [row["AccountId"] for row in (*ends, *faulty(suspect), *back)], counted["clients"]


def begun(org):
    """The contracts that have begun lately."""
    *_, found, _ = org.client.queries(due_statements(FieldMap(), FIRST, LAST, TODAY, NEW_YORK))
    return [(row["Id"], row["StartDate"]) for row in found]


@pytest.mark.parametrize(
    ("end", "looked_at"),
    [("2026-05-14", False), ("2026-05-15", True), ("2026-06-15", True), ("2026-07-15", True), ("2026-07-16", False)],
)
def test_pub_4_contracts_that_end_from_the_first_to_the_last_day_are_looked_at(org, end, looked_at):
    account = org.account(None, None)
    org.contract(account, end)
    assert due(org) == ([account] if looked_at else [], 1)


@pytest.mark.parametrize(
    ("status", "cs_status", "looked_at"),
    [
        ("Activated", "Active", True),
        ("Activated", "Onboarding", True),
        ("Activated", "Churned", True),
        ("Activated", "Deactivated", False),
        ("Activated", None, False),
        ("Draft", "Active", False),
        ("Terminated", "Active", False),
    ],
)
def test_pub_4_contracts_of_clients_that_have_no_end_are_looked_at(org, status, cs_status, looked_at):
    account = org.account(None, None, CS_Status__c=cs_status)
    org.contract(account, None, Status=status)
    assert due(org)[0] == ([account] if looked_at else [])


@pytest.mark.parametrize(
    ("start", "end", "entered", "looked_at"),
    [
        ("2026-06-01", "2025-05-31", "2026-06-02", True),
        ("2026-06-01", "2025-05-31", "2026-01-02", True),
        ("2025-06-01", "2025-05-31", "2026-05-15", True),
        ("2025-06-01", "2025-05-31", "2026-05-14", False),
        ("2025-06-01", "2026-05-14", "2026-06-02", False),
    ],
)
def test_pub_4_an_end_before_the_start_is_looked_at_however_long_ago_it_lies(org, start, end, entered, looked_at):
    account = org.account(None, None, CS_Status__c="Active")
    org.sandbox.clock(entered)
    org.contract(account, end, StartDate=start)
    assert due(org)[0] == ([account] if looked_at else [])


@pytest.mark.parametrize(
    ("start", "end"), [("2027-03-01", "2027-02-01"), ("2027-03-01", None), ("2026-06-16", "2026-06-15")]
)
@pytest.mark.parametrize("cs_status", ["Active", "Onboarding"])
def test_pub_7_a_contract_that_begins_in_the_future_and_has_dates_at_fault_is_looked_at_at_once(
    org, start, end, cs_status
):
    account = org.account(None, None, CS_Status__c=cs_status)
    org.sandbox.clock("2026-01-02")
    org.contract(account, end, StartDate=start)
    org.contract(org.account(None, None), "2028-02-01", StartDate=start)
    assert {*due(org)[0]} == {account}


@pytest.mark.parametrize(("won", "looked_at"), [(True, True), (False, False)])
def test_pub_7_a_draft_with_dates_at_fault_is_looked_at_when_its_sale_was_won(org, won, looked_at):
    account = org.account(None, None, CS_Status__c="Active")
    made = org.contract(account, "2027-02-01", StartDate="2027-03-01", Status="Draft")
    org.sale(account, ContractId=made, StageName="Closed Won" if won else "Prospecting")
    assert due(org)[0] == ([account] if looked_at else [])


@pytest.mark.parametrize(
    ("zone", "midnight"), [("America/New_York", "2026-05-15T04:00:00"), ("Asia/Tokyo", "2026-05-14T15:00:00")]
)
def test_pub_4_a_day_begins_at_midnight_in_the_orgs_time_zone(zone, midnight):
    _, suspect, *_ = due_statements(FieldMap(), FIRST, LAST, TODAY, ZoneInfo(zone))
    assert f"LastModifiedDate >= {midnight}" in suspect


@pytest.mark.parametrize(
    ("start", "end", "cs_status", "looked_at"),
    [
        ("2026-06-15", "2027-06-14", "Deactivated", True),
        ("2024-01-01", "2028-01-01", "Deactivated", True),
        ("2026-06-16", "2027-06-15", "Deactivated", False),
        ("2026-06-15", "2027-06-14", "Active", False),
    ],
)
def test_pub_5_contracts_that_bring_back_a_deactivated_account_are_looked_at(org, start, end, cs_status, looked_at):
    account = org.account(None, None, CS_Status__c=cs_status)
    org.contract(account, end, StartDate=start)
    assert due(org)[0] == ([account] if looked_at else [])


@pytest.mark.parametrize(
    ("start", "looked_at"), [("2026-06-08", False), ("2026-06-09", True), ("2026-06-15", True), ("2026-06-16", False)]
)
def test_pub_2_contracts_that_began_in_the_last_week_are_brought_into_effect_for_clients_that_are_set_up(
    org, start, looked_at
):
    made = org.contract(org.account(None, None, LMS_Company_Id__c="48213"), "2028-01-01", StartDate=start)
    org.contract(org.account(None, None), "2028-01-01", StartDate=start)
    assert begun(org) == ([(made, start)] if looked_at else [])


def test_pub_4_the_first_to_end_comes_first_and_of_those_without_an_end_the_newest_are_asked_about(org):
    late, early = (org.account(None, None) for _ in range(2))
    org.contract(late, "2026-07-01")
    org.contract(early, "2026-06-01")
    assert due(org)[0] == [early, late]
    many = org.account(None, None)
    for _ in range(MOST_FAULTY + 1):
        org.contract(many, None)
    assert due(org)[0].count(many) == MOST_FAULTY


def test_pub_4_of_all_accounts_those_that_are_clients_are_counted(org):
    for status in ("Onboarding", "Active", "Active", "Churned", "Deactivated", None):
        org.account(None, None, CS_Status__c=status)
    assert due(org) == ([], 4)
