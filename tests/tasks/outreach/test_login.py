"""One login for many processes (TRN-3): the refresh token is used up once, and nobody is locked out."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from prefect.logging import disable_run_logger

from blocks.common.errors import CredentialsRejected, VendorUnavailable
from blocks.common.load_block import stored
from blocks.outreach.block import OutreachApp
from deployments.provisioning.sandbox_blocks import with_last_login
from tasks.health.connection_checks import outreach_checks
from tasks.outreach.login import access_token, keep_outreach_login, outreach
from tests.support import stored_blocks
from tests.support.sandbox import start_sandbox
from tests.tasks.outreach_org import app_of, journal, run

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_api")]

ROOT = Path(__file__).parents[3]
PROCESSES = 4


@pytest.fixture(autouse=True)
def no_run_logger():
    """These tests ask for a token outside a run."""
    with disable_run_logger():
        yield


def logins(sandbox):
    return [one["status"] for one in journal(sandbox, "POST", "/oauth/token")]


def wait_for_a_login(sandbox):
    until = time.monotonic() + 20
    while not logins(sandbox):
        assert time.monotonic() < until


async def ada():
    user = await (await outreach()).user_by_email("ada@seller.example")
    return user.id


async def test_the_first_who_needs_a_token_logs_in_and_stores_it_for_the_others(outreach_org):
    assert [await ada() for _ in range(3)] == [1, 1, 1]
    assert logins(outreach_org) == [200]
    kept = await stored(OutreachApp, "default")
    assert kept.token() == await access_token()
    assert kept.refresh_token.get_secret_value() != outreach_org.credentials.outreach_refresh_token
    assert kept.client_secret.get_secret_value() == outreach_org.credentials.outreach_client_secret
    assert "users.read" in kept.scopes


@pytest.mark.long
async def test_of_many_processes_at_once_one_logs_in_and_nobody_is_locked_out(outreach_org):
    command = [sys.executable, "-m", "tests.tasks.outreach_process"]
    pipes = {"stdin": PIPE, "stdout": PIPE}
    processes = [await asyncio.create_subprocess_exec(*command, cwd=ROOT, **pipes) for _ in range(PROCESSES)]
    async with asyncio.timeout(150):
        assert [await process.stdout.readline() for process in processes] == [b"ready\n"] * PROCESSES
        told = await asyncio.gather(*(process.communicate(b"\n") for process in processes))
    assert [out for out, _ in told] == [b"ada@seller.example\n"] * PROCESSES
    assert logins(outreach_org) == [200]


async def test_of_many_at_once_in_one_process_one_logs_in(outreach_org):
    assert await asyncio.gather(*(ada() for _ in range(8))) == [1] * 8
    assert logins(outreach_org) == [200]


async def test_a_token_that_is_about_to_end_is_replaced_with_the_refresh_token_of_the_last_login(outreach_org):
    outreach_org.behaviour(outreach_token_seconds=0, outreach_access_seconds=30)
    for _ in range(3):
        assert await ada() == 1
    assert logins(outreach_org) == [200, 200, 200]


async def test_a_token_that_is_refused_is_replaced_and_the_call_made_again(outreach_org):
    outreach_org.behaviour(outreach_token_seconds=0)
    assert await ada() == 1
    outreach_org.fault("outreach", "expired_session", path="/users")
    assert await ada() == 1
    assert logins(outreach_org) == [200, 200]


async def test_of_several_whose_token_is_refused_one_logs_in(outreach_org):
    outreach_org.behaviour(outreach_token_seconds=0)
    refused = await access_token()
    given = {token.get_secret_value() for token in await asyncio.gather(*(access_token(refused) for _ in range(5)))}
    assert (len(given), refused.get_secret_value() in given) == (1, False)
    assert logins(outreach_org) == [200, 200]


@pytest.mark.usefixtures("outreach_org")
async def test_a_login_too_soon_after_the_last_one_says_when_to_come_again():
    refused = await access_token()
    with pytest.raises(VendorUnavailable) as told:
        await access_token(refused)
    assert 50 <= told.value.retry_after <= 60
    assert await access_token() == refused


async def test_a_pair_that_was_lost_is_told_with_what_the_engineer_must_do_and_a_new_one_is_taken(outreach_org):
    outreach_org.behaviour(outreach_token_seconds=0)
    outreach_org.fault("outreach", "drop_after", path="/oauth/token")
    with pytest.raises(VendorUnavailable):
        await access_token()
    with pytest.raises(
        CredentialsRejected, match="authorize the app in Outreach again: run `lifecycle authorize outreach`"
    ) as told:
        await access_token()
    assert outreach_org.credentials.outreach_refresh_token not in str(told.value)
    outreach_org.reset("empty")  # takes the first token again, as if it were that of a new authorization
    assert await access_token()


async def test_who_stops_waiting_leaves_a_login_that_was_begun_to_its_end(outreach_org):
    outreach_org.fault("outreach", "slow", path="/oauth/token", seconds=0.3)
    waiting = asyncio.ensure_future(access_token())
    await asyncio.to_thread(wait_for_a_login, outreach_org)
    waiting.cancel()
    assert await ada() == 1
    assert waiting.cancelled()
    assert logins(outreach_org) == [200]


async def test_who_needs_a_token_while_somebody_logs_in_waits_for_that_login(outreach_org):
    outreach_org.fault("outreach", "slow", path="/oauth/token", seconds=0.3)
    first = asyncio.ensure_future(access_token())
    await asyncio.to_thread(wait_for_a_login, outreach_org)
    assert await access_token() == await first
    assert await ada() == 1
    assert logins(outreach_org) == [200]


async def test_other_fields_of_the_block_that_were_edited_meanwhile_stay_as_they_are(outreach_org):
    app = await stored(OutreachApp, "default")
    await stored_blocks.save(app_of(outreach_org, redirect_uri="https://edited/"))
    await app.keep(await app.log_in())
    assert (await stored(OutreachApp, "default")).redirect_uri == "https://edited/"


async def test_the_login_is_kept_alive_by_a_step_that_does_nothing_while_it_is(outreach_org):
    for _ in range(2):
        await run(keep_outreach_login)
    assert logins(outreach_org) == [200]


async def test_a_check_logs_in_and_finds_every_scope(outreach_org):
    checks = await outreach_checks()
    assert [check.message for check in checks if not check.ok] == []
    assert {"connection", "scope sequenceStates.write"} <= {check.name for check in checks}
    assert logins(outreach_org) == [200]


async def test_a_check_tells_what_a_lost_pair_needs(outreach_org):
    await (await stored(OutreachApp, "default")).log_in()
    (check,) = await outreach_checks()
    assert (check.ok, "authorize the app in Outreach again" in check.message) == (False, True)
    assert outreach_org.credentials.outreach_client_secret not in check.message


async def test_bootstrap_keeps_the_tokens_of_a_stand_in_that_runs(outreach_org):
    await access_token()
    kept = await with_last_login(app_of(outreach_org, timeout_seconds=9))
    assert (kept.token(), kept.timeout_seconds) == (await access_token(), 9)
    elsewhere = app_of(outreach_org, base_url="http://127.0.0.1:1/outreach/api/v2")
    assert await with_last_login(elsewhere) == elsewhere


@pytest.mark.usefixtures("outreach_org")
async def test_bootstrap_begins_anew_with_a_stand_in_to_which_nobody_has_logged_in():
    with start_sandbox() as another:
        await stored_blocks.save(app_of(another, refresh_token="of a stand-in that is gone"))
        first = app_of(another)
        assert await with_last_login(first) == first
