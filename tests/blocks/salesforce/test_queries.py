"""Queries, and each error code: said by a local server as a real org would rarely say it."""

from decimal import Decimal

import pytest

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorRefused, VendorUnavailable
from tests.blocks import blocks
from tests.blocks.salesforce.responses import SOQL, TOKEN, page, refuses
from tests.blocks.vendor import Reply, says


def test_every_page_is_read_and_attributes_are_taken_off_at_every_depth(vendor, client):
    attributes = {"type": "Opportunity", "url": "/x"}
    children = {
        "totalSize": 2,
        "done": False,
        "nextRecordsUrl": "/services/data/v59.0/query/01g-c",
        "records": [{"attributes": attributes, "Quantity": 5.0}],
    }
    first = {
        "attributes": attributes,
        "Id": "1",
        "Account": {"attributes": attributes, "Owner": {"attributes": attributes, "Name": "Pat"}},
        "Items": children,
    }
    second = {"attributes": attributes, "Id": "2", "Account": None, "Items": None}
    vendor.will_say(
        TOKEN,
        page(first, next_url="/services/data/v59.0/query/01g-2000"),
        page(second),
        page({"attributes": attributes, "Quantity": 0.1}),
    )
    records = client.query(
        "SELECT Id, Account.Owner.Name, (SELECT Quantity FROM Items WHERE X = '(SELECT') FROM Opportunity"
    )
    assert records == [
        {
            "Id": "1",
            "Account": {"Owner": {"Name": "Pat"}},
            "Items": [{"Quantity": Decimal("5.0")}, {"Quantity": Decimal("0.1")}],
        },
        {"Id": "2", "Account": None, "Items": []},
    ]
    assert type(records[0]["Items"][0]["Quantity"]) is Decimal


def test_a_semi_join_does_not_turn_a_missing_parent_into_a_list(vendor, client):
    vendor.will_say(TOKEN, page({"Id": "1", "Contact": None}))
    soql = "SELECT Id, Contact.Name FROM Case WHERE AccountId IN (SELECT AccountId FROM Contact)"
    assert client.query(soql) == [{"Id": "1", "Contact": None}]


@pytest.mark.parametrize(
    "url",
    [
        "@elsewhere.example/",
        ".elsewhere.example/x",
        "https://elsewhere.example",
        None,
        7,
        "/services/data/@x",
    ],
)
def test_the_token_follows_no_page_out_of_the_api(vendor, client, url):
    vendor.will_say(TOKEN, says({"done": False, "records": [], "nextRecordsUrl": url}))
    with pytest.raises(UnexpectedResponse, match="nextRecordsUrl"):
        client.query(SOQL)
    assert len(vendor.received) == 2


def test_pages_that_repeat_end_in_a_wrong_answer(vendor, client):
    vendor.will_say(TOKEN, page({"Id": "1"}, next_url="/services/data/v59.0/query/01g"))
    with pytest.raises(UnexpectedResponse, match="repeat"):
        client.query(SOQL)


CODES = {
    ("REQUEST_LIMIT_EXCEEDED", 403): VendorUnavailable,
    ("UNABLE_TO_LOCK_ROW", 400): VendorUnavailable,
    ("SERVER_UNAVAILABLE", 503): VendorUnavailable,
    ("UNKNOWN_EXCEPTION", 500): VendorUnavailable,
    ("QUERY_TIMEOUT", 400): VendorUnavailable,
    ("MALFORMED_QUERY", 400): VendorRefused,
    ("INVALID_FIELD", 400): VendorRefused,
    ("INVALID_TYPE", 400): VendorRefused,
    ("MALFORMED_ID", 400): VendorRefused,
    ("JSON_PARSER_ERROR", 400): VendorRefused,
    ("REQUIRED_FIELD_MISSING", 400): VendorRefused,
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", 400): VendorRefused,
    ("DUPLICATE_VALUE", 400): VendorRefused,
    ("DUPLICATES_DETECTED", 400): VendorRefused,
    ("INSUFFICIENT_ACCESS_OR_READONLY", 403): CredentialsRejected,
    ("ENTITY_IS_LOCKED", 400): VendorRefused,
    ("ENTITY_IS_DELETED", 404): VendorRefused,
    ("NOT_FOUND", 404): VendorRefused,
    ("API_DISABLED_FOR_ORG", 403): CredentialsRejected,
    ("METHOD_NOT_ALLOWED", 405): VendorRefused,
    ("UNSUPPORTED_API_VERSION", 410): VendorRefused,
    ("NEVER_HEARD_OF", 400): VendorRefused,
    ("NEVER_HEARD_OF", 502): VendorUnavailable,
}


