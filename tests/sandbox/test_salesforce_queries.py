"""Queries page by page, and the longest request (contracts 1.3), through the real client."""

import pytest
from simple_salesforce.exceptions import SalesforceGeneralError
from simple_salesforce.format import format_soql

from tests.sandbox.clients import connect, refused


@pytest.fixture
def sf(stand_in):
    return connect(stand_in)


def test_a_query_goes_on_page_by_page(sf, stand_in):
    stand_in.seed(salesforce={"records": [{"type": "Account", "Name": f"A{number:04d}"} for number in range(4_500)]})
    first = sf.query("SELECT Name FROM Account ORDER BY Name")
    assert (first["totalSize"], first["done"], len(first["records"])) == (4_500, False, 2_000)
    assert first["nextRecordsUrl"].startswith("/services/data/v59.0/query/01g")
    assert first["nextRecordsUrl"].endswith("-2000")
    every = list(sf.query_all_iter("SELECT Name FROM Account ORDER BY Name"))
    assert [row["Name"] for row in every] == [f"A{number:04d}" for number in range(4_500)]


def test_the_page_size_may_be_hinted_between_200_and_2000(sf, stand_in):
    stand_in.seed(salesforce={"records": [{"type": "Account", "Name": "A"} for _ in range(300)]})
    for asked, given in ((250, 250), (1, 200), (9_999, 300)):
        headers = {"Sforce-Query-Options": f"batchSize={asked}"}
        page = sf._call_salesforce("GET", f"{sf.base_url}query/?q=SELECT+Id+FROM+Account", headers=headers).json()
        assert len(page["records"]) == given


def test_an_unknown_locator_is_refused(sf):
    no = refused(sf.query_more, "/services/data/v59.0/query/01gHs0000000099IAA-2000", identifier_is_url=True)
    assert no["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_the_bin_is_in_query_all(sf):
    sf.Account.delete(sf.Account.create({"Name": "Gone"})["id"])
    assert sf.query("SELECT Id FROM Account")["totalSize"] == 0
    assert sf.query("SELECT Id FROM Account", include_deleted=True)["totalSize"] == 1


def test_a_request_line_of_more_than_16384_bytes_is_refused(sf):
    soql = format_soql("SELECT Id FROM Account WHERE Id IN {}", ["001Hs00000zzzzz"] * 1_000)
    assert refused(sf.query, soql)["status"] == 414


def test_headers_and_line_together_may_not_exceed_16384_bytes(sf):
    url = f"{sf.base_url}query/?q=SELECT+Id+FROM+Account"
    with pytest.raises(SalesforceGeneralError) as no:
        sf._call_salesforce("GET", url, headers={"X-Long": "x" * 16_300})
    assert no.value.status == 431


def test_a_record_that_moves_is_found_where_it_is_now(sf):
    old, new = (sf.Account.create({"Name": name})["id"] for name in ("Old", "New"))
    contact = sf.Contact.create({"LastName": "Doe", "AccountId": old})["id"]

    def contacts(account):
        rows = sf.query(format_soql("SELECT Id FROM Contact WHERE AccountId = {}", account))["records"]
        return [row["Id"] for row in rows]

    assert (contacts(old), contacts(new)) == ([contact], [])
    sf.Contact.update(contact, {"AccountId": new})
    assert (contacts(old), contacts(new)) == ([], [contact])
    sf.Contact.update(contact, {"AccountId": None})
    assert (contacts(old), contacts(new)) == ([], [])
    assert sf.query("SELECT COUNT() FROM Contact WHERE AccountId = null")["totalSize"] == 1
