"""Buttons that are pressed in Slack: the answer is kept with the run, the run goes on, the presser is told."""

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.webhooks.conftest import SlackReceiver
from tests.webhooks.prefect_side import PrefectSide
from tests.webhooks.serving import BadLine, Fault, Serving
from tests.webhooks.slack_side import PAT, Slack, press_of, value

pytestmark = pytest.mark.flows

RESUMED = ["Scheduled", "Running", "Suspended", "Resuming"]
UNTOUCHED = ["Scheduled", "Running", "Suspended"]
KIM = PAT | {"id": "U777", "username": "kim.ops", "name": "kim.ops"}


async def answers(prefect: PrefectSide, run_id: str) -> list[dict[str, str]]:
    return list((await prefect.inputs(run_id, "answer-")).values())


async def outcomes(slack: Slack) -> set[str]:
    """The Slack lines among the receiver's numbers, `answered 2.0`."""
    lines = (await slack.client.get(f"{slack.url}/metrics")).text.splitlines()
    start = 'receiver_notifications_total{object="Slack",outcome="'
    return {line.removeprefix(start).replace('"}', "") for line in lines if line.startswith(start)}


@pytest.mark.parametrize(
    ("button", "text"),
    [
        ({"decision": "Check again"}, "Checking again: *onboarding Acme*."),
        ({"decision": "Cancel"}, "Cancelled: *onboarding Acme* stops here."),
        (
            {"decision": "Choose", "topic": "recurly", "choice": "abc1"},
            "Saved: Acme &lt;Holding&gt;. *onboarding Acme* continues.",
        ),
    ],
)
async def test_a_press_is_kept_with_the_run_which_goes_on(
    slack: Slack, prefect: PrefectSide, button: dict[str, str], text: str
) -> None:
    run_id = await prefect.waiting_run()
    answer = await slack.press(value(run_id, **button), label="Acme <Holding>")
    assert (answer.status_code, answer.content) == (200, b"")
    assert await slack.replies.next_text() == text
    ((key, kept),) = (await prefect.inputs(run_id, "answer-")).items()
    assert re.fullmatch("answer-[0-9a-f]{32}", key)
    at = datetime.fromisoformat(kept.pop("at"))
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert kept == {"who": "pat.seller", "user": "U123", "via": "Slack", "topic": "", "choice": ""} | button
    assert await prefect.states(run_id) == RESUMED
    resumed = (await prefect.inputs(run_id, "suspended"))["suspended-question-1-wait-1-response"]
    assert resumed == {"decision": "Check again", "decided_by": key}


async def test_the_same_delivery_again_is_the_same_answer(slack: Slack, prefect: PrefectSide) -> None:
    run_id = await prefect.waiting_run()
    payload = press_of(value(run_id), response_url=slack.replies.url)
    assert (await slack.interact(payload)).status_code == 200
    assert await slack.replies.next_text() == "Checking again: *onboarding Acme*."
    await prefect.suspend(run_id, wait=2)
    assert (await slack.interact(payload)).status_code == 200
    assert len(await answers(prefect, run_id)) == 1
    assert await prefect.states(run_id) == [*RESUMED, "Running", "Suspended"]
    assert slack.replies.messages.empty()


async def test_two_answers_at_once_are_both_kept_and_resume_the_run_once(slack: Slack, prefect: PrefectSide) -> None:
    run_id = await prefect.waiting_run()
    sent = await asyncio.gather(
        slack.press(value(run_id)), slack.press(value(run_id, "Cancel"), user=KIM), slack.press(value(run_id))
    )
    assert [each.status_code for each in sent] == [200] * 3
    texts = sorted([await slack.replies.next_text() for _ in sent])
    assert texts == ["Cancelled: *onboarding Acme* stops here.", *["Checking again: *onboarding Acme*."] * 2]
    kept = sorted((each["who"], each["decision"]) for each in await answers(prefect, run_id))
    assert kept == [("kim.ops", "Cancel"), ("pat.seller", "Check again"), ("pat.seller", "Check again")]
    assert await prefect.states(run_id) == RESUMED


