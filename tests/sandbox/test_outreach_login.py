"""Outreach's tokens (contracts 5.1): one login a minute, lives that end, scopes that are not additive."""

import time

import pytest

from tests.sandbox.outreach_calls import document, error, log_in


def users(sandbox, client, token):
    return client.get(f"{sandbox.url}/outreach/api/v2/users", headers={"Authorization": f"Bearer {token}"})


def test_a_second_login_within_a_minute_is_refused_and_uses_nothing_up(sandbox, client):
    told = log_in(sandbox, client).json()
    refused = log_in(sandbox, client, refresh_token=told["refresh_token"])
    assert error(refused) == (429, "rateLimitExceeded")
    assert 50 <= int(refused.headers["retry-after"]) <= 60
    assert len(sandbox.effects("outreach")) == 1
    sandbox.behaviour(outreach_token_seconds=0)
    assert log_in(sandbox, client, refresh_token=told["refresh_token"]).status_code == 200


def test_a_login_without_redirect_uri_is_refused(sandbox, client):
    answer = log_in(sandbox, client, redirect_uri="")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("token", ["wrong", "outreach-access-0"])
def test_a_wrong_token_is_not_taken(sandbox, client, token):
    assert error(users(sandbox, client, token)) == (401, "unauthorized")


def test_an_access_token_ends_and_a_newer_one_is_taken(sandbox, client):
    sandbox.behaviour(outreach_token_seconds=0, outreach_access_seconds=0.2)
    told = log_in(sandbox, client).json()
    until = time.monotonic() + 5
    while users(sandbox, client, told["access_token"]).status_code == 200:
        assert time.monotonic() < until
    sandbox.behaviour(outreach_access_seconds=7200)
    later = log_in(sandbox, client, refresh_token=told["refresh_token"]).json()
    assert users(sandbox, client, later["access_token"]).status_code == 200


def test_a_refresh_token_that_nobody_used_in_time_is_over(sandbox, client):
    sandbox.behaviour(outreach_token_seconds=0, outreach_refresh_seconds=0)
    told = log_in(sandbox, client).json()
    answer = log_in(sandbox, client, refresh_token=told["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_scopes_are_given_one_by_one(sandbox, client):
    told = log_in(sandbox, client, scope="prospects.write users.read").json()
    assert told["scope"] == "prospects.write users.read"
    assert users(sandbox, client, told["access_token"]).status_code == 200
    headers = {"Authorization": f"Bearer {told['access_token']}", "Content-Type": "application/vnd.api+json"}
    url = f"{sandbox.url}/outreach/api/v2"
    read = client.get(f"{url}/prospects", headers=headers)
    assert error(read) == (403, "unauthorizedOauthScope")
    assert "'prospects.read'" in read.text
    made = client.post(f"{url}/prospects", json=document("prospect", attributes={}), headers=headers)
    assert made.status_code == 201


def test_another_world_keeps_who_is_logged_in_and_takes_the_first_token_again(sandbox, client):
    told = log_in(sandbox, client).json()
    sandbox.reset("empty")
    assert users(sandbox, client, told["access_token"]).status_code == 200
    sandbox.behaviour(outreach_token_seconds=0)
    for token in (told["refresh_token"], sandbox.credentials.outreach_refresh_token):
        assert log_in(sandbox, client, refresh_token=token).status_code == 200


def test_lives_are_measured_in_real_time_whatever_day_it_is(sandbox, client):
    told = log_in(sandbox, client).json()
    sandbox.clock("2040-03-10")
    assert users(sandbox, client, told["access_token"]).status_code == 200


def test_how_often_somebody_logged_in_is_told_and_no_token(sandbox, client):
    before = sandbox.state("outreach")["logins"]
    told = log_in(sandbox, client).json()
    after = sandbox.control.get("/_control/state?system=outreach")
    assert after.json()["logins"] == before + 1
    assert told["access_token"] not in after.text
    assert told["refresh_token"] not in after.text
