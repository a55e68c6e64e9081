"""The exporter says of runs what Prefect knows, at a bounded cost, and names no customer."""

import asyncio
import json
from datetime import datetime, timedelta

import httpx
import pytest
from prefect.client.orchestration import get_client
from prefect.flows import load_flow_from_entrypoint
from prefect.settings import PREFECT_API_URL, temporary_settings
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from blocks.common.calls import OUTCOMES as CALL_OUTCOMES
from blocks.common.calls import VENDORS, CallCounts
from deployments.metrics import figures
from deployments.metrics.exporter import KEPT_SECONDS, LifecycleCollector
from deployments.metrics.figures import FLOWS, NO_CLASS, OVERLAP, QUANTILES, FigureReader, quantiles
from deployments.stack.call_counts import add
from rules.questions.failure_classes import SLUGS
from tasks.health.declared import WORK_POOL, declared
from tests.deployments.metrics.prefect_runs import PrefectRuns
from tests.support.ports import free_port
from tests.webhooks.serving import BadLine, Serving

pytestmark = pytest.mark.flows

ALLOWED = {
    "flow": {*FLOWS},
    "outcome": {"completed", "failed", "crashed", "cancelled", *CALL_OUTCOMES},
    "class": {*SLUGS, NO_CLASS},
    "state": {"running", "suspended", "late"},
    "quantile": set(map(str, QUANTILES)),
    "vendor": {*VENDORS},
}
"""Every value that a label may have."""
SECRETIVE = ("Northwind", "006000000000042AAA", "hunter2-swordfish", "jane@northwind.example")


@pytest.fixture
async def runs(prefect_api) -> PrefectRuns:
    async with httpx.AsyncClient(base_url=prefect_api, timeout=60) as api:
        yield PrefectRuns(api)


@pytest.fixture
def line(prefect_api) -> BadLine:
    """A line to the real Prefect that remembers each request."""
    return BadLine(prefect_api)


@pytest.fixture
def reader() -> FigureReader:
    return FigureReader()


async def read(reader):
    async with get_client() as client:
        return await reader.read(client)


async def new(reader, before):
    """What has been added to the counts of ended runs."""
    return (await read(reader)).ended - before.ended


def scraped(calls) -> list[Sample]:
    registry = CollectorRegistry()
    registry.register(LifecycleCollector(calls))
    text = generate_latest(registry).decode()
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def value(samples, name, **labels):
    return next((each.value for each in samples if each.name == name and each.labels == labels), None)


def test_every_flow_of_a_deployment_is_counted_and_no_other():
    assert {load_flow_from_entrypoint(entry["entrypoint"]).name for entry in declared()} == {*FLOWS}


async def test_ended_runs_are_counted_by_flow_outcome_and_class(runs, reader):
    before = await read(reader)
    await runs.ended("onboarding", "COMPLETED")
    await runs.ended("onboarding", "COMPLETED", "Out of scope")
    await runs.ended("onboarding", "FAILED", "Unavailable")
    await runs.ended("publications", "FAILED", "Needs sales")
    await runs.ended("publications", "FAILED", "A name that somebody has made up")
    await runs.ended("publications", "CRASHED")
    await runs.ended("deactivation", "CANCELLED")
    await runs.ended("a flow of another project", "FAILED")
    assert await new(reader, before) == {
        ("onboarding", "completed", "none"): 2,
        ("onboarding", "failed", "unavailable"): 1,
        ("publications", "failed", "needs-sales"): 1,
        ("publications", "failed", "defect"): 1,
        ("publications", "crashed", "crashed"): 1,
        ("deactivation", "cancelled", "none"): 1,
    }


async def test_a_retried_run_counts_by_its_last_end(runs, reader):
    before = await read(reader)
    run = await runs.ended("entitlement", "FAILED", "Unavailable")
    assert await new(reader, before) == {("entitlement", "failed", "unavailable"): 1}
    await runs.become(run, "RUNNING")
    await runs.become(run, "COMPLETED")
    assert await new(reader, before) == {("entitlement", "completed", "none"): 1}


async def test_an_old_run_leaves_the_window_without_another_question_to_prefect(runs, reader, monkeypatch):
    await runs.ended("entitlement", "COMPLETED")
    assert (await read(reader)).ended.total()
    monkeypatch.setattr(figures, "WINDOW", timedelta(0))
    assert not (await read(reader)).ended.total()


async def test_what_was_read_is_not_read_again(runs, reader, line):
    await runs.ended("entitlement", "COMPLETED")
    with Serving(line.app()) as serving, temporary_settings({PREFECT_API_URL: serving.url}):
        await read(reader)
        first = len(line.requests)
        await read(reader)
    bodies = [json.loads(body)["flow_runs"] for body in line.sent("flow_runs/filter") if "after_" in body]
    asked = [body["end_time"]["after_"] for body in bodies]
    newest = max(run.ended for run in reader._ended.values())
    assert [datetime.fromisoformat(each) >= newest - OVERLAP for each in asked] == [False, True]
    assert len(line.requests) - first < 15


async def test_a_storm_of_runs_costs_a_bounded_number_of_pages(runs, reader, line, monkeypatch):
    monkeypatch.setattr(figures, "PAGE", 2)
    monkeypatch.setattr(figures, "MOST_PAGES", 3)
    for _ in range(8):
        await runs.ended("entitlement", "COMPLETED")
    with Serving(line.app()) as serving, temporary_settings({PREFECT_API_URL: serving.url}):
        await read(reader)
    assert sum("after_" in body for body in line.sent("flow_runs/filter")) == 3


