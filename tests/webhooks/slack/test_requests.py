"""What comes to Slack's addresses and is no press of a button of ours: forged, malformed, old, or another's."""

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.webhooks.conftest import SIGNING_SECRET, Receiver
from tests.webhooks.prefect_side import PrefectSide
from tests.webhooks.serving import BadLine, Salesforce, Serving
from tests.webhooks.slack_side import FORM, Slack, press_of, signature, value

pytestmark = pytest.mark.flows

RUN = "5d2f0c6e-0a5b-4c57-9d0e-6f4d1f0f5a11"
PATHS = ["/slack/interactions", "/slack/events"]
BLOCK = "block_documents"


@pytest.fixture(autouse=True)
def nothing_was_answered(watched: BadLine) -> Iterator[None]:
    """Whatever is sent here, no run is read, written or woken."""
    yield
    assert [call for call in watched.calls() if BLOCK not in call] == []


@pytest.fixture(scope="module")
def watched(prefect_api: str) -> BadLine:
    return BadLine(prefect_api)


@pytest.fixture(scope="module")
def slack(watched: BadLine, slack_receiver: Any) -> Iterator[Slack]:
    with Serving(watched.app()) as prefect_line:
        yield slack_receiver(prefect_line.url, body_seconds=0.3)


def form(payload: Any) -> bytes:
    return urlencode({"payload": payload if isinstance(payload, str) else json.dumps(payload)}).encode()


OURS = form(press_of(value(RUN)))


def assert_refused(answer: httpx.Response, status: int, reason: str) -> None:
    assert answer.status_code == status
    assert reason in answer.json()["error"]
    assert len(answer.json()["error"]) <= 300


