"""What the page's script does, in a real Chromium: nothing is ever reloaded by hand."""

import pytest
from playwright.sync_api import expect

from tests.sandbox.slack_app import actions, button, listening

# Who may be chosen is there before the page is opened.
pytestmark = pytest.mark.usefixtures("pat", "sam", "app")

SURE = {part: {"type": "plain_text", "text": text} for part, text in (("title", "Sure?"), ("text", "It ends."))}
SURE |= {part: {"type": "plain_text", "text": text} for part, text in (("confirm", "End it"), ("deny", "Keep it"))}
QUESTION = actions(button(value="v"), button("cancel", "Cancel", style="danger", confirm=SURE))


@pytest.fixture
def app(sandbox):
    with listening(sandbox) as app:
        yield app


@pytest.fixture
def slack_page(sandbox, page):
    page.goto(f"{sandbox.url}/slack/")
    return page


def test_what_is_said_and_changed_appears_by_itself(slack_page, slack):
    parent = slack.chat_postMessage(channel="#sales", text="Sold")["ts"]
    expect(slack_page.get_by_role("article")).to_contain_text(["Sold"])
    slack.chat_postMessage(channel="#sales", text="Asked", thread_ts=parent, blocks=QUESTION)
    thread = slack_page.get_by_role("region", name="Thread")
    expect(thread.get_by_role("button", name="Check again")).to_be_visible()
    slack.chat_update(channel=slack.conversations_list()["channels"][0]["id"], ts=parent, text="Live")
    expect(slack_page.get_by_text("Live")).to_be_visible()


def test_a_press_is_sent_by_who_one_is_and_answered_on_the_page(slack_page, slack, app, sam):
    slack_page.get_by_label("You are").select_option(label="Sam Roe")
    slack.chat_postMessage(channel="#sales", text="?", blocks=QUESTION)
    with slack_page.expect_response("**/slack/press"):
        slack_page.get_by_role("button", name="Check again").click()
    assert [told["user"]["id"] for told in app.payloads] == [sam.id]
    app.status = 500
    slack_page.get_by_role("button", name="Check again").click()
    expect(slack_page.get_by_role("alert")).to_contain_text("This app did not respond")


def test_a_press_that_asks_first_is_sent_only_after_a_yes(slack_page, slack, app):
    slack.chat_postMessage(channel="#sales", text="?", blocks=QUESTION)
    dialog = slack_page.get_by_role("dialog", name="Sure?")
    slack_page.get_by_role("button", name="Cancel").click()
    expect(dialog).to_contain_text("It ends.")
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_be_hidden()
    slack_page.get_by_role("button", name="Cancel").click()
    with slack_page.expect_response("**/slack/press"):
        dialog.get_by_role("button", name="End it").click()
    assert [told["actions"][0]["action_id"] for told in app.payloads] == ["cancel"]
