"""What a well-behaved LMS would not say; its good answers are the sandbox's."""

import json
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorRefused, VendorUnavailable
from tests.blocks import blocks
from tests.blocks.lms.forms import FORM
from tests.blocks.lms.responses import COMPANY, USER, refuses
from tests.blocks.vendor import Reply, says


@pytest.fixture
async def client(vendor, patience):
    return blocks.lms(f"{vendor.url}/lms", timeout_seconds=patience).client()


async def sign_up(client):
    return await client.pre_sign(FORM, idempotency_key=blocks.OPPORTUNITY)


async def test_a_sign_up_is_the_form_with_the_password_under_the_opportunity_s_key(vendor, client):
    """ONB-6, ONB-10."""
    vendor.will_say(says({"companyId": "48213", "userId": "900112"}, 201))
    signed = await sign_up(client)
    assert (signed.company_id, signed.user_id, signed.created) == ("48213", "900112", True)
    (sent,) = vendor.received
    assert (sent.method, sent.path) == ("POST", "/lms/signup/preSign")
    headers = {name.lower(): value for name, value in sent.headers.items()}
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert (headers["idempotency-key"], headers["x-api-key"]) == (blocks.OPPORTUNITY, blocks.SECRETS[2])
    assert dict(parse_qsl(sent.body.decode())) == {**FORM, "password": blocks.SECRETS[3]}


async def test_a_repeated_sign_up_is_told_from_the_first(vendor, client):
    vendor.will_say(says({"companyId": "48213", "userId": "900112"}, 200))
    assert not (await sign_up(client)).created


async def test_one_time_passwords_differ_by_sale_stay_the_same_for_a_repeat_and_meet_usual_rules(vendor):
    """ONB-10."""
    client = blocks.lms(vendor.url, one_time_passwords=True).client()
    vendor.will_say(says({"companyId": "1", "userId": "2"}))
    for key in ("006000000000001AAA", "006000000000001AAA", "006000000000002AAA"):
        await client.pre_sign(FORM, idempotency_key=key)
    first, again, other = (dict(parse_qsl(one.body.decode()))["password"] for one in vendor.received)
    assert first == again != other
    assert blocks.SECRETS[3] not in (first, other)
    for password in (first, other):
        assert len(password) >= 20
        assert any(c.isupper() for c in password)
        assert any(c.islower() for c in password)
        assert any(c.isdigit() for c in password)
        assert any(not c.isalnum() for c in password)


@pytest.mark.parametrize(
    ("reply", "code", "details"),
    [
        (refuses(409, "account_exists", companyId="48213"), "account_exists", {"companyId": "48213"}),
        (
            refuses(
                409,
                "email_taken",
                holder={"userId": "9", "kind": "demo", "status": "active", "companyId": None, "more": 1},
            ),
            "email_taken",
            {"holder": {"userId": "9", "kind": "demo", "status": "active", "companyId": None}},
        ),
        (refuses(409, "idempotency_conflict"), "idempotency_conflict", {}),
        (refuses(422, "invalid", fields={"phone": "must be a number"}), "invalid", {}),
    ],
)
async def test_a_refused_sign_up_tells_what_its_caller_decides_on(vendor, client, reply, code, details):
    vendor.will_say(reply)
    with pytest.raises(VendorRefused) as caught:
        await sign_up(client)
    assert (caught.value.code, caught.value.details) == (code, details)
    assert caught.value.fields == ({"phone": "must be a number"} if code == "invalid" else {})


async def test_an_lms_that_echoes_the_password_does_not_spread_it(vendor, client):
    vendor.will_say(
        refuses(422, "invalid", fields={"password": f"{blocks.SECRETS[3]} is too short", blocks.SECRETS[3]: "x"})
    )
    with pytest.raises(VendorRefused) as caught:
        await sign_up(client)
    assert "swordfish" not in f"{caught.value!r}{caught.value}{caught.value.fields}"
    assert "too short" in str(caught.value)


@pytest.mark.parametrize(
    "reply",
    [
        refuses(409, "account_exists"),
        refuses(409, "account_exists", companyId=48213),
        refuses(409, "email_taken"),
        refuses(409, "email_taken", holder={"userId": "9", "kind": "demo"}),
        refuses(409, "email_taken", holder={"userId": "9", "kind": "demo", "status": "active"}),
        says({"error": "no"}, 409),
        says([], 422),
        says({"error": {"message": "no"}}, 422),
        Reply(404, b"<html>Not Found"),
        Reply(302, b"", {"Location": "http://elsewhere.example"}),
        says({"companyId": "1"}),
        says({"companyId": 1, "userId": "2"}),
        says([]),
        says(None),
        Reply(200, b""),
        Reply(200, b'{"companyId":'),
        Reply(200, b"\xff"),
        Reply(200, b"[" * 100_000),
        Reply(200, b"x", {"Content-Encoding": "gzip"}),
    ],
)
async def test_an_answer_that_breaks_the_contract_is_a_wrong_answer(vendor, client, reply):
    vendor.will_say(reply)
    with pytest.raises(UnexpectedResponse) as caught:
        await sign_up(client)
    assert "elsewhere" not in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "unclear", "wait"),
    [
        (Reply(drop=True), True, None),
        (Reply(hold=True), True, None),
        (Reply(200, b"{}", {"Content-Length": "50"}), True, None),
        (Reply(500, b"<html>"), True, None),
        (says({}, 503, **{"Retry-After": "4"}), True, 4.0),
        (says({}, 429, **{"Retry-After": "7"}), False, 7.0),
        (refuses(409, "locked"), False, None),
    ],
)
async def test_a_lost_write_says_whether_it_may_have_been_done(vendor, client, reply, unclear, wait):
    vendor.will_say(reply)
    with pytest.raises(VendorUnavailable) as caught:
        await sign_up(client)
    assert (caught.value.outcome_unknown, caught.value.retry_after) == (unclear, wait)


