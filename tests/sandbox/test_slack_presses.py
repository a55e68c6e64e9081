"""Pressed buttons, as an app of the test's own hears of them (contracts 4.3), and what it answers."""

from dataclasses import replace

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from tests.sandbox.slack_app import actions, button, listening

NO_ANSWER = "This app did not respond"
KEY = {"event_type": "question", "event_payload": {"key": "q1"}}


@pytest.fixture
def app(stand_in):
    with listening(stand_in) as app:
        yield app


@pytest.fixture
def question(slack):
    return slack.chat_postMessage(channel="#sales", text="?", blocks=actions(button(value="v1")), metadata=KEY)


def channel(sandbox, name="sales"):
    return next(one for one in sandbox.state("slack")["channels"] if one["name"] == name)


def test_a_press_is_told_to_the_app_signed_with_the_message_it_belongs_to(app, pat, slack):
    parent = slack.chat_postMessage(channel="#sales", text="Sold")["ts"]
    cancel = button("cancel", "Cancel", value="v2", style="danger")
    posted = slack.chat_postMessage(
        channel="#sales",
        text="?",
        thread_ts=parent,
        blocks=actions(button(value="v1"), cancel, block_id="answer"),
        metadata=KEY,
    )
    assert pat.press(posted, "cancel").status_code == 303
    (told,) = app.payloads
    assert told["type"] == "block_actions"
    assert told["user"] == {"id": pat.id, "username": "pat", "name": "pat", "team_id": told["team"]["id"]}
    assert told["channel"] == {"id": posted["channel"], "name": "sales"}
    assert (told["container"]["message_ts"], told["container"]["thread_ts"]) == (posted["ts"], parent)
    (action,) = told["actions"]
    assert float(action.pop("action_ts")) > float(posted["ts"])
    assert action == {**cancel, "block_id": "answer"}
    _, shown = slack.conversations_replies(channel=posted["channel"], ts=parent, include_all_metadata=True)["messages"]
    assert told["message"] == shown
    assert told["message"]["metadata"] == KEY
    assert told["trigger_id"]


def test_two_presses_are_two_words_to_the_app(app, pat, question):
    pat.press(question)
    pat.press(question)
    first, second = app.payloads
    assert first["actions"][0]["action_ts"] < second["actions"][0]["action_ts"]
    assert first["response_url"] != second["response_url"]


def test_a_button_beside_a_text_is_pressed_too_and_one_without_an_id_is_given_one(app, pat, slack):
    text = {"type": "mrkdwn", "text": "Open?"}
    blocks = [{"type": "section", "text": text, "accessory": button()}, *actions(button() | {"action_id": ""})]
    posted = slack.chat_postMessage(channel="#sales", text="?", blocks=blocks)
    given = pat.sees(posted["channel"]).rsplit("name='action_id' value='", 1)[1].split("'")[0]
    for action_id in ("check", given):
        assert pat.press(posted, action_id).status_code == 303
    assert [told["actions"][0]["action_id"] for told in app.payloads] == ["check", given]


@pytest.mark.parametrize("changed", [{"ts": "1.000001"}, {"channel": "C404"}, {"ts": "x"}])
def test_what_is_not_there_cannot_be_pressed(app, pat, question, changed):
    assert pat.press({"channel": question["channel"], "ts": question["ts"], **changed}).status_code == 404
    assert pat.press(question, "another").status_code == 404
    assert app.payloads == []


def test_nobody_presses_who_is_not_there(stand_in, app, pat, question):
    left = {"email": "gone@acme.example", "name": "Gone", "deleted": True}
    for user in ("U404", "", *stand_in.seed(slack={"members": [left]})["slack"]["members"]):
        assert replace(pat, id=user).press(question).status_code == 404
    assert app.payloads == []


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_app_that_refuses_is_a_warning_to_the_one_who_pressed_and_to_no_other(app, pat, sam, question, status):
    app.status = status
    pat.press(question)
    assert NO_ANSWER in pat.sees(question["channel"])
    assert NO_ANSWER not in sam.sees(question["channel"])


def test_the_warning_is_gone_once_the_app_takes_a_press(app, pat, question):
    app.status = 500
    pat.press(question)
    app.status = 200
    pat.press(question)
    assert NO_ANSWER not in pat.sees(question["channel"])


def test_an_app_is_waited_for_no_longer_than_three_seconds(app, pat, question):
    app.held.clear()
    answer = pat.press(question)
    assert answer.status_code == 303
    assert 2.5 < answer.elapsed.total_seconds() < 4.5
    assert NO_ANSWER in pat.sees(question["channel"])


def test_an_app_that_is_not_there_is_a_warning_too(stand_in, pat, question):
    stand_in.behaviour(interactions_url="http://127.0.0.1:9/slack/interactions")
    assert pat.press(question).status_code == 303
    assert NO_ANSWER in pat.sees(question["channel"])


def test_the_page_says_so_when_nothing_listens(stand_in, pat, question):
    assert "Nothing listens" in pat.sees(question["channel"])
    assert pat.press(question).status_code == 303
    assert "role='alert'>⚠️ Nothing listens" in pat.sees(question["channel"])
    stand_in.behaviour(interactions_url="http://127.0.0.1:9/slack/interactions")
    pat.press(question)
    assert "Nothing listens" not in pat.sees(question["channel"])


