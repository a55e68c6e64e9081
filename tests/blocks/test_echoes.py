"""A vendor that repeats the whole request, in whatever way, shows no credential: not in an error, nor behind it."""

import base64
import html
import json
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus
from uuid import uuid4

import pytest
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED, temporary_settings
from pydantic import SecretStr

from blocks.common.errors import VendorError
from blocks.outreach.login import Tokens as LastLogin
from blocks.salesforce.composite import Fields, Subrequest
from tests.blocks import blocks
from tests.blocks.lms.forms import FORM
from tests.blocks.mail.messages import mail
from tests.blocks.outreach.responses import Tokens
from tests.blocks.smtp_vendor import listening
from tests.blocks.vendor import Reply
from tests.support.leaks import everything_of, shows

LOGIN, ODD = "k3y/+=&'\"<%> 1", "Sw0rd+f/i=sh&\"'<%> é1"
TOKEN = "00D!t0ken+/=.with~odd_signs"
WAYS = {
    "as it is": str,
    "for a form": quote_plus,
    "in an address": lambda text: quote(text, safe=""),
    "in JSON": json.dumps,
    "in HTML": html.escape,
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
}


@pytest.fixture(params=WAYS)
def way(request):
    return WAYS[request.param]


def repeated(received, way):
    """The request line by line, each written in this way; and what Basic holds."""
    headers = [f"{name}: {value}" for name, value in received.headers.items()]
    body = received.body.decode()
    basic = next((line.split()[-1] for line in headers if line.startswith("Authorization: Basic")), "")
    lines = [body, *headers, received.path, base64.b64decode(basic).decode()]
    return "  ".join(way(line) for line in lines if line)


def repeating(way, answer, status=400, **headers):
    """A vendor's answer, made of what it was asked."""
    return lambda received: Reply(status, json.dumps(answer(repeated(received, way))).encode(), headers)


async def failed(call):
    with pytest.raises(VendorError) as caught:
        await call
    return everything_of(caught.value)


def failed_at_once(call):
    with pytest.raises(VendorError) as caught:
        call()
    return everything_of(caught.value)


def hidden(text, *secrets):
    assert [secret for secret in secrets if shows(text, secret)] == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
async def test_lms(vendor, way, status):
    client = blocks.lms(vendor.url, default_password=ODD).client()
    answer = {
        "error": lambda echo: {"error": {"code": echo, "message": echo, "fields": {echo: echo, "password": echo}}},
        "code": lambda echo: {"error": {"code": "invalid", "message": echo, "fields": {"password": echo}}},
    }
    for words in answer.values():
        vendor.will_say(repeating(way, words, status))
        hidden(await failed(client.pre_sign(FORM, idempotency_key="k")), ODD, blocks.SECRETS[2])
        hidden(await failed(client.set_modules("1", ["x"])), blocks.SECRETS[2])
    taken = {"error": {"code": "email_taken", "message": "x"}}
    vendor.will_say(
        repeating(
            way,
            lambda echo: {
                "error": {**taken["error"], "holder": dict.fromkeys(("userId", "kind", "status", "companyId"), echo)}
            },
        )
    )
    hidden(await failed(client.pre_sign(FORM, idempotency_key="k")), ODD, blocks.SECRETS[2])


async def test_the_id_of_a_record_that_is_not_as_promised(vendor, way):
    """It is in the message, so that a person finds the record."""
    vendor.will_say(repeating(way, lambda echo: {"id": echo, "data": 7, "name": None}, 200))
    hidden(await failed(blocks.lms(vendor.url).client().company("1")), blocks.SECRETS[2])
    hidden(await failed(blocks.outreach(vendor.url).client(Tokens()).users([1])), "token-1-swordfish")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500])
async def test_outreach(vendor, way, status):
    client = blocks.outreach(f"{vendor.url}/api/v2").client(Tokens())
    vendor.will_say(
        repeating(
            way,
            lambda echo: {"errors": [{"id": echo, "detail": echo, "source": {"pointer": echo}}] * 9},
            status,
        )
    )
    hidden(await failed(client.move_account(7, 3)), "token-1-swordfish", "token-2-swordfish")


@pytest.mark.parametrize("status", [400, 401, 500])
async def test_the_login_of_outreach(vendor, way, status):
    app = blocks.outreach(vendor.url, client_secret=ODD, refresh_token=LOGIN)
    vendor.will_say(repeating(way, lambda echo: {"error": echo, "error_description": echo}, status))
    hidden(await failed(app.log_in()), ODD, LOGIN)


@pytest.mark.parametrize("status", [400, 401, 404, 422, 429, 500])
def test_recurly(vendor, way, status):
    client = blocks.recurly(vendor.url).client()
    for kind in (None, "validation"):
        vendor.will_say(
            repeating(
                way,
                lambda echo, kind=kind: {"error": {"type": kind or echo, "message": echo, "params": []}},
                status,
                **{"Content-Type": "application/json; charset=utf-8", "X-Request-Id": "r1"},
            )
        )
        hidden(failed_at_once(lambda: client.account_by_code("x")), blocks.SECRETS[4])


