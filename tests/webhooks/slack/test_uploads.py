"""A team lead shares a workbook in the CSM channel: its account transition starts, once (TRN-2)."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given

from tests.sandbox.slack_app import Person, hire
from tests.support.sandbox import SandboxProcess
from tests.webhooks.arbitrary_json import JSON
from tests.webhooks.conftest import SIGNING_SECRET, Policies, SlackReceiver, Workspace
from tests.webhooks.prefect_side import PrefectSide
from tests.webhooks.serving import BadLine, Fault, Serving
from tests.webhooks.slack_side import Slack
from tests.webhooks.slack_web_api_stub import ANOTHER_CHANNEL, BOT, CSM_CHANNEL, PAT, SlackWebApiStub

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("policy")]

CREATE = "create_flow_run"
TOKEN = "xoxb-1234-v-e-i-l-e-d"
PLAN = b"Account,New CSM\n"
ASKED = ["conversations.info", "files.info", "users.info"]


def new_file() -> str:
    return f"F{secrets.token_hex(6).upper()}"


def shared(
    file: str, channel: str = CSM_CHANNEL, user: str = PAT, event_ts: str = "1763820191.000100"
) -> dict[str, Any]:
    """The event that tells of a file."""
    told = {"type": "file_shared", "file_id": file, "user_id": user, "channel_id": channel, "file": {"id": file}}
    return {"type": "event_callback", "event_id": f"Ev{file}", "event": told | {"event_ts": event_ts}}


async def made(transitions: PrefectSide, file: str) -> list[dict[str, Any]]:
    """The runs that a file started."""
    runs = await transitions.made("account-transition")
    return [run for run in runs if run["idempotency_key"].startswith(f"transition-upload:{file}:")]


async def counted(slack: Slack, outcome: str) -> float:
    """How many files came to this end so far."""
    start = f'receiver_notifications_total{{object="Slack",outcome="{outcome}"}} '
    lines = (await slack.client.get(f"{slack.url}/metrics")).text.splitlines()
    return sum(float(line.removeprefix(start)) for line in lines if line.startswith(start))


@pytest.fixture(scope="module")
async def web_api(workspace: Workspace) -> AsyncIterator[SlackWebApiStub]:
    """Slack's Web API, where the block says it is."""
    stub = SlackWebApiStub(TOKEN)
    with Serving(stub.app()) as serving:
        await workspace(SIGNING_SECRET, token=TOKEN, base_url=f"{serving.url}/api")
        yield stub
    await workspace(SIGNING_SECRET)


@pytest.fixture
def there(web_api: SlackWebApiStub) -> SlackWebApiStub:
    web_api.begin()
    return web_api


@pytest.fixture(scope="module")
def receiving(slack_receiver: SlackReceiver, prefect_api: str) -> Slack:
    return slack_receiver(prefect_api)


@pytest.fixture
def slack(receiving: Slack, there: SlackWebApiStub) -> Slack:  # noqa: ARG001 - begun anew for each test
    return receiving


@pytest.mark.parametrize("name", ["book.xlsx", "Book of Hana.CSV", "BOOK.XLS", "book.ods", "book.numbers", "book.xlsb"])
async def test_trn_2_a_workbook_in_the_csm_channel_starts_its_transition(
    slack: Slack, there: SlackWebApiStub, transitions: PrefectSide, name: str
) -> None:
    there.file["name"], file = name, new_file()
    answer = await slack.event(shared(file))
    assert (answer.status_code, answer.content) == (200, b"")
    (run,) = await made(transitions, file)
    assert run["parameters"]["workbook"] == f"slack:{file}"
    assert run["tags"] == ["account-transition"]
    assert run["labels"]["started-by"] == "Slack (Pat Lee)"
    assert there.asked() == ASKED


