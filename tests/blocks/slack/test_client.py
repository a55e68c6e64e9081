"""What Slack would rarely say; its good answers are the sandbox's."""

import json
import logging

import pytest

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorRefused, VendorUnavailable
from blocks.slack.block import Posted
from tests.blocks import blocks
from tests.blocks.slack.responses import messages, refuses
from tests.blocks.vendor import Reply, says

POSTED = says({"ok": True, "channel": "C1", "ts": "1735689600.000100", "message": {}})


@pytest.fixture
def client(vendor, patience):
    return blocks.slack(f"{vendor.url}/api", timeout_seconds=patience).client()


def post(client):
    return client.post("#sales", "Acme is won", key="onboarding:006")


def test_a_post_carries_its_key_its_text_and_its_layout(vendor, client):
    vendor.will_say(POSTED)
    posted = client.post("#sales", "Acme is won", key="k", blocks=[{"type": "divider"}], thread_ts="1.2")
    assert (posted.channel, posted.ts) == ("C1", "1735689600.000100")
    (sent,) = vendor.received
    assert sent.path == "/api/chat.postMessage"
    assert sent.headers["Authorization"] == f"Bearer {blocks.SECRETS[5]}"
    assert json.loads(sent.body) == {
        "channel": "#sales",
        "text": "Acme is won",
        "blocks": [{"type": "divider"}],
        "thread_ts": "1.2",
        "metadata": {"event_type": "lifecycle", "event_payload": {"key": "k"}},
        "unfurl_links": False,
    }


@pytest.mark.parametrize(
    ("reply", "unclear"),
    [
        (Reply(drop=True), True),
        (Reply(hold=True), True),
        (Reply(200, b"{}", {"Content-Length": "50"}), True),
        (refuses("fatal_error"), True),
        (refuses("internal_error"), True),
        (Reply(500, b"<html>"), True),
        (refuses("anything", 503), True),
        (refuses("service_unavailable"), False),
    ],
)
def test_a_post_whose_answer_is_lost_is_never_repeated_by_itself(vendor, client, reply, unclear):
    vendor.will_say(reply)
    with pytest.raises(VendorUnavailable) as caught:
        post(client)
    assert caught.value.outcome_unknown is unclear
    assert len(vendor.received) == 1


def test_a_rate_limit_is_waited_for_and_the_post_made_once(vendor, client):
    vendor.will_say(says({"ok": False, "error": "ratelimited"}, 429, **{"Retry-After": "0"}), POSTED)
    assert post(client).channel == "C1"
    assert len(vendor.received) == 2


@pytest.mark.parametrize(
    ("asked", "wait"), [("31", 31.0), ("soon", None), ("Fri, 02 Jan 2015 03:04:05 GMT", 0.0), ("", None)]
)
def test_a_long_or_unreadable_rate_limit_is_left_to_the_caller(vendor, client, asked, wait):
    vendor.will_say(says({"ok": False, "error": "ratelimited"}, 429, **{"Retry-After": asked}))
    with pytest.raises(VendorUnavailable) as caught:
        post(client)
    assert (caught.value.retry_after, caught.value.outcome_unknown) == (wait, False)
    assert len(vendor.received) == 1


def test_a_rate_limit_that_goes_on_ends_after_two_repeats(vendor, client):
    vendor.will_say(says({"ok": False, "error": "ratelimited"}, 429, **{"Retry-After": "0"}))
    with pytest.raises(VendorUnavailable):
        post(client)
    assert len(vendor.received) == 3


