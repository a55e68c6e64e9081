"""Fields of many records in one call, all or none."""

import json

import pytest

from blocks.common.errors import UnexpectedResponse, VendorRefused, VendorUnavailable
from blocks.salesforce.composite import COLLECTION, Fields, Subrequest
from tests.blocks import blocks
from tests.blocks.salesforce.responses import TOKEN, composite

CASES = [f"50000000000000{number}AAA" for number in range(1, 4)]
LOOK = Subrequest("GET", f"sobjects/Account/{blocks.ACCOUNT}", "look")


def plant(sandbox, kind, count=1, **fields):
    records = [{"type": kind, **fields} for _ in range(count)]
    return sandbox.seed(salesforce={"records": records})["salesforce"]["ids"]


def owners(org, kind):
    return {row["OwnerId"] for row in org.client().query(f"SELECT OwnerId FROM {kind}")}  # noqa: S608 - our own word


def test_records_of_several_objects_go_in_one_call(stand_in, org):
    (ada,) = plant(stand_in, "User", FirstName="Ada", LastName="N", Email="ada@x.example", Username="ada@x.example")
    (account,) = plant(stand_in, "Account", Name="Acme")
    cases = plant(stand_in, "Case", 230, AccountId=account, Subject="?")
    tasks = plant(stand_in, "Task", 3, WhatId=account, Subject="Call")
    client = org.client()
    client.query("SELECT Id FROM Account")
    before = len(stand_in.journal("salesforce"))
    moved = [
        Fields("Account", account, {"Customer_Success_Manager__c": ada}),
        *(Fields("Task", one, {"OwnerId": ada}) for one in tasks),
        *(Fields("Case", one, {"OwnerId": ada}) for one in cases),
    ]

    (look,) = client.change(moved, Subrequest("GET", f"sobjects/User/{ada}?fields=IsActive", "csm"))

    assert look["IsActive"] is True
    assert len(stand_in.journal("salesforce")) == before + 1
    assert owners(org, "Case") == owners(org, "Task") == {ada}


def test_one_record_that_cannot_be_written_is_named_and_nothing_is_written(stand_in, org):
    (account,) = plant(stand_in, "Account", Name="Acme")
    one, other = plant(stand_in, "Case", 2, AccountId=account, Subject="?")
    before = owners(org, "Case")
    moved = [Fields("Case", one, {"Subject": "new"}), Fields("Case", other, {"OwnerId": "005000000000999AAA"})]
    with pytest.raises(VendorRefused, match=f"Case {other}"):
        org.client().change(moved)
    assert owners(org, "Case") == before
    assert {row["Subject"] for row in org.client().query("SELECT Subject FROM Case")} == {"?"}


def rows(*errors):
    """What a collection of three answers: the status code of each error, or "" for none."""
    done = {"success": True, "id": CASES[0], "errors": []}
    return [
        {"success": False, "errors": [{"statusCode": error, "message": "No", "fields": []}]} if error else done
        for error in errors
    ]


ROLLED_BACK, HALTED = "ALL_OR_NONE_OPERATION_ROLLED_BACK", "PROCESSING_HALTED"


@pytest.mark.parametrize(
    ("errors", "raised", "about"),
    [
        ((ROLLED_BACK, "FIELD_INTEGRITY_EXCEPTION", ROLLED_BACK), VendorRefused, f"Case {CASES[1]}"),
        ((HALTED, HALTED, "INVALID_CROSS_REFERENCE_KEY"), VendorRefused, f"Case {CASES[2]}"),
        (("UNABLE_TO_LOCK_ROW", ROLLED_BACK, ROLLED_BACK), VendorUnavailable, None),
        ((ROLLED_BACK, "", ""), VendorRefused, None),
        ((HALTED, HALTED, HALTED), UnexpectedResponse, None),
    ],
)
def test_a_collection_under_a_status_of_200_may_have_failed(vendor, client, errors, raised, about):
    vendor.will_say(TOKEN, composite(("records0", 200, rows(*errors))))
    with pytest.raises(raised, match=about):
        client.change([Fields("Case", one, {}) for one in CASES])


@pytest.mark.parametrize(
    "answer", [None, {}, "ok", [], [{"success": True}] * 2, [{"success": "yes"}] * 3, [1, 2, 3]]
)  # fmt: skip
def test_a_collection_that_is_not_answered_record_by_record_is_a_wrong_answer(vendor, client, answer):
    vendor.will_say(TOKEN, composite(("records0", 200, answer)))
    with pytest.raises(UnexpectedResponse):
        client.change([Fields("Case", one, {}) for one in CASES])


def test_what_is_halted_for_the_sake_of_a_record_is_not_the_cause(vendor, client):
    halted = [{"errorCode": HALTED, "message": "rolled back"}]
    failed = rows("STRING_TOO_LONG", ROLLED_BACK, ROLLED_BACK)
    vendor.will_say(TOKEN, composite(("look", 400, halted), ("records0", 200, failed)))
    with pytest.raises(VendorRefused, match=CASES[0]) as caught:
        client.change([Fields("Case", one, {}) for one in CASES], LOOK)
    assert caught.value.code == "STRING_TOO_LONG"


def test_records_are_sorted_by_object_and_all_or_none(vendor, client):
    vendor.will_say(TOKEN, composite(("records0", 200, rows("", ""))))
    client.change([Fields("Task", "00T000000000001AAA", {"OwnerId": "x"}), Fields("Case", CASES[0], {"OwnerId": "x"})])
    (call,) = json.loads(vendor.received[1].body)["compositeRequest"]
    assert call["url"].endswith(COLLECTION)
    assert call["body"] == {
        "allOrNone": True,
        "records": [
            {"attributes": {"type": "Case"}, "id": CASES[0], "OwnerId": "x"},
            {"attributes": {"type": "Task"}, "id": "00T000000000001AAA", "OwnerId": "x"},
        ],
    }


@pytest.mark.parametrize("bad", [Fields("Case; DROP", CASES[0], {}), Fields("Case", "../User", {})])
def test_what_is_no_name_or_id_never_travels(vendor, client, bad):
    vendor.will_say(TOKEN)
    with pytest.raises(ValueError, match="is not"):
        client.change([bad])
    assert vendor.received == []
