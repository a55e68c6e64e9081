"""A message whose thread or channel is gone still reaches somebody (PUB-7, REC-3)."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from pydantic import SecretStr
from slack_sdk import WebClient

from blocks.common.errors import VendorRefused
from blocks.slack.block import SlackClient
from tasks.slack.delivery import Message, deliver, keep
from tests.support.sandbox import start_sandbox

SALES, OPS = "#sales", "#cs-operations"
_numbers = count(1)


@pytest.fixture(scope="module")
def workspace():
    with start_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(workspace):
    yield SlackClient(SecretStr(workspace.credentials.slack_token), f"{workspace.url}/slack/api", 10)
    workspace.clear_faults()


def message(channel=SALES, **fields):
    return Message(channel, f"key-{next(_numbers)}", "Hello", **fields)


def sent(workspace, key):
    """Channel, thread and text of every message with this key."""
    return [
        (channel["name"], one["thread_ts"], one["text"])
        for channel in workspace.state("slack")["channels"]
        for one in channel["messages"]
        if one["metadata"]["event_payload"]["key"] == key
    ]


def gone(workspace, **fault):
    """A channel that somebody archived, or from which the app was removed."""
    name = f"channel-{next(_numbers)}"
    workspace.seed(slack={"channels": [{"name": name, **fault}]})
    return f"#{name}"


@pytest.mark.parametrize("oldest", [None, 0.0])
def test_pub_7_a_reply_to_a_deleted_message_is_a_message_of_its_own_in_the_channel(workspace, client, oldest):
    reply = message(thread_ts="1.000001")
    posted, is_new = deliver(client, reply, OPS, oldest=oldest)
    assert is_new
    assert sent(workspace, reply.key) == [("sales", None, "Hello")]
    assert deliver(client, reply, OPS, oldest=0.0) == (posted, False)


@pytest.mark.parametrize("fault", [{"is_archived": True}, {"is_member": False}, None], ids=str)
@pytest.mark.parametrize("thread_ts", [None, "1.000001"])
@pytest.mark.parametrize("oldest", [None, 0.0])
def test_rec_3_what_a_channel_does_not_take_goes_to_cs_operations_with_the_reason(
    workspace, client, fault, thread_ts, oldest
):
    channel = gone(workspace, **fault) if fault else "#never-made"
    lost = message(channel, thread_ts=thread_ts)
    posted, _ = deliver(client, lost, OPS, oldest=oldest)
    ((where, thread, text),) = sent(workspace, lost.key)
    assert (where, thread) == ("cs-operations", None)
    assert f"This message belongs in the channel {channel}" in text
    assert text.endswith("Hello")
    assert deliver(client, lost, OPS, oldest=0.0) == (posted, False)


def test_rec_3_the_reason_stands_over_the_blocks_too(workspace, client):
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "Question"}}
    lost = message(gone(workspace, is_archived=True), blocks=[block])
    posted, _ = deliver(client, lost, OPS, oldest=None)
    channel = next(one for one in workspace.state("slack")["channels"] if one["id"] == posted.channel)
    (found,) = [one for one in channel["messages"] if one["ts"] == posted.ts]
    assert "This message belongs in" in found["blocks"][0]["text"]["text"]
    assert found["blocks"][1]["text"]["text"] == "Question"


def test_rec_3_where_cs_operations_cannot_be_reached_either_slack_s_refusal_is_told(workspace, client):
    fallback = gone(workspace, is_archived=True)
    with pytest.raises(VendorRefused, match="is_archived"):
        deliver(client, message(gone(workspace, is_member=False)), fallback, oldest=None)


def test_rec_3_a_refusal_for_another_reason_is_not_sent_elsewhere(workspace, client):
    workspace.fault("slack", "error", path="chat.postMessage", status=200, code="msg_too_long")
    lost = message()
    with pytest.raises(VendorRefused, match="msg_too_long"):
        deliver(client, lost, OPS, oldest=None)
    assert sent(workspace, lost.key) == []


def test_pub_7_what_stands_where_it_belongs_is_found_and_not_posted_again(workspace, client):
    one, since = message(), datetime.now(UTC).timestamp() - 3600
    posted, _ = deliver(client, one, OPS, oldest=None)
    assert deliver(client, one, OPS, oldest=since) == (posted, False)
    assert len(sent(workspace, one.key)) == 1


def test_rec_3_a_message_that_grows_is_there_once_with_its_newest_content(workspace, client):
    first = message(OPS, blocks=[{"type": "divider"}])
    posted, is_new = keep(client, first, None, oldest=0.0)
    assert is_new
    # A process that was killed after the post does not know the place; the next one adds what has come since.
    assert keep(client, replace(first, text="Two"), None, oldest=0.0) == (posted, False)
    assert keep(client, replace(first, text="Three"), posted, oldest=0.0) == (posted, False)
    assert sent(workspace, first.key) == [("cs-operations", None, "Three")]


def test_rec_3_a_message_that_somebody_deleted_is_posted_again(workspace, client):
    first = message(OPS, blocks=[{"type": "divider"}])
    posted, _ = keep(client, first, None, oldest=0.0)
    slack = WebClient(workspace.credentials.slack_token, base_url=f"{workspace.url}/slack/api/")
    slack.chat_delete(channel=posted.channel, ts=posted.ts)
    again, is_new = keep(client, replace(first, text="Again"), posted, oldest=0.0)
    assert (is_new, again.ts != posted.ts) == (True, True)
    assert sent(workspace, first.key) == [("cs-operations", None, "Again")]


def test_rec_3_a_refusal_of_another_kind_is_raised(workspace, client):
    first = message(OPS, blocks=[{"type": "divider"}])
    posted, _ = keep(client, first, None, oldest=0.0)
    workspace.fault("slack", "error", path="chat.update", status=200, code="invalid_blocks", times=9)
    with pytest.raises(VendorRefused, match="invalid_blocks"):
        keep(client, first, posted, oldest=0.0)
