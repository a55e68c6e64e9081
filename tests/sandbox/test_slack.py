import json

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

KEY = {"event_type": "onboarding_announced", "event_payload": {"key": "006"}}


@pytest.fixture
def sales(slack: WebClient) -> str:
    channels = slack.conversations_list()["channels"]
    return next(channel["id"] for channel in channels if channel["name"] == "sales")


def refusal(call, *args: object, **arguments: object) -> str:
    with pytest.raises(SlackApiError) as refused:
        call(*args, **arguments)
    return str(refused.value.response["error"])


def test_the_bot_learns_who_it_is_and_what_it_may(slack):
    answer = slack.auth_test()
    assert answer["ok"] is True
    assert answer["user_id"].startswith("U")
    scopes = answer.headers["x-oauth-scopes"].split(",")
    assert {"chat:write", "channels:history", "users:read.email"} <= set(scopes)


@pytest.mark.parametrize(("token", "error"), [("wrong", "invalid_auth"), ("", "not_authed")])
def test_a_wrong_token_is_refused(stand_in, token, error):
    assert refusal(WebClient(token, base_url=f"{stand_in.url}/api/").auth_test) == error


def test_the_workspace_has_its_two_channels(slack):
    channels = slack.conversations_list()["channels"]
    assert {channel["name"] for channel in channels} == {"sales", "cs-operations"}
    assert all(channel["id"].startswith("C") and channel["is_member"] for channel in channels)
    assert slack.conversations_info(channel=channels[0]["id"])["channel"]["name"] == channels[0]["name"]


@pytest.mark.parametrize("by", ["id", "#sales", "sales"])
def test_a_message_is_posted_to_a_channels_id_or_name(stand_in, slack, sales, by):
    posted = slack.chat_postMessage(channel=sales if by == "id" else by, text="Hello")
    assert posted["channel"] == sales
    assert posted["message"]["text"] == "Hello"
    (message,) = stand_in.state("slack")["channels"][0]["messages"]
    assert (message["ts"], message["thread_ts"], message["text"]) == (posted["ts"], None, "Hello")
    assert [entry["path"] for entry in stand_in.effects("slack")] == ["/api/chat.postMessage"]


def test_every_ts_is_a_text_and_later_than_the_one_before(slack, sales):
    stamps = [slack.chat_postMessage(channel=sales, text="x")["ts"] for _ in range(20)]
    assert all(isinstance(ts, str) and len(ts.partition(".")[2]) == 6 for ts in stamps)
    assert sorted(set(stamps), key=lambda ts: tuple(map(int, ts.split(".")))) == stamps


def test_metadata_is_told_only_when_it_is_asked_for(slack, sales):
    slack.chat_postMessage(channel=sales, text="x", metadata=KEY)
    (without,) = slack.conversations_history(channel=sales)["messages"]
    (with_it,) = slack.conversations_history(channel=sales, include_all_metadata=True)["messages"]
    assert "metadata" not in without
    assert with_it["metadata"] == KEY


def test_history_is_newest_first_between_two_times_and_in_pages(slack, sales):
    stamps = [slack.chat_postMessage(channel=sales, text=str(n))["ts"] for n in range(5)]

    def texts(**arguments: object) -> list[str]:
        messages = slack.conversations_history(channel=sales, **arguments)["messages"]
        return [message["text"] for message in messages]

    assert texts() == ["4", "3", "2", "1", "0"]
    assert texts(oldest=stamps[1], latest=stamps[3]) == ["2"]
    assert texts(oldest=stamps[1], latest=stamps[3], inclusive=True) == ["3", "2", "1"]
    first = slack.conversations_history(channel=sales, limit=2)
    assert (first["has_more"], [one["text"] for one in first["messages"]]) == (True, ["4", "3"])
    assert texts(limit=3, cursor=first["response_metadata"]["next_cursor"]) == ["2", "1", "0"]
    pages = slack.conversations_history(channel=sales, limit=2)
    assert [one["text"] for page in pages for one in page["messages"]] == ["4", "3", "2", "1", "0"]


