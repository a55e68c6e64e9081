"""What a real org would rarely say, said by a local server; the well-behaved answers are the sandbox's."""

import json
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from blocks.errors import VendorRefused, VendorUnavailable, WrongAnswer, WrongCredentials
from blocks.salesforce_client import SalesforceClient, Subrequest
from tests.blocks import blocks
from tests.blocks.vendor import Reply, Vendor

SOQL = "SELECT Id FROM Account WHERE Name = 'swordfish'"
TOKEN = Reply(
    body=json.dumps({"access_token": blocks.SECRETS[7], "instance_url": "https://acme.my.salesforce.com"}).encode()
)
EXPIRED = Reply(401, b'[{"message":"Session expired","errorCode":"INVALID_SESSION_ID"}]')


def says(value, status=200):
    return Reply(status, json.dumps(value).encode())


def refuses(code, status=400, message="No", **more):
    return says([{"errorCode": code, "message": message, **more}], status)


def page(*records, next_url=None):
    following = {} if next_url is None else {"nextRecordsUrl": next_url}
    return says({"totalSize": len(records), "done": next_url is None, "records": records, **following})


@pytest.fixture
def client(vendor: Vendor) -> SalesforceClient:
    return SalesforceClient(blocks.salesforce(f"{vendor.url}/salesforce", timeout_seconds=0.5)._login())


def calls(vendor):
    return [(one.method, urlsplit(one.path).path) for one in vendor.received]


def test_client_credentials_are_asked_for_once_and_the_token_is_kept(vendor, client):
    vendor.will_say(TOKEN, page({"Id": "1"}), page())
    assert client.query(SOQL) == [{"Id": "1"}]
    assert client.query(SOQL) == []
    login, query, _ = vendor.received
    assert calls(vendor)[:2] == [
        ("POST", "/salesforce/services/oauth2/token"),
        ("GET", "/salesforce/services/data/v59.0/query/"),
    ]
    assert login.body == b"grant_type=client_credentials"
    assert login.headers["Authorization"].startswith("Basic ")
    assert query.headers["Authorization"] == f"Bearer {blocks.SECRETS[7]}"
    assert parse_qs(urlsplit(query.path).query)["q"] == [SOQL]


@pytest.mark.parametrize(("my_domain", "audience"), [("acme.my", "login"), ("acme--dev.sandbox.my", "test")])
def test_a_jwt_is_signed_for_the_login_host_and_sent_to_my_domain(vendor, my_domain, audience):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    org = blocks.salesforce(
        vendor.url, my_domain=my_domain, auth="jwt_bearer", username="ops@acme.example", private_key=pem
    )
    vendor.will_say(TOKEN, page())
    SalesforceClient(org._login()).query(SOQL)
    form = parse_qs(vendor.received[0].body.decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    claims = jwt.decode(
        form["assertion"][0], key.public_key(), ["RS256"], audience=f"https://{audience}.salesforce.com"
    )
    assert (claims["iss"], claims["sub"]) == (blocks.SECRETS[0], "ops@acme.example")


def test_a_private_key_that_is_none_is_the_block_s_fault(vendor):
    org = blocks.salesforce(vendor.url, auth="jwt_bearer", username="ops@acme.example", private_key="swordfish")
    vendor.will_say(TOKEN)
    with pytest.raises(WrongCredentials, match="Private Key") as told:
        SalesforceClient(org._login()).query(SOQL)
    assert "swordfish" not in str(told.value)
    assert vendor.received == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (
            says({"error": "invalid_client", "error_description": "invalid client credentials"}, 401),
            WrongCredentials,
        ),
        (says({"error": "invalid_grant"}, 400), WrongCredentials),
        (says({"error": "brand_new_code", "error_description": "x"}, 400), WrongCredentials),
        (says([{"errorCode": "SERVER_UNAVAILABLE", "message": "x"}], 503), VendorUnavailable),
        (Reply(503, b"<html>"), VendorUnavailable),
        (Reply(429, b""), VendorUnavailable),
        (Reply(200, b"<html>"), WrongAnswer),
        (says({"access_token": "x"}), WrongAnswer),
        (says({"access_token": 7, "instance_url": "https://x"}), WrongAnswer),
        (says({"access_token": "", "instance_url": "https://x"}), WrongAnswer),
        (says(["x"]), WrongAnswer),
        (Reply(302, b"", {"Location": "https://elsewhere.example/"}), WrongAnswer),
        (Reply(drop=True), VendorUnavailable),
        (Reply(hold=True), VendorUnavailable),
    ],
)
def test_a_login_that_fails_is_told_by_who_must_act(vendor, client, reply, error):
    vendor.will_say(reply)
    with pytest.raises(error) as told:
        client.query(SOQL)
    assert type(told.value) is error
    assert "swordfish" not in f"{told.value!r}{told.value}"


