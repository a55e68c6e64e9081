"""The login, and sessions that come to their end: said by a local server as a real org would rarely say it."""

from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorUnavailable
from blocks.salesforce.client import SalesforceClient
from blocks.salesforce.composite import Subrequest
from tests.blocks import blocks
from tests.blocks.salesforce.responses import EXPIRED, SOQL, TOKEN, page
from tests.blocks.vendor import Reply, says


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
    with pytest.raises(CredentialsRejected, match="Private Key") as caught:
        SalesforceClient(org._login()).query(SOQL)
    assert "swordfish" not in str(caught.value)
    assert vendor.received == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (
            says({"error": "invalid_client", "error_description": "invalid client credentials"}, 401),
            CredentialsRejected,
        ),
        (says({"error": "invalid_grant"}, 400), CredentialsRejected),
        (says({"error": "brand_new_code", "error_description": "x"}, 400), CredentialsRejected),
        (says([{"errorCode": "SERVER_UNAVAILABLE", "message": "x"}], 503), VendorUnavailable),
        (Reply(503, b"<html>"), VendorUnavailable),
        (Reply(429, b""), VendorUnavailable),
        (Reply(200, b"<html>"), UnexpectedResponse),
        (says({"access_token": "x"}), UnexpectedResponse),
        (says({"access_token": 7, "instance_url": "https://x"}), UnexpectedResponse),
        (says({"access_token": "", "instance_url": "https://x"}), UnexpectedResponse),
        (says(["x"]), UnexpectedResponse),
        (Reply(302, b"", {"Location": "https://elsewhere.example/"}), UnexpectedResponse),
        (Reply(drop=True), VendorUnavailable),
        (Reply(hold=True), VendorUnavailable),
    ],
)
def test_a_login_that_fails_is_told_by_who_must_act(vendor, client, reply, error):
    vendor.will_say(reply)
    with pytest.raises(error) as caught:
        client.query(SOQL)
    assert type(caught.value) is error
    assert "swordfish" not in f"{caught.value!r}{caught.value}"


def test_an_unapproved_app_is_told_without_the_consumer_key(vendor, client, recwarn):
    vendor.will_say(says({"error": "invalid_grant", "error_description": "user hasn't approved this consumer"}, 400))
    with pytest.raises(CredentialsRejected, match="Salesforce org"):
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
    with pytest.raises(CredentialsRejected, match="right after a login"):
        client.query(SOQL)
    assert len(vendor.received) == 4


@pytest.mark.parametrize("body", [b"<html>", b'{"errorCode":"INVALID_SESSION_ID"}', b"[]", b""])
def test_a_401_of_another_shape_is_a_wrong_answer(vendor, client, body):
    vendor.will_say(TOKEN, Reply(401, body))
    with pytest.raises(UnexpectedResponse, match="401"):
        client.query(SOQL)


def test_proxies_of_the_environment_do_not_come_between_us_and_this_machine(vendor, client, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    vendor.will_say(TOKEN, page())
    assert client.query(SOQL) == []
