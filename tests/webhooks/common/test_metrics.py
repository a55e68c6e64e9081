"""The receiver's metrics: whether it is ready, and labels with few values that no sender can choose."""

import socket
import time
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from blocks.common.calls import CALLS
from tests.support.ports import free_port
from tests.webhooks.messages import ORGANIZATION
from webhooks.app import create_app
from webhooks.common.metrics import Metrics
from webhooks.common.settings import Settings
from webhooks.runs.readiness import SECONDS

STRANGE = "hunter2-swordfish"


@asynccontextmanager
async def receiver_of(prefect_port):
    """A client of a receiver whose Prefect is at that port."""
    settings = Settings(
        token="t" * 24,
        bearer="b" * 24,
        organization_id=ORGANIZATION,
        prefect_api_url=f"http://127.0.0.1:{prefect_port}/api",
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
            yield client


@pytest.fixture
async def receiver():
    """A receiver whose Prefect does not run."""
    async with receiver_of(free_port()) as client:
        yield client


async def scraped(client):
    text = (await client.get("/metrics")).raise_for_status().text
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def value(samples, name, **labels):
    return next(each.value for each in samples if each.name == name and each.labels == labels)


async def test_a_receiver_without_prefect_says_that_it_is_not_ready(receiver):
    assert value(await scraped(receiver), "receiver_ready") == 0


async def test_a_scrape_does_not_wait_for_a_prefect_that_hangs():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with receiver_of(silent.getsockname()[1]) as receiver:
            begun = time.monotonic()
            samples = await scraped(receiver)
            assert time.monotonic() - begun < SECONDS
            assert value(samples, "receiver_ready") == 0


def test_a_ready_one_says_so():
    metrics = Metrics()
    metrics.set_ready(ready=True)
    assert metrics.registry.get_sample_value("receiver_ready") == 1


async def test_its_own_calls_to_vendors_are_shown(receiver):
    labels = {"vendor": "Salesforce", "outcome": "ok"}
    before = value(await scraped(receiver), "lifecycle_vendor_calls_total", **labels)
    with CALLS.observed("Salesforce", "query"):
        pass
    assert value(await scraped(receiver), "lifecycle_vendor_calls_total", **labels) == before + 1


async def test_no_sender_chooses_the_value_of_a_label(receiver):
    bearer = {"Authorization": f"Bearer {'b' * 24}"}
    event = {"object": STRANGE, "id": "006000000000042AAA", "event_id": STRANGE}
    await receiver.post("/salesforce/events", json=event, headers=bearer)
    await receiver.post("/salesforce/events", json=event)
    await receiver.post(f"/salesforce/outbound-messages/{STRANGE}", content=b"<x/>")
    await receiver.post(f"/{STRANGE}")
    await receiver.request("BREW", "/slack/events")
    samples = await scraped(receiver)
    assert {each.labels["route"] for each in samples if "route" in each.labels} >= {"/salesforce/events"}
    assert STRANGE not in str(samples)
    assert "006000000000042AAA" not in str(samples)
