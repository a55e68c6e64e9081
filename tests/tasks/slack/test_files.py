"""The steps that bring workbooks to Slack and fetch them there, against the stand-in and a real Prefect (TRN-2)."""

import base64
import itertools
from datetime import UTC, datetime

import pytest
from prefect import flow

from blocks.common.errors import UnexpectedResponse, VendorRefused, VendorUnavailable
from tasks.core.effects import LOST
from tasks.core.errors import BadInput
from tasks.core.steps import RETRY_DELAYS
from tasks.runs.audit import audit_trail
from tasks.slack.files import post_workbook, report_unreadable
from tasks.transition.intake import read_workbook
from tests.sandbox.slack_app import hire
from tests.support.outcome import messages
from tests.support.scale import cases

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("sandbox")]

NAME, CONTENT = "book (checked).xlsx", b"PK\x03\x04 rows"
FILE = {"title": "book.csv (checked)", "text": "*book.csv*", "name": NAME}
FILE |= {"content": base64.b64encode(CONTENT).decode()}
KEYS = itertools.count(1)
GET, DONE, POST = "files.getUploadURLExternal", "files.completeUploadExternal", "chat.postMessage"


@pytest.fixture(autouse=True)
def well(sandbox):
    sandbox.clear_faults()


@pytest.fixture
def key():
    return f"transition-copy:tests-{next(KEYS)}"


async def posted(key, **changes):
    """The step in a flow run of its own: its result, and the lines of its trail."""

    @flow(persist_result=True)
    async def once():
        async with audit_trail(None) as trail:
            try:
                return await post_workbook(key, **FILE | {"since": datetime.now(UTC)} | changes), trail
            except Exception as error:  # noqa: BLE001 - the trail matters too
                return error, trail

    return await once()


def found(sandbox, key):
    """The messages with this key, and the files in their threads."""
    everything = messages(sandbox)
    mine = [one for one in everything if one["metadata"] and one["metadata"]["event_payload"]["key"] == key]
    stamps = {one["ts"] for one in mine}
    files = [file for one in everything if one["thread_ts"] in stamps for file in one.get("files", ())]
    return mine, files


def assert_there_once(sandbox, key):
    (message,), (file,) = found(sandbox, key)
    assert (message["channel"], message["text"], message["thread_ts"]) == ("cs-operations", "*book.csv*", None)
    assert (file["name"], file["size"]) == (NAME, len(CONTENT))
    return message, file


async def test_trn_2_the_copy_is_in_the_thread_of_its_message_and_has_an_address(sandbox, key):
    told, trail = await posted(key)
    message, file = assert_there_once(sandbox, key)
    assert told["url"].endswith(f"#m{message['ts']}")
    assert (sandbox.control.get(told["url"]).text.count(file["id"])) == 1
    assert [(line["system"], line["field"], line["rule"]) for line in trail] == [
        ("Slack", "Message", "TRN-2"),
        ("Slack", "File", "TRN-2"),
    ]


async def test_trn_2_a_run_that_forgot_everything_posts_nothing_again(sandbox, key):
    first, _ = await posted(key)
    again, trail = await posted(key, content=base64.b64encode(b"PK other bytes, same rows").decode())
    assert (again["ts"], again["url"], trail) == (first["ts"], first["url"], [])
    assert_there_once(sandbox, key)


async def test_trn_2_a_retry_of_the_run_asks_slack_nothing(sandbox, key):
    @flow(persist_result=True)
    async def twice():
        first = await post_workbook(key, **FILE, since=datetime.now(UTC))
        since = sandbox.last()
        again = await post_workbook(key, **FILE | {"content": "UEs=", "text": "other"}, since=datetime.now(UTC))
        return first, again, sandbox.journal("slack", since)

    first, again, asked = await twice()
    assert (first, asked) == (again, [])


@pytest.mark.parametrize("path", [POST, GET, "upload/", DONE, "conversations.replies", "chat.getPermalink"])
@pytest.mark.parametrize("kind", cases(["drop_before", "drop_after", "error", "rate_limit"], "drop_after"))
async def test_trn_2_whatever_call_fails_in_passing_the_copy_is_there_once(sandbox, key, path, kind):
    sandbox.fault("slack", kind, path=path, times=2)
    told, _ = await posted(key)
    assert "url" in told, told
    assert_there_once(sandbox, key)


@pytest.mark.parametrize("path", [GET, DONE])
async def test_trn_2_a_file_that_is_missing_in_its_thread_is_made_up_for_by_the_next_run(sandbox, key, path):
    sandbox.fault("slack", "error", path=path, status=200, code="storage_limit_reached")
    refused, _ = await posted(key)
    assert isinstance(refused, VendorRefused)
    assert [len(part) for part in found(sandbox, key)] == [1, 0]
    _, trail = await posted(key)
    assert [line["field"] for line in trail] == ["File"]
    assert_there_once(sandbox, key)


