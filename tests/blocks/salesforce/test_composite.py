"""Writes, several records in one call, and what is known of them when the answer is lost."""

import json

import pytest

from blocks.common.errors import UnexpectedResponse, VendorRefused, VendorUnavailable
from blocks.salesforce.client import SalesforceClient
from blocks.salesforce.composite import Subrequest
from tests.blocks import blocks
from tests.blocks.salesforce.responses import TOKEN, WRITE, composite, refuses
from tests.blocks.vendor import Reply, says


@pytest.mark.parametrize(
    ("reply", "unclear"),
    [
        (Reply(drop=True), True),
        (Reply(hold=True), True),
        (Reply(500, b"<html>"), True),
        (refuses("UNKNOWN_EXCEPTION", 500), True),
        (refuses("SERVER_UNAVAILABLE", 503), False),
        (refuses("REQUEST_LIMIT_EXCEEDED", 403), False),
    ],
)
def test_a_lost_write_says_whether_it_may_have_been_done(vendor, client, reply, unclear):
    vendor.will_say(TOKEN, reply)
    with pytest.raises(VendorUnavailable) as caught:
        client.composite([WRITE])
    assert caught.value.outcome_unknown is unclear


def test_an_org_that_cannot_be_reached_did_nothing(unused_tcp_port):
    client = SalesforceClient(blocks.salesforce(f"http://127.0.0.1:{unused_tcp_port}")._login())
    with pytest.raises(VendorUnavailable, match="no connection") as caught:
        client.composite([WRITE])
    assert not caught.value.outcome_unknown


def test_a_composite_is_all_or_none_in_order_and_its_bodies_come_back_in_the_order_asked(vendor, client):
    second = Subrequest("POST", "sobjects/Task", "task", {"WhatId": "@{account.id}"})
    vendor.will_say(TOKEN, composite(("task", 201, {"id": "00T1", "success": True}), ("account", 204, None)))
    assert client.composite([WRITE, second]) == [{}, {"id": "00T1", "success": True}]
    sent = json.loads(vendor.received[1].body)
    assert (sent["allOrNone"], sent["collateSubrequests"]) == (True, False)
    assert sent["compositeRequest"][0] == {
        "method": "PATCH",
        "url": f"/services/data/v59.0/sobjects/Account/{blocks.ACCOUNT}",
        "referenceId": "account",
        "body": {"LMS_Company_Id__c": "48213"},
    }


HALTED = [{"errorCode": "PROCESSING_HALTED", "message": "The transaction was rolled back"}]


def test_the_failure_that_halted_the_others_is_told_with_its_record(vendor, client):
    second = Subrequest("PATCH", f"sobjects/Opportunity/{blocks.OPPORTUNITY}", "opportunity", {})
    why = [
        {
            "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "message": "Pick a level",
            "fields": ["Service_Level__c"],
        }
    ]
    vendor.will_say(TOKEN, composite(("account", 400, HALTED), ("opportunity", 400, why)))
    with pytest.raises(VendorRefused, match="Pick a level") as caught:
        client.composite([WRITE, second])
    assert caught.value.code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert caught.value.details == {"record": f"Opportunity {blocks.OPPORTUNITY}"}
    assert caught.value.fields == {"Service_Level__c": "Pick a level"}
    assert blocks.OPPORTUNITY in str(caught.value)


def test_a_locked_record_among_several_is_unavailability(vendor, client):
    locked = [{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access"}]
    vendor.will_say(TOKEN, composite(("account", 400, locked)))
    with pytest.raises(VendorUnavailable, match=blocks.ACCOUNT) as caught:
        client.composite([WRITE])
    assert not caught.value.outcome_unknown


WRONG_COMPOSITES = [
    {},
    [],
    {"compositeResponse": []},
    {"compositeResponse": [{"referenceId": "other", "httpStatusCode": 204}]},
    {"compositeResponse": [{"referenceId": "account"}]},
    {"compositeResponse": [{"referenceId": ["account"], "httpStatusCode": 204}]},
    {"compositeResponse": [{"referenceId": "account", "httpStatusCode": 400, "body": HALTED}]},
    {
        "compositeResponse": [
            {
                "referenceId": "account",
                "httpStatusCode": 200,
                "body": [{"success": False, "errors": [{"statusCode": "PROCESSING_HALTED"}]}],
            }
        ]
    },
    {"compositeResponse": [{"referenceId": "account", "httpStatusCode": 400, "body": "no"}]},
]


@pytest.mark.parametrize("answer", WRONG_COMPOSITES, ids=range(len(WRONG_COMPOSITES)))
def test_a_composite_answer_that_settles_nothing_is_a_wrong_answer(vendor, client, answer):
    vendor.will_say(TOKEN, says(answer))
    with pytest.raises(UnexpectedResponse, match="composite"):
        client.composite([WRITE])