async def test_somebody_who_may_not_is_told_who_may_and_nothing_happens(slack: Slack, prefect: PrefectSide) -> None:
    run_id = await prefect.waiting_run()
    assert (await slack.press(value(run_id, "Cancel", may=["U777", "U888"]))).status_code == 200
    assert await slack.replies.next_text() == "Only <@U777> or <@U888> can answer this. Nothing was changed."
    assert await answers(prefect, run_id) == []
    assert await prefect.states(run_id) == UNTOUCHED


async def test_a_member_who_may_answer_is_accepted(slack: Slack, prefect: PrefectSide) -> None:
    run_id = await prefect.waiting_run()
    assert (await slack.press(value(run_id, may=["U888", "U777"]), user=KIM)).status_code == 200
    assert await slack.replies.next_text() == "Checking again: *onboarding Acme*."
    assert await prefect.states(run_id) == RESUMED


async def test_a_cancel_that_meets_a_run_at_work_promises_no_more_than_it_can_keep(
    slack: Slack, prefect: PrefectSide
) -> None:
    run_id = await prefect.waiting_run()
    await prefect.set_state(run_id, "RUNNING", "Running")
    assert (await slack.press(value(run_id, "Cancel"))).status_code == 200
    assert "stops unless it has already passed its question" in await slack.replies.next_text()
    assert len(await answers(prefect, run_id)) == 1


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("COMPLETED", "Completed", "*onboarding Acme* has already finished, so there is nothing to answer."),
        ("CANCELLED", "Cancelled", "*onboarding Acme* was cancelled, so there is nothing to answer."),
    ],
)
async def test_an_answer_that_comes_too_late_is_not_kept(
    slack: Slack, prefect: PrefectSide, kind: str, name: str, text: str
) -> None:
    run_id = await prefect.waiting_run()
    await prefect.set_state(run_id, kind, name)
    assert (await slack.press(value(run_id))).status_code == 200
    assert await slack.replies.next_text() == text
    assert await answers(prefect, run_id) == []
    assert await prefect.states(run_id) == [*UNTOUCHED, name]


async def test_an_answer_to_a_run_that_is_gone_is_told_so(slack: Slack, prefect: PrefectSide) -> None:
    deleted = await prefect.waiting_run()
    await prefect.delete_run(deleted)
    for run_id in (deleted, str(uuid4())):
        assert (await slack.press(value(run_id))).status_code == 200
        assert await slack.replies.next_text() == "This run no longer exists, so there is nothing to answer."


async def states_after_a_press(slack: Slack, prefect: PrefectSide, kind: str, name: str) -> list[str]:
    """Press "Check again" for a run in this state: it is said and kept; answers what the run went through."""
    run_id = await prefect.add_run()
    await prefect.set_state(run_id, kind, name)
    assert (await slack.press(value(run_id))).status_code == 200
    assert await slack.replies.next_text() == "Checking again: *onboarding Acme*."
    assert len(await answers(prefect, run_id)) == 1
    return await prefect.states(run_id)


@pytest.mark.parametrize(
    ("kind", "name"), [("RUNNING", "Running"), ("PENDING", "Pending"), ("SCHEDULED", "AwaitingRetry")]
)
async def test_a_run_that_is_under_way_finds_the_answer_by_itself(
    slack: Slack, prefect: PrefectSide, kind: str, name: str
) -> None:
    assert await states_after_a_press(slack, prefect, kind, name) == ["Scheduled", name]


@pytest.mark.parametrize(
    ("kind", "name"), [("FAILED", "Needs sales"), ("FAILED", "Needs the team lead"), ("CRASHED", "Crashed")]
)
async def test_a_run_that_failed_for_want_of_an_answer_or_crashed_is_retried(
    slack: Slack, prefect: PrefectSide, kind: str, name: str
) -> None:
    assert await states_after_a_press(slack, prefect, kind, name) == ["Scheduled", name, "AwaitingRetry"]


