"""Getting in (contracts 1.1), through the real client."""

import time

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession

from tests.sandbox.clients import connect, redirected
from tests.support.sandbox import start_sandbox

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def pair():
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return (
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    )


def token(sandbox, form, **more):
    url = f"{sandbox.url}/salesforce/services/oauth2/token"
    return httpx.post(url, data=form, trust_env=False, **more)


def assertion(sandbox, key, **claims):
    usual = {
        "iss": sandbox.credentials.salesforce_consumer_key,
        "sub": sandbox.credentials.salesforce_username,
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 180,
    }
    signed = jwt.encode({k: v for k, v in (usual | claims).items() if v is not None}, key, algorithm="RS256")
    return {"grant_type": JWT_GRANT, "assertion": signed}


def client_form(sandbox, **more):
    known = sandbox.credentials
    form = {"client_id": known.salesforce_consumer_key, "client_secret": known.salesforce_consumer_secret}
    return {"grant_type": "client_credentials"} | form | more


def test_the_real_client_logs_in_by_client_credentials(stand_in):
    sf = connect(stand_in)
    assert sf.query("SELECT Id FROM Organization")["records"][0]["Id"] == stand_in.credentials.organization_id


def test_the_real_client_logs_in_by_jwt(stand_in):
    sf = Salesforce(
        session=redirected(stand_in),
        username=stand_in.credentials.salesforce_username,
        consumer_key=stand_in.credentials.salesforce_consumer_key,
        privatekey=pair()[0],
    )
    assert sf.query("SELECT Username FROM User")["records"][0]["Username"] == stand_in.credentials.salesforce_username


def test_a_token_s_answer_has_every_member_and_its_instance_url_works(stand_in):
    answer = token(stand_in, client_form(stand_in)).json()
    assert answer["token_type"] == "Bearer"
    assert answer["issued_at"].isdigit()
    assert {"id", "signature", "scope"} <= answer.keys()
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    url = f"{answer['instance_url']}/services/data/v59.0/limits"
    assert httpx.get(url, headers=headers, trust_env=False).status_code == 200


def test_the_client_may_be_named_in_the_header(stand_in):
    known = stand_in.credentials
    basic = (known.salesforce_consumer_key, known.salesforce_consumer_secret)
    assert token(stand_in, {"grant_type": "client_credentials"}, auth=basic).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 401, "invalid_client_id"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "unsupported_grant_type"),
    ],
)
def test_a_wrong_client_is_told_so_in_an_object(stand_in, change, status, error):
    answer = token(stand_in, client_form(stand_in, **change))
    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]


def test_the_real_client_understands_the_refusal(stand_in):
    with pytest.raises(SalesforceAuthenticationFailed):
        Salesforce(
            session=redirected(stand_in),
            domain="acme.my",
            consumer_key=stand_in.credentials.salesforce_consumer_key,
            consumer_secret="wrong",
        )


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://elsewhere.example"},
        {"exp": 1_600_000_000},
        {"exp": None},
        {"exp": int(time.time()) + 100_000},
        {"sub": "stranger@x.org"},
        {"sub": None},
    ],
)
def test_a_wrong_claim_is_an_invalid_grant(stand_in, claims):
    answer = token(stand_in, assertion(stand_in, pair()[0], **claims))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("junk", ["", "junk", "a.b.c"])
def test_what_is_no_assertion_is_an_invalid_grant(stand_in, junk):
    answer = token(stand_in, {"grant_type": JWT_GRANT, "assertion": junk})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_with_a_registered_key_only_its_signature_counts():
    mine, public = pair()
    with start_sandbox(SANDBOX_SALESFORCE_JWT_PUBLIC_KEY=public.decode()) as process:
        assert token(process, assertion(process, mine)).status_code == 200
        assert token(process, assertion(process, pair()[0])).json()["error"] == "invalid_grant"


def test_without_a_token_every_call_is_an_invalid_session(stand_in):
    url = f"{stand_in.url}/salesforce/services/data/v59.0/limits"
    for headers in ({}, {"Authorization": "Bearer 00Dmadeup"}):
        answer = httpx.get(url, headers=headers, trust_env=False)
        assert answer.status_code == 401
        assert answer.json()[0]["errorCode"] == "INVALID_SESSION_ID"


def test_an_expired_session_is_ordered_once_and_the_client_comes_back(stand_in):
    sf = connect(stand_in)
    stand_in.fault("salesforce", "expired_session", path="/query")
    assert sf.query("SELECT Id FROM Organization")["totalSize"] == 1
    tokens = [entry for entry in stand_in.journal("salesforce") if entry["path"].endswith("/token")]
    assert len(tokens) == 2


def test_a_session_that_stays_expired_is_an_error_of_the_client(stand_in):
    sf = Salesforce(session=redirected(stand_in), instance_url=stand_in.url, session_id="00Dmadeup")
    with pytest.raises(SalesforceExpiredSession):
        sf.query("SELECT Id FROM Organization")


def test_the_user_behind_a_token_is_told(stand_in):
    bearer = token(stand_in, client_form(stand_in)).json()["access_token"]
    url = f"{stand_in.url}/salesforce/services/oauth2/userinfo"
    info = httpx.get(url, headers={"Authorization": f"Bearer {bearer}"}, trust_env=False).json()
    assert info["organization_id"] == stand_in.credentials.organization_id
    assert info["preferred_username"] == stand_in.credentials.salesforce_username