def test_an_answer_is_seen_by_the_one_who_pressed_alone(stand_in, app, pat, sam, question):
    pat.press(question)
    answer = WebhookClient(app.payloads[0]["response_url"]).send(text="Noted", response_type="ephemeral")
    assert (answer.status_code, answer.body) == (200, "ok")
    kept = channel(stand_in)
    ((told),) = kept["ephemeral"]
    assert (told["user"], told["text"], told["thread_ts"]) == (pat.id, "Noted", None)
    assert float(told["ts"]) > float(question["ts"])
    assert [one["text"] for one in kept["messages"]] == ["?"]
    assert "Noted" in pat.sees(question["channel"])
    assert "Only visible to you" in pat.sees(question["channel"])
    assert "Noted" not in sam.sees(question["channel"])


def test_an_answer_to_all_is_a_message_in_the_thread_that_is_named(app, pat, question, slack):
    pat.press(question)
    answer = {"text": "Done", "response_type": "in_channel", "thread_ts": question["ts"]}
    WebhookClient(app.payloads[0]["response_url"]).send_dict(answer)
    thread = slack.conversations_replies(channel=question["channel"], ts=question["ts"])["messages"]
    assert [one["text"] for one in thread] == ["?", "Done"]


def test_the_message_of_the_button_is_replaced_then_deleted_and_then_there_is_none(stand_in, app, pat, question, slack):
    pat.press(question)
    answering = WebhookClient(app.payloads[0]["response_url"])
    answering.send(text="Answered by Pat", replace_original=True)
    (message,) = slack.conversations_history(channel=question["channel"])["messages"]
    assert (message["ts"], message["text"], message["blocks"]) == (question["ts"], "Answered by Pat", [])
    answering.send(delete_original=True)
    assert channel(stand_in)["messages"] == []
    assert answering.send(text="again", replace_original=True).status_code == 400


def test_an_address_takes_five_answers_and_no_sixth(stand_in, app, pat, question):
    pat.press(question)
    answering = WebhookClient(app.payloads[0]["response_url"])
    refused = answering.send(response_type="ephemeral")
    assert (refused.status_code, '"no_text"' in refused.body) == (400, True)
    assert [answering.send(text=f"{n}").status_code for n in range(6)] == [200] * 5 + [404]
    assert httpx.post(answering.url, json={"text": "x"}).json() == {"ok": False, "error": "used_url"}
    assert len(channel(stand_in)["ephemeral"]) == 5


def test_an_address_is_of_use_for_half_an_hour_and_a_guessed_one_never(stand_in, app, pat, question):
    pat.press(question)
    url = app.payloads[0]["response_url"]
    stand_in.clock("2099-01-01")
    for asked in (url, f"{stand_in.url}/slack/response/guessed"):
        answer = httpx.post(asked, json={"text": "x"})
        assert (answer.status_code, answer.json()) == (404, {"ok": False, "error": "expired_url"})
    assert channel(stand_in)["ephemeral"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"style": "loud"},
        {"value": "x" * 2001},
        {"value": 5},
        {"action_id": "x" * 256},
        {"text": {"type": "mrkdwn", "text": "x"}},
        {"text": {"type": "plain_text", "text": "x" * 76}},
        {"text": {"type": "plain_text", "text": ""}},
        {"confirm": {"title": {"type": "plain_text", "text": "Sure?"}}},
        {"confirm": "Sure?"},
    ],
)
def test_a_button_that_slack_would_refuse_is_refused(slack, wrong):
    with pytest.raises(SlackApiError) as refused:
        slack.chat_postMessage(channel="#sales", text="?", blocks=actions(button() | wrong))
    assert refused.value.response["error"] == "invalid_blocks"


def test_two_buttons_of_a_block_have_two_ids(slack):
    with pytest.raises(SlackApiError) as refused:
        slack.chat_postMessage(channel="#sales", text="?", blocks=actions(button(), button()))
    assert refused.value.response["error"] == "invalid_blocks"


def test_a_button_may_say_as_much_as_fits(slack):
    texts = {part: {"type": "plain_text", "text": "x" * 30} for part in ("title", "text", "confirm", "deny")}
    longest = button("x" * 255, "x" * 75, value="x" * 2000, confirm=texts)
    assert slack.chat_postMessage(channel="#sales", text="?", blocks=actions(longest))["ok"]


def test_one_who_has_left_is_not_found_by_address_and_not_spoken_to(stand_in, slack, pat):
    left = {"email": "PAT@acme.example", "name": "Pat Lee", "deleted": True}
    assert stand_in.seed(slack={"members": [left]})["slack"]["members"] == [pat.id]
    for call, given, error in (
        (slack.users_lookupByEmail, {"email": "pat@acme.example"}, "users_not_found"),
        (slack.conversations_open, {"users": pat.id}, "user_disabled"),
    ):
        with pytest.raises(SlackApiError) as refused:
            call(**given)
        assert refused.value.response["error"] == error
    assert slack.users_info(user=pat.id)["user"]["deleted"] is True
