"""Outreach's login: what is sent, what comes of it, and what is told when nothing does."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorUnavailable
from tests.blocks import blocks
from tests.blocks.outreach.responses import refuses
from tests.blocks.vendor import Reply

GOOD = {
    "access_token": "a",
    "refresh_token": "r",
    "expires_in": 7200,
    "scope": "users.read",
    "token_type": "Bearer",
}


@pytest.fixture
async def app(vendor, patience):
    return blocks.outreach(vendor.url, timeout_seconds=patience)


async def test_a_login_sends_the_form_and_brings_both_tokens_and_their_end(vendor, app):
    vendor.will_say(Reply(body=json.dumps(GOOD).encode()))
    tokens = await app.log_in()
    assert (tokens.access.get_secret_value(), tokens.refresh.get_secret_value()) == ("a", "r")
    assert timedelta(seconds=7190) < tokens.until - datetime.now(UTC) <= timedelta(seconds=7200)
    assert dict(parse_qsl(vendor.received[0].body.decode())) == {
        "client_id": "our app",
        "client_secret": blocks.OUTREACH_SECRET,
        "redirect_uri": "https://localhost/",
        "grant_type": "refresh_token",
        "refresh_token": blocks.OUTREACH_TOKEN,
    }


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("invalid_grant", "authorize the app in Outreach again: run `lifecycle authorize outreach`"),
        ("invalid_client", "Client Secret"),
        ("invalid_request", "Redirect URI"),
        ("something_else", "edit Blocks → Outreach app"),
    ],
)
async def test_a_refused_login_says_what_to_do(vendor, app, code, advice):
    vendor.will_say(Reply(400, json.dumps({"error": code, "error_description": "x"}).encode()))
    with pytest.raises(CredentialsRejected, match=advice) as caught:
        await app.log_in()
    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize("change", [{"access_token": ""}, {"refresh_token": None}, {"access_token": 7}])
async def test_an_answer_without_tokens_is_told(vendor, app, change):
    vendor.will_say(Reply(body=json.dumps(GOOD | change).encode()))
    with pytest.raises(UnexpectedResponse, match="access_token"):
        await app.log_in()


async def test_a_login_too_soon_says_when_to_come_again(vendor, app):
    vendor.will_say(refuses(429, "rateLimitExceeded", **{"Retry-After": "42"}))
    with pytest.raises(VendorUnavailable) as caught:
        await app.log_in()
    assert (caught.value.retry_after, caught.value.outcome_unknown) == (42, False)


async def test_after_a_lost_answer_nobody_knows_whether_the_token_is_used_up(vendor, app):
    vendor.will_say(Reply(drop=True))
    with pytest.raises(VendorUnavailable) as caught:
        await app.log_in()
    assert caught.value.outcome_unknown


@pytest.mark.parametrize("life", [None, "7200", -1, True, 10**12])
async def test_a_life_that_nobody_meant_counts_as_over(vendor, app, life):
    vendor.will_say(Reply(body=json.dumps(GOOD | {"expires_in": life}).encode()))
    tokens = await app.log_in()
    assert tokens.until <= datetime.now(UTC)


def test_a_token_is_in_force_until_a_minute_before_its_end_unless_it_was_refused():
    now = datetime.now(UTC)
    ends = {"long": now + timedelta(minutes=5), "soon": now + timedelta(seconds=59), "over": now - timedelta(hours=1)}
    in_force = {
        name: blocks.outreach("http://127.0.0.1:1", access_token="a", access_until=end).token() is not None
        for name, end in ends.items()
    }
    assert in_force == {"long": True, "soon": False, "over": False}
    app = blocks.outreach("http://127.0.0.1:1", access_token="a", access_until=ends["long"])
    assert app.token(app.token()) is None
    assert blocks.outreach("http://127.0.0.1:1").token() is None


async def test_every_login_finds_the_connections_that_are_there():
    app = blocks.outreach("http://127.0.0.1:1")
    later = blocks.outreach("http://127.0.0.1:1", refresh_token="another", access_token="b", scopes="x")
    assert app._http() is later._http()
    assert app._http() is not blocks.outreach("http://127.0.0.1:1", client_id="another")._http()
