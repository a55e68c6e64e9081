"""The workspace in a browser: what its pages hold, without their script."""

import re
from xml.etree.ElementTree import Element

import httpx
import pytest

from tests.sandbox.slack_app import actions, button, listening
from tests.sandbox.slack_html import read

TEXT = {"type": "mrkdwn", "text": "*Service level* is empty"}


@pytest.fixture
def sales(slack):
    return slack.conversations_list()["channels"][0]["id"]


def articles(page: str) -> list[Element]:
    return read(page, "messages").findall("article")


def words(part: Element) -> str:
    return " ".join(" ".join(part.itertext()).split())


def test_the_index_leads_to_the_first_channel(stand_in, client, slack):
    slack.chat_postMessage(channel="#sales", text="Sold")
    assert "href='/slack/'" in client.get(f"{stand_in.url}/").text
    for path in ("/slack", "/slack/"):
        shown = client.get(stand_in.url + path)
        assert shown.status_code == 200
        assert "Sold" in words(articles(shown.text)[0])


def test_a_channel_that_is_not_there_is_a_page_that_says_so(stand_in, client):
    assert client.get(f"{stand_in.url}/slack/channels/C404").status_code == 404


def test_messages_are_in_their_order_and_replies_within_their_thread(slack, pat, sales):
    one = slack.chat_postMessage(channel=sales, text="One")["ts"]
    two = slack.chat_postMessage(channel=sales, text="Two")["ts"]
    replies = [slack.chat_postMessage(channel=sales, text=text, thread_ts=one)["ts"] for text in ("Re 1", "Re 2")]
    first, second = articles(pat.sees(sales))
    assert [first.get("data-ts"), second.get("data-ts")] == [one, two]
    thread = first.find("section[@aria-label='Thread']")
    assert [reply.get("data-ts") for reply in thread.findall("article")] == replies
    assert second.find("section") is None


def test_the_blocks_are_shown_instead_of_the_text(slack, pat, sales):
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Two things"}},
        {"type": "section", "text": TEXT, "fields": [TEXT | {"text": "_Field_"}, TEXT | {"text": "a <b> c"}]},
        {"type": "divider"},
        {"type": "context", "elements": [TEXT | {"text": "since `14:03`"}, {"type": "image", "image_url": "x"}]},
        *actions(button("a", "Go", style="primary"), button("b", "Stop", style="danger"), button("c", "Later")),
    ]
    slack.chat_postMessage(channel=sales, text="fallback", blocks=blocks)
    (shown,) = articles(pat.sees(sales))
    assert (
        words(shown.find(".//div[@class='content']"))
        == "Two things Service level is empty Field a <b> c since 14:03 Go Stop Later"
    )
    assert [one.get("class").split() for one in shown.iter("button")] == [
        ["button", "primary"],
        ["button", "danger"],
        ["button"],
    ]
    assert [words(one) for one in shown.iter("h3")] == ["Two things"]
    assert [words(one) for one in shown.iter("b")][1:] == ["Service level"]
    assert len(list(shown.iter("hr"))) == 1


def test_a_changed_message_says_that_it_was(slack, pat, sales):
    ts = slack.chat_postMessage(channel=sales, text="Asked")["ts"]
    assert "(edited)" not in pat.sees(sales)
    slack.chat_update(channel=sales, ts=ts, text="Answered")
    assert "Answered (edited)" in words(articles(pat.sees(sales))[0])


def test_whatever_is_written_anywhere_is_text(stand_in, client, slack, sales):
    evil = "<script>'&\""
    stand_in.seed(slack={"members": [{"email": "e@x.org", "name": evil}], "channels": [{"name": evil}]})
    plain = {"type": "plain_text", "text": evil}
    asked = {"title": plain, "text": plain, "confirm": plain, "deny": plain}
    blocks = [
        {"type": "header", "text": plain},
        {"type": "section", "text": plain},
        *actions(button(evil, evil, confirm=asked), button("link", evil, url="javascript:alert(1)")),
    ]
    slack.chat_postMessage(channel=sales, text=evil)
    slack.chat_postMessage(channel=sales, text=evil, blocks=blocks)
    page = client.get(f"{stand_in.url}/slack/").text
    assert re.findall(r"<script[^>]*>", page) == ["<script>"]
    assert page.index("<script>") > page.index("</main>")
    assert [one.get("value") for one in read(page, "messages").iter("button")] == [evil, "link"]
    assert "javascript:" not in page


def test_one_is_who_one_chose_to_be_and_nobody_who_has_left(stand_in, client, pat, sam, sales):
    def chosen(page):
        return [words(one) for one in read(page, "you").iter("option") if one.get("selected") is not None]

    left = {"email": "gone@acme.example", "name": "Gone", "deleted": True}
    stand_in.seed(slack={"members": [left]})
    answer = client.get(f"{stand_in.url}/slack/channels/{sales}", params={"you": sam.id})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/slack/channels/{sales}")
    assert answer.headers["set-cookie"].startswith(f"slack_member={sam.id};")
    client.cookies.clear()
    assert chosen(sam.sees(sales)) == ["Sam Roe"]
    assert chosen(pat.sees(sales)) == ["Pat Lee"]
    assert "Gone" not in [words(one) for one in read(pat.sees(sales), "you").iter("option")]


def test_a_direct_conversation_is_listed_for_who_is_in_it(slack, pat, sam, sales):
    direct = slack.conversations_open(users=pat.id)["channel"]["id"]
    slack.chat_postMessage(channel=direct, text="For you")
    listed = [words(one) for one in read(pat.sees(sales), "channels").iter("a")]
    assert listed == ["# sales", "# cs-operations", "Pat Lee"]
    assert [words(one) for one in read(sam.sees(sales), "channels").iter("a")] == listed[:2]
    assert "For you" in pat.sees(direct)


def test_a_reply_stays_readable_when_its_parent_is_gone(stand_in, slack, pat, sales):
    posted = slack.chat_postMessage(channel=sales, text="?", blocks=actions(button()))
    reply = slack.chat_postMessage(channel=sales, text="Still here", thread_ts=posted["ts"])["ts"]
    with listening(stand_in) as app:
        pat.press(posted)
    httpx.post(app.payloads[0]["response_url"], json={"delete_original": True}).raise_for_status()
    assert [one.get("data-ts") for one in articles(pat.sees(sales))] == [reply]


def test_of_a_long_channel_the_newest_are_shown(slack, pat, sales):
    stamps = [slack.chat_postMessage(channel=sales, text=f"{n}")["ts"] for n in range(201)]
    assert [one.get("data-ts") for one in articles(pat.sees(sales))] == stamps[1:]


def test_a_file_is_named_where_it_was_shared(slack, pat, sales):
    slack.files_upload_v2(channel=sales, content="a", filename="plan.csv", title="Plan & more")
    assert "Plan & more" in words(articles(pat.sees(sales))[0])


def test_looking_and_pressing_is_no_call_of_the_api_and_meets_no_fault(stand_in, slack, pat, sales):
    posted = slack.chat_postMessage(channel=sales, text="?", blocks=actions(button()))
    before = stand_in.journal()
    stand_in.fault("slack", "error")
    assert "Check again" in pat.sees(sales)
    assert pat.press(posted).status_code == 303
    assert stand_in.journal() == before
    assert [one["times"] for one in stand_in.faults()] == [1]