async def test_failed_runs_that_nobody_has_retried_are_counted_by_class(runs, reader):
    before = (await read(reader)).failed
    await runs.ended("onboarding", "FAILED", "Refused", "failed", "refused")
    await runs.ended("onboarding", "FAILED", "Refused")  # for example a preview, which needs nobody
    assert (await read(reader)).failed - before == {"refused": 1}


async def test_open_questions_are_counted_and_the_oldest_is_timed(runs, reader):
    before = await read(reader)
    await runs.waiting(days=400)
    await runs.waiting(days=1)
    after = await read(reader)
    assert after.open_questions - before.open_questions == 2
    assert timedelta(days=400) <= timedelta(seconds=after.oldest_question) < timedelta(days=401)
    assert after.now["suspended"] - before.now["suspended"] == 2


async def test_the_inputs_of_a_waiting_run_are_read_once(runs, reader, line):
    await runs.waiting(days=3)
    with Serving(line.app()) as serving, temporary_settings({PREFECT_API_URL: serving.url}):
        await read(reader)
        first = len(line.sent("input/filter"))
        await read(reader)
    assert first > 0
    assert len(line.sent("input/filter")) == first


async def test_the_time_to_the_welcome_is_that_of_completed_onboardings_alone(runs, reader, monkeypatch):
    monkeypatch.setattr(reader, "_ended", {})
    run = await runs.ended("onboarding", "COMPLETED")
    await runs.ended("onboarding", "COMPLETED", "Out of scope")
    await runs.ended("onboarding", "COMPLETED", preview=True)
    await read(reader)
    mine = {str(number): ended for number, ended in reader._ended.items()}
    assert mine[run].welcomed
    assert sum(ended.welcomed for ended in mine.values() if ended.created >= mine[run].created) == 1


def test_a_quantile_is_the_time_within_which_that_share_is_done():
    times = [timedelta(seconds=second) for second in range(1, 11)]
    assert quantiles(times) == {0.5: 5.0, 0.9: 9.0}
    assert quantiles(times[:1]) == {0.5: 1.0, 0.9: 1.0}
    assert quantiles([]) == {}


async def test_runs_that_are_due_and_not_taken_are_late(runs, reader, monkeypatch):
    before = (await read(reader)).now
    run = await runs.create("onboarding")
    await runs.become(run, "SCHEDULED")
    monkeypatch.setattr(figures, "LATE", timedelta(days=-1))
    assert (await read(reader)).now["late"] > before["late"]


async def test_a_worker_counts_as_long_as_it_asks_for_runs(reader, prefect_api, monkeypatch):
    async with httpx.AsyncClient(base_url=prefect_api) as api:
        await api.post("/work_pools/", json={"name": WORK_POOL, "type": "process"})
        await api.post(f"/work_pools/{WORK_POOL}/workers/heartbeat", json={"name": "of this test"})
    assert (await read(reader)).workers == 1
    monkeypatch.setattr(figures, "POLLED_WITHIN", timedelta(0))
    assert (await read(reader)).workers == 0


async def test_no_label_has_a_value_that_a_record_brought(runs, tmp_path):
    customer, number, secret, mail = SECRETIVE
    tags = (f"opportunity:{number}", f"account:{customer}")
    parameters = {"opportunity_id": number, "token": secret}
    await runs.ended("onboarding", "FAILED", f"Refused {secret}", *tags, name=customer, **parameters)
    run = await runs.create(f"flow of {customer}", *tags, name=mail)
    await runs.become(run, "FAILED", customer, f"{mail} {secret}")
    await runs.waiting(days=1, subject=customer)
    samples = await asyncio.to_thread(scraped, tmp_path / "none.db")
    assert len(samples) > 40
    strange = {(name, text) for each in samples for name, text in each.labels.items() if text not in ALLOWED[name]}
    assert strange == set()
    assert not any(word in str(samples) for word in SECRETIVE)


@pytest.mark.usefixtures("prefect_api")
async def test_calls_of_all_runs_are_shown_and_those_never_made_are_zero(tmp_path):
    counts = CallCounts()
    counts.add("LMS", "unavailable", 2.5)
    add(tmp_path / "calls.db", counts)
    samples = await asyncio.to_thread(scraped, tmp_path / "calls.db")
    assert value(samples, "lifecycle_prefect_up") == 1
    assert value(samples, "lifecycle_vendor_calls_total", vendor="LMS", outcome="unavailable") == 1
    assert value(samples, "lifecycle_vendor_calls_total", vendor="LMS", outcome="ok") == 0
    assert value(samples, "lifecycle_vendor_call_seconds_total", vendor="LMS") == 2.5


async def test_without_prefect_its_figures_are_missing_instead_of_old(tmp_path):
    with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api"}):
        samples = await asyncio.to_thread(scraped, tmp_path / "none.db")
    assert value(samples, "lifecycle_prefect_up") == 0
    assert {each.name.partition("_total")[0] for each in samples} == {
        "lifecycle_prefect_up",
        "lifecycle_vendor_calls",
        "lifecycle_vendor_call_seconds",
    }


async def test_prefect_is_asked_once_however_often_metrics_are(line, tmp_path):
    times = [0.0]
    with Serving(line.app()) as serving, temporary_settings({PREFECT_API_URL: serving.url}):
        collector = LifecycleCollector(tmp_path / "none.db", clock=lambda: times[0])
        for _ in range(3):
            await asyncio.to_thread(lambda: [*collector.collect()])
        once = len(line.sent("flows/filter"))
        times[0] = KEPT_SECONDS
        await asyncio.to_thread(lambda: [*collector.collect()])
    assert (once, len(line.sent("flows/filter"))) == (1, 2)
