"""What the page's script does, in a real Chromium: nothing is ever reloaded by hand."""

import pytest
from playwright.sync_api import expect

from tests.sandbox.slack_app import actions, button, form, listening, plain, select, text_input

# Who may be chosen is there before the page is opened.
pytestmark = pytest.mark.usefixtures("pat", "sam", "app")

SURE = {part: {"type": "plain_text", "text": text} for part, text in (("title", "Sure?"), ("text", "It ends."))}
SURE |= {part: {"type": "plain_text", "text": text} for part, text in (("confirm", "End it"), ("deny", "Keep it"))}
QUESTION = actions(button(value="v"), button("cancel", "Cancel", style="danger", confirm=SURE))


@pytest.fixture
def app(stand_in):
    with listening(stand_in) as app:
        yield app


@pytest.fixture
def slack_page(stand_in, page):
    page.goto(f"{stand_in.url}/slack/")
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


FORM = form(
    text_input("account", hint=plain("Its id in Salesforce")),
    select("action", "rename", "update"),
    text_input("note", element={"multiline": True}, optional=True),
    title=plain("Publication change"),
)


@pytest.fixture
def modal(slack_page, slack, app):
    """The app answers the shortcut with a form; it stands on the page."""

    def reply(told):
        if told["type"] == "shortcut":
            slack.views_open(trigger_id=told["trigger_id"], view=FORM)
        return b""

    app.reply = reply
    slack_page.get_by_label("You are").select_option(label="Pat Lee")
    slack_page.wait_for_url("**/slack/channels/*")
    slack_page.get_by_role("button", name="Request a publication change").click()
    modal = slack_page.get_by_role("dialog", name="Publication change")
    expect(modal).to_be_visible()
    return modal


def test_pub_1_the_form_of_a_shortcut_is_filled_in_and_sent_and_the_apps_errors_stand_in_it(
    slack_page, app, modal, pat
):
    modal.get_by_role("button", name="Send").click()
    assert len(app.payloads) == 1  # the browser, as Slack, sends no form in which something is missing
    modal.get_by_label("Account").fill("Acme")
    modal.get_by_label("action").select_option(label="Rename")
    app.reply = lambda _: b'{"response_action": "errors", "errors": {"account": "This is no id."}}'
    modal.get_by_role("button", name="Send").click()
    expect(modal.get_by_role("alert")).to_have_text("This is no id.")
    expect(modal.get_by_label("Account")).to_have_value("Acme")
    expect(modal.get_by_label("Account")).to_be_focused()
    app.reply = lambda _: b""
    modal.get_by_label("Account").fill("001000000000001AAA")
    modal.get_by_label("Account").press("Enter")
    expect(modal).to_be_hidden()
    _, wrong, right = app.payloads
    assert right["user"]["id"] == pat.id
    assert right["view"]["id"] == wrong["view"]["id"]
    values = right["view"]["state"]["values"]
    assert values["account"]["value"]["value"] == "001000000000001AAA"
    assert values["action"]["value"]["selected_option"]["value"] == "rename"
    expect(slack_page.get_by_role("button", name="Request a publication change")).to_be_enabled()


def test_what_is_being_typed_in_a_form_stays_while_the_page_goes_on(slack_page, slack, modal):
    modal.get_by_label("Account").fill("half of an id")
    slack.chat_postMessage(channel="#sales", text="Said meanwhile")
    expect(slack_page.get_by_text("Said meanwhile")).to_be_attached()
    expect(modal.get_by_label("Account")).to_have_value("half of an id")


@pytest.mark.parametrize("how", ["button", "key"])
def test_a_form_is_put_away_unsent(slack_page, app, modal, how):
    if how == "button":
        modal.get_by_role("button", name="Close").click()
    else:
        slack_page.keyboard.press("Escape")
    expect(modal).to_be_hidden()
    slack_page.reload()
    expect(modal).to_be_hidden()
    assert [told["type"] for told in app.payloads] == ["shortcut"]


def test_a_form_is_still_there_when_the_page_is_loaded_again(slack_page, modal):
    slack_page.reload()
    expect(modal).to_be_visible()


def test_a_file_is_shared_and_saved_again(slack_page, app, stand_in):
    plan = {"name": "book.csv", "mimeType": "text/csv", "buffer": b"Account\nAcme\n"}
    slack_page.get_by_label("You are").select_option(label="Sam Roe")
    slack_page.get_by_label("Share a file").set_input_files(plan)
    slack_page.get_by_role("button", name="Share", exact=True).click()
    expect(slack_page.get_by_role("article")).to_contain_text(["Sam Roe"])
    with slack_page.expect_download() as saved:
        slack_page.get_by_role("link", name="book.csv").click()
    assert (saved.value.suggested_filename, saved.value.path().read_bytes()) == ("book.csv", plan["buffer"])
    event, _ = app.events.get(timeout=10)
    assert event["event"]["file_id"] == stand_in.state("slack")["files"][0]["id"]
