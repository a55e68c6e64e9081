"""Forms that an app shows in Slack: asked for by a shortcut, filled in by a member, told to the app."""

import json
from dataclasses import dataclass

import pytest
from slack_sdk.errors import SlackApiError

from sandbox.errors import Refused
from sandbox.slack.triggers import Triggers
from tests.sandbox.slack_app import form, hire, listening, plain, select, text_input
from tests.sandbox.slack_html import read

ASKING = form(
    {"type": "section", "text": {"type": "mrkdwn", "text": "*Fill in*"}},
    text_input("name", element={"max_length": 10, "placeholder": plain("Who")}, hint=plain("Your own")),
    select("action", "stay", "leave"),
    text_input("note", element={"multiline": True}, optional=True),
)


@pytest.fixture
def app(stand_in, slack):
    """An app that shows a form to whoever chooses its shortcut."""
    with listening(stand_in) as app:

        def reply(told):
            if told["type"] == "shortcut":
                slack.views_open(trigger_id=told["trigger_id"], view=ASKING)
            return b""

        app.reply = reply
        yield app


@pytest.fixture
def view(app, pat):  # noqa: ARG001 - the app shows it
    """The id of the form that is shown to Pat."""
    pat.choose()
    (shown,) = views(pat)
    return shown["id"]


def views(person):
    url = person.slack_url.removesuffix("/slack")
    return person.client.get(f"{url}/_control/state", params={"system": "slack"}).json()["views"]


def sales(slack):
    return slack.conversations_list()["channels"][0]["id"]


def answering(app, body):
    app.reply = lambda _: body if isinstance(body, bytes) else json.dumps(body).encode()


def shown(person, slack):
    """The form as the person sees it; None when there is none."""
    return read(person.sees(sales(slack)), "modal").find("dialog")


def test_a_shortcut_is_told_to_the_app_which_shows_its_form_to_that_member_alone(app, pat, sam, slack):
    assert pat.choose().status_code == 303
    (told,) = app.payloads
    assert (told["type"], told["callback_id"]) == ("shortcut", "publication_request")
    assert (told["user"]["id"], told["user"]["username"]) == (pat.id, "pat")
    assert told["action_ts"]
    assert told["trigger_id"]
    assert not {"channel", "message", "response_url"} & told.keys()
    (kept,) = views(pat)
    assert kept["user"] == pat.id
    assert kept["content"]["callback_id"] == "a-form"
    assert "A form" in "".join(shown(pat, slack).itertext())
    assert shown(sam, slack) is None


def test_the_form_has_a_field_for_each_input(view, pat, slack):
    dialog = shown(pat, slack)
    fields = {one.get("name"): one for tag in ("input", "select", "textarea") for one in dialog.iter(tag)}
    assert fields["view"].get("value") == view
    assert (fields["block:name"].get("maxlength"), fields["block:name"].get("placeholder")) == ("10", "Who")
    assert [one.get("value") for one in fields["block:action"].iter("option")] == ["", "stay", "leave"]
    assert fields["block:note"].tag == "textarea"
    assert fields["block:name"].get("required") is not None
    assert fields["block:note"].get("required") is None
    words = "".join(dialog.itertext())
    assert all(told in words for told in ("Fill in", "Your own", "(optional)", "Send", "Close"))


def test_what_is_entered_is_told_to_the_app_and_an_empty_answer_closes_the_form(app, view, pat, slack):
    assert pat.submit(view, name="Acme", action="leave", note="One\r\nTwo").status_code == 303
    told = app.payloads[-1]
    assert told["type"] == "view_submission"
    assert told["user"]["id"] == pat.id
    assert (told["view"]["id"], told["view"]["callback_id"]) == (view, "a-form")
    assert told["view"]["state"]["values"] == {
        "name": {"value": {"type": "plain_text_input", "value": "Acme"}},
        "action": {"value": {"type": "static_select", "selected_option": {"text": plain("Leave"), "value": "leave"}}},
        "note": {"value": {"type": "plain_text_input", "value": "One\nTwo"}},
    }
    assert views(pat) == []
    assert shown(pat, slack) is None
    assert pat.submit(view, name="Acme", action="leave").status_code == 404


def test_what_may_be_left_empty_is_told_as_nothing(app, view, pat):
    pat.submit(view, name="Acme", action="stay")
    assert app.payloads[-1]["view"]["state"]["values"]["note"]["value"]["value"] is None


@pytest.mark.parametrize(
    ("entered", "block"),
    [
        ({"action": "stay"}, "name"),
        ({"name": "Acme"}, "action"),
        ({"name": "Acme", "action": "never offered"}, "action"),
        ({"name": "x" * 11, "action": "stay"}, "name"),
    ],
)
def test_what_is_incomplete_is_not_told_to_the_app(app, view, pat, entered, block):
    pat.submit(view, **entered)
    (kept,) = views(pat)
    assert list(kept["errors"]) == [block]
    assert [told["type"] for told in app.payloads] == ["shortcut"]


