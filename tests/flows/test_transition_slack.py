"""A workbook comes in through Slack, and its copies go back there: once checked, once with every result (TRN-2)."""

from io import BytesIO

import pytest
from openpyxl import load_workbook
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import ArtifactSort

from rules.transition.rows import COLUMNS
from tests.sandbox.slack_app import hire
from tests.support.asking import state_of
from tests.support.outcome import messages
from tests.support.runs import await_retry
from tests.support.transitions import workbook

pytestmark = pytest.mark.flows

HEALTHY, ALSO = "Gladstone Imaging", "Evergreen Midwifery"


@pytest.fixture
def tess(sandbox):
    """Somebody who shares workbooks in the CSM channel."""
    return hire(sandbox, sandbox.control, "Tess Lead")


@pytest.fixture
def share(sandbox, tess, tmp_path):
    """Shares a workbook of these rows; the id of the file."""

    def shared(*rows, name="book.csv", content=None):
        (channel,) = [one["id"] for one in sandbox.state("slack")["channels"] if one["name"] == "cs-operations"]
        content = workbook(tmp_path, rows, name).read_bytes() if content is None else content
        assert tess.upload(channel, name, content).status_code == 303
        return sandbox.state("slack")["files"][-1]["id"]

    return shared


def copies(sandbox, tess, run, which):
    """The messages that brought a copy of this run, with the rows of each: row → state and reason."""
    everything = messages(sandbox)
    found = [one for one in everything if f"transition-copy:{run.id}:{which}" in str(one["metadata"])]
    return [(one, rows_of(tess, *files(everything, one))) for one in found]


async def description_of(key):
    """What stands beside an artifact's newest version."""
    async with get_client() as client:
        only = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
        newest, *_ = await client.read_artifacts(artifact_filter=only, sort=ArtifactSort.CREATED_DESC)
    return newest.description


def files(everything, message):
    return [file for one in everything if one["thread_ts"] == message["ts"] for file in one.get("files", ())]


def rows_of(tess, file):
    sheet = load_workbook(BytesIO(tess.download(file["id"]))).worksheets[0]
    header, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert header == [*COLUMNS, "State", "Result"]
    return {row[0]: (row[6], row[7]) for row in rows}


@pytest.mark.usefixtures("every_link_leads")
async def test_trn_2_a_workbook_shared_in_slack_comes_back_checked_and_then_with_its_results(
    transitions, sandbox, share, tess
):
    file_id = share((HEALTHY, "Ada Novak", "Leave"), ("No Such Clinic", "Ada Novak", "Leave"))
    run = await transitions.start(workbook=f"slack:{file_id}")
    assert state_of(run) == "Suspended", run.state
    ((checked, rows),) = copies(sandbox, tess, run, "checked")
    assert rows == {
        HEALTHY: ("ready", f"{HEALTHY} goes to Ada Novak."),
        "No Such Clinic": ("not ready", "Account: Salesforce has no account No Such Clinic."),
    }
    assert checked["channel"] == "cs-operations"
    assert checked["text"].startswith(f"<@{tess.id}> <@")
    assert (
        "Rows ready: 1, not ready: 1.\n• Row 3, Account: Salesforce has no account No Such Clinic.\n" in checked["text"]
    )

    run = await transitions.workbook.resume(run.id)
    assert state_of(run) == "Suspended", run.state
    assert len(copies(sandbox, tess, run, "checked")) == 1

    run = await transitions.approve(run, 1)
    assert state_of(run) == "Completed", run.state
    ((result, rows),) = copies(sandbox, tess, run, "result")
    assert rows[HEALTHY][0] == "moved"
    assert rows["No Such Clinic"] == ("not ready", "Account: Salesforce has no account No Such Clinic.")
    assert "1 moved and 1 not ready." in result["text"]
    assert [one["name"] for one in files(messages(sandbox), result)] == ["book (result).xlsx"]
    (mark,) = [tag.removeprefix("workbook:") for tag in run.tags if tag.startswith("workbook:")]
    assert f"#m{result['ts']})" in await description_of(f"account-transition-{mark}")


@pytest.mark.long
async def test_trn_10_a_retry_that_moves_what_had_failed_sends_a_copy_that_says_so(
    transitions, sandbox, share, tess, people
):
    file_id = share((ALSO, "Ada Novak", "Leave"), name="retried.csv")
    run = await transitions.start(workbook=f"slack:{file_id}")
    assert copies(sandbox, tess, run, "checked") == []
    (account,) = people.query(f"SELECT Id, Customer_Success_Manager__c FROM Account WHERE Name = '{ALSO}'")  # noqa: S608 - our own words
    (cleo,) = people.query("SELECT Id FROM User WHERE Name = 'Cleo Dubois'")
    people.edit("Account", account["Id"], Customer_Success_Manager__c=cleo["Id"])

    run = await transitions.approve(run, 1)
    assert state_of(run) == "Suspended", run.state
    run = await transitions.workbook.resume(run.id, choice_1="Go on with the others")
    assert state_of(run) == "Partially completed", run.state
    ((result, rows),) = copies(sandbox, tess, run, "result")
    state, why = rows[ALSO]
    assert (state, "its CSM is Cleo Dubois by now" in why) == ("failed", True)
    assert f"Row 2, {ALSO}: " in result["text"]

    people.edit("Account", account["Id"], Customer_Success_Manager__c=account["Customer_Success_Manager__c"])
    failures = await transitions.account.runs(StateType.FAILED)
    (failed,) = [one for one in failures if f"account:{account['Id']}" in one.tags]
    await await_retry(failed)
    await await_retry(run)
    run = await transitions.work(run)
    assert state_of(run) == "Completed", run.state
    _, (result, rows) = copies(sandbox, tess, run, "result")
    assert (rows[ALSO][0], "1 moved." in result["text"]) == ("moved", True)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"Client,Who\nAcme,Pat\n", "Row 1, Account:"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is an Excel 97-2003 workbook (.xls). I can read .xlsx and .csv."),
    ],
)
async def test_trn_2_who_shares_what_cannot_be_read_is_told_in_slack(
    transitions, sandbox, share, tess, *, content, problem
):
    file_id = share(content=content)
    run = await transitions.start(workbook=f"slack:{file_id}")
    assert state_of(run) == "Bad input"
    (told,) = [one for one in messages(sandbox) if f"transition-unreadable:{run.id}" in str(one["metadata"])]
    assert told["channel"] == "cs-operations"
    assert told["text"].startswith(f"<@{tess.id}> :page_facing_up: *book.csv*: nothing could be read. {problem}")
    (shared,) = [one for one in messages(sandbox) if file_id in str(one.get("files"))]
    assert told["thread_ts"] == shared["ts"]


async def test_trn_2_a_preview_says_nothing_in_slack(transitions, sandbox, share):
    file_id, since = share(("No Such Clinic", "Ada Novak", "Leave")), sandbox.last()
    run = await transitions.start(workbook=f"slack:{file_id}", preview=True)
    assert state_of(run) == "Previewed"
    assert sandbox.effects("slack", since) == []


async def test_trn_2_when_every_row_is_at_fault_the_copy_is_the_answer(transitions, sandbox, share, tess):
    run = await transitions.start(workbook=f"slack:{share(('No Such Clinic', 'Ada Novak', 'Leave'))}")
    assert state_of(run) == "Nothing to move"
    ((checked, rows),) = copies(sandbox, tess, run, "checked")
    assert rows["No Such Clinic"][0] == "not ready"
    assert checked["text"].startswith(f"<@{tess.id}> :page_facing_up:")
