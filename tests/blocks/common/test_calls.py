"""Every call to a vendor is counted once, by its outcome, and told to a tracer; no name comes from a record."""

import subprocess
import sys
from contextlib import contextmanager, suppress

import pytest

from blocks.common.calls import CALLS, OUTCOMES, REFUSED, UNAVAILABLE, UNEXPECTED, VENDORS, Calls
from blocks.common.errors import CredentialsRejected, RecordMissing, VendorError, VendorUnavailable
from tests.blocks import blocks
from tests.blocks.blocks import ACCOUNT
from tests.support.ports import free_port
from tests.support.warm_worker import SINGLE, clean_environment


@pytest.fixture(autouse=True)
def _from_zero():
    CALLS.take()


@pytest.fixture
def nowhere():
    """Each vendor's block, at an address where nobody answers."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    return {
        "Salesforce": blocks.salesforce(f"{url}/salesforce"),
        "LMS": blocks.lms(f"{url}/lms"),
        "Recurly": blocks.recurly(f"{url}/recurly"),
        "Slack": blocks.slack(f"{url}/slack/api"),
        "Outreach": blocks.outreach(f"{url}/outreach"),
        "Mail": blocks.mail("127.0.0.1", port),
    }


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_call_that_nobody_answers_is_counted_for_each_vendor(nowhere, vendor):
    block = nowhere[vendor]
    with suppress(VendorUnavailable):
        await (block.log_in() if vendor == "Outreach" else block.check())
    counts = CALLS.take()
    assert {(vendor, UNAVAILABLE)} == set(counts.calls)
    assert counts.seconds[vendor] > 0


async def test_an_answer_is_counted_as_ok_and_its_time_is_added(lms):
    await lms.client().company_of_account(ACCOUNT)
    counts = CALLS.take()
    assert counts.calls == {("LMS", "ok"): 1}
    assert 0 < counts.seconds["LMS"] < 60
    assert CALLS.take().calls == {}


async def test_the_answer_that_there_is_no_such_record_is_a_refusal_and_no_failure(lms):
    assert await lms.client().company("nobody") is None
    assert CALLS.take().calls == {("LMS", REFUSED): 1}


@pytest.mark.parametrize(
    ("kind", "outcome"), [("error", UNAVAILABLE), ("html", UNEXPECTED), ("expired_session", REFUSED)]
)
async def test_a_fault_is_counted_by_its_outcome(stand_in, lms, kind, outcome):
    status = {"status": 503} if kind == "error" else {}
    stand_in.fault("lms", kind, path="/api/companies", times=1, **status)
    with pytest.raises(VendorError):
        await lms.client().company_of_account(ACCOUNT)
    assert CALLS.take().calls == {("LMS", outcome): 1}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (VendorUnavailable("LMS", "x"), UNAVAILABLE),
        (RecordMissing("LMS", "x"), REFUSED),
        (CredentialsRejected("LMS", "x"), REFUSED),
        (RuntimeError("a defect of ours"), UNEXPECTED),
    ],
)
def test_a_tracer_is_told_of_the_outcome_and_of_nothing_that_the_error_says(error, outcome):
    told, calls = [], Calls()

    class Span:
        def set_attribute(self, *attribute):
            told.append(attribute)

    @contextmanager
    def tracer(*names):
        told.append(names)
        yield Span()

    calls.trace(tracer)
    with pytest.raises(type(error)), calls.observed("LMS", "companies"):
        raise error
    assert told == [("LMS", "companies"), ("lifecycle.outcome", outcome)]
    assert outcome in OUTCOMES


def test_without_a_collector_nothing_of_opentelemetrys_sdk_is_imported():
    """Prefect itself imports the interface, which does nothing by itself."""
    code = (
        "import sys, prefect.engine, deployments.worker.fork_server as server; server.preload();"
        "import deployments.worker.run_engine as engine; assert not engine.wants_traces();"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
    )
    env = clean_environment() | SINGLE
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