def test_the_apps_errors_stand_at_their_fields_and_what_was_entered_stays(app, view, pat, slack):
    answering(app, {"response_action": "errors", "errors": {"name": "Nobody is called <so>."}})
    pat.submit(view, name="Acme", action="leave")
    dialog = shown(pat, slack)
    assert [one.text for one in dialog.iter("p") if one.get("role") == "alert"] == ["Nobody is called <so>."]
    fields = {one.get("name"): one for one in dialog.iter("input")}
    assert (fields["block:name"].get("value"), fields["block:name"].get("aria-invalid")) == ("Acme", "true")
    assert [one.get("value") for one in dialog.iter("option") if one.get("selected") is not None] == ["leave"]
    answering(app, b"")
    pat.submit(view, name="Acme", action="leave")
    assert [told["view"]["id"] for told in app.payloads[1:]] == [view, view]
    assert views(pat) == []


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        [],
        {"response_action": "update"},
        {"response_action": "errors"},
        {"response_action": "errors", "errors": {"elsewhere": "?"}},
    ],
)
def test_an_answer_that_slack_does_not_understand_leaves_the_form_open(app, view, pat, slack, body):
    answering(app, body)
    pat.submit(view, name="Acme", action="stay")
    assert "trouble connecting" in "".join(shown(pat, slack).itertext())


def test_an_app_that_does_not_take_the_form_leaves_it_open(app, view, pat, slack):
    app.status = 503
    pat.submit(view, name="Acme", action="stay")
    assert "trouble connecting" in "".join(shown(pat, slack).itertext())
    app.status = 200
    pat.submit(view, name="Acme", action="stay")
    assert shown(pat, slack) is None


def test_a_form_is_closed_without_a_word_to_the_app(app, view, pat):
    assert pat.close(view).status_code == 303
    assert views(pat) == []
    assert pat.close(view).status_code == 303
    assert [told["type"] for told in app.payloads] == ["shortcut"]


def test_an_app_that_does_not_take_a_shortcut_is_a_warning_to_that_member_until_it_does(app, pat, sam, slack):
    app.status = 500
    app.reply = lambda _: b""
    pat.choose()
    assert "This app did not respond" in pat.sees(sales(slack))
    assert "This app did not respond" not in sam.sees(sales(slack))
    app.status = 200
    pat.choose()
    assert "This app did not respond" not in pat.sees(sales(slack))


def test_a_shortcut_that_nothing_listens_to_says_so(pat, slack):
    pat.choose()
    assert "role='alert'>⚠️ Nothing listens" in pat.sees(sales(slack))


def test_only_a_registered_shortcut_is_chosen_and_by_a_member(stand_in, client, app, pat):
    assert pat.choose("another").status_code == 404
    left = {"email": "pat@acme.example", "name": "Pat Lee", "deleted": True}
    stand_in.seed(slack={"members": [left]})
    assert pat.choose().status_code == 404
    assert hire(stand_in, client, "Nobody").choose().status_code == 303
    assert len(app.payloads) == 1


def refusal(slack, **given):
    with pytest.raises(SlackApiError) as refused:
        slack.views_open(**given)
    return refused.value.response


@pytest.fixture
def trigger(app, pat):
    """A trigger that nothing was shown with."""
    app.reply = lambda _: b""
    pat.choose()
    return app.payloads[-1]["trigger_id"]


def test_a_trigger_shows_one_form_and_an_invented_one_none(trigger, slack):
    assert slack.views_open(trigger_id=trigger, view=ASKING)["view"]["title"] == plain("A form")
    assert refusal(slack, trigger_id=trigger, view=ASKING)["error"] == "exchanged_trigger_id"
    assert refusal(slack, trigger_id="1.2.abc", view=ASKING)["error"] == "invalid_trigger_id"


def test_a_button_that_is_pressed_shows_a_form_too(app, pat, slack):
    blocks = [{"type": "actions", "elements": [{"type": "button", "action_id": "check", "text": plain("Check")}]}]
    pat.press(slack.chat_postMessage(channel="#sales", text="?", blocks=blocks))
    slack.views_open(trigger_id=app.payloads[-1]["trigger_id"], view=ASKING)
    assert [one["user"] for one in views(pat)] == [pat.id]


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self):
        return self.now