async def test_a_lost_read_is_never_unclear(vendor, client):
    vendor.will_say(Reply(drop=True))
    with pytest.raises(VendorUnavailable) as caught:
        await client.company("48213")
    assert not caught.value.outcome_unknown


async def test_an_lms_that_cannot_be_reached_did_nothing(unused_tcp_port):
    with pytest.raises(VendorUnavailable, match="no connection") as caught:
        await sign_up(blocks.lms(f"http://127.0.0.1:{unused_tcp_port}").client())
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_told_with_the_field_to_edit(vendor, client, status):
    vendor.will_say(Reply(status, b"<html>"))
    with pytest.raises(CredentialsRejected, match="API Key"):
        await client.company("48213")


async def test_a_company_comes_with_its_amount_as_decimal_whether_sent_as_text_or_as_a_number(vendor, client):
    for sent in ("1250.10", 1250.10):
        vendor.will_say(says({**COMPANY, "planAmount": sent}))
        company = await client.company("48213")
        assert company["planAmount"] == Decimal("1250.10")
        assert type(company["planAmount"]) is Decimal


async def test_no_company_is_none_but_a_missing_page_is_not(vendor, client):
    vendor.will_say(refuses(404, "not_found"))
    assert await client.company("1") is None
    vendor.will_say(Reply(404, b"Not Found"))
    with pytest.raises(UnexpectedResponse):
        await client.company("1")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 48213),
        ("id", ""),
        ("name", None),
        ("status", 1),
        ("accountId", 7),
        ("userCount", "26"),
        ("userCount", True),
        ("userCount", 26.5),
        ("locationCount", None),
        ("modules", None),
        ("modules", [1]),
        ("planAmount", None),
        ("planAmount", "NaN"),
        ("planAmount", "much"),
        ("planAmount", True),
        ("planAmount", []),
    ],
)
async def test_a_company_whose_field_is_not_as_promised_is_told_by_field(vendor, client, field, value):
    vendor.will_say(says({**COMPANY, field: value}))
    with pytest.raises(UnexpectedResponse, match=field):
        await client.company("48213")


@pytest.mark.parametrize("field", [name for name in COMPANY if name not in ("deactivateOn", "billingStartDate")])
async def test_a_company_that_lacks_a_field_is_told_by_field(vendor, client, field):
    vendor.will_say(says({name: value for name, value in COMPANY.items() if name != field}))
    with pytest.raises(UnexpectedResponse, match=field):
        await client.company("48213")


async def test_an_account_s_company_is_its_own_even_when_the_filter_is_ignored(vendor, client):
    other = {**COMPANY, "id": "1", "accountId": "001000000000002AAA"}
    vendor.will_say(says({"companies": [other, COMPANY]}))
    assert (await client.company_of_account(blocks.ACCOUNT))["id"] == "48213"
    vendor.will_say(says({"companies": [other]}))
    assert await client.company_of_account(blocks.ACCOUNT) is None


async def test_an_account_with_two_companies_is_told_with_both(vendor, client):
    vendor.will_say(says({"companies": [COMPANY, {**COMPANY, "id": "48214"}]}))
    with pytest.raises(UnexpectedResponse, match="48213, 48214"):
        await client.company_of_account(blocks.ACCOUNT)


async def test_a_user_is_found_by_the_exact_address_in_any_case(vendor, client):
    """ONB-9."""
    near = {**USER, "id": "8", "email": "jane@x.org.uk"}
    vendor.will_say(says({"users": [near, USER]}))
    assert (await client.user_by_email("jane@X.org"))["id"] == "9"
    vendor.will_say(says({"users": [near]}))
    assert await client.user_by_email("jane@x.org") is None


async def test_an_address_with_a_plus_is_asked_for_as_it_is(vendor, client):
    vendor.will_say(says({"users": []}))
    await client.user_by_email("jane+1@x.org")
    assert vendor.received[0].path.endswith("/api/users?email=jane%2B1%40x.org")


async def test_changes_are_sent_as_the_contract_names_them_and_money_exactly(vendor, client):
    vendor.will_say(says(COMPANY))
    await client.update_company("48213", userCount=30, planAmount=Decimal("1250.10"))
    assert json.loads(vendor.received[0].body) == {"userCount": 30, "planAmount": "1250.10"}
    await client.set_modules("48213", ["learning", "sso"])
    assert (vendor.received[1].method, vendor.received[1].path) == ("PUT", "/lms/api/companies/48213/permissions")
    assert json.loads(vendor.received[1].body) == {"modules": ["learning", "sso"]}


async def test_no_id_leads_a_request_elsewhere(vendor, client):
    vendor.will_say(refuses(404, "not_found"))
    await client.company("../users?email=a")
    assert vendor.received[0].path == "/lms/api/companies/..%2Fusers%3Femail%3Da"


async def test_proxies_of_the_environment_do_not_come_between_us_and_this_machine(vendor, monkeypatch):
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    vendor.will_say(says({"companies": []}))
    (check,) = await blocks.lms(vendor.url).check()
    assert check.ok, check.message