def test_a_slack_that_cannot_be_reached_did_nothing(unused_tcp_port):
    with pytest.raises(VendorUnavailable, match="no connection") as caught:
        post(blocks.slack(f"http://127.0.0.1:{unused_tcp_port}").client())
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize(
    ("code", "error", "advice"),
    [
        ("invalid_auth", CredentialsRejected, "Bot Token"),
        ("token_revoked", CredentialsRejected, "Bot Token"),
        ("token_expired", CredentialsRejected, "Bot Token"),
        ("account_inactive", CredentialsRejected, "Bot Token"),
        ("missing_scope", CredentialsRejected, "chat:write"),
        ("channel_not_found", VendorRefused, "invite"),
        ("not_in_channel", VendorRefused, "/invite"),
        ("is_archived", VendorRefused, "archived"),
        ("brand_new_error", VendorRefused, "brand_new_error"),
    ],
)
def test_each_error_is_told_by_who_must_act(vendor, client, code, error, advice):
    vendor.will_say(refuses(code, needed="chat:write"))
    with pytest.raises(error, match=advice) as caught:
        post(client)
    assert (type(caught.value), caught.value.code) == (error, code)


THERE = Posted("C0123ABCD", "1735689600.000100")


def update(client):
    client.update(THERE, "All settled", key="k", blocks=[{"type": "divider"}])


def test_an_update_keeps_the_key_and_carries_text_and_layout(vendor, client):
    vendor.will_say(POSTED)
    update(client)
    (sent,) = vendor.received
    assert sent.path == "/api/chat.update"
    assert json.loads(sent.body) == {
        "channel": "C0123ABCD",
        "ts": "1735689600.000100",
        "text": "All settled",
        "blocks": [{"type": "divider"}],
        "metadata": {"event_type": "lifecycle", "event_payload": {"key": "k"}},
    }


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message", "edit_window_closed"])
def test_a_message_that_cannot_be_changed_any_more_is_told(vendor, client, code):
    vendor.will_say(refuses(code))
    with pytest.raises(VendorRefused, match=code):
        update(client)
    assert len(vendor.received) == 1


@pytest.mark.parametrize("reply", [Reply(drop=True), Reply(500, b"<html>"), refuses("internal_error")])
def test_an_update_whose_answer_is_lost_may_be_repeated_by_the_caller(vendor, client, reply):
    vendor.will_say(reply, POSTED)
    with pytest.raises(VendorUnavailable) as caught:
        update(client)
    assert caught.value.outcome_unknown
    update(client)
    first, second = vendor.received
    assert first.body == second.body


WRONG = [
    says({"ok": True}),
    says({"ok": True, "channel": 7, "ts": "1"}),
    says({"ok": True, "channel": "C1", "ts": None}),
    says({"ok": False}),
    says({"ok": False, "error": "<b>swordfish</b>"}),
    says({"ok": False, "error": ["x"]}),
    says([]),
    says(["ok"]),
    says(7),
    says(None),
    says("ok"),
    says({}),
    Reply(404, b"<html>"),
    Reply(200, b"<html>swordfish"),
    Reply(200, b'{"ok":true,"channel":"C1",'),
    Reply(200, b""),
    Reply(200, b"\xff"),
    Reply(200, b"[" * 100_000),
    Reply(200, b'{"a":' * 50_000),
    Reply(200, b"{}", {"Content-Type": "text/html; charset=nonsense"}),
    Reply(400, b"{}", {"Content-Type": "text/html; charset=nonsense"}),
    Reply(200, b"x", {"Content-Type": "application/gzip"}),
    Reply(302, b"", {"Location": "http://elsewhere.example/"}),
]


@pytest.mark.parametrize("reply", WRONG, ids=range(len(WRONG)))
def test_an_answer_that_is_not_slack_s_is_a_wrong_answer_and_is_quoted_nowhere(vendor, client, caplog, reply):
    vendor.will_say(reply)
    with caplog.at_level(logging.DEBUG), pytest.raises(UnexpectedResponse) as caught:
        post(client)
    assert "swordfish" not in f"{caught.value!r}{caught.value}{caplog.text}"
    assert len(vendor.received) == 1


def message(key, ts="1.000001"):
    return {"ts": ts, "text": "x", "metadata": {"event_type": "lifecycle", "event_payload": {"key": key}}}


