"""The Onboarding Report (ONB-5, contracts 1.2), through the real client."""

from datetime import date, timedelta

import pytest
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound

from tests.sandbox.clients import connect

TODAY = date(2026, 6, 30)


@pytest.fixture
def sf(stand_in):
    stand_in.clock(TODAY.isoformat())
    return connect(stand_in)


def sale(sf, stage="Closed Won", days_ago=0):
    account = sf.Account.create({"Name": "Acme"})["id"]
    closed = (TODAY - timedelta(days=days_ago)).isoformat()
    fields = {"Name": "Sale", "StageName": stage, "CloseDate": closed, "AccountId": account}
    return sf.Opportunity.create(fields)["id"]


def report_id(sf):
    return sf.query("SELECT Id FROM Report WHERE Name = 'Onboarding Report'")["records"][0]["Id"]


def run(sf, filters=None):
    path = f"analytics/reports/{report_id(sf)}"
    if filters is None:
        return sf.restful(path, params={"includeDetails": "true"})
    body = {"reportMetadata": {"reportFilters": filters}}
    return sf.restful(path, method="POST", params={"includeDetails": "true"}, json=body)


def listed(report):
    column = report["reportMetadata"]["detailColumns"].index("Opportunity.Id")
    return [row["dataCells"][column]["value"] for row in report["factMap"]["T!T"]["rows"]]


def only(opportunity, operator="equals"):
    return [{"column": "Opportunity.Id", "operator": operator, "value": opportunity}]


def test_the_report_lists_the_closed_won_sales_of_the_last_90_days(sf):
    fresh, edge = sale(sf), sale(sf, days_ago=90)
    sale(sf, days_ago=91)
    sale(sf, stage="Closed Lost")
    sale(sf, stage="Negotiation/Review")
    report = run(sf)
    assert set(listed(report)) == {fresh, edge}
    assert report["allData"] is True
    assert report["reportMetadata"]["name"] == "Onboarding Report"


def test_the_report_can_be_told_to_leave_a_sale_out(sf, stand_in):
    kept, omitted = sale(sf), sale(sf)
    stand_in.behaviour(report_omits=[omitted[:15]])
    assert listed(run(sf)) == [kept]


def test_beyond_2000_rows_the_report_is_incomplete_and_a_filter_finds_the_rest(sf, stand_in):
    closed = {"type": "Opportunity", "Name": "S", "StageName": "Closed Won", "CloseDate": TODAY.isoformat()}
    made = stand_in.seed(salesforce={"records": [closed] * 2_001})["salesforce"]["ids"]
    report = run(sf)
    assert report["allData"] is False
    assert len(listed(report)) == 2_000
    (missing,) = set(made) - set(listed(report))
    narrowed = run(sf, only(missing[:15]))
    assert (narrowed["allData"], listed(narrowed)) == (True, [missing])


def test_a_filter_that_matches_nothing_lists_nothing(sf):
    sale(sf)
    assert listed(run(sf, only("006Hs00000zzzzz"))) == []


def test_a_filter_may_exclude(sf):
    kept, other = sale(sf), sale(sf)
    assert listed(run(sf, only(other, "notEqual"))) == [kept]


@pytest.mark.parametrize(
    "filters", [[{"column": "Nope", "operator": "equals", "value": "x"}], [{}], "x", only("x", "resembles")]
)
def test_a_filter_it_can_not_apply_is_refused(sf, filters):
    with pytest.raises(SalesforceMalformedRequest):
        run(sf, filters)


def test_without_details_only_the_count_is_told(sf):
    sale(sf)
    facts = sf.restful(f"analytics/reports/{report_id(sf)}")["factMap"]["T!T"]
    assert facts["aggregates"][0]["value"] == 1
    assert "rows" not in facts


def test_reports_are_listed_and_an_unknown_one_is_not_found(sf):
    assert [report["name"] for report in sf.restful("analytics/reports")] == ["Onboarding Report"]
    with pytest.raises(SalesforceResourceNotFound):
        sf.restful("analytics/reports/00OHs00000zzzzz")
