"""What a whole stack shows to Prometheus and to a collector of traces: run, step, call, over the waits of a run."""

import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.sandbox.clients import connect
from tests.support.closing import close, hire
from tests.support.otlp import Collector, Span, collector
from tests.support.ports import free_port
from tests.support.stack import StackProcess, running_stack
from tests.support.warm_worker import until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("observed"), pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def traces() -> Iterator[Collector]:
    with collector() as there:
        yield there


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory, traces: Collector) -> Iterator[StackProcess]:
    """A stack whose environment names the collector."""
    folder = tmp_path_factory.mktemp("observed")
    with running_stack(folder, LIFECYCLE_CONCURRENCY="4", OTEL_EXPORTER_OTLP_ENDPOINT=traces.url) as stack:
        hire(stack.sandbox, 2)
        yield stack


@pytest.fixture
def scrape(observed: StackProcess):
    """Reads the metrics of `lifecycle metrics` beside the stack."""
    port = free_port()
    ports = {"PREFECT_PORT": str(httpx.URL(observed.urls["prefect"]).port), "LIFECYCLE_HOME": str(observed.home)}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")} | ports
    command = [sys.executable, "-m", "deployments.cli", "metrics", "--port", str(port)]
    process = subprocess.Popen(command, cwd=observed.project, env=environment)
    url = f"http://127.0.0.1:{port}/metrics"

    def samples():
        return list(samples_of(url))

    def serves():
        assert process.poll() is None
        try:
            return samples()
        except httpx.TransportError:
            return None

    until(serves, "the exporter serves")
    yield samples
    process.terminate()
    process.wait(60)


def samples_of(url):
    text = httpx.get(url, timeout=30, trust_env=False).raise_for_status().text
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def value(samples, name, **labels):
    return next((each.value for each in samples if each.name == name and each.labels == labels), None)


def of_run(traces: Collector, run_id: str, tries: int) -> list[Span]:
    """Every span of the trace of a run, once that of each try has come; the process sends it last."""
    tries_seen = until(lambda: len(traces.of_run(run_id)) >= tries and traces.of_run(run_id), "the run's span is there")
    (trace,) = {span.trace for span in tries_seen}
    return [span for span in traces.spans if span.trace == trace]


def test_run_steps_and_calls_are_one_trace_and_are_counted(observed, traces, scrape):
    sale = observed.open_sale("Traced Clinic")
    close(observed.sandbox, sale.opportunity)
    run = observed.ended(sale.opportunity)
    assert run["state_name"] == "Completed"

    spans = of_run(traces, run["id"], 1)
    (root,) = traces.of_run(run["id"])
    steps = {span.id: span for span in spans if span.attributes.get("prefect.run.type") == "task"}
    calls = [span for span in spans if "lifecycle.vendor" in span.attributes]
    assert (root.parent, root.service) == ("", "customer-lifecycle")
    assert {span.parent for span in steps.values()} == {root.id}
    assert len(steps) > 10
    assert {call.attributes["lifecycle.vendor"] for call in calls} >= {"Salesforce", "LMS", "Recurly", "Slack"}
    assert {call.parent for call in calls} <= steps.keys()
    assert {call.attributes["lifecycle.outcome"] for call in calls} <= {"ok", "refused"}

    done = {"flow": "onboarding", "outcome": "completed", "class": "none"}
    until(lambda: value(scrape(), "lifecycle_runs_last_day", **done), "the run is counted")
    samples = scrape()
    assert value(samples, "lifecycle_prefect_up") == 1
    assert value(samples, "lifecycle_workers") == 1
    assert 0 < value(samples, "lifecycle_welcome_seconds", quantile="0.9") < 900
    for vendor in ("Salesforce", "LMS", "Recurly", "Slack"):
        counted = value(samples, "lifecycle_vendor_calls_total", vendor=vendor, outcome="ok")
        traced = sum(each.attributes.get("lifecycle.vendor") == vendor for each in traces.spans)
        assert 0 < counted <= traced, vendor  # the receiver's own calls are counted by the receiver
    assert value(samples_of(f"{observed.urls['receiver']}/metrics"), "receiver_ready") == 1


def test_the_trace_of_a_run_goes_on_after_its_question_is_answered(observed, traces, scrape):
    sale = observed.open_sale("Waiting Clinic")
    salesforce = connect(observed.sandbox)
    with observed.untold():
        salesforce.Contact.update(sale.contact, {"Phone": None})
    close(observed.sandbox, sale.opportunity)
    run = observed.at_rest(sale.opportunity)

    first = of_run(traces, run["id"], 1)  # its process has ended without an end of the run

    until(lambda: value(scrape(), "lifecycle_questions_open") == 1, "the question is counted")
    assert 0 < value(scrape(), "lifecycle_oldest_question_seconds") < 900
    salesforce.Contact.update(sale.contact, {"Phone": "+1 555 0100"})
    assert observed.ended(sale.opportunity)["state_name"] == "Completed"
    until(lambda: value(scrape(), "lifecycle_questions_open") == 0, "the question is counted no more")
    spans = of_run(traces, run["id"], 2)
    assert len(spans) > len(first)
    begun, resumed = traces.of_run(run["id"])
    assert resumed.parent == begun.id
