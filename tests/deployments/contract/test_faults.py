"""The contract test of the LMS notices each broken promise, by exactly the check that is there for it."""

import asyncio

import httpx
import pytest
from pydantic import SecretStr

from deployments.contract.document import Contract
from deployments.contract.server import Server
from deployments.contract.suite import Outcome, Suite, all_checks
from tests.deployments.contract.faults import ALL
from tests.deployments.contract.servers import KEY, client_of

CONTRACT = Contract()


async def results_of(*faults, **more):
    """The result of every check."""
    async with client_of(*faults, **more) as http:
        return [result async for result in Suite(Server(http, SecretStr(KEY), CONTRACT)).results()]


def names(results, outcome):
    return [(one.check.operation, one.check.name) for one in results if one.outcome is outcome]


def test_every_check_has_a_fault_that_it_must_notice():
    assert {(one.operation, one.name) for one in all_checks(CONTRACT)} == {(one.operation, one.check) for one in ALL}


@pytest.mark.parametrize("operation", CONTRACT.operations)
def test_every_call_of_the_document_has_checks_of_its_own(operation):
    own = {one.name for one in all_checks(CONTRACT) if one.operation == operation}
    assert own - {"wrong_key", "unknown_id"}


@pytest.mark.parametrize("broken", ALL, ids=lambda one: f"{one.operation}-{one.check}")
async def test_a_broken_promise_is_noticed_by_its_check_and_no_other(broken):
    results = await results_of(broken.fault())
    assert names(results, Outcome.FAILED) == [(broken.operation, broken.check)]
    (failed,) = [one for one in results if one.outcome is Outcome.FAILED]
    assert broken.says in f"received {failed.received}"
    assert failed.expected


async def test_a_server_without_a_fault_passes():
    results = await results_of()
    assert names(results, Outcome.FAILED) == names(results, Outcome.NOT_RUN) == []


def busy(headers, operations, *, times):
    """A server that answers calls with 429 before it does anything, each so many times."""
    left = dict.fromkeys(operations, times)

    def refusal(operation):
        left[operation] = left.get(operation, 0) - 1
        body = {"error": {"code": "rate_limited", "message": "Slower"}}
        return httpx.Response(429, json=body, headers=headers) if left[operation] >= 0 else None

    return refusal


@pytest.mark.parametrize("operation", CONTRACT.operations)
async def test_a_busy_server_without_a_pause_is_noticed_by_the_checks_of_its_call(operation):
    results = await results_of(busy=busy({}, [operation], times=10_000))
    failed = [one for one in results if one.outcome is Outcome.FAILED]
    assert {one.check.operation for one in failed} == {operation}
    assert {one.expected for one in failed} == {"429 with Retry-After"}
    blocked = [one.received for one in results if one.outcome is Outcome.NOT_RUN]
    assert [one for one in blocked if CONTRACT.operations[operation].name not in one] == []


async def test_a_busy_server_is_asked_again_after_its_pause():
    results = await results_of(busy=busy({"Retry-After": "0"}, CONTRACT.operations, times=2))
    assert {one.outcome for one in results} == {Outcome.OK}


async def test_a_server_that_stays_busy_is_noticed():
    results = await results_of(busy=busy({"Retry-After": "0"}, ["getUsage"], times=10_000))
    assert {one.check.operation for one in results if one.outcome is Outcome.FAILED} == {"getUsage"}


@pytest.mark.parametrize(
    ("error", "received"),
    [(httpx.ReadTimeout("slow"), "none"), (httpx.RemoteProtocolError("gone"), "the connection failed")],
)
async def test_a_response_that_does_not_come_is_noticed(error, received):
    def raises(operation):
        if operation == "getUsage":
            raise error

    results = await results_of(busy=raises)
    failed = [one for one in results if one.outcome is Outcome.FAILED]
    assert {one.check.operation for one in failed} == {"getUsage"}
    assert [one for one in failed if not one.received.startswith(received)] == []


async def test_a_server_that_never_answers_does_not_hold_the_suite():
    async def never(_request):
        await asyncio.Event().wait()

    async with httpx.AsyncClient(base_url="http://lms.test/", transport=httpx.MockTransport(never)) as http:
        suite = Suite(Server(http, SecretStr(KEY), CONTRACT), seconds=0.1)
        results = [result async for result in suite.results()]
    assert {(one.outcome, one.received) for one in results} == {(Outcome.NOT_RUN, "0.1 seconds are over")}