def test_a_reply_is_in_its_thread_and_not_in_the_channels_history(slack, sales):
    parent = slack.chat_postMessage(channel=sales, text="Sold")["ts"]
    reply = slack.chat_postMessage(channel=sales, text="Question", thread_ts=parent, metadata=KEY)["ts"]
    (shown,) = slack.conversations_history(channel=sales)["messages"]
    assert (shown["ts"], shown["reply_count"], shown["latest_reply"]) == (parent, 1, reply)
    thread = slack.conversations_replies(channel=sales, ts=parent, include_all_metadata=True)["messages"]
    assert [message["text"] for message in thread] == ["Sold", "Question"]
    assert thread[1]["metadata"] == KEY


def test_a_message_is_changed_and_the_same_change_changes_nothing(stand_in, slack, sales):
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "*Sold*"}}]
    ts = slack.chat_postMessage(channel=sales, text="Sold", blocks=blocks)["ts"]
    for _ in range(2):
        slack.chat_update(channel=sales, ts=ts, text="Live")
    (message,) = slack.conversations_history(channel=sales)["messages"]
    assert (message["text"], message["blocks"]) == ("Live", [])
    assert len(stand_in.effects("slack")) == 2


def test_a_form_is_read_as_json_is(stand_in, client, sales):
    form = {"channel": sales, "text": "x", "metadata": json.dumps(KEY), "blocks": '[{"type":"divider"}]'}
    headers = {"Authorization": f"Bearer {stand_in.credentials.slack_token}"}
    answer = client.post(f"{stand_in.url}/slack/api/chat.postMessage", data=form, headers=headers)
    assert answer.json()["ok"] is True
    (message,) = stand_in.state("slack")["channels"][0]["messages"]
    assert (message["metadata"], message["blocks"]) == (KEY, [{"type": "divider"}])


def section(length: int) -> dict[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}


@pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing")
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C404", "text": "x"}, "channel_not_found"),
        ({"channel": "#nowhere", "text": "x"}, "channel_not_found"),
        ({"channel": "#sales"}, "no_text"),
        ({"channel": "#sales", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "#sales", "text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"channel": "#sales", "text": "x", "blocks": [{"type": "hologram"}]}, "invalid_blocks"),
        ({"channel": "#sales", "text": "x", "blocks": [section(3001)]}, "invalid_blocks"),
        ({"channel": "#sales", "text": "x", "blocks": [section(0)]}, "invalid_blocks"),
        ({"channel": "#sales", "text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"channel": "#sales", "text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"channel": "#sales", "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel": "#archive", "text": "x"}, "is_archived"),
        ({"channel": "#private-club", "text": "x"}, "not_in_channel"),
    ],
)
def test_what_cannot_be_posted_is_refused_by_name(stand_in, slack, arguments, error):
    stand_in.seed(
        slack={
            "channels": [
                {"name": "archive", "is_archived": True},
                {"name": "private-club", "is_member": False},
            ]
        }
    )
    assert refusal(slack.chat_postMessage, **arguments) == error
    assert stand_in.effects("slack") == []


def test_the_longest_message_that_fits_is_posted(stand_in, slack, sales):
    slack.chat_postMessage(channel=sales, text="x" * 40_000, blocks=[section(3000)] * 50)
    assert len(stand_in.effects("slack")) == 1


def test_what_does_not_exist_is_refused_by_name(slack, sales):
    assert refusal(slack.chat_update, channel=sales, ts="1.000001", text="x") == "message_not_found"
    assert refusal(slack.conversations_replies, channel=sales, ts="1.000001") == "thread_not_found"
    assert refusal(slack.conversations_info, channel="C404") == "channel_not_found"
    assert refusal(slack.conversations_history, channel="C404") == "channel_not_found"
    assert refusal(slack.conversations_history, channel=sales, cursor="x") == "invalid_cursor"
    assert refusal(slack.users_lookupByEmail, email="nobody@x.org") == "users_not_found"
    assert refusal(slack.users_info, user="U404") == "user_not_found"
    assert refusal(slack.conversations_open, users="U404") == "user_not_found"
    assert refusal(slack.api_call, "chat.shout") == "unknown_method"


def test_a_member_is_found_by_address_and_spoken_to_directly(stand_in, slack):
    (user,) = stand_in.seed(slack={"members": [{"email": "pat@acme.example", "name": "Pat Lee"}]})["slack"]["members"]
    found = slack.users_lookupByEmail(email="PAT@acme.example")["user"]
    assert (found["id"], found["real_name"]) == (user, "Pat Lee")
    assert slack.users_info(user=user)["user"]["profile"]["email"] == "pat@acme.example"
    opened = slack.conversations_open(users=user)["channel"]["id"]
    assert opened.startswith("D")
    assert slack.conversations_open(users=[user])["channel"]["id"] == opened
    assert slack.chat_postMessage(channel=opened, text="Hello")["channel"] == opened
    paths = [entry["path"] for entry in stand_in.effects("slack")]
    assert paths == ["/api/conversations.open", "/api/chat.postMessage"]


def test_an_address_has_one_member_however_often_it_is_added(stand_in):
    one = {"email": "pat@acme.example", "name": "Pat Lee"}
    first, second = stand_in.seed(slack={"members": [one, one | {"email": "Pat@acme.example"}]})["slack"]["members"]
    assert first == second


def test_a_file_is_uploaded_and_shared_by_the_client(stand_in, slack, sales):
    shared = slack.files_upload_v2(channel=sales, content="a,b\n1,2\n", filename="plan.csv", title="Plan")
    (file,) = stand_in.state("slack")["files"]
    assert (file["name"], file["title"], file["received"], file["shared_in"]) == ("plan.csv", "Plan", 8, sales)
    assert shared["files"][0]["id"] == file["id"]


def test_too_many_requests_are_told_when_to_come_again(stand_in, slack, sales):
    stand_in.fault("slack", "rate_limit")
    with pytest.raises(SlackApiError) as refused:
        slack.chat_postMessage(channel=sales, text="x")
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"].isdecimal()
    assert refused.value.response["error"] == "ratelimited"
    assert stand_in.effects("slack") == []


def test_a_deleted_message_is_gone_and_its_thread_with_it(slack, sales):
    ts = slack.chat_postMessage(channel=sales, text="x")["ts"]
    slack.chat_postMessage(channel=sales, text="reply", thread_ts=ts)
    slack.chat_delete(channel=sales, ts=ts)
    assert refusal(slack.conversations_replies, channel=sales, ts=ts) == "thread_not_found"
    assert refusal(slack.chat_postMessage, channel=sales, text="x", thread_ts=ts) == "thread_not_found"
    assert refusal(slack.chat_update, channel=sales, ts=ts, text="y") == "message_not_found"
    assert refusal(slack.chat_delete, channel=sales, ts=ts) == "message_not_found"


def test_nothing_is_posted_to_a_channel_that_was_archived_or_left(stand_in, slack):
    ids = stand_in.seed(slack={"channels": [{"name": "old"}, {"name": "left"}]})["slack"]["channels"]
    slack.conversations_archive(channel=ids[0])
    slack.conversations_leave(channel=ids[1])
    assert refusal(slack.chat_postMessage, channel=ids[0], text="x") == "is_archived"
    assert refusal(slack.chat_postMessage, channel=ids[1], text="x") == "not_in_channel"
    assert refusal(slack.conversations_archive, channel=ids[0]) == "already_archived"
    assert slack.conversations_leave(channel=ids[1])["not_in_channel"] is True
