"""A later event of the same opportunity, by how its onboarding stands (D-16, ONB-1, ONB-2)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.webhooks.conftest import Receiver
from tests.webhooks.messages import ACK, callout, changed, message, new_id, notification, sale
from tests.webhooks.prefect_side import PrefectSide
from tests.webhooks.serving import Salesforce
from webhooks.common.metrics import Metrics
from webhooks.runs.prefect_api import PrefectApi
from webhooks.runs.prefect_runs import PrefectRuns
from webhooks.runs.waking import RunWaker
from webhooks.salesforce.following import RunFollower
from webhooks.salesforce.onboardings import Onboardings
from webhooks.salesforce.won_sales import WonSales

pytestmark = pytest.mark.flows

OUT = ("COMPLETED", "Out of scope")
CANCELLED = ("CANCELLED", "Cancelled")
CRASHED = ("CRASHED", "Crashed")


async def onboarded(salesforce: Salesforce, prefect: PrefectSide, kind: str, name: str) -> tuple[str, str]:
    """An opportunity, and its onboarding, which stands like that."""
    opportunity = new_id()
    assert (await salesforce.outbound(sale(opportunity))).text == ACK
    run_id = str((await prefect.the_run(opportunity))["id"])
    await prefect.set_state(run_id, kind, name)
    return opportunity, run_id


async def tagged_out_of_scope(salesforce: Salesforce, prefect: PrefectSide, *tags: str) -> tuple[str, str]:
    """The same, ended out of scope, with the tags of its records as the flow leaves them."""
    opportunity, run_id = await onboarded(salesforce, prefect, *OUT)
    await prefect.tag(run_id, "onboarding", f"opportunity:{opportunity}", "out-of-scope", *tags)
    return opportunity, run_id


async def keys(prefect: PrefectSide, opportunity: str) -> set[str]:
    return {run["idempotency_key"] for run in await prefect.runs(opportunity)}


@pytest.mark.parametrize("beginnings", [0, 1, 4])
async def test_a_run_that_crashed_is_retried_by_the_next_message_of_its_opportunity(
    salesforce: Salesforce, prefect: PrefectSide, beginnings: int
) -> None:
    opportunity, run_id = await onboarded(salesforce, prefect, "PENDING", "Pending")
    await prefect.begin(run_id, beginnings)
    await prefect.set_state(run_id, *CRASHED)
    assert (await salesforce.outbound(sale(opportunity))).text == ACK
    assert (await prefect.states(run_id))[-2:] == ["Crashed", "AwaitingRetry"]
    assert len(await prefect.runs(opportunity)) == 1


async def test_a_run_that_crashes_at_every_beginning_is_left_and_counted(
    receiver: Receiver, prefect: PrefectSide, prefect_api: str
) -> None:
    salesforce = receiver(prefect_api, deployment=prefect.deployment)
    opportunity, run_id = await onboarded(salesforce, prefect, "PENDING", "Pending")
    await prefect.begin(run_id, 5)
    await prefect.set_state(run_id, *CRASHED)
    assert (await salesforce.outbound(sale(opportunity))).text == ACK
    assert (await prefect.states(run_id))[-1] == "Crashed"
    numbers = (await salesforce.client.get(f"{salesforce.url}/metrics")).text
    assert 'receiver_notifications_total{object="Opportunity",outcome="given up"} 1.0' in numbers


async def test_a_change_of_another_record_of_it_retries_a_crashed_run_too(
    salesforce: Salesforce, prefect: PrefectSide
) -> None:
    contract = new_id("800")
    run_id = await prefect.add_run("onboarding", f"opportunity:{new_id()}", f"contract:{contract}")
    await prefect.set_state(run_id, *CRASHED)
    assert (await salesforce.callout(callout("Contract", contract))).json()["woken"] == 1
    assert (await prefect.states(run_id))[-1] == "AwaitingRetry"


@pytest.mark.parametrize("tags", [("account-transition",), ("onboarding", "preview")])
async def test_a_crashed_move_or_preview_is_not_the_records_to_retry(
    salesforce: Salesforce, prefect: PrefectSide, tags: tuple[str, ...]
) -> None:
    account = new_id("001")
    run_id = await prefect.add_run(*tags, f"account:{account}", preview="preview" in tags)
    await prefect.set_state(run_id, *CRASHED)
    assert (await salesforce.callout(callout("Account", account))).json() == {"woken": 0}
    assert (await prefect.states(run_id))[-1] == "Crashed"


@pytest.mark.parametrize("state", [OUT, CANCELLED])
async def test_a_sale_that_ended_so_and_is_closed_again_is_onboarded_anew_once(
    salesforce: Salesforce, prefect: PrefectSide, state: tuple[str, str]
) -> None:
    opportunity, ended = await onboarded(salesforce, prefect, *state)
    body = sale(opportunity)
    answers = await asyncio.gather(*(salesforce.outbound(body) for _ in range(6)))
    answers += [await salesforce.outbound(body), await salesforce.outbound(sale(opportunity))]
    assert {each.text for each in answers} == {ACK}
    assert await keys(prefect, opportunity) == {f"onboarding:{opportunity}", f"onboarding:{opportunity}:after:{ended}"}


@pytest.mark.parametrize("state", [OUT, CANCELLED])
async def test_a_repeat_of_the_message_that_started_it_starts_nothing_anew(
    salesforce: Salesforce, prefect: PrefectSide, state: tuple[str, str]
) -> None:
    body = sale(opportunity := new_id())
    assert (await salesforce.outbound(body)).text == ACK
    await prefect.set_state((await prefect.the_run(opportunity))["id"], *state)
    assert (await salesforce.outbound(body)).text == ACK
    assert len(await prefect.runs(opportunity)) == 1


async def test_the_latest_onboarding_counts(salesforce: Salesforce, prefect: PrefectSide) -> None:
    opportunity, _ = await onboarded(salesforce, prefect, *CANCELLED)
    assert (await salesforce.callout(callout("Opportunity", opportunity))).json()["created"] is True
    (second,) = (run["id"] for run in await prefect.runs(opportunity) if ":after:" in run["idempotency_key"])
    await prefect.set_state(second, "COMPLETED", "Completed")
    preview = await prefect.add_run("onboarding", f"opportunity:{opportunity}", preview=True)
    await prefect.set_state(preview, *CANCELLED)
    beside = await prefect.add_run("onboarding", f"opportunity:{opportunity}")
    await prefect.set_state(beside, "COMPLETED", "Already under way")
    answer = await salesforce.callout(callout("Opportunity", opportunity))
    assert answer.json() == {"flow_run_id": second, "created": False}
    assert len(await prefect.runs(opportunity)) == 4


@pytest.mark.parametrize("state", [("COMPLETED", "Completed"), ("FAILED", "Refused"), ("RUNNING", "Running")])
async def test_an_onboarding_that_did_its_work_or_is_at_it_is_left(
    salesforce: Salesforce, prefect: PrefectSide, state: tuple[str, str]
) -> None:
    opportunity, run_id = await onboarded(salesforce, prefect, *state)
    assert (await salesforce.outbound(sale(opportunity))).text == ACK
    assert await prefect.states(run_id) == ["Scheduled", state[1]]
    assert len(await prefect.runs(opportunity)) == 1


@pytest.mark.parametrize(("kind", "prefix"), [("Contract", "800"), ("Account", "001"), ("Contact", "003")])
async def test_onb_2_a_correction_of_any_record_of_a_sale_out_of_scope_starts_its_onboarding(
    salesforce: Salesforce, prefect: PrefectSide, kind: str, prefix: str
) -> None:
    record = new_id(prefix)
    opportunity, ended = await tagged_out_of_scope(salesforce, prefect, f"{kind.lower()}:{record}")
    for _ in range(3):
        assert (await salesforce.outbound(changed(kind, record))).text == ACK
    assert await keys(prefect, opportunity) == {f"onboarding:{opportunity}", f"onboarding:{opportunity}:after:{ended}"}


async def test_onb_2_a_sale_out_of_scope_that_is_opened_again_is_looked_at(
    salesforce: Salesforce, prefect: PrefectSide
) -> None:
    opportunity, ended = await tagged_out_of_scope(salesforce, prefect)
    assert (await salesforce.outbound(changed("Opportunity", opportunity))).text == ACK
    assert f"onboarding:{opportunity}:after:{ended}" in await keys(prefect, opportunity)


async def test_a_sale_that_was_out_of_scope_and_was_onboarded_later_is_left(
    salesforce: Salesforce, prefect: PrefectSide
) -> None:
    account = new_id("001")
    opportunity, ended = await tagged_out_of_scope(salesforce, prefect, f"account:{account}")
    await prefect.set_state(ended, "COMPLETED", "Completed")
    assert (await salesforce.outbound(changed("Account", account))).text == ACK
    assert (await salesforce.outbound(sale(opportunity))).text == ACK
    assert len(await prefect.runs(opportunity)) == 1


async def test_a_cancelled_sale_at_another_stage_stays_cancelled(salesforce: Salesforce, prefect: PrefectSide) -> None:
    opportunity, _ = await onboarded(salesforce, prefect, *CANCELLED)
    assert (await salesforce.outbound(changed("Opportunity", opportunity))).text == ACK
    assert len(await prefect.runs(opportunity)) == 1


async def test_one_message_starts_what_is_new_and_follows_what_ended(
    salesforce: Salesforce, prefect: PrefectSide
) -> None:
    ended, _ = await onboarded(salesforce, prefect, *OUT)
    done, _ = await onboarded(salesforce, prefect, "COMPLETED", "Completed")
    fresh = new_id()
    body = message(notification(each) for each in (ended, done, fresh))
    assert (await salesforce.outbound(body)).text == ACK
    assert [len(await prefect.runs(each)) for each in (ended, done, fresh)] == [2, 1, 1]


Follow = Callable[[], RunFollower]


def follower_of(prefect: PrefectSide) -> tuple[RunFollower, PrefectRuns]:
    """A follower of runs as a receiver has it, but one that checks often; and its reader of runs."""
    api = PrefectApi(prefect.api, patience=20, at_once=2)
    runs = PrefectRuns(api)
    onboardings = Onboardings(runs, WonSales(api), Metrics(), prefect.deployment)
    return RunFollower(runs, RunWaker(runs), onboardings, every=0.1), runs


@pytest.fixture
async def follow(prefect: PrefectSide) -> AsyncIterator[Follow]:
    """Starts to follow, as a receiver that starts does; ended with the test."""
    tasks: list[asyncio.Task[None]] = []

    def start() -> RunFollower:
        follower, _ = follower_of(prefect)
        tasks.append(asyncio.create_task(follower.serve()))
        return follower

    yield start
    for task in tasks:
        task.cancel()


async def until(holds: Callable[[], Any]) -> None:
    """Until it holds; fails after a time that no machine needs."""
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110 - Prefect tells nobody of a change
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("state", [("FAILED", "Needs sales"), CRASHED])
async def test_a_change_while_it_runs_retries_a_run_that_then_fails_for_the_records_sake(
    salesforce: Salesforce, prefect: PrefectSide, state: tuple[str, str]
) -> None:
    opportunity, run_id = await onboarded(salesforce, prefect, "RUNNING", "Running")
    assert (await salesforce.outbound(sale(opportunity))).text == ACK
    await prefect.set_state(run_id, *state)

    async def retried() -> bool:
        return (await prefect.states(run_id))[-2:] == [state[1], "AwaitingRetry"]

    await until(retried)
    assert len(await prefect.runs(opportunity)) == 1


async def test_a_change_while_it_runs_survives_the_receiver_that_took_it(
    salesforce: Salesforce, prefect: PrefectSide, follow: Follow
) -> None:
    opportunity, run_id = await onboarded(salesforce, prefect, "RUNNING", "Running")
    # Of a receiver that ends right after it acknowledged the message.
    follower, runs = follower_of(prefect)
    await follower.add(await runs.read(run_id), "Salesforce (Opportunity)")
    await prefect.set_state(run_id, *OUT)
    follow()

    async def followed() -> bool:
        return f"onboarding:{opportunity}:after:{run_id}" in await keys(prefect, opportunity)

    await until(followed)

    async def taken_away() -> bool:
        return await prefect.inputs(run_id, "changed-while-running") == {}

    await until(taken_away)


async def test_a_run_that_goes_on_after_a_change_is_not_disturbed(
    prefect: PrefectSide, follow: Follow, salesforce: Salesforce
) -> None:
    opportunity, run_id = await onboarded(salesforce, prefect, "RUNNING", "Running")
    _, runs = follower_of(prefect)
    await follow().add(await runs.read(run_id), "Salesforce (Opportunity)")
    await prefect.set_state(run_id, "COMPLETED", "Completed")

    async def taken_away() -> bool:
        return await prefect.inputs(run_id, "changed-while-running") == {}

    await until(taken_away)
    assert await prefect.states(run_id) == ["Scheduled", "Running", "Completed"]
    assert len(await prefect.runs(opportunity)) == 1


async def test_a_sale_that_only_previewed_in_shadow_mode_is_started_again_by_its_next_message(
    salesforce: Salesforce, prefect: PrefectSide
) -> None:
    opportunity, previewed = await onboarded(salesforce, prefect, "COMPLETED", "Previewed")
    for _ in range(2):
        assert (await salesforce.outbound(sale(opportunity))).text == ACK
    following = f"onboarding:{opportunity}:after:{previewed}"
    assert await keys(prefect, opportunity) == {f"onboarding:{opportunity}", following}
