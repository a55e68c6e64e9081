"""Sales request a change of a publication in Slack: the form is shown, and starts a run once it is right (PUB-1)."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.publications.requests import PublicationAction
from tests.sandbox.slack_app import Person, hire
from tests.support.ports import free_port
from tests.support.sandbox import SandboxProcess
from tests.webhooks.arbitrary_json import JSON
from tests.webhooks.conftest import SIGNING_SECRET, SlackReceiver, Workspace
from tests.webhooks.messages import new_id
from tests.webhooks.prefect_side import PrefectSide
from tests.webhooks.serving import BadLine, Fault, Serving
from tests.webhooks.slack_side import Slack, WebApi, press_of, shortcut_of, submission_of, value

pytestmark = pytest.mark.flows

TOKEN = "xoxb-1234-v-e-i-l-e-d"
CREATE = "create_flow_run"


def renaming(account: str) -> dict[str, Any]:
    return {"account": account, "action": "rename", "publication": "Acme News", "new_name": "Acme Times"}


def errors(answer: httpx.Response) -> dict[str, str]:
    """The errors that Slack is to show, by block."""
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    assert told.keys() == {"response_action", "errors"}
    assert told["response_action"] == "errors"
    return dict(told["errors"])


async def outcomes(slack: Slack) -> set[str]:
    """The Slack lines among the receiver's numbers, `started 2.0`."""
    lines = (await slack.client.get(f"{slack.url}/metrics")).text.splitlines()
    start = 'receiver_notifications_total{object="Slack",outcome="'
    return {line.removeprefix(start).replace('"}', "") for line in lines if line.startswith(start)}


@pytest.fixture
async def web_api(workspace: Workspace) -> AsyncIterator[WebApi]:
    """Slack's Web API, where the block says it is; its receivers are to be started after it."""
    api = WebApi()
    with Serving(api.app()) as serving:
        await workspace(SIGNING_SECRET, token=TOKEN, base_url=f"{serving.url}/api")
        yield api
    await workspace(SIGNING_SECRET)


async def test_pub_1_the_shortcut_shows_the_form_to_who_chose_it(
    web_api: WebApi, slack_receiver: SlackReceiver, prefect_api: str
) -> None:
    slack = slack_receiver(prefect_api)
    answer = await slack.interact(shortcut_of(trigger_id="12.34.abc"))
    assert (answer.status_code, answer.content) == (200, b"")
    ((method, authorization, called),) = web_api.calls
    assert (method, authorization) == ("views.open", f"Bearer {TOKEN}")
    assert called["trigger_id"] == "12.34.abc"
    view = called["view"]
    assert (view["type"], view["callback_id"]) == ("modal", "publication_request")
    inputs = {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}
    assert list(inputs) == ["account", "action", "publication", "new_name", "note"]
    assert [name for name, block in inputs.items() if block["optional"]] == ["new_name", "note"]
    options = [one["text"]["text"] for one in inputs["action"]["element"]["options"]]
    assert options == ["Set up", "Rename", "Update", "Deactivate", "Reactivate"]
    assert await outcomes(slack) == {"form shown 1.0"}


@pytest.mark.parametrize(
    "said",
    [
        (200, b'{"ok": false, "error": "invalid_auth"}', "invalid_auth"),
        (200, b'{"ok": false, "error": "<b>xoxb-1234-v-e-i-l-e-d</b>"}', "status 200"),
        (500, b"<html>", "ValidationError"),
        (200, b'{"ok": 7}', "ValidationError"),
        (307, b"", "ValidationError"),
    ],
)
async def test_a_form_that_slack_does_not_show_is_a_failure_that_names_the_reason_and_no_secret(
    web_api: WebApi,
    slack_receiver: SlackReceiver,
    prefect_api: str,
    caplog: pytest.LogCaptureFixture,
    said: tuple[int, bytes, str],
) -> None:
    web_api.status, web_api.answer, reason = said
    slack = slack_receiver(prefect_api)
    with caplog.at_level("DEBUG"):
        answer = await slack.interact(shortcut_of())
    assert answer.status_code == 503
    assert reason in answer.json()["error"]
    assert len(web_api.calls) == 1
    assert TOKEN not in answer.text + caplog.text
    assert await outcomes(slack) == {"form not shown 1.0"}


@pytest.mark.parametrize("code", ["expired_trigger_id", "invalid_trigger_id", "trigger_exchanged"])
async def test_a_trigger_that_slack_refuses_is_the_senders_fault(
    web_api: WebApi, slack_receiver: SlackReceiver, prefect_api: str, code: str
) -> None:
    web_api.status, web_api.answer = 200, json.dumps({"ok": False, "error": code}).encode()
    answer = await slack_receiver(prefect_api).interact(shortcut_of())
    assert (answer.status_code, answer.json()) == (400, {"error": f"Slack did not show the form: {code}"})


