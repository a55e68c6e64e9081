"""Deliveries that are refused: a 4xx with a short reason, and not one call to Prefect."""

import asyncio
import hashlib
import hmac
import json
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tests.webhooks.conftest import Receiver
from tests.webhooks.messages import message, new_id, notification, sale
from tests.webhooks.serving import BadLine, Salesforce, Serving
from webhooks.common.guards import read_body
from webhooks.common.metrics import Metrics
from webhooks.common.observed import observed

NOWHERE = "http://127.0.0.1:9/api"
HMAC_SECRET = "a secret of the signing Apex class"
MEGABYTE = 1_048_576
FIRST = "006000000000001AAA"


@pytest.fixture(scope="module")
def untouched() -> BadLine:
    """A Prefect that must not be called."""
    return BadLine(NOWHERE)


@pytest.fixture(autouse=True)
def nothing_reached_prefect(untouched: BadLine) -> Iterator[None]:
    yield
    assert untouched.calls() == []


@pytest.fixture(scope="module")
def strict(receiver: Receiver, untouched: BadLine) -> Iterator[Salesforce]:
    with Serving(untouched.app()) as prefect:
        yield receiver(prefect.url, action_ids="04k000000000001", hmac_secret=HMAC_SECRET, body_seconds=0.3)


@pytest.fixture(scope="module")
def unsigned(receiver: Receiver, untouched: BadLine) -> Iterator[Salesforce]:
    with Serving(untouched.app()) as prefect:
        yield receiver(prefect.url)


def assert_refused(answer: httpx.Response, status: int, reason: str) -> None:
    assert answer.status_code == status
    error = answer.json()["error"]
    assert reason in error
    assert len(error) <= 300
    assert "<Ack>" not in answer.text


@pytest.mark.parametrize("token", ["wrong", "x" * 200, "%C3%A9%00", "..%2e", "token-token-token-token-token"])
async def test_a_wrong_token_is_refused(strict: Salesforce, token: str) -> None:
    assert_refused(await strict.outbound(sale(FIRST), token=token), 403, "unknown address")


async def test_a_token_in_the_wrong_case_is_refused(strict: Salesforce) -> None:
    assert_refused(await strict.outbound(sale(FIRST), token=strict.token.swapcase()), 403, "unknown address")


async def test_another_organization_is_refused(strict: Salesforce) -> None:
    body = message([notification(FIRST)], organization="00D000000000002EAA")
    assert_refused(await strict.outbound(body), 403, "organization")


async def test_an_action_that_is_not_listed_is_refused(strict: Salesforce) -> None:
    body = message([notification(FIRST)], action="04k000000000002AAA")
    assert_refused(await strict.outbound(body), 403, "action")


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", ""])
async def test_a_message_that_does_not_say_it_is_xml_is_refused(strict: Salesforce, kind: str) -> None:
    assert_refused(await strict.outbound(sale(FIRST), Content_Type=kind), 415, "text/xml")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"not xml", "not well-formed"),
        (message([notification(FIRST)], head='<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'), "DTD"),
        (message([notification("500000000000001AAA", kind="Case")]), "not accepted"),
        (message([notification(new_id()) for _ in range(101)]), "101"),
        (message([*(notification(new_id()) for _ in range(99)), notification("006bad")]), "Id"),
        (sale("006" + "A" * 5000), "Id"),
    ],
    ids=["not XML", "DTD", "other type", "101 notifications", "one bad id among 100", "endless id"],
)
async def test_a_message_that_is_not_right_is_refused_as_a_whole(strict: Salesforce, body: bytes, reason: str) -> None:
    assert_refused(await strict.outbound(body), 400, reason)


async def test_a_body_of_more_than_a_megabyte_is_refused(strict: Salesforce) -> None:
    assert_refused(await strict.outbound(sale(FIRST) + b" " * MEGABYTE), 413, str(MEGABYTE))


async def chunks(body: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


async def test_a_body_that_turns_out_too_large_is_refused(strict: Salesforce) -> None:
    assert_refused(await strict.outbound(chunks(sale(FIRST) + b" " * MEGABYTE)), 413, str(MEGABYTE))


async def test_the_body_of_a_sender_who_may_not_deliver_is_not_kept() -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b" " * MEGABYTE, "more_body": False}

    def refuse() -> None:
        raise HTTPException(403, "unknown address")

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    tracemalloc.start()
    try:
        with pytest.raises(HTTPException, match="unknown address"):
            await read_body(request, 8 * MEGABYTE, 5, refuse)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1.5 * MEGABYTE


async def raw_lines(salesforce: Salesforce, *lines: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = salesforce.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /salesforce/outbound-messages/{salesforce.token} HTTP/1.1",
        f"Host: {host}",
        *lines,
        "",
        "",
    )
    writer.write("\r\n".join(head).encode())
    await writer.drain()
    return reader, writer


async def test_a_sender_of_an_endless_body_is_cut_off(strict: Salesforce) -> None:
    _, writer = await raw_lines(strict, "Content-Type: text/xml", "Transfer-Encoding: chunked")

    async def send_for_long() -> None:
        for _ in range(2000):
            writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            await writer.drain()

    with pytest.raises(ConnectionError):
        await send_for_long()


async def test_a_sender_who_does_not_send_the_body_is_not_waited_for(strict: Salesforce) -> None:
    reader, writer = await raw_lines(strict, "Content-Type: text/xml", "Content-Length: 500")
    assert b" 408 " in await asyncio.wait_for(reader.readline(), 10)
    writer.close()