def test_a_trigger_is_good_for_three_seconds():
    clock = Clock()
    triggers = Triggers(clock)
    soon, late = triggers.issue("U1"), triggers.issue("U2")
    clock.now += 3.0
    assert triggers.exchange(soon) == "U1"
    clock.now += 0.1
    with pytest.raises(Refused) as refused:
        triggers.exchange(late)
    assert refused.value.code == "expired_trigger_id"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"type": "home"}, "invalid_arguments"),
        ({"title": plain("x" * 25)}, "invalid_arguments"),
        ({"title": "A form"}, "invalid_arguments"),
        ({"submit": plain("x" * 25)}, "invalid_arguments"),
        ({"close": plain("")}, "invalid_arguments"),
        ({"callback_id": "x" * 256}, "invalid_arguments"),
        ({"private_metadata": "x" * 3001}, "invalid_arguments"),
        ({"blocks": []}, "invalid_arguments"),
        ({"blocks": [{"type": "divider"}] * 101}, "invalid_arguments"),
        ({"blocks": ["text"]}, "invalid_blocks"),
        ({"blocks": [{"type": "video"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"blocks": [text_input(), text_input()]}, "invalid_blocks"),
        ({"blocks": [text_input(element={"type": "datepicker"})]}, "invalid_blocks"),
        ({"blocks": [text_input(element={"placeholder": plain("x" * 151)})]}, "invalid_blocks"),
        ({"blocks": [text_input(element={"max_length": 3001})]}, "invalid_blocks"),
        ({"blocks": [text_input(element={"max_length": 2, "initial_value": "xxx"})]}, "invalid_blocks"),
        ({"blocks": [text_input(label=plain("x" * 2001))]}, "invalid_blocks"),
        ({"blocks": [text_input(hint=plain("x" * 2001))]}, "invalid_blocks"),
        ({"blocks": [text_input("x" * 256)]}, "invalid_blocks"),
        ({"blocks": [select("one")]}, "invalid_blocks"),
        ({"blocks": [select("one", *map(str, range(101)))]}, "invalid_blocks"),
        ({"blocks": [select("one", "x" * 76)]}, "invalid_blocks"),
    ],
)
def test_a_form_that_slack_would_refuse_is_refused(trigger, slack, pat, wrong, error):
    answer = refusal(slack, trigger_id=trigger, view=ASKING | wrong)
    assert answer["error"] == error
    assert answer["response_metadata"]["messages"]
    assert views(pat) == []
    assert slack.views_open(trigger_id=trigger, view=ASKING)["ok"]


def test_a_form_with_fields_needs_a_button_to_send_it(trigger, slack):
    lacking = {name: part for name, part in ASKING.items() if name != "submit"}
    assert refusal(slack, trigger_id=trigger, view=lacking)["error"] == "invalid_arguments"
    text = {"type": "section", "text": plain("Read this")}
    assert slack.views_open(trigger_id=trigger, view=lacking | {"blocks": [text]})["ok"]


def test_a_form_is_as_large_as_slack_allows(trigger, slack):
    longest = [text_input(f"block {n}", label=plain("x" * 2000), hint=plain("y" * 2000)) for n in range(99)]
    chosen = select("last", *("x" * 73 + str(n) for n in range(10, 100)))
    whole = form(*longest, chosen, title=plain("x" * 24), submit=plain("x" * 24), close=plain("x" * 24))
    assert slack.views_open(trigger_id=trigger, view=whole)["ok"]


def test_what_the_app_did_not_name_is_named_by_slack(trigger, slack):
    nameless = text_input()
    del nameless["block_id"], nameless["element"]["action_id"]
    (block,) = slack.views_open(trigger_id=trigger, view=form(nameless))["view"]["blocks"]
    assert block["block_id"]
    assert block["element"]["action_id"]


def test_whatever_is_written_in_a_form_is_text(trigger, slack, pat):
    evil = "<script>'&\""
    blocks = [
        {"type": "header", "text": plain(evil)},
        {"type": "section", "text": plain(evil)},
        {"type": "context", "elements": [plain(evil)]},
        text_input(
            evil, label=plain(evil), hint=plain(evil), element={"initial_value": evil, "placeholder": plain(evil)}
        ),
        select("action", evil, label=plain(evil)),
    ]
    slack.views_open(trigger_id=trigger, view=form(*blocks, title=plain(evil), submit=plain(evil), close=plain(evil)))
    dialog = shown(pat, slack)
    assert list(dialog.iter("script")) == []
    values = [one.get("value") for one in dialog.iter("input") if one.get("name", "").startswith("block:")]
    assert values == [evil]
    assert [one.get("value") for one in dialog.iter("option")] == ["", evil]


def test_opening_a_form_needs_a_token_and_leaves_an_effect(stand_in, trigger, slack):
    slack.views_open(trigger_id=trigger, view=ASKING)
    (entry,) = [one for one in stand_in.journal() if one["path"].endswith("views.open")]
    assert entry["effect"] is True
    slack.token = "xoxb-wrong"
    assert refusal(slack, trigger_id=trigger, view=ASKING)["error"] == "invalid_auth"
