"""Traces never harm a run: a collector that is gone, silent or wrongly named costs the trace and two seconds."""

import os
import socket
import subprocess
import sys
import time

import pytest

from tests.support.otlp import collector
from tests.support.ports import free_port
from tests.support.stack import ROOT

pytestmark = pytest.mark.processes

RUN = """
import json, runpy
from deployments.worker import run_engine
from blocks.common.calls import CALLS, vendor_call
from blocks.common.errors import VendorRefused

def engine(*_, **__):
    try:
        with vendor_call("LMS", "companies"):
            raise VendorRefused("LMS", "Jane Doe is not a user")
    except VendorRefused:
        raise SystemExit(7)

run_engine.runpy.run_module = engine
run_engine.run_engine()
"""
"""A run of one call, which ends with the exit code 7; Prefect's engine itself needs a server."""


def run(tmp_path, endpoint, **more):
    """The seconds that the process took, its exit code, and what it printed."""
    environment = {**os.environ, "PREFECT_HOME": str(tmp_path), "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, **more}
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    return time.monotonic() - begun, done.returncode, done.stderr


def test_a_call_is_a_span_without_the_words_of_the_vendor(tmp_path):
    with collector() as traces:
        _, code, _ = run(tmp_path, traces.url, OTEL_SERVICE_NAME="ours")
        (span,) = traces.spans
    assert code == 7
    assert (span.name, span.service) == ("LMS: companies", "ours")
    assert span.attributes == {
        "lifecycle.vendor": "LMS",
        "lifecycle.call": "companies",
        "lifecycle.outcome": "refused",
    }


def test_a_collector_that_takes_the_request_and_is_silent_delays_the_end_by_little(tmp_path):
    usual, code, _ = run(tmp_path, "")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        seconds, same, _ = run(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert code == same == 7
    assert seconds - usual < 10  # two seconds, and the import, on a machine that does other things


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:{}", "no address", "ftp://127.0.0.1:{}"])
def test_no_collector_costs_the_trace_alone(tmp_path, endpoint):
    _, code, _ = run(tmp_path, endpoint.format(free_port()))
    assert code == 7


def test_a_wrong_setting_is_logged(tmp_path):
    _, code, printed = run(tmp_path, "http://127.0.0.1:1", OTEL_BSP_MAX_QUEUE_SIZE="-5")
    assert code == 7
    assert "The run is not traced" in printed
