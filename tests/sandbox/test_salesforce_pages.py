"""The record pages, on which a person closes a sale by hand."""

import base64
import re

import httpx
import pytest

from tests.sandbox.clients import connect
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


def form_of(page, **typed):
    """What a browser sends of a record's form: what each field showed, and what it holds now."""
    before = dict(re.findall(r"name='(was:\w+)' value='([^']*)'", page.text))
    return before | {name.removeprefix("was:"): value for name, value in before.items()} | typed


def test_a_form_changes_only_what_was_typed_and_says_what_was_saved(stand_in, site):
    sale = open_sale(stand_in, "Form Clinic")
    address = f"/lightning/r/{sale.account}/view"
    page = site.get(address)
    site.post(address, data={"field": "CS_Status__c", "value": "Active"})

    answer = site.post(address, data=form_of(page, Phone="+1 555 0199", CS_Segmentation__c="SMB"))

    assert "Saved: Phone, CS Segmentation." in answer.text
    account = next(one for one in stand_in.state("salesforce")["records"]["Account"] if one["Id"] == sale.account)
    # What was written while the page was open stays.
    values = (account["Phone"], account["CS_Segmentation__c"], account["CS_Status__c"])
    assert values == ("+1 555 0199", "SMB", "Active")
    assert "nothing was different" in site.post(address, data=form_of(site.get(address))).text


def test_what_was_refused_stays_typed(stand_in, site):
    sale = open_sale(stand_in, "Typing Clinic")
    address = f"/lightning/r/{sale.contact}/view"
    answer = site.post(address, data=form_of(site.get(address), Email="no <address>", Phone="+1 555 0177"))
    assert "role='alert'" in answer.text
    assert "value='no &lt;address&gt;'" in answer.text
    assert "value='+1 555 0177'" in answer.text


def test_a_page_names_fields_as_people_do_and_links_to_what_belongs_to_it(stand_in, site):
    sale = open_sale(stand_in, "Related Clinic")
    account = site.get(f"/lightning/r/{sale.account}/view").text
    assert "<label for='f-Customer_Success_Manager__c'>Customer Success Manager</label>" in account
    for record in (sale.opportunity, sale.contract, sale.contact):
        assert f"/r/{record}/view" in account
    for system in ("/lms/companies", "/recurly/app/accounts", "/outreach/prospects"):
        assert system in account
    opportunity = site.get(f"/lightning/r/{sale.opportunity}/view").text
    for record in (sale.account, sale.contract, sale.contact):
        assert f"/r/{record}/view" in opportunity
    contract = site.get(f"/lightning/r/{sale.contract}/view").text
    assert [one for one in (sale.account, sale.opportunity) if f"/r/{one}/view" not in contract] == []


def test_a_sale_without_primary_contact_gets_one(stand_in, site):
    sale = open_sale(stand_in, "Role Clinic")
    state = stand_in.state("salesforce")["records"]
    (role,) = [one["Id"] for one in state["OpportunityContactRole"] if one["OpportunityId"] == sale.opportunity]
    site.post(f"/lightning/r/{role}/view", data={"field": "IsPrimary", "value": "false"})
    link = re.search(r"href='/salesforce(/lightning/o/OpportunityContactRole/new[^']*)'",
                     site.get(f"/lightning/r/{sale.opportunity}/view").text)  # fmt: skip
    assert link
    address = link[1].replace("&amp;", "&")
    blank = site.get(address)
    assert f"value='{sale.contact}'" in blank.text
    sent = form_of(blank, OpportunityId=sale.opportunity, ContactId=sale.contact, IsPrimary="true")
    sent |= {"next": f"/salesforce/lightning/r/{sale.opportunity}/view"}
    made = site.post(address, data=sent)
    assert "Saved: new Contact Role." in made.text
    roles = stand_in.state("salesforce")["records"]["OpportunityContactRole"]
    assert [one["IsPrimary"] for one in roles if one["OpportunityId"] == sale.opportunity] == [False, True]


def test_a_record_that_is_not_complete_is_not_made_and_its_form_stays(site):
    address = "/lightning/o/Contact/new"
    answer = site.post(address, data=form_of(site.get(address), FirstName="<Dana>"))
    assert "LastName" in answer.text
    assert "role='alert'" in answer.text
    assert "value='&lt;Dana&gt;'" in answer.text
    assert [site.get(f"/lightning/o/{name}/new").status_code for name in ("ContentVersion", "Nothing")] == [404, 404]
    assert site.post("/lightning/o/Nothing/new").status_code == 404


def test_several_products_are_ticked_and_unticked(stand_in, site):
    sale = open_sale(stand_in, "Product Clinic")
    address = f"/lightning/r/{sale.contract}/view"
    before = form_of(site.get(address))
    site.post(address, data=before | {"Products__c": ["Learning", "Compliance"]})
    page = site.get(address)
    assert "value='Learning;Compliance'" in page.text
    fields = {name: value for name, value in form_of(page).items() if name != "Products__c"}
    site.post(address, data=fields)
    contract = next(one for one in stand_in.state("salesforce")["records"]["Contract"] if one["Id"] == sale.contract)
    assert contract.get("Products__c") is None


def test_everything_is_found_by_its_name_its_number_or_its_id(stand_in, site):
    sale = open_sale(stand_in, "Sought Clinic")
    found = site.get("/lightning/search", params={"q": "sought"}).text
    assert [one for one in (sale.account, sale.opportunity, sale.contact) if f"/r/{one}/view" not in found] == []
    for record in (sale.account, sale.account[:15]):
        assert site.get("/lightning/search", params={"q": record}).url.path.endswith(f"{sale.account}/view")
    assert "&lt;i&gt;" in site.get("/lightning/search", params={"q": "<i>"}).text
    assert "Sought Clinic" in site.get("/lightning/o/Contract/list", params={"q": "sought"}).text
    assert "Sought Clinic" not in site.get("/lightning/o/Account/list", params={"q": "other"}).text


def test_a_file_is_saved_from_its_page(stand_in, site):
    salesforce = connect(stand_in)
    content = base64.b64encode(b"a,b").decode()
    version = salesforce.ContentVersion.create({"PathOnClient": "list.csv", "Title": "List", "VersionData": content})[
        "id"
    ]
    document = salesforce.ContentVersion.get(version)["ContentDocumentId"]
    for record in (version, document):
        link = re.search(r"href='/salesforce([^']+/download)'", site.get(f"/lightning/r/{record}/view").text)
        assert link
        saved = site.get(link[1])
        assert (saved.content, saved.headers["content-type"].partition(";")[0]) == (b"a,b", "text/csv")
    assert site.get("/lightning/r/006000000000001AAA/download").status_code == 404
