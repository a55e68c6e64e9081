"""Prefect is down, or takes connections and never answers: each delivery is refused in time, with when to repeat."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from tests.support.ports import free_port
from tests.webhooks.conftest import Receiver
from tests.webhooks.messages import callout, changed, new_id, sale
from tests.webhooks.serving import Salesforce
from webhooks.common.breaker import OPEN_AFTER, PROBE_EVERY, CircuitBreaker

pytestmark = pytest.mark.processes

DELIVERIES = 40
PATIENCE = 2.0
SECONDS = 15.0
"""The bound for all at once: the patience of one, the rest for a busy machine. One after the other took 40 s."""


@asynccontextmanager
async def silent() -> AsyncIterator[str]:
    """A server that takes every connection and never answers."""
    over = asyncio.Event()

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}/api"
    finally:
        over.set()
        server.close()


@asynccontextmanager
async def absent() -> AsyncIterator[str]:
    """An address where nobody listens."""
    yield f"http://127.0.0.1:{free_port()}/api"


def deliveries(salesforce: Salesforce) -> list[Awaitable[httpx.Response]]:
    """Of every kind, in turns."""
    kinds: list[Callable[[], Awaitable[httpx.Response]]] = [
        lambda: salesforce.outbound(sale(new_id())),
        lambda: salesforce.outbound(changed("Contract", new_id("800"))),
        lambda: salesforce.outbound(changed("Opportunity", *(new_id() for _ in range(100)))),
        lambda: salesforce.callout(callout("Contact", new_id("003"))),
    ]
    return [kinds[number % len(kinds)]() for number in range(DELIVERIES)]


@pytest.mark.parametrize("prefect", [absent, silent])
async def test_forty_deliveries_at_once_are_all_refused_in_time(
    receiver: Receiver, prefect: Callable[[], AbstractAsyncContextManager[str]]
) -> None:
    async with prefect() as url:
        salesforce = receiver(url, patience=PATIENCE)
        begun = time.monotonic()
        answers = await asyncio.gather(*deliveries(salesforce))
        seconds = time.monotonic() - begun
        again = time.monotonic()
        more = await asyncio.gather(*deliveries(salesforce))
        seconds_again = time.monotonic() - again
    assert Counter(each.status_code for each in answers + more) == {503: 2 * DELIVERIES}
    assert all(each.headers["Retry-After"].isdigit() for each in answers + more)
    assert seconds < SECONDS
    assert seconds_again < SECONDS


@pytest.mark.parametrize("prefect", [absent, silent])
async def test_ready_says_what_is_missing_and_health_does_not_ask(
    receiver: Receiver, prefect: Callable[[], AbstractAsyncContextManager[str]]
) -> None:
    async with prefect() as url:
        alone = receiver(url)
        begun = time.monotonic()
        answers = await asyncio.gather(*(alone.client.get(f"{alone.url}/ready") for _ in range(50)))
        assert time.monotonic() - begun < SECONDS
        healthy = await alone.client.get(f"{alone.url}/health")
    assert {each.status_code for each in answers} == {503}
    assert "Retry-After" in answers[0].headers
    (missing,) = answers[0].json()["missing"]
    assert missing["what"] == "Prefect does not answer"
    assert "PREFECT_API_URL" in missing["action"]
    assert healthy.json() == {"status": "alive"}


@dataclass
class Clock:
    """Seconds that pass when told."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_breaker_opens_after_a_while_without_an_answer_and_lets_probes_through() -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock)
    breaker.record_silence(clock.now)
    assert breaker.allows_call()
    clock.now += OPEN_AFTER
    breaker.record_silence(clock.now)
    assert breaker.is_open
    assert [breaker.allows_call() for _ in range(3)] == [True, False, False]
    clock.now += PROBE_EVERY
    assert [breaker.allows_call() for _ in range(3)] == [True, False, False]
    breaker.record_answer()
    assert [breaker.allows_call() for _ in range(3)] == [True] * 3


def test_an_answer_between_failures_keeps_the_breaker_closed() -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock)
    for _ in range(5):
        breaker.record_silence(clock.now)
        clock.now += OPEN_AFTER / 2
        breaker.record_answer()
    assert not breaker.is_open