async def test_slack_is_not_kept_waiting_by_its_own_web_api(
    web_api: WebApi, slack_receiver: SlackReceiver, prefect_api: str
) -> None:
    web_api.seconds = 6
    slack = slack_receiver(prefect_api)
    begun = time.monotonic()
    answer = await slack.interact(shortcut_of())
    assert time.monotonic() - begun < 3
    assert (answer.status_code, answer.json()) == (503, {"error": "Slack did not show the form: TimeoutError"})


async def test_a_web_api_that_is_not_there_is_a_failure(
    workspace: Workspace, slack_receiver: SlackReceiver, prefect_api: str
) -> None:
    await workspace(SIGNING_SECRET, token=TOKEN, base_url=f"http://127.0.0.1:{free_port()}/api")
    answer = await slack_receiver(prefect_api).interact(shortcut_of())
    await workspace(SIGNING_SECRET)
    assert (answer.status_code, answer.json()) == (503, {"error": "Slack did not show the form: ConnectError"})


@pytest.mark.parametrize("action", [each.value for each in PublicationAction])
async def test_pub_1_the_form_filled_in_right_starts_a_run_of_publications(
    slack: Slack, publications: PrefectSide, action: str
) -> None:
    account = new_id("001")
    entered = renaming(account[:15]) | {"action": action, "note": "As agreed with Jo"}
    entered |= {} if action == "rename" else {"new_name": None}
    answer = await slack.interact(submission_of(entered, view="V0123"))
    assert (answer.status_code, answer.content) == (200, b"")
    (run,) = await publications.made(f"account:{account}")
    assert run["parameters"]["account_id"] == account
    assert run["parameters"]["request"] == {
        "action": action,
        "publication": "Acme News",
        "new_name": "Acme Times" if action == "rename" else "",
        "requested_by": "pat.seller",
        "note": "As agreed with Jo",
    }
    assert set(run["tags"]) == {"publications", f"account:{account}"}
    assert run["idempotency_key"] == f"publications:{account}:slack:V0123"
    assert run["labels"]["started-by"] == "Slack (pat.seller)"


async def test_a_form_sent_twice_or_at_once_is_one_run_and_another_form_another(
    slack_receiver: SlackReceiver, prefect_api: str, publications: PrefectSide
) -> None:
    slack = slack_receiver(prefect_api)
    account = new_id("001")
    same = submission_of(renaming(account))
    answers = [*await asyncio.gather(*(slack.interact(same) for _ in range(5))), await slack.interact(same)]
    assert {(each.status_code, each.content) for each in answers} == {(200, b"")}
    assert len(await publications.made(f"account:{account}")) == 1
    assert await outcomes(slack) == {"started 1.0", "known 5.0"}
    await slack.interact(submission_of(renaming(account)))
    assert len(await publications.made(f"account:{account}")) == 2


async def test_pub_3_a_form_that_is_not_right_starts_nothing_and_says_so_at_its_fields(
    slack_receiver: SlackReceiver, line: BadLine
) -> None:
    with Serving(line.app()) as prefect_line:
        slack = slack_receiver(prefect_line.url)
        told = errors(await slack.interact(submission_of({"account": "Acme Corp", "action": None, "publication": ""})))
        assert set(told) == {"account", "action", "publication"}
        assert await outcomes(slack) == {"not filled in right 1.0"}
    assert line.sent(CREATE) == []


async def test_while_prefect_does_not_answer_the_form_says_to_press_again_and_then_it_is_taken(
    slack_receiver: SlackReceiver, line: BadLine, publications: PrefectSide
) -> None:
    account = new_id("001")
    form = submission_of(renaming(account))
    with Serving(line.app()) as prefect_line:
        slack = slack_receiver(prefect_line.url)
        line.faults.append(Fault("deployments", times=1000, seconds=6))
        begun = time.monotonic()
        told = errors(await slack.interact(form))
        assert time.monotonic() - begun < 3
        assert list(told) == ["account"]
        assert "again in a minute" in told["account"]
        line.faults.clear()
        assert await publications.made(f"account:{account}") == []
        assert (await slack.interact(form)).content == b""
    assert len(await publications.made(f"account:{account}")) == 1


async def test_a_start_whose_confirmation_was_lost_is_one_run(
    slack_receiver: SlackReceiver, line: BadLine, publications: PrefectSide
) -> None:
    account = new_id("001")
    line.faults.append(Fault(CREATE, times=2, forward=True))
    with Serving(line.app()) as prefect_line:
        assert (await slack_receiver(prefect_line.url).interact(submission_of(renaming(account)))).content == b""
    assert len(await publications.made(f"account:{account}")) == 1


