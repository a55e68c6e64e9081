"""Files in Slack: shared once, read within bounds, and the token shown to Slack's own hosts alone."""

import json
import logging
from contextlib import suppress
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.common.errors import UnexpectedResponse, VendorError, VendorRefused, VendorUnavailable
from blocks.slack.block import Posted, SlackFile
from tests.blocks import blocks
from tests.blocks.arbitrary_replies import REPLIES, often
from tests.blocks.slack.responses import messages
from tests.blocks.vendor import Reply, says

CONTENT = b"Account,New CSM\n"
PAGE = b"<!DOCTYPE html><html><title>Slack</title>"
THREAD = "1735689600.000100"
TOKEN = blocks.SECRETS[5]


@pytest.fixture
def files(vendor, patience):
    return blocks.slack(f"{vendor.url}/api", timeout_seconds=patience).client().files


def promised(vendor, address=None):
    return says({"ok": True, "upload_url": address or f"{vendor.url}/upload/v1/abc", "file_id": "F1"})


DONE = says({"ok": True, "files": [{"id": "F1"}]})


def upload(files):
    return files.upload("C0123ABCD", "book (checked).xlsx", CONTENT, thread_ts=THREAD)


def here(vendor, name="book.csv"):
    return SlackFile("F1", name, "U1", f"{vendor.url}/files-pri/T1-F1/download/{name}")


# --- up


def test_a_file_is_uploaded_by_the_three_calls_and_the_token_goes_to_two_of_them(vendor, files):
    vendor.will_say(promised(vendor), Reply(200, b"OK - 16"), DONE)
    assert upload(files) == "F1"
    asked, sent, completed = vendor.received
    assert parse_qs(asked.body.decode()) == {"filename": ["book (checked).xlsx"], "length": ["16"]}
    assert (sent.method, sent.path, sent.body) == ("POST", "/upload/v1/abc", CONTENT)
    assert [TOKEN in json.dumps(one.headers) for one in vendor.received] == [True, False, True]
    params = parse_qs(completed.body.decode())
    assert json.loads(params.pop("files")[0]) == [{"id": "F1", "title": "book (checked).xlsx"}]
    assert params == {"channel_id": ["C0123ABCD"], "thread_ts": [THREAD]}


@pytest.mark.parametrize(
    "address", ["https://files.slack.com/upload", "http://127.0.0.1:9/upload", "http://localhost/x", "x", "http://["]
)
def test_a_file_is_sent_nowhere_but_to_slack(vendor, files, address):
    vendor.will_say(promised(vendor, address))
    with pytest.raises(UnexpectedResponse, match="address"):
        upload(files)
    assert len(vendor.received) == 1


@pytest.mark.parametrize("reply", [Reply(drop=True), Reply(503, b""), Reply(hold=True)])
def test_only_the_last_call_of_an_upload_can_leave_it_unclear(vendor, files, reply):
    begun = [promised(vendor), Reply(200)]
    for calls in range(3):
        vendor.will_say(*begun[:calls], reply)
        with pytest.raises(VendorUnavailable) as caught:
            upload(files)
        assert (caught.value.outcome_unknown, len(vendor.received)) == (calls == 2, calls + 1)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(400, b"Upload failed"), VendorRefused),
        (Reply(429, b"", {"Retry-After": "7"}), VendorUnavailable),
        (Reply(307, b"", {"Location": "http://127.0.0.1:9/"}), UnexpectedResponse),
    ],
)
def test_bytes_that_are_not_taken_are_not_shared(vendor, files, reply, error):
    vendor.will_say(promised(vendor), reply)
    with pytest.raises(error) as caught:
        upload(files)
    assert getattr(caught.value, "retry_after", None) == (7 if error is VendorUnavailable else None)
    assert len(vendor.received) == 2


def test_the_files_of_a_thread_are_named_on_every_page(vendor, files):
    odd = [{"files": None}, {"files": "x"}, {"files": [None, {"mode": "tombstone"}, {"name": 7}]}, {}]
    vendor.will_say(
        messages(*odd, {"files": [{"name": "a.csv"}, {"name": "b.csv"}]}, cursor="next"),
        messages({"files": [{"name": "c.xlsx"}]}),
    )
    assert files.in_thread("C0123ABCD", THREAD) == ("a.csv", "b.csv", "c.xlsx")
    assert parse_qs(vendor.received[0].body.decode())["ts"] == [THREAD]