async def test_a_run_that_failed_otherwise_keeps_the_answer_until_its_retry(slack: Slack, prefect: PrefectSide) -> None:
    run_id = await prefect.add_run()
    await prefect.set_state(run_id, "FAILED", "Failed")
    assert (await slack.press(value(run_id))).status_code == 200
    assert "presses Retry" in await slack.replies.next_text()
    assert len(await answers(prefect, run_id)) == 1
    assert await prefect.states(run_id) == ["Scheduled", "Failed"]


async def test_a_run_whose_suspension_was_never_saved_is_retried_within_slacks_patience(
    slack: Slack, prefect: PrefectSide
) -> None:
    run_id = await prefect.add_run()
    await prefect.suspend(run_id, with_form=False)
    begun = time.monotonic()
    assert (await slack.press(value(run_id))).status_code == 200
    assert time.monotonic() - begun < 3
    assert await slack.replies.next_text() == "Checking again: *onboarding Acme*."
    assert await prefect.states(run_id) == [*UNTOUCHED, "AwaitingRetry"]


PRESS_AGAIN = "Prefect does not answer. Press again in a minute."


@pytest.mark.parametrize("fault", [{}, {"forward": True, "status": 0, "seconds": 6}], ids=["refuses", "hangs"])
@pytest.mark.parametrize("call", ["GET /flow_runs/", "/input ", "/resume "])
async def test_while_prefect_is_down_slack_has_its_answer_in_time_and_a_second_press_is_heard(
    slack_receiver: SlackReceiver, prefect: PrefectSide, line: BadLine, call: str, fault: dict[str, int]
) -> None:
    run_id = await prefect.waiting_run()
    with Serving(line.app()) as prefect_line:
        slack = slack_receiver(prefect_line.url)
        assert (await slack.press("not ours")).status_code == 200  # the signing secret is known from now on
        line.faults.append(Fault(call, times=1000, **fault))
        begun = time.monotonic()
        assert (await slack.press(value(run_id))).status_code == 200
        assert time.monotonic() - begun < 3
        assert await slack.replies.next_text() == PRESS_AGAIN
        assert "failed 1.0" in await outcomes(slack)
        line.faults.clear()
        assert (await slack.press(value(run_id))).status_code == 200
        assert await slack.replies.next_text() == "Checking again: *onboarding Acme*."
    assert await prefect.states(run_id) == RESUMED


async def test_a_busy_prefect_is_asked_again_and_the_answer_kept_unheard_is_no_replay(
    slack_receiver: SlackReceiver, prefect: PrefectSide, line: BadLine
) -> None:
    run_id = await prefect.waiting_run()
    line.faults += [Fault("/input ", times=1, forward=True), Fault("/resume ", times=1)]
    with Serving(line.app()) as prefect_line:
        slack = slack_receiver(prefect_line.url)
        assert (await slack.press(value(run_id))).status_code == 200
        assert await slack.replies.next_text() == "Checking again: *onboarding Acme*."
    assert len(await answers(prefect, run_id)) == 1
    assert await prefect.states(run_id) == RESUMED


async def test_what_became_of_presses_is_counted(
    slack_receiver: SlackReceiver, prefect_api: str, prefect: PrefectSide
) -> None:
    slack = slack_receiver(prefect_api)
    run_id = await prefect.waiting_run()
    payload = press_of(value(run_id), response_url=slack.replies.url)
    for _ in range(3):
        await slack.interact(payload)
    await slack.press(value(run_id, may=["U777"]))
    await slack.press(value(str(uuid4())))
    await slack.press(None)
    counted = {"answered 1.0", "replayed 2.0", "refused 1.0", "too late 1.0", "not ours 1.0"}
    assert await outcomes(slack) == counted