def test_an_unapproved_app_is_told_without_the_consumer_key(vendor, client, recwarn):
    vendor.will_say(says({"error": "invalid_grant", "error_description": "user hasn't approved this consumer"}, 400))
    with pytest.raises(WrongCredentials, match="Salesforce org"):
        client.query(SOQL)
    assert not [warning for warning in recwarn if "swordfish" in str(warning.message)]


def test_a_session_that_is_over_is_opened_again_and_the_same_call_repeated(vendor, client):
    vendor.will_say(TOKEN, EXPIRED, TOKEN, page({"Id": "1"}))
    assert client.query(SOQL) == [{"Id": "1"}]
    assert vendor.received[1].path == vendor.received[3].path


def test_a_write_that_met_an_ended_session_is_repeated_whole(vendor, client):
    answer = says({"compositeResponse": [{"body": None, "httpStatusCode": 204, "referenceId": "a", "httpHeaders": {}}]})
    vendor.will_say(TOKEN, EXPIRED, TOKEN, answer)
    client.composite([Subrequest("PATCH", f"sobjects/Account/{blocks.ACCOUNT}", "a", {"Name": "x"})])
    assert vendor.received[1].body == vendor.received[3].body != b""


def test_a_session_that_stays_bad_is_opened_again_once_only(vendor, client):
    vendor.will_say(TOKEN, EXPIRED, TOKEN, EXPIRED)
    with pytest.raises(WrongCredentials, match="right after a login"):
        client.query(SOQL)
    assert len(vendor.received) == 4


@pytest.mark.parametrize("body", [b"<html>", b'{"errorCode":"INVALID_SESSION_ID"}', b"[]", b""])
def test_a_401_of_another_shape_is_a_wrong_answer(vendor, client, body):
    vendor.will_say(TOKEN, Reply(401, body))
    with pytest.raises(WrongAnswer, match="401"):
        client.query(SOQL)


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
    found = client.query(
        "SELECT Id, Account.Owner.Name, (SELECT Quantity FROM Items WHERE X = '(SELECT') FROM Opportunity"
    )
    assert found == [
        {
            "Id": "1",
            "Account": {"Owner": {"Name": "Pat"}},
            "Items": [{"Quantity": Decimal("5.0")}, {"Quantity": Decimal("0.1")}],
        },
        {"Id": "2", "Account": None, "Items": []},
    ]
    assert type(found[0]["Items"][0]["Quantity"]) is Decimal


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
    with pytest.raises(WrongAnswer, match="nextRecordsUrl"):
        client.query(SOQL)
    assert len(vendor.received) == 2


def test_pages_that_repeat_end_in_a_wrong_answer(vendor, client):
    vendor.will_say(TOKEN, page({"Id": "1"}, next_url="/services/data/v59.0/query/01g"))
    with pytest.raises(WrongAnswer, match="repeat"):
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
    ("INSUFFICIENT_ACCESS_OR_READONLY", 403): WrongCredentials,
    ("ENTITY_IS_LOCKED", 400): VendorRefused,
    ("ENTITY_IS_DELETED", 404): VendorRefused,
    ("NOT_FOUND", 404): VendorRefused,
    ("API_DISABLED_FOR_ORG", 403): WrongCredentials,
    ("METHOD_NOT_ALLOWED", 405): VendorRefused,
    ("UNSUPPORTED_API_VERSION", 410): VendorRefused,
    ("NEVER_HEARD_OF", 400): VendorRefused,
    ("NEVER_HEARD_OF", 502): VendorUnavailable,
}


