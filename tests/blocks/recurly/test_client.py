"""What Recurly would rarely say; its good answers are the sandbox's."""

import json
import time
from datetime import UTC, datetime

import pytest

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorRefused, VendorUnavailable
from blocks.recurly.responses import Subscription
from tests.blocks import blocks
from tests.blocks.vendor import Reply

HEADERS = {"Content-Type": "application/json; charset=utf-8", "X-Request-Id": "r1"}


def account(code, **more):
    return {
        "object": "account",
        "id": f"id-{code}",
        "code": code,
        "company": "Acme",
        "state": "active",
        "hosted_login_token": "swordfish",
        **more,
    }


def says(value, status=200, **headers):
    return Reply(status, json.dumps(value).encode(), {**HEADERS, **headers})


def refuses(status, kind, message="No", **headers):
    return says({"error": {"type": kind, "message": message, "params": []}}, status, **headers)


def page(*accounts, following=None):
    return says({"object": "list", "has_more": following is not None, "next": following, "data": list(accounts)})


@pytest.fixture
def client(vendor, patience):
    return blocks.recurly(f"{vendor.url}/recurly", timeout_seconds=patience).client()


def test_an_account_is_looked_up_by_its_code_and_its_login_token_stays_behind(vendor, client):
    """ONB-12."""
    known = {"email": "jane@acme.example", "created_at": "2026-11-03T05:00:00Z"}
    vendor.will_say(says(account(blocks.ACCOUNT, **known)))
    assert client.account_by_code(blocks.ACCOUNT) == {
        "id": f"id-{blocks.ACCOUNT}",
        "code": blocks.ACCOUNT,
        "company": "Acme",
        "state": "active",
        "email": "jane@acme.example",
        "created_at": "2026-11-03T05:00:00+00:00",
    }
    (sent,) = vendor.received
    assert (sent.method, sent.path) == ("GET", f"/recurly/accounts/code-{blocks.ACCOUNT}")
    assert sent.headers["Accept"] == "application/vnd.recurly.v2021-02-25"


def test_no_account_is_none_but_a_missing_page_is_not(vendor, client):
    vendor.will_say(refuses(404, "not_found"))
    assert client.account_by_code("x") is None
    vendor.will_say(Reply(404, b"<html>", {"Content-Type": "text/html", "X-Request-Id": "r1"}))
    with pytest.raises(UnexpectedResponse):
        client.account_by_code("x")


def test_an_account_without_a_company_is_told_so(vendor, client):
    vendor.will_say(says(account("x", company=None)))
    assert client.account_by_code("x")["company"] is None


def test_every_page_of_accounts_is_read_past_an_empty_one(vendor, client):
    vendor.will_say(
        page(account("1"), account("2"), following="/accounts?cursor=a"),
        page(following="/accounts?cursor=b"),
        page(account("2"), account("3")),
    )
    assert [one["code"] for one in client.accounts()] == ["1", "2", "3"]
    assert [one.path for one in vendor.received] == [
        "/recurly/accounts?limit=200&sort=created_at&order=asc",
        "/recurly/accounts?cursor=a",
        "/recurly/accounts?cursor=b",
    ]


