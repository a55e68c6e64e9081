"""Records over REST (contracts 1.2, 1.7, 1.9 to 1.11, 9), through the real client."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from simple_salesforce.exceptions import (
    SalesforceGeneralError,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_soql

from tests.sandbox.clients import connect, refused

NOWHERE = "001Hs00000zzzzz"


@pytest.fixture
def sf(stand_in):
    return connect(stand_in)


def sale(sf, **fields):
    usual = {"Name": "Sale", "StageName": "Negotiation/Review", "CloseDate": "2026-03-01"}
    return sf.Opportunity.create(usual | fields)["id"]


def test_a_created_record_is_read_changed_and_deleted(sf):
    made = sf.Account.create({"Name": "Acme", "Phone": None})
    assert made["success"] is True
    assert len(made["id"]) == 18
    assert sf.Account.update(made["id"][:15], {"Name": "Acme Ltd", "MRR__c": 12.345}) == 204
    row = sf.Account.get(made["id"])
    assert (row["Name"], row["MRR__c"], row["SF_Account_ID__c"]) == ("Acme Ltd", 12.35, made["id"])
    assert sf.Account.delete(made["id"]) == 204
    gone = refused(sf.Account.get, made["id"])
    assert (gone["status"], gone["errorCode"]) == (404, "ENTITY_IS_DELETED")


def test_only_the_asked_fields_are_read(sf):
    account = sf.Account.create({"Name": "Acme"})["id"]
    row = sf.restful(f"sobjects/Account/{account}", params={"fields": "Name,MRR__c"})
    assert set(row) == {"attributes", "Name", "MRR__c"}


def test_a_created_record_says_where_it_is(sf):
    answer = sf._call_salesforce("POST", f"{sf.base_url}sobjects/Account/", json={"Name": "Acme"})
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/services/data/v59.0/sobjects/Account/{answer.json()['id']}"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "REQUIRED_FIELD_MISSING", "Name"),
        ({"Name": " "}, "REQUIRED_FIELD_MISSING", "Name"),
        ({"Name": "x" * 256}, "STRING_TOO_LONG", "Name"),
        ({"Name": "x", "CS_Segmentation__c": "Huge"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "CS_Segmentation__c"),
        ({"Name": "x", "SF_Account_ID__c": "1"}, "INVALID_FIELD_FOR_INSERT_UPDATE", "SF_Account_ID__c"),
        ({"Name": "x", "CreatedDate": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", "CreatedDate"),
        ({"Name": "x", "OwnerId": "junk"}, "MALFORMED_ID", "OwnerId"),
        ({"Name": "x", "OwnerId": NOWHERE}, "MALFORMED_ID", "OwnerId"),
        ({"Name": "x", "ParentId": NOWHERE}, "INVALID_CROSS_REFERENCE_KEY", "ParentId"),
        ({"Name": "x", "MRR__c": 1e17}, "NUMBER_OUTSIDE_VALID_RANGE", "MRR__c"),
        ({"Name": "x", "Nme": "y"}, "INVALID_FIELD", None),
        ({"Name": 5}, "JSON_PARSER_ERROR", None),
        ({"Name": "x", "MRR__c": "lots"}, "JSON_PARSER_ERROR", None),
        ({"Name": "x", "MRR__c": True}, "JSON_PARSER_ERROR", None),
        ({"Name": "x", "CSM_Assigned_On__c": "yesterday"}, "JSON_PARSER_ERROR", None),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_nothing_is_stored(sf, body, code, field):
    no = refused(sf.Account.create, body)
    assert (no["status"], no["errorCode"]) == (400, code)
    if field:
        assert no["fields"] == [field]
    assert sf.query("SELECT COUNT() FROM Account")["totalSize"] == 0


def test_a_multi_select_refuses_what_it_does_not_offer_but_contract_products_do_not(sf):
    assert refused(sale, sf, Services_Included__c="Learning;Telehealth")["errorCode"] == (
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    )
    account = sf.Account.create({"Name": "Acme"})["id"]
    contract = sf.Contract.create({"AccountId": account, "Products__c": "Telehealth;Learning"})["id"]
    assert sf.Contract.get(contract)["Products__c"] == "Learning;Telehealth"


@pytest.mark.parametrize("email", ["dana", "dana@", "@x.org", "a b@x.org", "dana@x"])
def test_an_e_mail_address_must_look_like_one(sf, email):
    no = refused(sf.Contact.create, {"LastName": "Doe", "Email": email})
    assert (no["errorCode"], no["fields"]) == ("INVALID_EMAIL_ADDRESS", ["Email"])


def test_a_seed_may_hold_what_the_api_refuses(sf, stand_in):
    contact = sf.Contact.create({"LastName": "Doe", "Email": "dana@x.org"})["id"]
    stand_in.seed(salesforce={"records": [{"type": "Contact", "Id": contact, "Email": "dana"}]})
    made = stand_in.seed(salesforce={"records": [{"type": "Contact", "Email": "nobody"}]})["salesforce"]["ids"][0]
    assert [sf.Contact.get(one)["Email"] for one in (contact, made)] == ["dana", "nobody"]


@pytest.mark.parametrize("record_id", ["junk", "006Hs00000zzzzz", "001Hs0000000001XXX"])
def test_an_id_of_wrong_form_or_prefix_is_malformed(sf, record_id):
    for act in (sf.Account.get, sf.Account.delete):
        no = refused(act, record_id)
        assert (no["status"], no["errorCode"]) == (400, "MALFORMED_ID")


def test_an_id_that_nobody_has_is_not_found(sf):
    no = refused(sf.Account.update, NOWHERE, {"Name": "x"})
    assert (no["status"], no["errorCode"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["sobjects/Acount", "nonsense", "sobjects/Account/Name/x"])
def test_what_does_not_exist_is_not_found(sf, path):
    with pytest.raises(SalesforceResourceNotFound):
        sf.restful(path)


def test_an_unknown_version_is_not_found(stand_in):
    sf = connect(stand_in)
    sf.base_url = sf.base_url.replace("v59.0", "v999.0")
    with pytest.raises(SalesforceResourceNotFound):
        sf.restful("limits")


def test_a_method_that_a_resource_has_not_is_refused(sf):
    no = refused(sf.restful, "limits", method="POST", json={})
    assert (no["status"], no["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


def test_what_is_no_json_is_refused(sf):
    answer = refused(sf.restful, "sobjects/Account", method="POST", data="{")
    assert (answer["status"], answer["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_an_upsert_creates_then_updates_by_the_external_id(sf):
    first = sf.Account.upsert("LMS_Company_Id__c/48213", {"Name": "Acme"}, raw_response=True)
    again = sf.Account.upsert("LMS_Company_Id__c/48213", {"Name": "Acme Ltd"}, raw_response=True)
    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (again.status_code, again.json()["created"]) == (200, False)
    assert again.json()["id"] == first.json()["id"]
    assert sf.Account.get_by_custom_id("LMS_Company_Id__c", "48213")["Name"] == "Acme Ltd"


def test_an_upsert_may_be_told_never_to_create(sf):
    path = "sobjects/Account/LMS_Company_Id__c/48213"
    update = {"method": "PATCH", "params": {"updateOnly": "true"}}
    with pytest.raises(SalesforceResourceNotFound):
        sf.restful(path, json={"Name": "Acme"}, **update)
    sf.Account.create({"Name": "Acme", "LMS_Company_Id__c": "48213"})
    assert sf.restful(path, json={"Name": "Acme Ltd"}, **update)["created"] is False


def test_an_upsert_that_matches_two_writes_nothing_and_names_them(sf):
    made = [sf.Account.create({"Name": "A", "Recurly_Account_Id__c": "r1"})["id"] for _ in range(2)]
    with pytest.raises(SalesforceMoreThanOneRecord) as several:
        sf.Account.upsert("Recurly_Account_Id__c/r1", {"Name": "B"})
    assert several.value.content == [f"/services/data/v59.0/sobjects/Account/{one}" for one in made]
    assert [sf.Account.get(one)["Name"] for one in made] == ["A", "A"]


def test_the_key_of_an_upsert_must_not_be_in_its_body(sf):
    body = {"Name": "Acme", "LMS_Company_Id__c": "48213"}
    assert refused(sf.Account.upsert, "LMS_Company_Id__c/48213", body)["errorCode"] == "INVALID_FIELD"


def test_a_unique_value_is_taken_once_and_its_holder_is_named(sf):
    first = sf.Account.create({"Name": "A", "LMS_Company_Id__c": "48213"})["id"]
    no = refused(sf.Account.create, {"Name": "B", "LMS_Company_Id__c": "48213"})
    assert no["errorCode"] == "DUPLICATE_VALUE"
    assert first in no["message"]
    sf.Account.update(first, {"LMS_Company_Id__c": "48213", "Name": "Still mine"})
    sf.Account.delete(first)
    assert sf.Account.create({"Name": "B", "LMS_Company_Id__c": "48213"})["success"]


def test_changing_to_the_same_values_changes_nothing(sf, stand_in):
    account = sf.Account.create({"Name": "Acme", "MRR__c": 5})["id"]
    before = sf.Account.get(account)["LastModifiedDate"]
    effects = len(stand_in.effects("salesforce"))
    sf.Account.update(account, {"Name": "Acme", "MRR__c": 5.0, "Phone": ""})
    assert len(stand_in.effects("salesforce")) == effects
    assert sf.Account.get(account)["LastModifiedDate"] == before


def test_reading_has_no_effect_and_writing_has(sf, stand_in):
    account = sf.Account.create({"Name": "Acme"})["id"]
    sf.Account.get(account)
    sf.query("SELECT Id FROM Account")
    sf.Account.update(account, {"Name": "B"})
    refused(sf.Account.update, account, {"Nme": "C"})
    sf.Account.delete(account)
    effects = [(entry["method"], entry["status"]) for entry in stand_in.effects("salesforce")]
    assert effects == [("POST", 201), ("PATCH", 204), ("DELETE", 204)]


def test_a_change_is_refused_when_the_record_is_newer_than_the_caller_knows(sf):
    account = sf.Account.create({"Name": "Acme"})["id"]
    known = datetime.now(UTC)
    old = {"If-Unmodified-Since": format_datetime(known - timedelta(days=2), usegmt=True)}
    new = {"If-Unmodified-Since": format_datetime(known + timedelta(days=2), usegmt=True)}
    with pytest.raises(SalesforceGeneralError) as no:
        sf.Account.update(account, {"Name": "B"}, headers=old)
    assert no.value.status == 412
    assert sf.Account.update(account, {"Name": "B"}, headers=new) == 204
    assert refused(sf.Account.update, account, {"Name": "C"}, headers={"If-Unmodified-Since": "soon"})["status"] == 400


def test_closed_and_won_follow_from_the_stage(sf):
    opportunity = sale(sf)
    assert not sf.Opportunity.get(opportunity)["IsClosed"]
    sf.Opportunity.update(opportunity, {"StageName": "Closed Won"})
    row = sf.Opportunity.get(opportunity)
    assert (row["IsClosed"], row["IsWon"]) == (True, True)


def test_contracts_and_cases_are_numbered(sf):
    account = sf.Account.create({"Name": "Acme"})["id"]
    made = [sf.Contract.create({"AccountId": account})["id"] for _ in range(2)]
    assert [sf.Contract.get(one)["ContractNumber"] for one in made] == ["00000001", "00000002"]


def test_every_answer_counts_down_the_allowance(sf):
    first = sf.limits()["DailyApiRequests"]["Remaining"]
    assert sf.limits()["DailyApiRequests"]["Remaining"] == first - 1
    assert sf.api_usage["api-usage"].total == 15000


def test_two_primary_contacts_can_stand_on_one_sale(sf):
    opportunity = sale(sf)
    for _ in range(2):
        contact = sf.Contact.create({"LastName": "Doe"})["id"]
        role = {"OpportunityId": opportunity, "ContactId": contact, "IsPrimary": True}
        sf.OpportunityContactRole.create(role)
    roles = "SELECT COUNT() FROM OpportunityContactRole WHERE OpportunityId = {} AND IsPrimary = true"
    assert sf.query(format_soql(roles, opportunity))["totalSize"] == 2


def day_of(moment):
    """The day of a time (UTC) in the time zone of the org."""
    return datetime.fromisoformat(moment).astimezone(ZoneInfo("America/New_York")).date().isoformat()


def test_the_last_change_of_the_stage_is_kept_and_nothing_else_moves_it(sf, stand_in):
    stand_in.clock("2026-02-01")
    opportunity = sale(sf)
    assert sf.Opportunity.get(opportunity)["LastStageChangeDate"] is None
    stand_in.clock("2026-02-02")
    sf.Opportunity.update(opportunity, {"StageName": "Closed Won"})
    changed = sf.Opportunity.get(opportunity)["LastStageChangeDate"]
    assert day_of(changed) == "2026-02-02"
    stand_in.clock("2026-02-03")
    sf.Opportunity.update(opportunity, {"StageName": "Closed Won", "NextStep": "Call"})
    row = sf.Opportunity.get(opportunity)
    assert (row["LastStageChangeDate"], day_of(row["LastModifiedDate"])) == (changed, "2026-02-03")
    assert refused(sf.Opportunity.update, opportunity, {"LastStageChangeDate": changed})["status"] == 400