async def test_trn_2_an_upload_whose_answer_is_lost_for_good_is_told_in_the_audit(sandbox, key):
    sandbox.fault("slack", "drop_after", path=DONE, times=1)
    sandbox.fault("slack", "error", path="conversations.replies", times=100, skip=1)
    lost, trail = await posted(key)
    assert isinstance(lost, VendorUnavailable)
    assert [(line["field"], line["note"]) for line in trail] == [("Message", ""), ("File", LOST)]
    sandbox.clear_faults()
    await posted(key)
    assert_there_once(sandbox, key)


async def test_what_was_wrong_is_told_once(sandbox, key):
    @flow(persist_result=True)
    async def once():
        return await report_unreadable(key, name="book.csv", text="no", since=datetime.now(UTC))

    await once()
    await once()
    assert [one["text"] for one in found(sandbox, key)[0]] == ["no"]


async def test_trn_2_it_is_told_in_the_thread_of_the_file_and_in_the_channel_when_that_is_gone(sandbox, key, pat):
    share(sandbox, pat, "book.xls", CONTENT)
    shared = [one for one in messages(sandbox) if one.get("files")][-1]
    (channel,) = [one["id"] for one in sandbox.state("slack")["channels"] if one["name"] == "cs-operations"]

    @flow(persist_result=True)
    async def once(key, ts):
        return await report_unreadable(key, name="book.xls", text="no", since=datetime.now(UTC), thread=(channel, ts))

    for _ in range(2):
        await once(key, shared["ts"])
        await once(f"{key}-gone", "1735689600.000100")
    assert [one["thread_ts"] for one in found(sandbox, key)[0]] == [shared["ts"]]
    assert [one["thread_ts"] for one in found(sandbox, f"{key}-gone")[0]] == [None]


# --- from Slack


@pytest.fixture
def pat(sandbox):
    return hire(sandbox, sandbox.control, "Pat Lee")


def share(sandbox, person, name, content):
    """The id of a file that a person has shared in the CSM channel."""
    (channel,) = [one["id"] for one in sandbox.state("slack")["channels"] if one["name"] == "cs-operations"]
    assert person.upload(channel, name, content).status_code == 303
    return sandbox.state("slack")["files"][-1]["id"]


async def taken(source):
    @flow(persist_result=True)
    async def once():
        return await read_workbook(source)

    return await once()


@pytest.mark.parametrize("name", ["book.csv", "Büro 3.XLSX", "book"])
async def test_trn_2_a_workbook_is_taken_from_slack_with_who_shared_it(sandbox, pat, name):
    file_id = share(sandbox, pat, name, CONTENT)
    given = await taken(f"slack:{file_id}")
    (message,) = [one for one in messages(sandbox) if file_id in str(one.get("files"))]
    assert given.pop("thread")[1] == message["ts"]
    assert given == {"name": name, "content": FILE["content"], "by": pat.id}


async def test_trn_2_a_file_that_is_not_there_is_told(sandbox):
    since = sandbox.last()
    with pytest.raises(VendorRefused, match="file_not_found"):
        await taken("slack:F404")
    assert len(sandbox.journal("slack", since)) == 1


@pytest.mark.parametrize("source", ["slack:", "slack:f1", "slack:F1/../x", "slack:F1 ", "slack:C1", "slack:F1.csv"])
async def test_trn_2_what_is_no_id_of_a_file_is_never_asked_for_in_slack(sandbox, source):
    since = sandbox.last()
    with pytest.raises(BadInput):
        await taken(source)
    assert sandbox.journal("slack", since) == []


async def test_trn_2_a_page_to_sign_in_tells_of_the_scope_and_is_not_tried_again(sandbox, pat):
    file_id = share(sandbox, pat, "book.csv", CONTENT)
    sandbox.fault("slack", "html", path="files-pri", times=100)
    with pytest.raises(UnexpectedResponse, match="files:read"):
        await taken(f"slack:{file_id}")
    assert [one["times"] for one in sandbox.faults()] == [99]


async def test_trn_2_a_download_is_tried_again_while_slack_is_unavailable(sandbox, pat):
    file_id = share(sandbox, pat, "book.csv", CONTENT)
    sandbox.fault("slack", "error", path="files-pri", status=503, times=len(RETRY_DELAYS))
    assert (await taken(f"slack:{file_id}"))["content"] == FILE["content"]
