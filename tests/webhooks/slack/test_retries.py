"""A press of *Retry* or *Retry all* in the message about failed runs: once, and the message says who (REC-3)."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.webhooks.conftest import SlackReceiver
from tests.webhooks.prefect_side import PrefectSide
from tests.webhooks.slack_side import PAT, Slack, press_of

pytestmark = pytest.mark.flows

DEPLOYMENT = "failures/receiver-tests-of-retries"
TEXTS = {"type": "string", "default": ""}
RETRIES = {"type": "object", "properties": dict.fromkeys(("failure_class", "vendor", "since"), TEXTS)}
KIM = PAT | {"id": "U777", "username": "kim.ops", "name": "kim.ops"}


@pytest.fixture(scope="module")
async def retries(prefect: PrefectSide) -> AsyncIterator[PrefectSide]:
    side = PrefectSide(prefect.api, DEPLOYMENT)
    await side.deploy(RETRIES)
    yield side
    await side.withdraw()


@pytest.fixture(scope="module")
def slack(slack_receiver: SlackReceiver, prefect_api: str, retries: PrefectSide) -> Slack:
    return slack_receiver(prefect_api, retry_deployment=retries.deployment)


async def failed(prefect: PrefectSide, name: str = "Onboard Acme") -> dict[str, Any]:
    """A run that failed as Unavailable."""
    run_id = await prefect.add_run("onboarding", name=name)
    await prefect.begin(run_id, 1)
    await prefect.set_state(run_id, "FAILED", "Unavailable")
    return await prefect.run(run_id)


def row(run: dict[str, Any], *may: str) -> dict[str, Any]:
    value = {"run": run["id"], "failure": run["state_id"], "may": may}
    return section(f"{run['name']} failed", "Retry", value)


def header(vendor: str = "LMS", *may: str) -> dict[str, Any]:
    value = {"retry": "unavailable", "vendor": vendor, "since": "2026-11-29T01:00:00+00:00", "may": may}
    return section(f"Unavailable: {vendor}", "Retry all", value) | {"block_id": f"failures:unavailable:{vendor}"}


def section(text: str, label: str, value: dict[str, Any]) -> dict[str, Any]:
    button = {
        "type": "button",
        "action_id": label,
        "value": json.dumps(value),
        "text": {"type": "plain_text", "text": label},
    }
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, "accessory": button}


async def press(slack: Slack, block: dict[str, Any], *blocks: dict[str, Any], ts: str, **more: Any) -> str:
    """Press the button of a block in a message of blocks; the private reply. Slack answers at once."""
    message = {"ts": ts, "text": "Runs failed", "blocks": blocks or [block]}
    payload = press_of(block["accessory"]["value"], message=message, response_url=slack.replies.url, **more)
    answer = await slack.interact(payload)
    assert (answer.status_code, answer.content) == (200, b"")
    return await slack.replies.next_text()


async def changed(slack: Slack) -> list[dict[str, Any]]:
    """The layout that the message got."""
    message = await asyncio.to_thread(slack.replies.messages.get, timeout=20)
    assert (message["replace_original"], message["text"]) == (True, "Runs failed")
    return list(message["blocks"])


async def pressed(slack: Slack, block: dict[str, Any], *blocks: dict[str, Any], ts: str, **more: Any) -> Any:
    """Press a button in a message that then changes: its new layout, and the private reply."""
    message = {"ts": ts, "text": "Runs failed", "blocks": blocks or [block]}
    payload = press_of(block["accessory"]["value"], message=message, response_url=slack.replies.url, **more)
    assert (await slack.interact(payload)).status_code == 200
    return await changed(slack), await slack.replies.next_text()


async def test_a_press_retries_the_run_once_and_the_message_says_who_and_when(
    slack: Slack, prefect: PrefectSide
) -> None:
    run, other = await failed(prefect), await failed(prefect, "Onboard Birch")
    blocks = (row(run), row(other))
    (first, second), told = await pressed(slack, blocks[0], *blocks, ts="1.1")
    assert told == "Retrying: *Onboard Acme*."
    assert re.fullmatch(
        r"Onboard Acme failed\n:recycle: Retried by <@U123> <!date\^\d+\^.*\|at \d\d:\d\d UTC>", first["text"]["text"]
    )
    assert "accessory" not in first
    assert second == blocks[1]
    now = await prefect.run(run["id"])
    assert (now["state"]["name"], now["state"]["message"]) == ("AwaitingRetry", "Retried by pat.seller in Slack")

    # Another member, whose Slack still shows the old message, presses the same button, and one at the same time.
    again, told = await pressed(slack, blocks[0], *blocks, ts="1.1", user=KIM)
    assert told == "*Onboard Acme* was retried already and is under way."
    assert again[0] == first
    assert (await prefect.states(run["id"])).count("AwaitingRetry") == 1

    # The second button, pressed in the old message: both rows are as they must be.
    (first_again, second), _ = await pressed(slack, blocks[1], *blocks, ts="1.1", user=KIM)
    assert first_again == first
    assert "Retried by <@U777>" in second["text"]["text"]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (("COMPLETED", "Completed"), "was retried and has completed"),
        (("FAILED", "Unavailable"), "was retried and has failed again. Use the newer message."),
        (("RUNNING", "Running"), "was retried already and is under way."),
        (("PAUSED", "Suspended"), "was retried and waits for a person."),
        (("CANCELLED", "Cancelled"), "was cancelled, so there is nothing to retry."),
    ],
)
async def test_an_old_button_changes_nothing_and_says_why(
    slack: Slack, prefect: PrefectSide, state: tuple[str, str], told: str
) -> None:
    run = await failed(prefect)
    await prefect.set_state(run["id"], *state)
    before = await prefect.states(run["id"])
    (block,), text = await pressed(slack, row(run), ts="2.1")
    assert told in text
    assert block["text"]["text"].endswith("Retried, or changed, in the dashboard.")
    assert await prefect.states(run["id"]) == before


async def test_a_run_that_was_deleted_is_told(slack: Slack, prefect: PrefectSide) -> None:
    run = await failed(prefect)
    await prefect.delete_run(run["id"])
    (block,), text = await pressed(slack, row(run), ts="3.1")
    assert text.startswith("This run no longer exists")
    assert block["text"]["text"].endswith("The run no longer exists.")


async def test_a_member_who_may_not_retry_is_told_who_may(slack: Slack, prefect: PrefectSide) -> None:
    run = await failed(prefect)
    assert await press(slack, row(run, "U999"), ts="4.1") == "Only <@U999> can answer this. Nothing was changed."
    assert await press(slack, header("LMS", "U999"), ts="4.1") == "Only <@U999> can answer this. Nothing was changed."
    assert (await prefect.run(run["id"]))["state"]["name"] == "Unavailable"


async def test_retry_all_starts_one_run_for_each_group_of_a_message(
    slack: Slack, retries: PrefectSide, prefect: PrefectSide
) -> None:
    run = await failed(prefect)
    blocks = (header(), row(run), header("Recurly"))
    layout, told = await pressed(slack, blocks[0], *blocks, ts="5.1")
    assert told.startswith("The retry of all these runs has started")
    assert ":recycle: All retried by pat.seller in Slack <!date^" in layout[0]["text"]["text"]
    assert [("accessory" in block) for block in layout] == [False, False, True]
    again, told = await pressed(slack, blocks[0], *blocks, ts="5.1", user=KIM)
    assert told.startswith("These runs were retried already, by pat.seller in Slack.")
    assert again == layout
    query = {"flow_runs": {"idempotency_key": {"any_": ["retry-all:C1:5.1:unavailable:LMS"]}}}
    (started,) = (await prefect.api.post("/flow_runs/filter", json=query)).json()
    assert started["deployment_id"] == retries.deployment_id
    value = json.loads(header()["accessory"]["value"])
    assert started["parameters"] == {"failure_class": "unavailable", "vendor": "LMS", "since": value["since"]}