@pytest.mark.parametrize("accounts", [[account("1")], []])
def test_pages_that_never_end_are_a_wrong_answer(vendor, client, accounts):
    vendor.will_say(page(*accounts, following="/accounts?cursor=a"))
    with pytest.raises(UnexpectedResponse, match="repeat"):
        list(client.accounts())


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (refuses(401, "unauthorized"), CredentialsRejected),
        (refuses(403, "invalid_api_key"), CredentialsRejected),
        (refuses(403, "invalid_permissions"), CredentialsRejected),
        (refuses(422, "validation"), VendorRefused),
        (refuses(406, "invalid_api_version"), VendorRefused),
        (refuses(400, "brand_new"), VendorRefused),
        (refuses(422, "simultaneous_request"), VendorUnavailable),
        (refuses(429, "rate_limited"), VendorUnavailable),
        (refuses(500, "internal_server_error"), VendorUnavailable),
        (refuses(503, "service_not_available"), VendorUnavailable),
        (refuses(502, "brand_new"), VendorUnavailable),
        (Reply(502, b"<html>", {"Content-Type": "text/html"}), VendorUnavailable),
        (Reply(503, b"", HEADERS), VendorUnavailable),
        (Reply(418, b"<html>", {"Content-Type": "text/html"}), UnexpectedResponse),
        (Reply(404, b"", HEADERS), UnexpectedResponse),
        (Reply(302, b"", {"Location": "http://elsewhere.example"}), UnexpectedResponse),
        (Reply(drop=True), VendorUnavailable),
        (Reply(hold=True), VendorUnavailable),
        (Reply(200, b"{}", {"Content-Length": "50"}), VendorUnavailable),
    ],
)
def test_each_refusal_is_told_by_who_must_act(vendor, client, reply, error):
    vendor.will_say(reply)
    with pytest.raises(error) as caught:
        client.account_by_code("x")
    assert type(caught.value) is error
    assert "swordfish" not in f"{caught.value!r}{caught.value}"


def test_a_refusal_without_a_request_id_is_still_told(vendor, client):
    body = json.dumps({"error": {"type": "unauthorized", "message": "No", "params": []}}).encode()
    vendor.will_say(Reply(401, body, {"Content-Type": "application/json"}))
    with pytest.raises(CredentialsRejected, match="API Key"):
        client.account_by_code("x")


def test_a_limit_is_waited_for_until_it_starts_anew(vendor, client):
    vendor.will_say(refuses(429, "rate_limited", **{"X-RateLimit-Reset": str(int(time.time()) + 60)}))
    with pytest.raises(VendorUnavailable) as caught:
        client.account_by_code("x")
    assert 50 < caught.value.retry_after <= 60


WRONG = [
    says({}),
    says([]),
    says(7),
    says(None),
    says(account("x", id=None)),
    says(account("")),
    says({"object": "list", "has_more": False, "next": None, "data": []}),
    says({"object": "invoice"}),
    says(account("x", created_at="2026-01-02T03:04:05.123Z")),
    says({"object": 7}),
    says({"object": "os.path"}),
    Reply(200, b"<html>", HEADERS),
    Reply(200, b'{"object":"account",', HEADERS),
    Reply(200, b"\xff", HEADERS),
    Reply(200, b"[" * 100_000, HEADERS),
    Reply(200, b"", HEADERS),
    Reply(200, b"x", {"Content-Type": "application/pdf"}),
]


@pytest.mark.parametrize("reply", WRONG, ids=range(len(WRONG)))
def test_an_answer_that_is_no_account_is_a_wrong_answer(vendor, client, reply):
    vendor.will_say(reply)
    with pytest.raises(UnexpectedResponse):
        client.account_by_code("x")


def test_a_connection_closed_while_idle_is_opened_again(vendor, client):
    vendor.will_say(says(account("1")), Reply(drop=True), says(account("2")))
    assert client.account_by_code("1")
    assert client.account_by_code("2")
    assert len(vendor.received) == 3


def test_a_connection_that_is_closed_again_is_unavailability(vendor, client):
    vendor.will_say(says(account("1")), Reply(drop=True))
    client.account_by_code("1")
    with pytest.raises(VendorUnavailable):
        client.account_by_code("2")
    assert len(vendor.received) == 3


@pytest.mark.parametrize(
    "trouble", [Reply(hold=True), Reply(200, b"{}", {"Content-Length": "50"}), Reply(200, b"<", HEADERS)]
)
def test_after_any_trouble_the_next_call_is_answered_by_its_own_answer(vendor, client, trouble):
    vendor.will_say(trouble, says(account("2")))
    with pytest.raises((VendorUnavailable, UnexpectedResponse)):
        client.account_by_code("1")
    assert client.account_by_code("2")["code"] == "2"


