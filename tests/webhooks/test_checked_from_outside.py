"""`lifecycle check` tests the receiver from outside: readiness, the token's address, and Slack's signature."""

import secrets

import httpx
import pytest
from pydantic import SecretStr

from tasks.health.receiver_checks import ADDRESS, TOKEN, interactivity_check, outbound_check, receiver_checks
from tests.webhooks.conftest import SIGNING_SECRET
from tests.webhooks.conftest import TOKEN as THE_TOKEN

pytestmark = pytest.mark.flows


@pytest.fixture
async def outside(salesforce):
    """The receiver, as another machine reaches it."""
    async with httpx.AsyncClient(base_url=salesforce.url, timeout=60, trust_env=False) as client:
        yield client


async def test_the_token_is_tested_without_starting_anything(outside):
    right = await outbound_check(outside, SecretStr(THE_TOKEN))
    assert (right.ok, right.message) == (True, "the token is accepted")
    wrong = await outbound_check(outside, SecretStr(secrets.token_urlsafe(24)))
    assert not wrong.ok
    assert "outbound messages" in wrong.message
    unknown = await outbound_check(outside, SecretStr(""))
    assert unknown.ok
    assert "RECEIVER_TOKEN" in unknown.message


@pytest.mark.usefixtures("workspace")
async def test_a_request_signed_as_slack_signs_it_is_accepted_and_any_other_is_an_error(outside):
    right = await interactivity_check(outside, SecretStr(SIGNING_SECRET))
    assert right.ok
    assert "press a button" in right.message
    other = await interactivity_check(outside, SecretStr(secrets.token_hex(16)))
    assert not other.ok
    assert "Signing Secret" in other.message
    assert SIGNING_SECRET not in other.message


@pytest.mark.usefixtures("workspace")
async def test_a_receiver_that_can_start_no_run_says_what_is_missing(receiver, prefect_api, monkeypatch):
    monkeypatch.setenv(ADDRESS, receiver(prefect_api, deployment="onboarding/not-deployed").url)
    monkeypatch.setenv(TOKEN, THE_TOKEN)
    ready, *others = await receiver_checks()
    assert not ready.ok
    assert "Prefect has no deployment onboarding/not-deployed" in ready.message
    assert "lifecycle bootstrap" in ready.message
    assert [(check.name, check.ok) for check in others] == [("outbound messages", True), ("interactivity", True)]


async def test_no_receiver_is_one_error_with_its_address(monkeypatch):
    monkeypatch.setenv(ADDRESS, "http://127.0.0.1:9")
    (check,) = await receiver_checks()
    assert not check.ok
    assert "http://127.0.0.1:9" in check.message
    assert ADDRESS in check.message


async def test_another_server_at_the_address_is_an_error(monkeypatch, prefect_api):
    monkeypatch.setenv(ADDRESS, prefect_api.removesuffix("/api"))
    checks = await receiver_checks()
    assert checks
    assert not any(check.ok for check in checks)
