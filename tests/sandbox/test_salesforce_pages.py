"""The record pages, on which a person closes a sale by hand."""

import re

import httpx
import pytest

from tests.support.closing import open_sale


@pytest.fixture
def site(stand_in):
    with httpx.Client(base_url=f"{stand_in.url}/salesforce", trust_env=False, follow_redirects=True) as client:
        yield client


def test_a_sale_is_closed_on_its_page_and_the_org_tells(stand_in, site):
    sale = open_sale(stand_in, "Page Clinic")
    address = f"/lightning/r/{sale.opportunity}/view"
    assert "Page Clinic" in site.get(address).text

    answer = site.post(address, data={"field": "StageName", "value": "Closed Won"})

    assert answer.status_code == 200
    records = stand_in.state("salesforce")["records"]["Opportunity"]
    assert [one["StageName"] for one in records if one["Id"] == sale.opportunity] == ["Closed Won"]
    assert stand_in.effects("salesforce")[-1]["path"] == address


def test_what_the_org_refuses_is_said_on_the_page_and_changes_nothing(stand_in, site):
    sale = open_sale(stand_in, "Refusing Clinic")
    address = f"/lightning/r/{sale.opportunity}/view"
    effects = len(stand_in.effects())

    answer = site.post(address, data={"field": "Service_Level__c", "value": "golden"})

    assert "role='alert'" in answer.text
    assert len(stand_in.effects()) == effects


def test_numbers_are_numbers_and_an_empty_box_is_nothing(stand_in, site):
    sale = open_sale(stand_in, "Number Clinic")
    address = f"/lightning/r/{sale.contract}/view"
    site.post(address, data={"field": "User_Count__c", "value": "51"})
    site.post(address, data={"field": "Service_Level__c", "value": ""})
    contract = next(one for one in stand_in.state("salesforce")["records"]["Contract"] if one["Id"] == sale.contract)
    assert (contract["User_Count__c"], contract.get("Service_Level__c")) == (51, None)
    assert "role='alert'" in site.post(address, data={"field": "User_Count__c", "value": "many"}).text


def test_unknown_records_and_objects_are_pages_that_say_so(site):
    assert site.get("/lightning/r/006000000000001AAA/view").status_code == 404
    assert site.get("/lightning/o/Nothing/list").status_code == 404


def test_lists_lead_to_records(stand_in, site):
    sale = open_sale(stand_in, "Listed Clinic")
    listing = site.get("/lightning/o/Opportunity/list")
    link = re.search(rf"href='([^']*{sale.opportunity}[^']*)'", listing.text)
    assert link
    assert "Listed Clinic" in site.get(listing.url.join(link[1])).text


def test_what_a_record_holds_is_text_on_its_page(stand_in, site):
    sale = open_sale(stand_in, "Markup Clinic")
    site.post(f"/lightning/r/{sale.account}/view", data={"field": "Name", "value": "<script>'&\""})
    shown = site.get(f"/lightning/r/{sale.account}/view").text
    assert "<script>" not in shown
    assert "&lt;script&gt;&#x27;&amp;&quot;" in shown


def test_a_record_is_found_under_its_objects_name_and_under_no_others(stand_in, site):
    sale = open_sale(stand_in, "Named Clinic")
    assert "Named Clinic" in site.get(f"/lightning/r/Opportunity/{sale.opportunity}/view").text
    assert site.get(f"/lightning/r/Account/{sale.opportunity}/view").status_code == 404
    assert site.get("/lightning/r/Opportunity/006000000000001AAA/view").status_code == 404
    assert site.get(f"/lightning/r//view{sale.opportunity}").status_code == 404
