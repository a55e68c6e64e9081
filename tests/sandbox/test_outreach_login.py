"""Outreach's tokens (contracts 5.1): one login a minute, lives that end, scopes that are not additive."""

import time

import pytest

from tests.sandbox.outreach_calls import document, error, log_in


def users(sandbox, client, token):
    return client.get(f"{sandbox.url}/outreach/api/v2/users", headers={"Authorization": f"Bearer {token}"})


def test_a_second_login_within_a_minute_is_refused_and_uses_nothing_up(stand_in, client):
    told = log_in(stand_in, client).json()
    refused = log_in(stand_in, client, refresh_token=told["refresh_token"])
    assert error(refused) == (429, "rateLimitExceeded")
    assert 50 <= int(refused.headers["retry-after"]) <= 60
    assert len(stand_in.effects("outreach")) == 1
    stand_in.behaviour(outreach_token_seconds=0)
    assert log_in(stand_in, client, refresh_token=told["refresh_token"]).status_code == 200


def test_a_login_without_redirect_uri_is_refused(stand_in, client):
    answer = log_in(stand_in, client, redirect_uri="")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("token", ["wrong", "outreach-access-0"])
def test_a_wrong_token_is_not_taken(stand_in, client, token):
    assert error(users(stand_in, client, token)) == (401, "unauthorized")


def test_an_access_token_ends_and_a_newer_one_is_taken(stand_in, client):
    stand_in.behaviour(outreach_token_seconds=0, outreach_access_seconds=0.2)
    told = log_in(stand_in, client).json()
    until = time.monotonic() + 5
    while users(stand_in, client, told["access_token"]).status_code == 200:
        assert time.monotonic() < until
    stand_in.behaviour(outreach_access_seconds=7200)
    later = log_in(stand_in, client, refresh_token=told["refresh_token"]).json()
    assert users(stand_in, client, later["access_token"]).status_code == 200


def test_a_refresh_token_that_nobody_used_in_time_is_over(stand_in, client):
    stand_in.behaviour(outreach_token_seconds=0, outreach_refresh_seconds=0)
    told = log_in(stand_in, client).json()
    answer = log_in(stand_in, client, refresh_token=told["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_scopes_are_given_one_by_one(stand_in, client):
    told = log_in(stand_in, client, scope="prospects.write users.read").json()
    assert told["scope"] == "prospects.write users.read"
    assert users(stand_in, client, told["access_token"]).status_code == 200
    headers = {"Authorization": f"Bearer {told['access_token']}", "Content-Type": "application/vnd.api+json"}
    url = f"{stand_in.url}/outreach/api/v2"
    read = client.get(f"{url}/prospects", headers=headers)
    assert error(read) == (403, "unauthorizedOauthScope")
    assert "'prospects.read'" in read.text
    made = client.post(f"{url}/prospects", json=document("prospect", attributes={}), headers=headers)
    assert made.status_code == 201


def test_another_world_keeps_who_is_logged_in_and_takes_the_first_token_again(stand_in, client):
    told = log_in(stand_in, client).json()
    stand_in.reset("empty")
    assert users(stand_in, client, told["access_token"]).status_code == 200
    stand_in.behaviour(outreach_token_seconds=0)
    for token in (told["refresh_token"], stand_in.credentials.outreach_refresh_token):
        assert log_in(stand_in, client, refresh_token=token).status_code == 200


def test_lives_are_measured_in_real_time_whatever_day_it_is(stand_in, client):
    told = log_in(stand_in, client).json()
    stand_in.clock("2040-03-10")
    assert users(stand_in, client, told["access_token"]).status_code == 200


def test_how_often_somebody_logged_in_is_told_and_no_token(stand_in, client):
    before = stand_in.state("outreach")["logins"]
    told = log_in(stand_in, client).json()
    after = stand_in.control.get("/_control/state?system=outreach")
    assert after.json()["logins"] == before + 1
    assert told["access_token"] not in after.text
    assert told["refresh_token"] not in after.text


def allowed(stand_in, client, **changes):
    """Where the browser is sent by a person who allows the app what it asks for."""
    asked = {"client_id": stand_in.credentials.outreach_client_id, "redirect_uri": "https://localhost/", "state": "s"}
    address = f"{stand_in.url}/outreach/oauth/authorize"
    return client.get(address, params=asked | changes, follow_redirects=False)


def test_a_code_is_exchanged_once_and_only_for_the_address_that_got_it(stand_in, client):
    stand_in.behaviour(outreach_token_seconds=0)
    sent = allowed(stand_in, client, scope="users.read tasks.write")
    address = sent.headers["location"]
    assert (sent.status_code, address.partition("?")[0], "state=s" in address) == (302, "https://localhost/", True)
    used = {"grant_type": "authorization_code", "code": address.partition("code=")[2].partition("&")[0]}
    elsewhere = log_in(stand_in, client, **used, redirect_uri="https://other.example/")
    assert (elsewhere.status_code, elsewhere.json()["error"]) == (400, "invalid_grant")
    assert log_in(stand_in, client, **used).json()["scope"] == "users.read tasks.write"
    again = log_in(stand_in, client, **used)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_an_app_that_outreach_does_not_know_gets_no_code(stand_in, client):
    assert allowed(stand_in, client, client_id="other").status_code == 400
