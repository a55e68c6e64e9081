"""Files in the workspace: uploaded by the app or by a person, told to the app, downloaded with its token."""

import queue

import httpx
import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack_app import listening
from tests.sandbox.slack_html import read

PLAN = b"Account,New CSM\nAcme Clinics,Pat Lee\n"
WAIT = 10


@pytest.fixture
def app(stand_in):
    with listening(stand_in) as app:
        yield app


@pytest.fixture
def sales(slack):
    return slack.conversations_list()["channels"][0]["id"]


@pytest.fixture
def plan(stand_in, slack, sales):
    slack.files_upload_v2(channel=sales, content=PLAN, filename="plan & more.csv", title="Plan")
    return stand_in.state("slack")["files"][0]["id"]


def told(app):
    return app.events.get(timeout=WAIT)


def refusal(call, **arguments):
    with pytest.raises(SlackApiError) as refused:
        call(**arguments)
    return refused.value.response["error"]


# --- what the app uploads and downloads


def test_a_file_is_described_in_its_message_and_by_itself(slack, sales, plan):
    described = slack.files_info(file=plan)["file"]
    assert (described["id"], described["name"], described["title"]) == (plan, "plan & more.csv", "Plan")
    assert (described["mimetype"], described["size"], described["channels"]) == ("text/csv", len(PLAN), [sales])
    assert described["user"] == slack.auth_test()["user_id"]
    (message,) = slack.conversations_history(channel=sales)["messages"]
    assert message["files"] == [described]


def test_a_file_is_downloaded_with_the_token_and_nothing_but_a_page_without(stand_in, client, slack, plan):
    address = slack.files_info(file=plan)["file"]["url_private_download"]
    known = {"Authorization": f"Bearer {stand_in.credentials.slack_token}"}
    assert client.get(address, headers=known).content == PLAN
    for headers in ({}, {"Authorization": "Bearer xoxb-wrong"}):
        answer = client.get(address, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert PLAN not in answer.content
    assert client.get(address.replace(plan, "F404"), headers=known).status_code == 404


def test_an_upload_goes_into_the_thread_that_is_named_and_into_no_other(slack, sales):
    parent = slack.chat_postMessage(channel=sales, text="Checked")["ts"]
    slack.files_upload_v2(channel=sales, content=PLAN, filename="plan.csv", thread_ts=parent, initial_comment="Here")
    _, reply = slack.conversations_replies(channel=sales, ts=parent)["messages"]
    assert (reply["text"], [one["name"] for one in reply["files"]]) == ("Here", ["plan.csv"])
    with pytest.raises(SlackApiError, match="thread_not_found"):
        slack.files_upload_v2(channel=sales, content=PLAN, filename="plan.csv", thread_ts="1.000001")


def test_what_is_too_large_was_never_uploaded_or_does_not_exist_is_refused_by_name(slack):
    too_large = {"filename": "x.csv", "length": 20_000_001}
    assert refusal(slack.files_getUploadURLExternal, **too_large) == "file_upload_size_restricted"
    promised = slack.files_getUploadURLExternal(filename="x.csv", length=3)
    assert refusal(slack.files_info, file=promised["file_id"]) == "file_not_found"
    assert httpx.post(promised["upload_url"], content=b"ab", trust_env=False).status_code == 400
    assert refusal(slack.files_completeUploadExternal, files=[{"id": promised["file_id"]}]) == "file_not_found"
    assert refusal(slack.files_info, file="F404") == "file_not_found"


def test_a_message_has_an_address_for_a_persons_browser(client, slack, sales):
    ts = slack.chat_postMessage(channel=sales, text="Look")["ts"]
    address = slack.chat_getPermalink(channel=sales, message_ts=ts)["permalink"]
    assert address.endswith(f"#m{ts}")
    assert "Look" in client.get(address).text
    assert refusal(slack.chat_getPermalink, channel=sales, message_ts="1.000001") == "message_not_found"


# --- what a person uploads


def test_a_person_shares_a_file_and_the_app_hears_of_it_once(stand_in, app, pat, slack, sales):
    assert pat.upload(sales, "book.csv", PLAN).status_code == 303
    event, try_ = told(app)
    (file,) = stand_in.state("slack")["files"]
    assert (event["type"], try_, bool(event["event_id"])) == ("event_callback", "", True)
    (message,) = slack.conversations_history(channel=sales)["messages"]
    assert event["event"] == {
        "type": "file_shared",
        "file_id": file["id"],
        "user_id": pat.id,
        "file": {"id": file["id"]},
        "channel_id": sales,
        "event_ts": message["ts"],
    }
    assert (message["user"], "bot_id" in message, message["files"][0]["user"]) == (pat.id, False, pat.id)
    with pytest.raises(queue.Empty):
        app.events.get(timeout=0.3)


def test_the_page_shows_who_shared_a_file_and_gives_it_back(stand_in, pat, sales):
    pat.upload(sales, "a <b> c.csv", PLAN)
    (file,) = stand_in.state("slack")["files"]
    (shown,) = read(pat.sees(sales), "messages").findall("article")
    assert "Pat Lee" in "".join(shown.find("p[@class='by']").itertext())
    (link,) = shown.iter("a")
    assert (link.get("href"), "".join(link.itertext())) == (f"/slack/files/{file['id']}", "a <b> c.csv")
    assert pat.download(file["id"]) == PLAN
    assert pat.client.get(f"{pat.slack_url}/files/F404").status_code == 404


def test_what_nobody_or_nothing_uploads_is_not_taken(stand_in, app, pat, sales):
    assert pat.upload("C404", "book.csv", PLAN).status_code == 404
    assert pat.upload(sales, "book.csv", b"").status_code == 413
    assert pat.upload(sales, "book.csv", bytes(20_000_001)).status_code == 413
    assert stand_in.state("slack")["files"] == []
    assert app.events.empty()


def test_what_the_app_uploads_itself_is_told_too(app, slack, plan):
    event, _ = told(app)
    assert (event["event"]["file_id"], event["event"]["user_id"]) == (plan, slack.auth_test()["user_id"])
    assert event["authorizations"][0]["user_id"] == slack.auth_test()["user_id"]


def test_an_event_that_is_not_taken_is_told_three_times_more_as_the_same(app, pat, sales):
    app.status = 503
    pat.upload(sales, "book.csv", PLAN)
    events = [told(app) for _ in range(4)]
    assert [try_ for _, try_ in events] == ["", "1", "2", "3"]
    assert len({event["event_id"] for event, _ in events}) == 1


def test_an_event_is_told_again_until_it_is_taken(app, pat, sales):
    app.status = 500
    pat.upload(sales, "book.csv", PLAN)
    assert [told(app)[1], told(app)[1]] == ["", "1"]
    app.status = 200
    assert told(app)[1] == "2"


def test_a_workspace_begun_anew_tells_nothing_of_the_one_before(stand_in, app, pat, sales):
    app.status = 500
    pat.upload(sales, "book.csv", PLAN)
    told(app), told(app)
    stand_in.reset("empty")
    stand_in.behaviour(events_url=app.url)
    with pytest.raises(queue.Empty):
        app.events.get(timeout=1.5)
    assert stand_in.state("slack")["files"] == []