EVENT = {"object": "Opportunity", "id": FIRST, "event_id": "e-1"}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic dXNlcjpwYXNz", "Bearer é"])
async def test_a_callout_without_the_bearer_token_is_refused(unsigned: Salesforce, header: str) -> None:
    body = json.dumps(EVENT).encode()
    headers = {b"Content-Type": b"application/json", b"Authorization": header.encode("latin-1")}
    answer = await unsigned.client.post(f"{unsigned.url}/salesforce/events", content=body, headers=headers)
    assert_refused(answer, 401, "bearer")


async def test_the_bearer_token_under_another_scheme_is_refused(unsigned: Salesforce) -> None:
    answer = await unsigned.callout(json.dumps(EVENT).encode(), Authorization=f"Basic {unsigned.bearer}")
    assert_refused(answer, 401, "bearer")


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (b"not json", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"[]", "object"),
        (b"null", "object"),
        ({"object": "Opportunity", "id": FIRST}, "event_id"),
        (EVENT | {"event_id": ""}, "event_id"),
        (EVENT | {"event_id": "e" * 201}, "event_id"),
        (EVENT | {"event_id": "e\0"}, "event_id"),
        (EVENT | {"StageName": "Closed Won"}, "StageName"),
        (EVENT | {"id": 6}, "id"),
        (EVENT | {"id": "001000000000001AAA"}, "006"),
        (EVENT | {"id": "006000000000001AAB"}, "id"),
        (EVENT | {"id": "006"}, "id"),
        (EVENT | {"object": "Case"}, "Opportunity, Contract, Contact, Account"),
        (EVENT | {"object": "opportunity"}, "Opportunity, Contract, Contact, Account"),
        (EVENT | {"object": "Contract"}, "800"),
        (EVENT | {"object": "Contact"}, "003"),
        (EVENT | {"object": "Account"}, "001"),
    ],
)
async def test_a_callout_that_is_not_right_is_refused(unsigned: Salesforce, event: object, reason: str) -> None:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    assert_refused(await unsigned.callout(body), 400, reason)


async def test_a_callout_that_does_not_say_it_is_json_is_refused(unsigned: Salesforce) -> None:
    answer = await unsigned.callout(json.dumps(EVENT).encode(), Content_Type="text/xml")
    assert_refused(answer, 415, "application/json")


async def test_a_callout_of_more_than_a_megabyte_is_refused(unsigned: Salesforce) -> None:
    assert_refused(await unsigned.callout(json.dumps(EVENT).encode() + b" " * MEGABYTE), 413, str(MEGABYTE))


def signed(body: bytes, secret: str, timestamp: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("age", [-400, 400])
async def test_a_signature_of_another_time_is_refused(strict: Salesforce, age: int) -> None:
    body, then = json.dumps(EVENT).encode(), str(int(time.time()) - age)
    answer = await strict.callout(body, X_Timestamp=then, X_Signature=signed(body, HMAC_SECRET, then))
    assert_refused(answer, 401, "X-Timestamp")


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1e9", "9" * 30])
async def test_a_timestamp_that_is_no_number_of_seconds_is_refused(strict: Salesforce, timestamp: str) -> None:
    body = json.dumps(EVENT).encode()
    answer = await strict.callout(body, X_Timestamp=timestamp, X_Signature=signed(body, HMAC_SECRET, timestamp))
    assert_refused(answer, 401, "X-Timestamp")


async def test_a_signature_of_another_body_secret_or_time_is_refused(strict: Salesforce) -> None:
    body, now = json.dumps(EVENT).encode(), str(int(time.time()))
    for wrong in (
        signed(body + b" ", HMAC_SECRET, now),
        signed(body, "another secret of the same kind", now),
        signed(body, HMAC_SECRET, str(int(now) - 1)),
        signed(body, HMAC_SECRET, now).removeprefix("sha256="),
        "",
    ):
        assert_refused(await strict.callout(body, X_Timestamp=now, X_Signature=wrong), 401, "X-Signature")


@pytest.mark.parametrize("path", ["/slack", "/slack/commands", "/", "/salesforce", "/docs"])
async def test_other_routes_do_not_exist(unsigned: Salesforce, path: str) -> None:
    assert_refused(await unsigned.client.post(unsigned.url + path), 404, "Not Found")


async def test_a_delivery_must_be_posted(unsigned: Salesforce) -> None:
    assert_refused(await unsigned.client.get(f"{unsigned.url}/salesforce/events"), 405, "Method Not Allowed")


async def test_refusals_are_counted_by_route_and_status(receiver: Receiver) -> None:
    salesforce = receiver(NOWHERE)
    await salesforce.outbound(b"not xml")
    numbers = (await salesforce.client.get(f"{salesforce.url}/metrics")).text
    route = 'route="/salesforce/outbound-messages/{token}"'
    assert f'receiver_deliveries_failed_total{{{route},status="400"}} 1.0' in numbers
    assert salesforce.token not in numbers


async def test_what_nobody_foresaw_is_a_failed_delivery_with_a_reference(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(_: Request) -> Response:
        raise RuntimeError("nobody foresaw this")

    answer = await observed("/broken", broken, Metrics())(Request({"type": "http", "method": "POST"}))
    assert answer.status_code == 503
    reference = json.loads(bytes(answer.body))["error"].rpartition(" ")[2]
    (record,) = (each for each in caplog.records if each.exc_info)
    assert record.__dict__["reference"] == reference
    assert "nobody foresaw this" in str(record.exc_info)