async def test_a_request_that_prefect_refuses_says_whom_to_tell(
    slack_receiver: SlackReceiver, prefect_api: str
) -> None:
    slack = slack_receiver(prefect_api, publications_deployment="publications/no-such")
    told = errors(await slack.interact(submission_of(renaming(new_id("001")))))
    assert list(told) == ["account"]
    assert "Tell an engineer" in told["account"]
    assert await outcomes(slack) == {"failed 1.0"}


@pytest.mark.parametrize("payload", [shortcut_of(), submission_of(renaming(new_id("001")))], ids=["shortcut", "form"])
async def test_what_slack_did_not_sign_shows_no_form_and_starts_nothing(
    web_api: WebApi, slack_receiver: SlackReceiver, line: BadLine, payload: dict[str, Any]
) -> None:
    with Serving(line.app()) as prefect_line:
        slack = slack_receiver(prefect_line.url)
        slack.secret = "another secret"
        assert (await slack.interact(payload)).status_code == 401
    assert line.sent(CREATE) == []
    assert web_api.calls == []


async def test_a_shortcut_or_form_of_another_is_left_alone(
    web_api: WebApi, slack_receiver: SlackReceiver, line: BadLine
) -> None:
    theirs = submission_of(renaming(new_id("001")))
    theirs["view"]["callback_id"] = "theirs"
    with Serving(line.app()) as prefect_line:
        slack = slack_receiver(prefect_line.url)
        for payload in (theirs, shortcut_of("theirs"), shortcut_of() | {"type": "message_action"}):
            answer = await slack.interact(payload)
            assert (answer.status_code, answer.content) == (200, b"")
        assert await outcomes(slack) == {"not ours 3.0"}
    assert line.sent(CREATE) == []
    assert web_api.calls == []


@pytest.fixture(scope="module")
async def idle(slack_receiver: SlackReceiver, workspace: Workspace, prefect_api: str) -> AsyncIterator[Slack]:
    """A receiver that shows forms, and whose Prefect has no deployment: nothing is ever started."""
    line = BadLine(prefect_api, [Fault("deployments", times=10**9, status=404)])
    with Serving(WebApi().app()) as web, Serving(line.app()) as prefect_line:
        await workspace(SIGNING_SECRET, base_url=f"{web.url}/api")
        yield slack_receiver(prefect_line.url)


SENT = st.sampled_from([shortcut_of(), submission_of(renaming(new_id("001"))), press_of(value("no run", may=["U999"]))])


@given(payload=SENT, data=st.data())
async def test_no_payload_that_slack_signs_is_answered_by_an_error_of_ours(
    idle: Slack, payload: dict[str, Any], data: st.DataObject
) -> None:
    field = data.draw(st.sampled_from(sorted(payload)))
    sent = payload | {field: data.draw(JSON)}
    if isinstance(payload[field], dict):
        inner = data.draw(st.sampled_from(sorted(payload[field])))
        sent = data.draw(st.sampled_from([sent, payload | {field: payload[field] | {inner: data.draw(JSON)}}]))
    answer = await idle.interact(sent)
    assert answer.status_code in (200, 400)


@pytest.fixture
async def pat(
    stand_in: SandboxProcess, workspace: Workspace, slack_receiver: SlackReceiver, prefect_api: str
) -> AsyncIterator[Person]:
    """A seller in the sandbox's Slack, whose app is the receiver."""
    known = stand_in.credentials
    await workspace(known.slack_signing_secret, token=known.slack_token, base_url=f"{stand_in.url}/slack/api")
    stand_in.behaviour(interactions_url=f"{slack_receiver(prefect_api).url}/slack/interactions")
    with httpx.Client(trust_env=False, timeout=10) as client:
        yield await asyncio.to_thread(hire, stand_in, client, "Pat Lee")
    await workspace(SIGNING_SECRET)


async def test_pub_1_from_the_shortcut_in_slack_to_the_run(
    pat: Person, stand_in: SandboxProcess, publications: PrefectSide
) -> None:
    account = new_id("001")
    await asyncio.to_thread(pat.choose)
    (view,) = stand_in.state("slack")["views"]
    wrong = renaming("Acme Corp") | {"new_name": ""}
    await asyncio.to_thread(pat.submit, view["id"], **wrong)
    (view,) = stand_in.state("slack")["views"]
    assert set(view["errors"]) == {"account", "new_name"}
    address = f"https://acme.lightning.force.com/lightning/r/Account/{account}/view"
    await asyncio.to_thread(pat.submit, view["id"], **renaming(address), note="One\nTwo")
    assert stand_in.state("slack")["views"] == []
    (run,) = await publications.made(f"account:{account}")
    assert run["parameters"]["request"] == {
        "action": "rename",
        "publication": "Acme News",
        "new_name": "Acme Times",
        "requested_by": "pat",
        "note": "One\nTwo",
    }
    assert json.dumps(run["labels"]).count("Slack (pat)") == 1