@pytest.mark.parametrize("path", PATHS)
async def test_a_wrong_signature_is_refused(slack: Slack, path: str) -> None:
    now = str(int(time.time()))
    for wrong in (
        signature("another secret", now, OURS),
        signature(SIGNING_SECRET, str(int(now) - 1), OURS),
        signature(SIGNING_SECRET, now, OURS + b"&"),
        signature(SIGNING_SECRET, now, OURS).removeprefix("v0="),
        signature(SIGNING_SECRET, now, OURS).upper(),
        "v0=",
        "",
        "é",
    ):
        headers = {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": wrong.encode("latin-1"), "Content-Type": FORM}
        assert_refused(
            await slack.client.post(slack.url + path, content=OURS, headers=headers), 401, "X-Slack-Signature"
        )


@pytest.mark.parametrize("missing", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
async def test_a_request_without_a_signature_is_refused(slack: Slack, missing: str) -> None:
    now = str(int(time.time()))
    headers = {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": signature(SIGNING_SECRET, now, OURS)}
    del headers[missing]
    answer = await slack.client.post(slack.url + PATHS[0], content=OURS, headers=headers | {"Content-Type": FORM})
    assert_refused(answer, 401, "X-Slack-Signature")


@pytest.mark.parametrize("age", [-400, 301, 400, 86400])
async def test_a_signature_of_another_time_is_refused(slack: Slack, age: int) -> None:
    then = str(int(time.time()) - age)
    headers = {"X_Slack_Request_Timestamp": then, "X_Slack_Signature": signature(SIGNING_SECRET, then, OURS)}
    assert_refused(await slack.send(OURS, **headers), 401, "X-Slack-Signature")


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1e9", "9" * 30, "9" * 400, "9" * 5000, "٣"])
async def test_a_timestamp_that_is_no_number_of_seconds_is_refused(slack: Slack, timestamp: str) -> None:
    headers = {
        "Content-Type": FORM.encode(),
        "X-Slack-Request-Timestamp": timestamp.encode(),
        "X-Slack-Signature": signature(SIGNING_SECRET, timestamp, OURS).encode(),
    }
    answer = await slack.client.post(slack.url + PATHS[0], content=OURS, headers=headers)
    assert_refused(answer, 401, "X-Slack-Signature")


async def test_a_body_that_is_no_text_is_refused(slack: Slack) -> None:
    assert_refused(await slack.send(b"payload=\xff\xfe"), 401, "X-Slack-Signature")


HEADERS = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"])).map(lambda text: text.strip(" \xa0"))


@pytest.mark.long
@given(
    body=st.binary(max_size=200) | st.just(OURS),
    timestamp=HEADERS | st.integers().map(str),
    signed=HEADERS | HEADERS.map("v0={}".format),
    path=st.sampled_from(PATHS),
)
@settings(max_examples=100)
async def test_no_request_that_slack_did_not_sign_is_taken(
    slack: Slack, body: bytes, timestamp: str, signed: str, path: str
) -> None:
    now = str(int(time.time()))
    for stamp in (timestamp, now):
        headers = {
            "Content-Type": FORM.encode(),
            "X-Slack-Request-Timestamp": stamp.encode("latin-1"),
            "X-Slack-Signature": signed.encode("latin-1"),
        }
        answer = await slack.client.post(slack.url + path, content=body, headers=headers)
        assert_refused(answer, 401, "X-Slack-Signature")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
FOR_ANOTHER = value(RUN, may=["U999"])
FIELDS = ["type", "user", "channel", "message", "actions", "response_url"]


@given(field=st.sampled_from(FIELDS), value=JSON)
async def test_a_press_with_any_one_field_wrong_is_refused_or_not_ours(slack: Slack, field: str, value: Any) -> None:
    answer = await slack.interact(press_of(FOR_ANOTHER) | {field: value})
    if isinstance(value, str) and field == "type":
        assert answer.status_code == 200
    elif not (isinstance(value, str) and field == "response_url"):
        assert_refused(answer, 400, field)


@given(body=st.binary(max_size=300), path=st.sampled_from(PATHS))
async def test_whatever_slack_signs_is_answered_and_nothing_unreadable_is_taken(
    slack: Slack, body: bytes, path: str
) -> None:
    kind = FORM if path == PATHS[0] else "application/json"
    answer = await slack.send(body, path=path, Content_Type=kind)
    assert answer.status_code in (400, 401)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "0 fields named payload"),
        (b"other=1", "0 fields named payload"),
        (OURS + b"&" + OURS, "2 fields named payload"),
        (b"&".join([b"a=1"] * 50), "form"),
        (b"payload=%ff", "form"),
        (form("not json"), "JSON"),
        (form(""), "JSON"),
        (form("[" * 10_000), "JSON"),
        (form('{"type": "\\ud800"}'), "JSON"),
        (form([]), "object"),
        (form({"type": 1}), "type"),
        (form(press_of(value(RUN)) | {"actions": []}), "actions"),
        (form(press_of(value(RUN)) | {"user": {"name": "pat"}}), "user.id"),
        (form(press_of(value(RUN)) | {"user": {"id": 5}}), "user.id"),
        (form(press_of(value(RUN)) | {"message": None}), "message"),
        (form(press_of(value(RUN)) | {"channel": {"id": "C" * 300}}), "channel.id"),
        (form(press_of(value(RUN)) | {"response_url": 5}), "response_url"),
    ],
)
async def test_an_interaction_that_is_not_right_is_refused(slack: Slack, body: bytes, reason: str) -> None:
    assert_refused(await slack.send(body), 400, reason)


@pytest.mark.parametrize(
    "button",
    [
        None,
        "",
        "approve",
        "{}",
        "[]",
        value("5"),
        value(RUN, "Approve"),
        value(RUN, may="U1"),
        value(RUN, may=[1]),
        value(RUN, more="1"),
        value(RUN, topic=None),
        json.dumps({"run": RUN}),
    ],
)
async def test_a_button_that_is_not_ours_is_left_alone(slack: Slack, button: str | None) -> None:
    answer = await slack.interact(press_of(button))
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("kind", ["view_submission", "shortcut", "message_action", "block_suggestion"])
async def test_another_kind_of_interaction_is_left_alone(slack: Slack, kind: str) -> None:
    assert (await slack.interact({"type": kind, "user": {"id": "U1"}})).status_code == 200


