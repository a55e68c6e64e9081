"""Several queries in one call: each is answered, and refused, as if it were asked alone."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from blocks.common.errors import UnexpectedResponse, VendorRefused, VendorUnavailable
from tests.blocks.salesforce.responses import SOQL, TOKEN, page
from tests.blocks.vendor import Reply, says


def several(*answers):
    return says(
        {
            "compositeResponse": [
                {"referenceId": f"query{number}", "httpStatusCode": status, "body": body, "httpHeaders": {}}
                for number, (status, body) in enumerate(answers)
            ]
        }
    )


def answered(*records, next_url=None):
    following = {} if next_url is None else {"nextRecordsUrl": next_url}
    return 200, {"totalSize": len(records), "done": next_url is None, "records": list(records), **following}


USERS = "SELECT Id FROM User WHERE Name LIKE 'A&B+ö%'"
CASES = "SELECT Id, (SELECT Id FROM Cases WHERE Id IN (SELECT Id FROM Task)) FROM User WHERE Name = 'A&B'"
SALES = "SELECT Id, (SELECT Id FROM Opportunities) FROM Account"


def test_several_queries_are_one_call_and_each_is_answered_as_a_query_of_its_own(vendor, client):
    attributes = {"type": "Account", "url": "/x"}
    with_children = {"attributes": attributes, "Id": "1", "Opportunities": answered({"attributes": {}, "Id": "6"})[1]}
    vendor.will_say(
        TOKEN,
        several(answered({"attributes": {}, "Id": "5"}), answered(with_children, {"Id": "2", "Opportunities": None})),
    )
    assert client.queries([USERS, SALES]) == [
        [{"Id": "5"}],
        [{"Id": "1", "Opportunities": [{"Id": "6"}]}, {"Id": "2", "Opportunities": []}],
    ]
    assert len(vendor.received) == 2
    asked = json.loads(vendor.received[1].body)["compositeRequest"]
    assert [(one["method"], one["referenceId"]) for one in asked] == [("GET", "query0"), ("GET", "query1")]
    assert [parse_qs(urlsplit(one["url"]).query)["q"] for one in asked] == [[USERS], [SALES]]


def test_every_page_of_each_of_several_queries_is_read(vendor, client):
    vendor.will_say(
        TOKEN,
        several(
            answered({"Id": "1"}, next_url="/services/data/v59.0/query/01gA-1"),
            answered({"Id": "5"}),
            answered({"Id": "8"}, next_url="/services/data/v59.0/query/01gB-1"),
        ),
        page({"Id": "2"}, next_url="/services/data/v59.0/query/01gA-2"),
        page({"Id": "3"}),
        page({"Id": "9"}),
    )
    assert client.queries([SOQL, USERS, SALES]) == [
        [{"Id": "1"}, {"Id": "2"}, {"Id": "3"}],
        [{"Id": "5"}],
        [{"Id": "8"}, {"Id": "9"}],
    ]
    assert [one.path.rpartition("/")[2] for one in vendor.received[2:]] == ["01gA-1", "01gA-2", "01gB-1"]


AGAIN = "/services/data/v59.0/query/01g"


@pytest.mark.parametrize(
    "first",
    [
        answered({"Id": "1"}, next_url=AGAIN),
        answered({"Id": "1", "Opportunities": answered({"Id": "6"}, next_url=AGAIN)[1]}),
    ],
    ids=["of the query", "of its children"],
)
def test_pages_of_one_of_several_queries_that_repeat_end_in_a_wrong_answer(vendor, client, first):
    vendor.will_say(TOKEN, several(first), page({"Id": "2"}, next_url=AGAIN))
    with pytest.raises(UnexpectedResponse, match="repeat"):
        client.queries([SALES])


@pytest.mark.parametrize("number", [0, 6])
def test_more_queries_than_one_call_may_hold_are_refused_before_anything_is_asked(vendor, client, number):
    with pytest.raises(ValueError, match="1 to 5 queries"):
        client.queries([SOQL] * number)
    assert vendor.received == []


@pytest.mark.parametrize(
    ("code", "message", "named"),
    [
        ("INVALID_FIELD", f"{SOQL}\nNo such column 'Foo__c' on entity 'User'. If", r"field map.*User\.Foo__c"),
        ("INVALID_TYPE", f"{SOQL}\nsObject type 'User' is not supported.", "query of User"),
        ("MALFORMED_QUERY", f"{SOQL}\nunexpected token", "query of User"),
    ],
)
def test_which_of_several_queries_was_refused_is_told_without_the_query(vendor, client, code, message, named):
    halted = (400, [{"errorCode": "PROCESSING_HALTED", "message": "The transaction was rolled back"}])
    vendor.will_say(TOKEN, several(halted, (400, [{"errorCode": code, "message": message}])))
    with pytest.raises(VendorRefused, match=named) as caught:
        client.queries([SOQL, CASES])
    assert caught.value.code == code
    assert "swordfish" not in f"{caught.value!r}{caught.value}{caught.value.fields}{caught.value.details}"
    assert "A&B" not in f"{caught.value!r}{caught.value}{caught.value.details}"


def test_several_queries_whose_answer_is_lost_change_nothing_and_are_never_unclear(vendor, client):
    vendor.will_say(TOKEN, Reply(drop=True))
    with pytest.raises(VendorUnavailable) as caught:
        client.queries([SOQL, USERS])
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize("body", [None, [], {"records": []}, {"done": True}, {"done": False, "records": []}])
def test_an_answer_to_one_of_several_queries_that_is_no_page_is_a_wrong_answer(vendor, client, body):
    vendor.will_say(TOKEN, several(answered({"Id": "1"}), (200, body)))
    with pytest.raises(UnexpectedResponse, match="query"):
        client.queries([SOQL, USERS])