@pytest.mark.parametrize("status", [200, 400, 500])
def test_slack(vendor, way, status):
    client = blocks.slack(vendor.url).client()
    for known in ("", "missing_scope"):
        vendor.will_say(
            repeating(way, lambda echo, known=known: {"ok": False, "error": known or echo, "needed": echo}, status)
        )
        hidden(failed_at_once(lambda: client.post("#sales", "x", key="k")), blocks.SECRETS[5])


@pytest.mark.parametrize("status", [400, 401, 500])
def test_the_login_of_salesforce(vendor, way, status):
    org = blocks.salesforce(vendor.url, consumer_key=LOGIN, consumer_secret=ODD)
    vendor.will_say(repeating(way, lambda echo: {"error": echo, "error_description": echo}, status))
    hidden(failed_at_once(lambda: org._login().login()), LOGIN, ODD)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_salesforce(vendor, way, status):
    client = blocks.salesforce(vendor.url).client()
    token = Reply(body=json.dumps({"access_token": TOKEN, "instance_url": "https://acme.my.salesforce.com"}).encode())
    for code in ("", "CUSTOM_VALIDATION"):

        def words(echo, code=code):
            return [{"errorCode": code or echo, "message": echo, "fields": [echo]}]

        vendor.will_say(token, repeating(way, words, status))
        hidden(failed_at_once(lambda: client.create("Task", {"Subject": "x"})), TOKEN)
        hidden(failed_at_once(lambda: client.query("SELECT Id FROM Account")), TOKEN)


def test_salesforce_in_an_answer_to_several_calls(vendor, way):
    client = blocks.salesforce(vendor.url).client()
    token = Reply(body=json.dumps({"access_token": TOKEN, "instance_url": "https://acme.my.salesforce.com"}).encode())

    def refused(echo):
        body = [{"errorCode": "CUSTOM_VALIDATION", "message": echo, "fields": [echo]}]
        return {"compositeResponse": [{"body": body, "httpStatusCode": 400, "referenceId": "a"}]}

    def one_record_refused(echo):
        errors = [{"statusCode": "CUSTOM_VALIDATION", "message": echo, "fields": [echo]}]
        row = {"success": False, "errors": errors}
        return {"compositeResponse": [{"body": [row], "httpStatusCode": 200, "referenceId": "records0"}]}

    vendor.will_say(token, repeating(way, refused, 200))
    write = Subrequest("PATCH", f"sobjects/Account/{blocks.ACCOUNT}", "a", {"Name": "x"})
    hidden(failed_at_once(lambda: client.composite([write])), TOKEN)
    vendor.will_say(token, repeating(way, one_record_refused, 200))
    hidden(failed_at_once(lambda: client.change([Fields("Account", blocks.ACCOUNT, {"Name": "x"})])), TOKEN)


@pytest.mark.parametrize("command", ["AUTH", "MAIL", "RCPT", "DATA", "."])
def test_mail(way, command):
    plain = base64.b64encode(f"\0robot\0{ODD}".encode()).decode()
    echo = f"{way(plain)} {way(ODD)} {way(base64.b64encode(ODD.encode()).decode())}".replace("\n", " ")
    with listening() as server:
        server.will_say("EHLO", "250-mail\r\n250 AUTH PLAIN LOGIN")
        server.will_say(command, f"550 {echo}")
        client = blocks.mail("127.0.0.1", server.port, password=SecretStr(ODD)).client()
        hidden(failed_at_once(lambda: client.send(mail("ana@seller.example"))), ODD)


async def test_a_connection_that_breaks_off_leads_to_no_request(vendor):
    """The error of the library below holds the request, with its headers."""
    vendor.will_say(Reply(drop=True))
    for call in (
        blocks.lms(vendor.url).client().company("1"),
        blocks.outreach(vendor.url).client(Tokens()).move_account(7, 3),
        blocks.outreach(vendor.url).log_in(),
    ):
        with pytest.raises(VendorError) as caught:
            await call
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    for refused in (
        lambda: blocks.recurly(vendor.url).client().account_by_code("x"),
        lambda: blocks.slack(vendor.url).client().post("#sales", "x", key="k"),
        lambda: blocks.salesforce(vendor.url).client().query("SELECT Id FROM Account"),
    ):
        with pytest.raises(VendorError) as caught:
            refused()
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)


async def test_prefect_repeats_what_it_does_not_store(vendor):
    app = blocks.outreach(vendor.url)
    app._block_document_id = uuid4()
    tokens = LastLogin(SecretStr(LOGIN), SecretStr(ODD), datetime.now(UTC), "")
    vendor.will_say(repeating(str, lambda echo: {"exception_message": "Invalid request", "request_body": echo}, 422))
    with temporary_settings({PREFECT_API_URL: f"{vendor.url}/api", PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED: False}):
        hidden(await failed(app.keep(tokens)), LOGIN, ODD)
