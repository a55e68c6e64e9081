"""The secret by which Slack's requests are known: kept in Prefect's block, and nowhere else."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from tests.support.ports import free_port
from tests.webhooks.clock import Clock
from tests.webhooks.conftest import SIGNING_SECRET, SlackReceiver, Workspace
from tests.webhooks.serving import BadLine, Fault, Serving
from tests.webhooks.slack_side import signature
from webhooks.common.errors import PrefectError, TransientError
from webhooks.runs.prefect_api import PrefectApi
from webhooks.slack.signing import RequestVerifier

pytestmark = pytest.mark.flows

NEW_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BODY = b"payload=1"
READING = "block_documents"
BLOCK = "slack-workspace/default"

Ask = Callable[[str], Awaitable[bool]]


@pytest.fixture
async def is_taken(line: BadLine, clock: Clock, workspace: Workspace) -> AsyncIterator[Ask]:
    """Whether a request signed with a secret is taken, by one receiver whose clock is ours."""
    await workspace(SIGNING_SECRET)
    with Serving(line.app()) as prefect_line:
        async with httpx.AsyncClient(base_url=prefect_line.url) as client:
            signing = RequestVerifier(PrefectApi(client, patience=1.0, at_once=2), clock)

            async def ask(secret: str) -> bool:
                try:
                    await signing.require(signed(secret), BODY)
                except HTTPException as refused:
                    return refused.status_code != 401
                return True

            yield ask
    await workspace(SIGNING_SECRET)


def signed(secret: str) -> Request:
    now = str(int(time.time()))
    headers = [(b"x-slack-request-timestamp", now.encode())]
    headers.append((b"x-slack-signature", signature(secret, now, BODY).encode()))
    return Request({"type": "http", "method": "POST", "headers": headers})


async def test_the_secret_is_read_once_a_minute(is_taken: Ask, line: BadLine, clock: Clock) -> None:
    for _ in range(3):
        assert await is_taken(SIGNING_SECRET)
    clock.now += 59
    assert await is_taken(SIGNING_SECRET)
    assert len(line.sent(READING)) == 1
    clock.now += 1
    assert await is_taken(SIGNING_SECRET)
    assert len(line.sent(READING)) == 2


async def test_a_new_secret_is_in_force_within_seconds_and_the_old_one_no_more(
    is_taken: Ask, clock: Clock, workspace: Workspace
) -> None:
    assert await is_taken(SIGNING_SECRET)
    await workspace(NEW_SECRET)
    clock.now += 5
    assert await is_taken(NEW_SECRET)
    assert not await is_taken(SIGNING_SECRET)


async def test_forged_signatures_make_the_secret_be_read_every_five_seconds_at_most(
    is_taken: Ask, line: BadLine, clock: Clock
) -> None:
    for _ in range(20):
        assert not await is_taken("forged")
    assert len(line.sent(READING)) == 1
    clock.now += 5
    for _ in range(20):
        assert not await is_taken("forged")
    assert len(line.sent(READING)) == 2


async def test_while_prefect_is_down_the_secret_known_before_is_good(
    is_taken: Ask, line: BadLine, clock: Clock
) -> None:
    assert await is_taken(SIGNING_SECRET)
    line.faults.append(Fault(READING, times=1000))
    clock.now += 3600
    assert await is_taken(SIGNING_SECRET)
    assert not await is_taken("forged")


async def test_while_prefect_is_down_and_no_secret_known_nothing_is_taken_and_it_is_asked_seldom(
    is_taken: Ask, line: BadLine, clock: Clock
) -> None:
    line.faults.append(Fault(READING, times=1000))
    with pytest.raises(TransientError):
        await is_taken(SIGNING_SECRET)
    asked = len(line.sent(READING))
    for _ in range(20):
        with pytest.raises(TransientError):
            await is_taken(SIGNING_SECRET)
    assert len(line.sent(READING)) == asked
    line.faults.clear()
    clock.now += 5
    assert await is_taken(SIGNING_SECRET)


async def test_a_block_that_does_not_exist_is_named_and_found_when_it_does(
    is_taken: Ask, line: BadLine, clock: Clock, workspace: Workspace
) -> None:
    await workspace(None)
    for _ in range(20):
        with pytest.raises(PrefectError, match=f"no block {BLOCK}: create it"):
            await is_taken(SIGNING_SECRET)
    assert len(line.sent(READING)) == 1
    await workspace(SIGNING_SECRET)
    clock.now += 5
    assert await is_taken(SIGNING_SECRET)


@pytest.mark.parametrize("secret", ["", "  "])
async def test_a_block_without_a_secret_is_named(is_taken: Ask, workspace: Workspace, secret: str) -> None:
    await workspace(secret)
    with pytest.raises(PrefectError, match=f"{BLOCK} has no signing secret"):
        await is_taken(secret)


async def test_slack_is_told_which_block_to_create(
    slack_receiver: SlackReceiver, prefect_api: str, workspace: Workspace
) -> None:
    await workspace(None)
    slack = slack_receiver(prefect_api)
    answer = await slack.press("{}")
    await workspace(SIGNING_SECRET)
    assert answer.status_code == 503
    assert f"no block {BLOCK}: create it" in answer.json()["error"]


async def test_slack_is_not_kept_waiting_when_prefect_does_not_answer(
    slack_receiver: SlackReceiver, line: BadLine
) -> None:
    nobody = slack_receiver(f"http://127.0.0.1:{free_port()}")
    line.faults.append(Fault(READING, times=1000, seconds=6))
    with Serving(line.app()) as prefect_line:
        for slack in (nobody, slack_receiver(prefect_line.url)):
            begun = time.monotonic()
            assert (await slack.press("{}")).status_code == 503
            assert time.monotonic() - begun < 3


async def test_the_secret_is_nowhere_to_be_seen(is_taken: Ask, caplog: pytest.LogCaptureFixture, line: BadLine) -> None:
    line.faults.append(Fault(READING, times=1, status=200, body='{"data": {"signing_secret": 5, "x": "v-e-i-l-e-d"}}'))
    with caplog.at_level("DEBUG"), pytest.raises(PrefectError) as wrong:
        await is_taken(SIGNING_SECRET)
    assert "v-e-i-l-e-d" not in f"{wrong.value!r} {wrong.value.__cause__!r} {caplog.text}"