# --- down


def test_a_file_is_described_and_downloaded_with_the_token(vendor, files):
    file = {"id": "F1", "name": "book.csv", "user": "U1", "url_private_download": here(vendor).url}
    vendor.will_say(says({"ok": True, "file": file}))
    assert files.file("F1") == here(vendor)
    vendor.will_say(Reply(200, CONTENT, {"Content-Type": "text/csv"}))
    assert files.download(here(vendor), 1000) == CONTENT
    (asked,) = vendor.received
    assert (asked.method, asked.headers["Authorization"]) == ("GET", f"Bearer {TOKEN}")


@pytest.mark.parametrize("reply", [Reply(200, b"x" * 5000, drip=0.05)], ids=["drip"])
def test_a_file_that_comes_byte_by_byte_is_given_up_when_its_time_is_over(vendor, files, reply):
    vendor.will_say(reply)
    with pytest.raises(VendorUnavailable, match="it was not done within"):
        files.download(here(vendor), 10_000)


@pytest.mark.parametrize(
    ("shares", "threads"),
    [
        ({"public": {"C1": [{"ts": "1.1"}]}}, (("C1", "1.1"),)),
        ({"private": {"C1": [{"ts": "1.2", "thread_ts": "1.1"}]}, "public": {}}, (("C1", "1.1"),)),
        ({"public": {"C1": [{"ts": "1.1"}], "C2": [{"ts": "2.1"}]}}, (("C1", "1.1"), ("C2", "2.1"))),
        *((odd, ()) for odd in (None, [], {"public": None}, {"public": {"C1": 7}}, {"public": {"C1": [7, {}]}})),
    ],
)
def test_a_file_says_in_which_threads_it_is(vendor, files, shares, threads):
    file = {"id": "F1", "name": "book.csv", "user": "U1", "url_private_download": here(vendor).url, "shares": shares}
    vendor.will_say(says({"ok": True, "file": file}))
    assert files.file("F1").threads == threads


def test_a_sheet_that_lies_elsewhere_has_no_address_in_slack(vendor, files):
    file = {"id": "F1", "name": "Book", "user": "U1", "is_external": True, "external_type": "gdrive"}
    vendor.will_say(says({"ok": True, "file": file}))
    assert files.file("F1").url == ""


@pytest.mark.parametrize("file", [None, [], {}, {"name": "x", "user": "U1"}, {"name": 7, "user": "U1"}])
def test_a_description_that_lacks_what_is_promised_is_a_wrong_answer(vendor, files, file):
    vendor.will_say(says({"ok": True, "file": file}))
    with pytest.raises(UnexpectedResponse, match=r"files\.info"):
        files.file("F1")


@pytest.mark.parametrize("most", [1, 15, 16, 17])
def test_no_more_of_a_file_is_taken_than_was_asked_for(vendor, files, most):
    vendor.will_say(Reply(200, CONTENT))
    assert files.download(here(vendor), most) == CONTENT[:most]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, PAGE, {"Content-Type": "text/html; charset=utf-8"}),
        Reply(200, b"\n " + PAGE, {"Content-Type": "application/octet-stream"}),
        Reply(200, b"<html>", {"Content-Type": "text/html"}),
        Reply(302, b"", {"Location": "https://acme.slack.com/?redir=x"}),
    ],
)
def test_the_page_to_sign_in_is_no_workbook_and_tells_of_the_scope(vendor, files, reply):
    vendor.will_say(reply)
    with pytest.raises(UnexpectedResponse, match="files:read"):
        files.download(here(vendor), 1000)
    assert len(vendor.received) == 1


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(404, b"gone"), VendorRefused),
        (Reply(403, b"no"), VendorRefused),
        (Reply(500, b"<html>"), VendorUnavailable),
        (Reply(429, b""), VendorUnavailable),
        (Reply(drop=True), VendorUnavailable),
        (Reply(hold=True), VendorUnavailable),
        (Reply(200, b"half", {"Content-Length": "50"}), VendorUnavailable),
        (Reply(200, b"no gzip at all", {"Content-Encoding": "gzip"}), UnexpectedResponse),
    ],
)
def test_a_download_that_fails_is_told_by_who_must_act_and_shows_no_token(vendor, files, caplog, reply, error):
    vendor.will_say(reply)
    with caplog.at_level(logging.DEBUG), pytest.raises(error) as caught:
        files.download(here(vendor), 1000)
    assert type(caught.value) is error
    assert TOKEN not in f"{caught.value!r}{caught.value}{caplog.text}"