@pytest.mark.parametrize(
    "kind",
    [
        {"filetype": "xlsx"},
        {"filetype": "gsheet", "mimetype": "application/vnd.google-apps.spreadsheet"},
        {"mimetype": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    ],
)
async def test_trn_2_a_spreadsheet_whose_name_has_no_ending_is_known_by_what_slack_takes_it_for(
    slack: Slack, there: SlackWebApiStub, transitions: PrefectSide, kind: dict[str, str]
) -> None:
    there.file |= {"name": "Book of Hana", **kind}
    file = new_file()
    assert (await slack.event(shared(file))).status_code == 200
    assert len(await made(transitions, file)) == 1


async def test_trn_2_several_files_of_one_message_are_a_run_each(slack: Slack, transitions: PrefectSide) -> None:
    several = [new_file() for _ in range(3)]
    assert {(await slack.event(shared(file))).status_code for file in several} == {200}
    assert [len(await made(transitions, file)) for file in several] == [1, 1, 1]


async def test_trn_2_a_file_that_is_shared_again_later_is_a_new_request(slack: Slack, transitions: PrefectSide) -> None:
    file = new_file()
    for event_ts in ("1763820191.000100", "1763820191.000100", "1763906591.000200"):
        assert (await slack.event(shared(file, event_ts=event_ts))).status_code == 200
    assert len(await made(transitions, file)) == 2


async def test_trn_2_a_file_told_of_again_and_at_once_is_one_run(slack: Slack, transitions: PrefectSide) -> None:
    file, known = new_file(), await counted(slack, "workbook known")
    answers = [*await asyncio.gather(*(slack.event(shared(file)) for _ in range(4))), await slack.event(shared(file))]
    assert {(each.status_code, each.content) for each in answers} == {(200, b"")}
    assert len(await made(transitions, file)) == 1
    assert await counted(slack, "workbook known") == known + 4


@pytest.mark.parametrize("name", ["photo.png", "book.xlsx.exe", "letter.pdf", "xlsx", ""])
async def test_trn_2_what_is_no_workbook_starts_nothing(
    slack: Slack, there: SlackWebApiStub, transitions: PrefectSide, name: str
) -> None:
    there.file["name"], file = name, new_file()
    assert (await slack.event(shared(file))).status_code == 200
    assert await made(transitions, file) == []


async def test_trn_2_a_workbook_in_another_channel_is_not_even_looked_at(
    slack: Slack, there: SlackWebApiStub, transitions: PrefectSide
) -> None:
    file, ignored = new_file(), await counted(slack, "not ours")
    assert (await slack.event(shared(file, ANOTHER_CHANNEL))).status_code == 200
    assert await made(transitions, file) == []
    assert there.asked() == ["conversations.info"]
    assert await counted(slack, "not ours") == ignored + 1


@pytest.mark.parametrize(("who", "whose"), [(BOT, BOT), (PAT, BOT), (BOT, PAT)])
async def test_trn_2_what_the_bot_shared_or_uploaded_starts_nothing(
    slack: Slack, there: SlackWebApiStub, transitions: PrefectSide, who: str, whose: str
) -> None:
    there.file, file = {"name": "book (result).xlsx", "user": whose}, new_file()
    assert (await slack.event(shared(file, user=who))).status_code == 200
    assert await made(transitions, file) == []


async def test_trn_2_the_policy_may_name_the_channel_by_its_id(
    slack: Slack, there: SlackWebApiStub, transitions: PrefectSide, policy: Policies
) -> None:
    await policy({"csm_channel": ANOTHER_CHANNEL})
    here, elsewhere = new_file(), new_file()
    for file, channel in ((here, ANOTHER_CHANNEL), (elsewhere, CSM_CHANNEL)):
        assert (await slack.event(shared(file, channel))).status_code == 200
    assert [len(await made(transitions, file)) for file in (here, elsewhere)] == [1, 0]
    assert "conversations.info" not in there.asked()
    await policy({})


async def test_without_a_policy_the_file_is_told_of_again(
    slack: Slack, transitions: PrefectSide, policy: Policies
) -> None:
    file = new_file()
    await policy(None)
    answer = await slack.event(shared(file))
    assert answer.status_code == 503
    assert "lifecycle-policy/default: run the bootstrap" in answer.json()["error"]
    await policy({})
    assert (await slack.event(shared(file))).status_code == 200
    assert len(await made(transitions, file)) == 1


REFUSAL = (200, b'{"ok": false, "error": "missing_scope"}')


@pytest.mark.parametrize(
    "case",
    [
        *((method, REFUSAL, "missing_scope") for method in ASKED),
        ("files.info", (200, b'{"ok": false, "error": "<b>xoxb-1234-v-e-i-l-e-d</b>"}'), "status 200"),
        ("files.info", (429, b""), "ValidationError"),
        ("files.info", (500, b"<html>"), "ValidationError"),
        ("users.info", (200, b'{"ok": true}'), "ValidationError"),
        ("users.info", (307, b""), "ValidationError"),
    ],
)
async def test_what_slack_does_not_say_is_a_failure_that_names_no_secret_and_is_made_up_for(
    slack: Slack, there: SlackWebApiStub, transitions: PrefectSide, caplog: pytest.LogCaptureFixture, case: Any
) -> None:
    method, said, reason = case
    there.says[method], file, failed = said, new_file(), await counted(slack, "workbook not taken")
    with caplog.at_level("DEBUG"):
        answer = await slack.event(shared(file))
    assert answer.status_code == 503
    assert reason in answer.json()["error"]
    assert TOKEN not in answer.text + caplog.text
    assert await made(transitions, file) == []
    assert await counted(slack, "workbook not taken") == failed + 1
    there.says.clear()
    assert (await slack.event(shared(file))).status_code == 200
    assert len(await made(transitions, file)) == 1


@pytest.mark.parametrize(
    ("method", "code"),
    [*zip(ASKED, ("channel_not_found", "file_not_found", "user_not_found"), strict=True), (ASKED[1], "file_deleted")],
)
async def test_a_file_that_is_gone_is_acknowledged(
    slack: Slack, there: SlackWebApiStub, transitions: PrefectSide, method: str, code: str
) -> None:
    there.says[method], file = (200, json.dumps({"ok": False, "error": code}).encode()), new_file()
    assert (await slack.event(shared(file))).status_code == 200
    assert await made(transitions, file) == []


async def test_slack_is_answered_in_time_though_its_web_api_is_not(slack: Slack, there: SlackWebApiStub) -> None:
    there.seconds = 6
    async with asyncio.timeout(3):
        answer = await slack.event(shared(new_file()))
    assert (answer.status_code, answer.json()) == (503, {"error": "Prefect or Slack did not answer in time"})


@pytest.mark.usefixtures("there")
async def test_a_file_is_acknowledged_only_once_its_run_exists(
    slack_receiver: SlackReceiver, line: BadLine, transitions: PrefectSide
) -> None:
    file = new_file()
    line.faults.append(Fault(CREATE, times=1000))
    with Serving(line.app()) as prefect_line:
        slack = slack_receiver(prefect_line.url)
        assert (await slack.event(shared(file))).status_code == 503
        assert await made(transitions, file) == []
        line.faults[:] = [Fault(CREATE, times=1, forward=True)]
        assert (await slack.event(shared(file))).status_code == 200
    assert len(await made(transitions, file)) == 1


async def test_what_slack_did_not_sign_starts_nothing(
    there: SlackWebApiStub, slack_receiver: SlackReceiver, line: BadLine
) -> None:
    with Serving(line.app()) as prefect_line:
        slack = slack_receiver(prefect_line.url)
        slack.secret = "another secret"
        assert (await slack.event(shared(new_file()))).status_code == 401
    assert line.sent(CREATE) == []
    assert there.asked() == []


@pytest.fixture(scope="module")
def idle(web_api: SlackWebApiStub, slack_receiver: SlackReceiver, prefect_api: str) -> Any:
    """A receiver whose Prefect has no deployment: nothing is ever started."""
    web_api.begin()
    line = BadLine(prefect_api, [Fault("deployments", times=10**9, status=404)])
    with Serving(line.app()) as prefect_line:
        yield slack_receiver(prefect_line.url)


@pytest.mark.parametrize("field", ["file_id", "user_id", "channel_id"])
@given(value=JSON)
async def test_no_event_with_a_field_that_is_wrong_starts_anything(idle: Slack, field: str, value: Any) -> None:
    event = shared("F1")
    event["event"][field] = value
    answer = await idle.event(event)
    if isinstance(value, str):
        assert answer.status_code in (200, 400, 503)
    else:
        assert answer.status_code == 400
        assert f"event.{field}" in answer.json()["error"]


@given(event=JSON)
async def test_any_other_event_is_noted_or_refused(idle: Slack, event: Any) -> None:
    answer = await idle.event({"type": "event_callback", "event": event})
    is_readable = isinstance(event, dict) and isinstance(event.get("type", ""), str)
    assert answer.status_code == (200 if is_readable else 400)


async def test_the_receiver_is_not_ready_without_the_deployment(
    slack_receiver: SlackReceiver, prefect_api: str
) -> None:
    slack = slack_receiver(prefect_api, transition_deployment="account-transition/no-such")
    ready = await slack.client.get(f"{slack.url}/ready")
    assert ready.status_code == 503
    assert "account-transition/no-such" in ready.json()["error"]


# --- with the stand-in


@pytest.fixture
async def pat(
    stand_in: SandboxProcess, workspace: Workspace, slack_receiver: SlackReceiver, prefect_api: str
) -> AsyncIterator[Person]:
    """A team lead in the sandbox's Slack, whose app is the receiver."""
    known = stand_in.credentials
    await workspace(known.slack_signing_secret, token=known.slack_token, base_url=f"{stand_in.url}/slack/api")
    stand_in.behaviour(events_url=f"{slack_receiver(prefect_api).url}/slack/events")
    with httpx.Client(trust_env=False, timeout=10) as client:
        yield await asyncio.to_thread(hire, stand_in, client, "Pat Lee")
    await workspace(SIGNING_SECRET)


async def test_trn_2_from_the_file_in_slack_to_the_run(
    pat: Person, stand_in: SandboxProcess, transitions: PrefectSide
) -> None:
    channels = {one["name"]: one["id"] for one in stand_in.state("slack")["channels"]}
    # Slack tells of the file again.
    stand_in.fault("slack", "error", path="files.info", status=503)
    await asyncio.to_thread(pat.upload, channels["sales"], "elsewhere.csv", PLAN)
    await asyncio.to_thread(pat.upload, channels["cs-operations"], "book.csv", PLAN)
    elsewhere, book = (one["id"] for one in stand_in.state("slack")["files"])
    async with asyncio.timeout(20):
        while not (runs := await made(transitions, book)):
            await asyncio.to_thread(stand_in.last)
    assert [run["parameters"]["workbook"] for run in runs] == [f"slack:{book}"]
    assert runs[0]["labels"]["started-by"] == "Slack (Pat Lee)"
    assert await made(transitions, elsewhere) == []
    assert stand_in.faults() == []
