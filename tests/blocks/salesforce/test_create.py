"""A record is made by one call, and a call of which nothing is known says so."""

import json

import pytest

from blocks.common.errors import UnexpectedResponse, VendorRefused, VendorUnavailable
from tests.blocks.salesforce.responses import TOKEN
from tests.blocks.vendor import Reply, says

MADE = "068000000000001AAA"
FILE = {"Title": "Checklist", "VersionData": "eA=="}


def test_the_fields_are_sent_and_the_id_comes_back(vendor, client):
    vendor.will_say(TOKEN, says({"id": MADE, "success": True, "errors": []}, 201))
    assert client.create("ContentVersion", FILE) == MADE
    sent = vendor.received[1]
    assert (sent.method, sent.path.rpartition("/v59.0/")[2]) == ("POST", "sobjects/ContentVersion")
    assert json.loads(sent.body) == FILE


@pytest.mark.parametrize(
    "wrong",
    [{}, {"id": MADE}, {"id": MADE, "success": False}, {"id": "x", "success": True}, {"id": 1, "success": True}, []],
)
def test_an_answer_without_an_id_is_wrong(vendor, client, wrong):
    vendor.will_say(TOKEN, says(wrong, 201))
    with pytest.raises(UnexpectedResponse, match="create"):
        client.create("ContentVersion", FILE)


def test_a_lost_answer_leaves_a_doubt(vendor, client):
    vendor.will_say(TOKEN, Reply(drop=True))
    with pytest.raises(VendorUnavailable) as caught:
        client.create("ContentVersion", FILE)
    assert caught.value.outcome_unknown


def test_a_refusal_tells_salesforces_reason_and_repeats_no_content(vendor, client):
    error = {"errorCode": "STRING_TOO_LONG", "message": "Title: data value too large", "fields": ["Title"]}
    vendor.will_say(TOKEN, says([error], 400))
    with pytest.raises(VendorRefused, match="STRING_TOO_LONG") as caught:
        client.create("ContentVersion", FILE)
    assert "eA==" not in str(caught.value)


@pytest.mark.parametrize("name", ["Content/Version", "", "1st", "a b"])
def test_only_an_objects_name_becomes_a_part_of_the_address(client, name):
    with pytest.raises(ValueError, match="is not the API name"):
        client.create(name, FILE)
