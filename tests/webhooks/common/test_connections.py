"""Senders who open connections and send little or nothing: they are cut off, and keep nobody out."""

import asyncio
import resource
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import ClassVar

import httpx
import pytest

from tests.webhooks.conftest import Receiver
from tests.webhooks.messages import sale
from tests.webhooks.serving import Salesforce, Serving
from webhooks.app import create_app
from webhooks.common.connections import MAX_HEAD_BYTES, GuardedProtocol, server_config
from webhooks.common.settings import Settings

pytestmark = pytest.mark.processes

NOWHERE = "http://127.0.0.1:9/api"
HALF_OPEN = 520
"""More than the receiver lets be open."""
SLOW = b"POST /salesforce/events HTTP/1.1\r\nHost: receiver\r\n"

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Hasty(GuardedProtocol):
    """Cuts off early."""

    head_seconds: ClassVar[float] = 0.4
    body_seconds: ClassVar[float] = 0.8


@pytest.fixture(scope="module")
def salesforce(receiver: Receiver) -> Salesforce:
    """A receiver whose Prefect does not answer."""
    return receiver(NOWHERE, patience=1.0)


@pytest.fixture(scope="module")
def hasty() -> Iterator[str]:
    settings = Settings(token="t" * 24, bearer="b" * 24, organization_id="00D000000000001")
    app = create_app(settings)
    config = server_config(app, Hasty, timeout_graceful_shutdown=1)
    with Serving(app, config=config) as serving:
        yield serving.url


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def end_of(reader: asyncio.StreamReader) -> bytes:
    """Everything that comes until the receiver ends the connection."""
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""


async def half_open(stack: AsyncExitStack, url: str, first: bytes) -> list[Connection]:
    connections = [await stack.enter_async_context(connected(url)) for _ in range(HALF_OPEN)]
    for _, writer in connections:
        writer.write(first)
    return connections


@pytest.fixture(autouse=True, scope="module")
def enough_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * HALF_OPEN
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


@pytest.mark.parametrize(
    "first", [b"", SLOW, SLOW + b"Content-Length: 500\r\n\r\n<"], ids=["silent", "headers", "body"]
)
async def test_half_open_connections_keep_no_good_delivery_out(salesforce: Salesforce, first: bytes) -> None:
    async with AsyncExitStack() as stack:
        await half_open(stack, salesforce.url, first)
        async with httpx.AsyncClient(timeout=5) as sender:
            begun = time.monotonic()
            deliveries = [Salesforce(salesforce.url, "wrong" * 6, "", sender).outbound(sale("006000000000001"))] * 1
            answers = [await each for each in deliveries]
            healthy = await sender.get(f"{salesforce.url}/health")
            seconds = time.monotonic() - begun
    assert [each.status_code for each in answers] == [403]
    assert healthy.json() == {"status": "alive"}
    assert seconds < 3


@pytest.mark.parametrize("first", [b"", SLOW], ids=["nothing", "no end of the headers"])
async def test_who_does_not_send_the_headers_is_cut_off(hasty: str, first: bytes) -> None:
    async with connected(hasty) as (reader, writer):
        writer.write(first)
        assert await end_of(reader) == b""


@pytest.mark.parametrize("head", [SLOW, SLOW + b"Content-Length: 500\r\n\r\n"], ids=["headers", "body"])
async def test_a_drip_of_bytes_wins_no_time(hasty: str, head: bytes) -> None:
    async with connected(hasty) as (reader, writer):
        writer.write(head)
        begun = time.monotonic()
        ended = asyncio.ensure_future(end_of(reader))
        while not ended.done():
            writer.write(b"x")
            await asyncio.wait([ended], timeout=0.05)
            assert time.monotonic() - begun < 8
    assert b"200" not in await ended


async def test_a_drip_after_the_answer_wins_no_time_either(hasty: str) -> None:
    async with connected(hasty) as (reader, writer):
        writer.write(b"POST /nowhere HTTP/1.1\r\nHost: receiver\r\nContent-Length: 500\r\n\r\n")
        begun = time.monotonic()
        assert b" 404 " in await reader.readline()
        ended = asyncio.ensure_future(end_of(reader))
        while not ended.done():
            writer.write(b"x")
            await asyncio.wait([ended], timeout=0.05)
            assert time.monotonic() - begun < 8


async def test_several_requests_by_one_connection_are_answered(hasty: str) -> None:
    async with httpx.AsyncClient(base_url=hasty) as sender:
        for _ in range(3):
            assert (await sender.get("/health")).status_code == 200


async def test_endless_headers_are_refused(hasty: str) -> None:
    async with connected(hasty) as (reader, writer):
        writer.write(b"GET /health HTTP/1.1\r\n" + b"X-A: b\r\n" * (MAX_HEAD_BYTES // 4))
        answer = await end_of(reader)
    assert answer == b"" or b" 400 " in answer


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /salesforce/outbound-messages/%ff%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /salesforce/outbound-messages/%ff%00%0a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        b"POST /salesforce/events/ HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n",
        b"GET //evil.example/%2e%2e HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET /health HTTP/9.9\r\n\r\n",
        b"FROB /slack/events HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /salesforce/events HTTP/1.1\r\nHost: a\r\nAuthorization: \xe9\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_whatever_is_sent_there_is_no_500_and_no_redirect(hasty: str, sent: bytes) -> None:
    async with connected(hasty) as (reader, writer):
        writer.write(sent)
        answer = await end_of(reader)
    status = int(answer.split(b" ", 2)[1]) if answer else 400
    assert status == 200 or 400 <= status < 500
    assert b"evil" not in answer.lower()