@pytest.mark.parametrize(("code", "status"), CODES)
def test_each_error_code_is_told_by_who_must_act_and_without_the_query(vendor, client, code, status):
    vendor.will_say(TOKEN, refuses(code, status, f"\n{SOQL}\n^\nERROR at Row:1"))
    with pytest.raises(CODES[code, status]) as told:
        client.query(SOQL)
    assert type(told.value) is CODES[code, status]
    assert (told.value.code, told.value.status) == (code, status)
    assert "swordfish" not in f"{told.value!r}{told.value}{told.value.fields}{told.value.details}"
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


def test_an_unknown_field_is_named_with_its_object(vendor, client):
    vendor.will_say(TOKEN, refuses("INVALID_FIELD", 400, f"{SOQL}\nNo such column 'Foo__c' on entity 'Account'. If"))
    with pytest.raises(VendorRefused, match=r"field map.*Account\.Foo__c"):
        client.query(SOQL)


@pytest.mark.parametrize(("message", "least"), [("TotalRequests Limit exceeded.", 60), ("ConcurrentRequests", 1)])
def test_a_used_up_allowance_is_waited_for_longer_than_a_crowd(vendor, client, message, least):
    vendor.will_say(TOKEN, refuses("REQUEST_LIMIT_EXCEEDED", 403, message))
    with pytest.raises(VendorUnavailable) as told:
        client.query(SOQL)
    assert told.value.retry_after >= least
    assert (told.value.retry_after > 59) == (least == 60)


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
    with pytest.raises(WrongAnswer, match="query"):
        client.query(SOQL)


@pytest.mark.parametrize("reply", [Reply(drop=True), Reply(hold=True), Reply(200, b"{}", {"Content-Length": "50"})])
def test_a_lost_read_is_unavailability_and_never_unclear(vendor, client, reply):
    vendor.will_say(TOKEN, reply)
    with pytest.raises(VendorUnavailable) as told:
        client.query(SOQL)
    assert not told.value.unclear


WRITE = Subrequest("PATCH", f"sobjects/Account/{blocks.ACCOUNT}", "account", {"LMS_Company_Id__c": "48213"})


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
    with pytest.raises(VendorUnavailable) as told:
        client.composite([WRITE])
    assert told.value.unclear is unclear


def test_an_org_that_cannot_be_reached_did_nothing(unused_tcp_port):
    client = SalesforceClient(blocks.salesforce(f"http://127.0.0.1:{unused_tcp_port}")._login())
    with pytest.raises(VendorUnavailable, match="no connection") as told:
        client.composite([WRITE])
    assert not told.value.unclear


