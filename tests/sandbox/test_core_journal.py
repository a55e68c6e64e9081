import json
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.journal import Journal
from sandbox.state import Clock, Credentials

CREDENTIALS = Credentials.from_environment({})
SECRET = "Kx9#pass & word=%2B{}"
SECRET_NAMES = st.sampled_from(
    [
        "password",
        "Password",
        "client_secret",
        "refresh_token",
        "access_token",
        "token",
        "assertion",
        "api_key",
        "apiKey",
        "X-API-Key",
        "newPassword",
        "sessionId",
        "signature",
    ]
)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20))
NAMES = st.text(max_size=12)


def written(journal: Journal, **request: object) -> str:
    usual = {"system": "lms", "method": "POST", "path": "/", "query": "", "headers": {}, "body": b""}
    return json.dumps(journal.arrived(**{**usual, **request}), ensure_ascii=False, default=str)


def bodies_with(secret: st.SearchStrategy) -> st.SearchStrategy:
    """JSON values in which the secret stands somewhere under a secret's name."""
    hidden = st.builds(
        lambda name, value, rest: {**rest, name: value}, SECRET_NAMES, secret, st.dictionaries(NAMES, PLAIN)
    )
    return st.recursive(
        hidden,
        lambda inner: st.one_of(
            st.builds(lambda rest, name, part: {**rest, name: part}, st.dictionaries(NAMES, PLAIN), NAMES, inner),
            st.builds(lambda part, rest: [*rest, part], inner, st.lists(PLAIN)),
            st.builds(lambda name, part: {name: json.dumps(part)}, NAMES, inner),
        ),
        max_leaves=4,
    )


@given(bodies_with(st.just(SECRET)))
def test_a_secret_in_json_is_never_written_down(body):
    headers = {b"content-type": b"application/json"}
    assert SECRET not in written(Journal(()), headers=headers, body=json.dumps(body).encode())


@given(SECRET_NAMES, st.dictionaries(NAMES, st.text(max_size=20)))
def test_a_secret_in_a_form_is_never_written_down(name, fields):
    headers = {b"content-type": b"application/x-www-form-urlencoded; charset=utf-8"}
    body = urlencode({**fields, name: SECRET}).encode()
    assert SECRET not in written(Journal(()), headers=headers, body=body)


@given(SECRET_NAMES, st.sampled_from([b"application/x-www-form-urlencoded", b"application/json", b"text/plain", b""]))
def test_a_secret_in_a_body_of_the_wrong_type_is_never_written_down(name, content_type):
    headers = {b"content-type": content_type}
    for body in (json.dumps({name: "s3cret-pass=word"}).encode(), urlencode({name: "s3cret-pass=word"}).encode()):
        assert "pass=word" not in written(Journal(()), headers=headers, body=body)
        assert "pass=word" not in written(Journal(()), headers=headers, body=body[:-1])


@given(SECRET_NAMES)
def test_a_secret_in_the_query_is_never_written_down_and_hides_elsewhere_too(name):
    told = written(
        Journal(()),
        query=f"{quote(name)}=s3cret-value&q=find+s3cret-value",
        path="/things/s3cret-value",
        headers={b"content-type": b"application/json"},
        body=b'{"note": "s3cret-value was here"}',
    )
    assert "s3cret-value" not in told


@pytest.mark.parametrize("value", CREDENTIALS.secrets())
def test_a_credential_is_never_written_down_whatever_field_it_stands_in(value):
    body = json.dumps({"note": f"my key is {value}!", value: [value]}).encode()
    told = written(
        Journal(CREDENTIALS.secrets()),
        path=f"/x/{value}",
        query=f"q={value}",
        headers={b"content-type": b"application/json"},
        body=body,
    )
    assert value not in told


def test_the_token_that_a_request_bears_is_never_written_down():
    headers = {b"authorization": b"Bearer 00Dxx!AQtoken", b"content-type": b"application/json"}
    assert "00Dxx!AQtoken" not in written(Journal(()), headers=headers, body=b'{"said": "00Dxx!AQtoken"}')


def test_files_are_noted_by_their_size():
    multipart = {b"content-type": b"multipart/form-data; boundary=x"}
    entry = Journal(()).arrived(system="slack", method="POST", path="/", query="", headers=multipart, body=b"abc")
    assert entry["body"] == "(multipart/form-data, 3 bytes)"


@given(st.binary(max_size=200), st.sampled_from([b"application/json", b"application/x-www-form-urlencoded", b"x"]))
def test_any_body_can_be_written_down(body, content_type):
    assert written(Journal(()), headers={b"content-type": content_type}, body=body)


def test_innocent_fields_are_written_as_they_came():
    body = {"companyName": "Acme", "userCount": "25", "modules": ["learning"], "nested": {"x": None}}
    headers = {b"content-type": b"application/json"}
    entry = Journal(CREDENTIALS.secrets()).arrived(
        system="lms",
        method="PUT",
        path="/api/companies/1",
        query="email=a%40x.org&x=1+2",
        headers=headers,
        body=json.dumps(body).encode(),
    )
    assert (entry["body"], entry["query"], entry["path"]) == (body, "email=a@x.org&x=1 2", "/api/companies/1")


def test_the_date_is_the_one_that_was_set_with_the_real_time_of_day():
    clock = Clock("America/New_York")
    clock.set(date(2026, 12, 31))
    assert clock.today() == date(2026, 12, 31)
    local = clock.now().astimezone(clock.zone)
    real = datetime.now(clock.zone)
    assert local.date() == date(2026, 12, 31)
    assert clock.now().utcoffset() == timedelta(0)
    assert abs(local.hour * 60 + local.minute - real.hour * 60 - real.minute) in (0, 1, 1439)


def test_without_a_set_date_it_is_today_in_the_organizations_time_zone():
    clock = Clock("America/New_York")
    before = datetime.now(UTC).astimezone(clock.zone).date()
    assert clock.today() in (before, datetime.now(UTC).astimezone(clock.zone).date())