async def test_the_other_buttons_of_other_views_are_left_alone(slack: Slack) -> None:
    home = press_of("theirs")
    for part in ("channel", "message", "response_url"):
        del home[part]
    assert (await slack.interact(home)).status_code == 200


async def test_slack_proves_our_address_by_a_challenge(slack: Slack) -> None:
    answer = await slack.event({"token": "t", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"})
    assert_refused(answer, 400, "type")
    answer = await slack.event({"token": "t", "challenge": "3eZbrw1aB", "type": "url_verification"})
    assert (answer.status_code, answer.json()) == (200, {"challenge": "3eZbrw1aB"})


async def test_an_event_is_noted_and_counted(slack: Slack, watched: BadLine) -> None:
    event = {"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_mention"}}
    before = await numbers(slack, watched)
    answer = await slack.event(event)
    assert (answer.status_code, answer.content) == (200, b"")
    assert noted(await numbers(slack, watched)) == noted(before) + 1


async def numbers(slack: Slack, watched: BadLine) -> str:
    """The metrics; they say whether the receiver is ready, and what that costs is forgotten."""
    count = len(watched.requests)
    text = (await slack.client.get(f"{slack.url}/metrics")).text
    del watched.requests[count:]
    return text


def noted(numbers: str) -> float:
    start = 'receiver_notifications_total{object="Slack",outcome="noted"} '
    return sum(float(line.removeprefix(start)) for line in numbers.splitlines() if line.startswith(start))


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (b"not json", "JSON"),
        (b"[]", "object"),
        ({}, "type"),
        ({"type": "app_rate_limited"}, "type"),
        ({"type": "url_verification"}, "challenge"),
        ({"type": "url_verification", "challenge": 5}, "challenge"),
        ({"type": "url_verification", "challenge": "x" * 5000}, "challenge"),
    ],
)
async def test_an_event_that_is_not_right_is_refused(slack: Slack, event: object, reason: str) -> None:
    assert_refused(await slack.event(event), 400, reason)


async def test_what_does_not_say_that_it_is_a_form_or_json_is_refused(slack: Slack) -> None:
    assert_refused(await slack.send(OURS, Content_Type="application/json"), 415, FORM)
    assert_refused(await slack.send(b"{}", path=PATHS[1], Content_Type=FORM), 415, "application/json")


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_of_more_than_a_megabyte_is_refused(slack: Slack, path: str) -> None:
    assert_refused(await slack.send(OURS + b" " * 1_048_576, path=path), 413, "1048576")


async def test_a_form_may_be_encoded_in_any_way(slack: Slack) -> None:
    payload = json.dumps(press_of("theirs", label="Größe 本"), ensure_ascii=False)
    assert (await slack.send(f"a=1&payload={quote_plus(payload)}".encode())).status_code == 200
    assert (
        await slack.send(f"payload={quote_plus(payload)}".encode(), Content_Type=f"{FORM}; charset=utf-8")
    ).is_success


@pytest.mark.parametrize("path", PATHS)
async def test_slacks_addresses_must_be_posted_to(slack: Slack, path: str) -> None:
    assert_refused(await slack.client.get(slack.url + path), 405, "Method Not Allowed")


async def test_forged_requests_cost_prefect_next_to_nothing(
    receiver: Receiver, prefect: PrefectSide, line: BadLine
) -> None:
    with Serving(line.app()) as prefect_line:
        salesforce: Salesforce = receiver(prefect_line.url, deployment=prefect.deployment)
        for _ in range(50):
            headers = {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=" + "0" * 64}
            url = f"{salesforce.url}/slack/interactions"
            assert (await salesforce.client.post(url, content=OURS, headers=headers)).status_code in (401, 503)
    assert len(line.calls()) <= 2
