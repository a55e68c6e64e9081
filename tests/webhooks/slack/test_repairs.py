"""A press of *Repair* in the message about drift starts the repair, once (REC-2)."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.webhooks.conftest import SlackReceiver
from tests.webhooks.prefect_side import REPAIRS, PrefectSide
from tests.webhooks.slack_side import PAT, Slack, press_of

pytestmark = pytest.mark.flows

SENTENCE = "users_equal_the_contracts"
DEPLOYMENT = "reconciliation/receiver-tests-of-repairs"


@pytest.fixture(scope="module")
async def repairs(prefect: PrefectSide) -> AsyncIterator[PrefectSide]:
    side = PrefectSide(prefect.api, DEPLOYMENT)
    await side.deploy(REPAIRS)
    yield side
    await side.withdraw()


@pytest.fixture(scope="module")
def slack(slack_receiver: SlackReceiver, prefect_api: str, repairs: PrefectSide) -> Slack:
    return slack_receiver(prefect_api, repair_deployment=repairs.deployment)


def button(*may: str, preview: bool = False) -> str:
    return json.dumps({"repair": SENTENCE, "preview": preview, "may": may})


def press(slack: Slack, value: str) -> dict[str, Any]:
    return press_of(value, label="Repair", response_url=slack.replies.url)


@pytest.mark.parametrize(("preview", "what"), [(False, "The repair"), (True, "The preview of the repair")])
async def test_a_press_starts_the_repair_of_the_sentence(
    slack: Slack, repairs: PrefectSide, *, preview: bool, what: str
) -> None:
    before = {run["id"] for run in await repairs.made("reconciliation")}
    assert (await slack.interact(press(slack, button(preview=preview)))).status_code == 200
    assert (await slack.replies.next_text()).startswith(f"{what} has started")
    (run,) = [run for run in await repairs.made("reconciliation") if run["id"] not in before]
    assert run["parameters"] == {"sentence": SENTENCE, "preview": preview}
    assert run["labels"]["started-by"] == f"Slack ({PAT['name']})"


async def test_the_same_delivery_again_starts_no_second_repair(slack: Slack, repairs: PrefectSide) -> None:
    before = len(await repairs.made("reconciliation"))
    payload = press(slack, button(PAT["id"]))
    for _ in range(2):
        assert (await slack.interact(payload)).status_code == 200
        await slack.replies.next_text()
    assert len(await repairs.made("reconciliation")) == before + 1


async def test_a_member_who_may_not_press_is_told_who_may(slack: Slack, repairs: PrefectSide) -> None:
    before = len(await repairs.made("reconciliation"))
    assert (await slack.interact(press(slack, button("U999")))).status_code == 200
    assert await slack.replies.next_text() == "Only <@U999> can answer this. Nothing was changed."
    assert len(await repairs.made("reconciliation")) == before