def test_each_region_has_its_own_host():
    for region, host in (("us", "v3.recurly.com"), ("eu", "v3.eu.recurly.com")):
        connection = blocks.recurly(None, region=region).client()._connection
        assert (connection.host, connection.port, connection.timeout) == (host, 443, 30)


async def test_the_check_of_a_wrong_key_says_where_to_edit_it(vendor):
    vendor.will_say(refuses(401, "unauthorized"))
    (check,) = await blocks.recurly(vendor.url).check()
    assert not check.ok
    assert "Recurly site → API Key" in check.message


def subscribed(number, **more):
    usual = {
        "object": "subscription",
        "id": f"s{number}",
        "plan": {"object": "plan_mini", "code": "gold", "name": "Gold"},
        "state": "active",
        "auto_renew": False,
        "current_period_ends_at": "2027-03-31T12:00:00Z",
        "expires_at": None,
    }
    return usual | more


NOON = datetime(2027, 3, 31, 12, tzinfo=UTC)


def test_pub_7_the_subscriptions_of_an_account_are_read_page_by_page(vendor, client):
    vendor.will_say(
        page(subscribed(1), subscribed(2, state="future", auto_renew=True), following="/next?cursor=a"),
        page(subscribed(3, expires_at="2027-01-31T00:00:00Z", state="canceled")),
    )
    assert client.subscriptions(f"code-{blocks.ACCOUNT}") == [
        Subscription("s1", "Gold", "active", auto_renew=False, ends_at=NOON),
        Subscription("s2", "Gold", "future", auto_renew=True, ends_at=NOON),
        Subscription("s3", "Gold", "canceled", auto_renew=False, ends_at=datetime(2027, 1, 31, tzinfo=UTC)),
    ]
    assert [(one.method, one.path) for one in vendor.received] == [
        ("GET", f"/recurly/accounts/code-{blocks.ACCOUNT}/subscriptions?limit=200&sort=created_at&order=asc"),
        ("GET", "/recurly/next?cursor=a"),
    ]


def test_pub_7_an_account_that_recurly_does_not_have_has_no_subscription_and_one_may_have_none(vendor, client):
    for reply in (refuses(404, "not_found"), page()):
        vendor.will_say(reply)
        assert client.subscriptions("r1") == []


def test_pub_7_a_subscription_need_not_tell_its_plan_or_when_it_ends(vendor, client):
    bare = {"plan": None, "auto_renew": None, "current_period_ends_at": None}
    vendor.will_say(page(subscribed(1, **bare), subscribed(2, plan={"object": "plan_mini", "code": "gold"})))
    assert [(one.plan, one.auto_renew, one.ends_at) for one in client.subscriptions("r1")] == [
        ("subscription", False, None),
        ("gold", False, NOON),
    ]


@pytest.mark.parametrize(
    "reply",
    [
        says({}),
        says([]),
        says(account("x")),
        page(subscribed(1, id=None)),
        page(subscribed(1, state="")),
        page(subscribed(1), following="/next?cursor=a"),
        Reply(200, b"<html>", HEADERS),
    ],
    ids=range(7),
)
def test_pub_7_an_answer_that_is_no_list_of_subscriptions_is_a_wrong_answer_and_never_none(vendor, client, reply):
    vendor.will_say(reply)
    with pytest.raises(UnexpectedResponse):
        client.subscriptions("r1")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (refuses(401, "unauthorized"), CredentialsRejected),
        (refuses(503, "service_not_available"), VendorUnavailable),
        (Reply(drop=True), VendorUnavailable),
        (refuses(400, "bad_request"), VendorRefused),
    ],
)
def test_pub_7_subscriptions_that_recurly_does_not_tell_are_not_taken_for_none(vendor, client, reply, error):
    vendor.will_say(page(subscribed(1), following="/next?cursor=a"), reply)
    with pytest.raises(error):
        client.subscriptions("r1")