@pytest.mark.parametrize(("code", "status"), CODES)
def test_each_error_code_is_told_by_who_must_act_and_without_the_query(vendor, client, code, status):
    vendor.will_say(TOKEN, refuses(code, status, f"\n{SOQL}\n^\nERROR at Row:1"))
    with pytest.raises(CODES[code, status]) as caught:
        client.query(SOQL)
    assert type(caught.value) is CODES[code, status]
    assert (caught.value.code, caught.value.status) == (code, status)
    assert "swordfish" not in f"{caught.value!r}{caught.value}{caught.value.fields}{caught.value.details}"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_an_unknown_field_is_named_with_its_object(vendor, client):
    vendor.will_say(TOKEN, refuses("INVALID_FIELD", 400, f"{SOQL}\nNo such column 'Foo__c' on entity 'Account'. If"))
    with pytest.raises(VendorRefused, match=r"field map.*Account\.Foo__c"):
        client.query(SOQL)


@pytest.mark.parametrize(("message", "least"), [("TotalRequests Limit exceeded.", 60), ("ConcurrentRequests", 1)])
def test_a_used_up_allowance_is_waited_for_longer_than_a_crowd(vendor, client, message, least):
    vendor.will_say(TOKEN, refuses("REQUEST_LIMIT_EXCEEDED", 403, message))
    with pytest.raises(VendorUnavailable) as caught:
        client.query(SOQL)
    assert caught.value.retry_after >= least
    assert (caught.value.retry_after > 59) == (least == 60)


WRONG_QUERY_ANSWERS = [
    b"",
    b"7",
    b"[]",
    b"null",
    b"{}",
    b"<html>",
    b'{"records":[',
    b'{"done":true}',
    b'{"done":true,"records":[1]}',
    b'{"done":"yes","records":[]}',
    b'{"done":true,"records":{}}',
    b"\xff\xfe",
    b"[" * 100_000,
]


@pytest.mark.parametrize("body", WRONG_QUERY_ANSWERS, ids=range(len(WRONG_QUERY_ANSWERS)))
def test_an_answer_that_is_not_a_page_is_a_wrong_answer(vendor, client, body):
    vendor.will_say(TOKEN, Reply(200, body))
    with pytest.raises(UnexpectedResponse, match="query"):
        client.query(SOQL)


@pytest.mark.parametrize("reply", [Reply(drop=True), Reply(hold=True), Reply(200, b"{}", {"Content-Length": "50"})])
def test_a_lost_read_is_unavailability_and_never_unclear(vendor, client, reply):
    vendor.will_say(TOKEN, reply)
    with pytest.raises(VendorUnavailable) as caught:
        client.query(SOQL)
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize(
    "record_id", ["", "../Contact/003000000000001AAA", "http://x.example/", "001", "0010000000000010"]
)
def test_no_id_leads_a_request_elsewhere(vendor, client, record_id):
    with pytest.raises(ValueError, match="is not a Salesforce id"):
        client.get("Account", record_id, ["Name"])
    assert vendor.received == []


def test_a_record_and_a_description_are_read(vendor, client):
    vendor.will_say(TOKEN, says({"attributes": {}, "Id": "1", "Name": "Acme"}), says({"fields": [{"name": "Name"}]}))
    assert client.get("Account", blocks.ACCOUNT, ["Name"]) == {"Id": "1", "Name": "Acme"}
    assert client.describe("Account")["fields"] == [{"name": "Name"}]
