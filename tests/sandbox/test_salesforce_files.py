"""Files (contracts 1.11), through the real client."""

import base64

import pytest
from simple_salesforce.format import format_soql

from tests.sandbox.clients import connect, refused


@pytest.fixture
def sf(stand_in):
    return connect(stand_in)


def test_a_file_is_published_at_a_record_in_one_call(sf):
    account = sf.Account.create({"Name": "Acme"})["id"]
    data = base64.b64encode(b"a checklist").decode()
    upload = {"Title": "Checklist", "PathOnClient": "checklist.txt", "VersionData": data}
    version = sf.ContentVersion.create(upload | {"FirstPublishLocationId": account})["id"]
    document = sf.ContentVersion.get(version)["ContentDocumentId"]
    links = sf.query(
        format_soql("SELECT LinkedEntityId FROM ContentDocumentLink WHERE ContentDocumentId = {}", document)
    )
    assert account in [link["LinkedEntityId"] for link in links["records"]]
    url = f"{sf.base_url}sobjects/ContentVersion/{version}/VersionData"
    assert sf._call_salesforce("GET", url).content == b"a checklist"


def test_a_document_is_linked_to_a_record_once(sf):
    account = sf.Account.create({"Name": "Acme"})["id"]
    data = base64.b64encode(b"x").decode()
    version = sf.ContentVersion.create({"PathOnClient": "x.txt", "VersionData": data})["id"]
    document = sf.ContentVersion.get(version)["ContentDocumentId"]
    link = {"ContentDocumentId": document, "LinkedEntityId": account, "ShareType": "V", "Visibility": "AllUsers"}
    sf.ContentDocumentLink.create(link)
    assert refused(sf.ContentDocumentLink.create, link)["errorCode"] == "DUPLICATE_VALUE"
