"""Ready means that a run could be created and would begin; what is missing is named, with what to do."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.webhooks.conftest import Receiver
from tests.webhooks.prefect_side import POOL, PrefectSide
from tests.webhooks.serving import BadLine, Fault, Serving

pytestmark = pytest.mark.flows


@pytest.fixture(autouse=True)
async def well(prefect: PrefectSide) -> AsyncIterator[None]:
    """A pool that is not paused, and a worker; so again afterwards."""
    await prefect.be_polled()
    yield
    await prefect.change_pool(is_paused=False, concurrency_limit=None)
    await prefect.pause(paused=False)


async def ready(receiver: Receiver, url: str, prefect: PrefectSide, **more: Any) -> httpx.Response:
    """What a receiver that has just begun says."""
    salesforce = receiver(url, **({"deployment": prefect.deployment} | more))
    return await salesforce.client.get(f"{salesforce.url}/ready")


def assert_missing(answer: httpx.Response, what: str, action: str) -> None:
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    (missing,) = answer.json()["missing"]
    assert what in missing["what"]
    assert action in missing["action"]
    assert what in answer.json()["error"]


async def test_it_is_ready_when_all_is_well(receiver: Receiver, prefect: PrefectSide, prefect_api: str) -> None:
    answer = await ready(receiver, prefect_api, prefect)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_it_is_not_ready_without_a_deployment(receiver: Receiver, prefect: PrefectSide, prefect_api: str) -> None:
    answer = await ready(receiver, prefect_api, prefect, deployment="onboarding/no-such")
    assert_missing(answer, "no deployment onboarding/no-such", "lifecycle bootstrap")


async def test_it_is_not_ready_while_the_deployment_is_paused(
    receiver: Receiver, prefect: PrefectSide, prefect_api: str
) -> None:
    await prefect.pause(paused=True)
    assert_missing(await ready(receiver, prefect_api, prefect), f"{prefect.deployment} is paused", "Resume")


async def test_it_is_not_ready_while_the_work_pool_is_paused(
    receiver: Receiver, prefect: PrefectSide, prefect_api: str
) -> None:
    await prefect.change_pool(is_paused=True)
    assert_missing(await ready(receiver, prefect_api, prefect), f"pool {POOL} is paused", "Resume")


async def test_it_is_not_ready_while_the_queue_is_paused(
    receiver: Receiver, prefect: PrefectSide, line: BadLine
) -> None:
    line.faults.append(Fault("queues/default", times=1, status=200, body='{"is_paused": true}'))
    with Serving(line.app()) as prefect_line:
        answer = await ready(receiver, prefect_line.url, prefect)
    assert_missing(answer, "queue default", "Resume")


async def test_it_is_not_ready_while_the_work_pool_lets_no_run_begin(
    receiver: Receiver, prefect: PrefectSide, prefect_api: str
) -> None:
    await prefect.change_pool(concurrency_limit=0)
    assert_missing(await ready(receiver, prefect_api, prefect), "lets no run start", "limit")


@pytest.mark.parametrize("seen", [[], [timedelta(minutes=2)], [timedelta(hours=1), timedelta(seconds=61)]])
async def test_it_is_not_ready_without_a_worker_within_a_minute(
    receiver: Receiver, prefect: PrefectSide, line: BadLine, seen: list[timedelta]
) -> None:
    workers = [{"last_heartbeat_time": (datetime.now(UTC) - ago).isoformat()} for ago in seen]
    line.faults.append(Fault("workers/filter", times=1, status=200, body=json.dumps(workers)))
    with Serving(line.app()) as prefect_line:
        answer = await ready(receiver, prefect_line.url, prefect)
    assert_missing(answer, f"No worker of the work pool {POOL}", "python -m deployments.worker")


async def test_everything_that_is_missing_is_named_at_once(
    receiver: Receiver, prefect: PrefectSide, prefect_api: str
) -> None:
    await prefect.change_pool(is_paused=True)
    answer = await ready(receiver, prefect_api, prefect, deployment="onboarding/no-such")
    assert len(answer.json()["missing"]) == 2


async def test_probes_cannot_load_prefect(receiver: Receiver, prefect: PrefectSide, line: BadLine) -> None:
    line.faults.append(Fault("work_pools", times=1, forward=True, status=0, seconds=1.0))
    with Serving(line.app()) as prefect_line:
        salesforce = receiver(prefect_line.url, deployment=prefect.deployment)
        probes = (salesforce.client.get(f"{salesforce.url}/ready") for _ in range(50))
        answers = await asyncio.gather(*probes)
    assert {each.status_code for each in answers} == {200}
    assert len(line.sent("workers/filter")) <= 2