# --- whose address it is

HOSTS = st.sampled_from(
    [
        *("slack.com", "files.slack.com", "SLACK.com", "a.b.slack.com", "evilslack.com", "slack.com.evil.example"),
        *("evil.example", "127.0.0.1", "localhost", "slack.com@evil.example", "evil.example\\@slack.com"),
    ]
)
ADDRESSES = st.builds(
    "{}://{}{}/{}".format,
    st.sampled_from(["https", "http", "ftp", "file"]),
    HOSTS,
    st.sampled_from(["", ":443", ":8443", ":80"]),
    st.text(max_size=5),
)


@given(address=ADDRESSES | st.text(max_size=30))
def test_the_token_goes_to_slack_over_tls_or_nowhere(address):
    files = blocks.slack("https://slack.com/api").client().files
    try:
        url = files._checked("x", address)
    except UnexpectedResponse:
        return
    assert (url.scheme, url.port) == ("https", None)
    assert url.host == "slack.com" or url.host.endswith(".slack.com")


@pytest.mark.parametrize(
    "address", ["https://files.slack.com/files-pri/T1-F1/download/book.csv", "https://slack.com/x"]
)
def test_checked_hosts_are_known(address):
    assert str(blocks.slack("https://slack.com/api").client().files._checked("x", address)) == address


# --- whatever comes


@often
@given(reply=REPLIES)
def test_whatever_slack_answers_is_ours_or_what_is_promised(any_vendor, reply):
    files = blocks.slack(any_vendor.url).client().files
    any_vendor.will_say(reply)
    for call in (
        lambda: upload(files),
        lambda: files.file("F1"),
        lambda: files.in_thread("C1", THREAD),
        lambda: files.download(here(any_vendor), 100),
    ):
        with suppress(VendorError):
            call()


# --- with the stand-in


def test_a_file_goes_up_into_a_thread_and_comes_down_again(stand_in, slack):
    client = slack.client()
    posted = client.post("#cs-operations", "Checked", key="k")
    file_id = client.files.upload(posted.channel, "book.xlsx", CONTENT, thread_ts=posted.ts, comment="Here")
    assert client.files.in_thread(posted.channel, posted.ts) == ("book.xlsx",)
    file = client.files.file(file_id)
    assert (file.name, client.files.download(file, 100)) == ("book.xlsx", CONTENT)
    assert client.link(posted) == f"{stand_in.url}/slack/channels/{posted.channel}#m{posted.ts}"


def test_a_wrong_token_gets_the_page_to_sign_in(stand_in, slack):
    client = slack.client()
    file = client.files.file(client.files.upload(client.channel_id("sales"), "a.csv", CONTENT))
    stranger = blocks.slack(f"{stand_in.url}/slack/api", token="xoxb-stranger").client()
    with pytest.raises(UnexpectedResponse, match="files:read"):
        stranger.files.download(file, 100)


def test_what_is_not_there_is_told_with_what_to_do(slack):
    files = slack.client().files
    with pytest.raises(VendorRefused, match=r"Share the file there again \(file_not_found\)"):
        files.file("F404")
    with pytest.raises(VendorRefused, match="thread_not_found"):
        files.in_thread(slack.client().channel_id("sales"), "1.000001")


@pytest.mark.parametrize("address", [None, 7, "", "javascript:alert(1)", "https://x.example/a)b", "https://x y"])
def test_an_address_of_a_message_that_is_none_is_a_wrong_answer(vendor, address):
    client = blocks.slack(vendor.url).client()
    vendor.will_say(says({"ok": True, "permalink": address}))
    with pytest.raises(UnexpectedResponse, match="permalink"):
        client.link(Posted("C1", "1.000001"))