def test_proxies_of_the_environment_do_not_come_between_us_and_this_machine(vendor, client, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    vendor.will_say(TOKEN, page())
    assert client.query(SOQL) == []


def composite(*answers):
    return says(
        {
            "compositeResponse": [
                {"referenceId": ref, "httpStatusCode": status, "body": body, "httpHeaders": {}}
                for ref, status, body in answers
            ]
        }
    )


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
    with pytest.raises(VendorRefused, match="Pick a level") as told:
        client.composite([WRITE, second])
    assert told.value.code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert told.value.details == {"record": f"Opportunity {blocks.OPPORTUNITY}"}
    assert told.value.fields == {"Service_Level__c": "Pick a level"}
    assert blocks.OPPORTUNITY in str(told.value)


def test_a_locked_record_among_several_is_unavailability(vendor, client):
    locked = [{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access"}]
    vendor.will_say(TOKEN, composite(("account", 400, locked)))
    with pytest.raises(VendorUnavailable, match=blocks.ACCOUNT) as told:
        client.composite([WRITE])
    assert not told.value.unclear


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
    with pytest.raises(WrongAnswer, match="composite"):
        client.composite([WRITE])


def report(rows, *, all_data=True, filters=(), logic=None):
    return says(
        {
            "allData": all_data,
            "factMap": {
                "T!T": {
                    "rows": [{"dataCells": [{"label": "x", "value": v} for v in row]} for row in rows],
                    "aggregates": [],
                }
            },
            "reportMetadata": {
                "id": blocks.REPORT_ID,
                "detailColumns": ["ACCOUNT_NAME", "OPPORTUNITY_ID"],
                "reportFilters": list(filters),
                "reportBooleanFilter": logic,
            },
        }
    )


@pytest.mark.parametrize(
    ("cell", "listed"),
    [
        (blocks.OPPORTUNITY, True),
        (blocks.OPPORTUNITY[:15], True),
        (blocks.OPPORTUNITY[:15].lower() + "x", False),
        ("006000000000002AAA", False),
        (None, False),
    ],
)
def test_a_report_lists_a_record_by_its_id_in_either_form(vendor, client, cell, listed):
    vendor.will_say(TOKEN, report([["Acme", cell]]))
    assert client.report_lists(blocks.REPORT_ID, blocks.OPPORTUNITY) is listed
    assert len(vendor.received) == 2


@pytest.mark.parametrize("listed", [True, False])
def test_a_report_that_is_cut_off_is_asked_for_the_record_beside_its_own_filters(vendor, client, listed):
    """ONB-5: a report answers with 2,000 rows at most."""
    own = {"column": "STAGE", "operator": "equals", "value": "Closed Won"}
    cut = report([["Acme", "006000000000009AAA"]], all_data=False, filters=[own, own], logic="1 OR 2")
    vendor.will_say(TOKEN, cut, report([["Beta", blocks.OPPORTUNITY]] if listed else []))
    assert client.report_lists(blocks.REPORT_ID, blocks.OPPORTUNITY) is listed
    asked = vendor.received[2]
    assert asked.method == "POST"
    assert json.loads(asked.body) == {
        "reportMetadata": {
            "reportFilters": [
                own,
                own,
                {"column": "OPPORTUNITY_ID", "operator": "equals", "value": blocks.OPPORTUNITY},
            ],
            "reportBooleanFilter": "(1 OR 2) AND 3",
        }
    }


def test_a_cut_off_report_without_ids_is_told(vendor, client):
    vendor.will_say(TOKEN, report([["Acme", "Closed Won"]], all_data=False))
    with pytest.raises(WrongAnswer, match="Add the id as a column"):
        client.report_lists(blocks.REPORT_ID, blocks.OPPORTUNITY)


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


def org(*, organization=blocks.ORG_ID, without=(), readonly=()):
    """Replies of an org with the assumed fields, for the check."""
    from blocks.field_map import FieldMap  # noqa: PLC0415

    described = [
        says(
            {
                "fields": [
                    {"name": name, "updateable": name not in readonly}
                    for name, _ in one.api_names()
                    if name not in without
                ]
            }
        )
        for one in FieldMap().objects()
    ]
    return [TOKEN, page({"Id": organization}), *described, report([])]


async def test_the_check_names_every_field_and_right_that_is_missing(vendor):
    block = blocks.salesforce(vendor.url, consumer_key="of the first check")
    vendor.will_say(*org(without=["User_Count__c"], readonly=["LMS_Company_Id__c", "User_Count__c", "Plan_Amount__c"]))
    checks = await block.check()
    assert {check.name: check.message for check in checks if not check.ok}.keys() == {
        "Account.LMS_Company_Id__c",
        "Contract.User_Count__c",
    }
    assert len(checks) == 3 + 12


async def test_the_check_tells_another_organization(vendor):
    block = blocks.salesforce(vendor.url, consumer_key="of the second check")
    vendor.will_say(*org(organization="00D000000000002EAA"))
    assert [check.name for check in await block.check() if not check.ok] == ["organization"]


async def test_the_check_of_wrong_credentials_says_where_to_edit_them(vendor):
    block = blocks.salesforce(vendor.url, consumer_key="of the third check")
    vendor.will_say(says({"error": "invalid_client"}, 401))
    (check,) = await block.check()
    assert not check.ok
    assert "Consumer Secret" in check.message
