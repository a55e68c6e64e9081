"""Days and instants in SOQL (contracts 1.3)."""

from datetime import date, timedelta

import pytest
from simple_salesforce.format import format_soql

from tests.sandbox.soql.asking import TODAY, ask, names


@pytest.mark.parametrize(
    ("literal", "first", "last"),
    [
        ("TODAY", TODAY, TODAY),
        ("YESTERDAY", date(2026, 3, 17), date(2026, 3, 17)),
        ("TOMORROW", date(2026, 3, 19), date(2026, 3, 19)),
        ("LAST_N_DAYS:7", date(2026, 3, 11), TODAY),
        ("NEXT_N_DAYS:7", date(2026, 3, 19), date(2026, 3, 25)),
        ("N_DAYS_AGO:3", date(2026, 3, 15), date(2026, 3, 15)),
        ("LAST_90_DAYS", date(2025, 12, 18), TODAY),
        ("THIS_WEEK", date(2026, 3, 15), date(2026, 3, 21)),
        ("THIS_MONTH", date(2026, 3, 1), date(2026, 3, 31)),
        ("LAST_MONTH", date(2026, 2, 1), date(2026, 2, 28)),
        ("NEXT_MONTH", date(2026, 4, 1), date(2026, 4, 30)),
        ("LAST_N_MONTHS:2", date(2026, 1, 1), date(2026, 2, 28)),
        ("THIS_QUARTER", date(2026, 1, 1), date(2026, 3, 31)),
        ("NEXT_QUARTER", date(2026, 4, 1), date(2026, 6, 30)),
        ("THIS_YEAR", date(2026, 1, 1), date(2026, 12, 31)),
        ("LAST_YEAR", date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_a_date_literal_is_a_stretch_of_days(org, literal, first, last):
    day = timedelta(days=1)
    for on in (first - day, first, last, last + day):
        org.plant("Opportunity", Name=on.isoformat(), StageName="Closed Won", CloseDate=on.isoformat())
    inside = {first.isoformat(), last.isoformat()}
    assert set(names(org, f"CloseDate = {literal}", "Opportunity")) == inside
    assert set(names(org, f"CloseDate < {literal}", "Opportunity")) == {(first - day).isoformat()}
    assert set(names(org, f"CloseDate > {literal}", "Opportunity")) == {(last + day).isoformat()}
    assert set(names(org, f"CloseDate >= {literal}", "Opportunity")) == inside | {(last + day).isoformat()}
    assert set(names(org, f"CloseDate != {literal}", "Opportunity")).isdisjoint(inside)


def test_a_day_of_an_instant_begins_at_midnight_in_the_org_s_time_zone(org):
    # New York is four hours behind UTC in March.
    for at in ("2026-03-18T03:59:59.000+0000", "2026-03-18T04:00:00.000+0000", "2026-03-19T03:59:59.000+0000"):
        org.plant("Event", Subject=at, StartDateTime=at)
    found = ask(org, "SELECT Subject FROM Event WHERE StartDateTime = TODAY")
    assert [row["Subject"][:13] for row in found] == ["2026-03-18T04", "2026-03-19T03"]


def test_instants_compare_across_offsets(org):
    org.plant("Event", Subject="e", StartDateTime="2026-03-18T12:00:00.000+0000")
    for literal in ("2026-03-18T12:00:00Z", "2026-03-18T08:00:00-04:00", "2026-03-18T13:00:00.000+0100"):
        assert len(ask(org, format_soql("SELECT Id FROM Event WHERE StartDateTime = {:literal}", literal))) == 1


def test_no_date_is_in_no_stretch_of_days(org):
    org.plant("Opportunity", Name="Undated")
    assert names(org, "Future_Billing_Date__c != TODAY", "Opportunity") == ["Undated"]
    for sign in ("=", "<", "<=", ">", ">="):
        assert names(org, f"Future_Billing_Date__c {sign} TODAY", "Opportunity") == []