def test_a_message_is_found_by_its_key_on_any_page(vendor, client):
    vendor.will_say(messages({"ts": "3.0"}, message("other"), cursor="next"), messages(message("k", "2.5")))
    posted = client.find("C0123ABCD", "k", oldest=1.5)
    assert (posted.channel, posted.ts) == ("C0123ABCD", "2.5")
    first = dict(pair.split("=") for pair in vendor.received[0].body.decode().split("&"))
    assert first == {"channel": "C0123ABCD", "oldest": "1.500000", "include_all_metadata": "1", "limit": "200"}
    assert "cursor=next" in vendor.received[1].body.decode()


@pytest.mark.parametrize(
    "odd",
    [
        {"metadata": None},
        {"metadata": {"event_payload": "k"}},
        {"metadata": {"event_payload": {"key": ["k"]}}},
        {"metadata": "k"},
    ],
)
def test_messages_without_our_key_are_passed_over(vendor, client, odd):
    vendor.will_say(messages({"ts": "1.0", **odd}))
    assert client.find("C0123ABCD", "k", oldest=0) is None


def test_a_search_without_end_is_told_rather_than_taken_for_not_found(vendor, client):
    vendor.will_say(messages({"ts": "1.0"}, cursor="again"))
    with pytest.raises(VendorRefused, match="more than 5000"):
        client.find("C0123ABCD", "k", oldest=0)


def test_an_answer_in_a_thread_is_looked_for_below_its_message(vendor, client):
    vendor.will_say(messages({"ts": "1.000001"}, cursor="next"), messages(message("k", "2.5")))
    posted = client.find("C0123ABCD", "k", oldest=1.5, thread_ts="1.000001")
    assert (posted.channel, posted.ts) == ("C0123ABCD", "2.5")
    assert [sent.path for sent in vendor.received] == ["/api/conversations.replies"] * 2
    first, second = (dict(pair.split("=") for pair in sent.body.decode().split("&")) for sent in vendor.received)
    assert first["ts"] == second["ts"] == "1.000001"
    assert (first["oldest"], first["include_all_metadata"], second["cursor"]) == ("1.500000", "1", "next")


def test_without_a_thread_only_the_channels_own_messages_are_looked_at(vendor, client):
    vendor.will_say(messages())
    assert client.find("C0123ABCD", "k", oldest=0) is None
    assert [sent.path for sent in vendor.received] == ["/api/conversations.history"]


def test_a_message_whose_thread_is_gone_is_refused_rather_than_taken_for_not_found(vendor, client):
    vendor.will_say(refuses("thread_not_found"))
    with pytest.raises(VendorRefused, match="thread_not_found"):
        client.find("C0123ABCD", "k", oldest=0, thread_ts="1.000001")


def test_a_named_channel_is_looked_up_before_its_messages(vendor, client):
    channels = says({"ok": True, "channels": [{"id": "C9", "name": "sales-eu"}, {"id": "C0123ABCD", "name": "sales"}]})
    vendor.will_say(channels, messages(message("k")))
    assert client.find("#sales", "k", oldest=0).channel == "C0123ABCD"
    vendor.will_say(channels)
    assert client.channel_id("#nowhere") is None


def test_nobody_with_the_address_is_none(vendor, client):
    vendor.will_say(refuses("users_not_found"))
    assert client.user_by_email("jane@x.org") is None
    vendor.will_say(says({"ok": True, "user": {"id": "U1"}}))
    assert client.user_by_email("jane@x.org") == "U1"


def test_proxies_of_the_environment_do_not_come_between_us_and_this_machine(vendor, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    vendor.will_say(POSTED)
    assert post(blocks.slack(vendor.url, token="of the proxy test").client()).channel == "C1"


async def test_the_check_names_missing_scopes_and_channels(vendor):
    vendor.will_say(
        says({"ok": True}, **{"x-oauth-scopes": "chat:write,channels:read,users:read"}),
        says({"ok": True, "channels": [{"id": "C0123ABCD", "name": "sales"}]}),
    )
    checks = await blocks.slack(vendor.url).check(["#sales", "#nowhere"])
    assert [check.name for check in checks if not check.ok] == [
        "scope channels:history",
        "scope users:read.email",
        "scope files:read",
        "scope files:write",
        "scope commands",
        "#nowhere",
    ]
