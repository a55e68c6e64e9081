"""A context of Prefect's worker serves one run after the other, one at a time."""

import sys

import anyio
import psutil
import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.runner._flow_run_executor import FlowRunExecutorContext
from prefect.runner._starter_engine import EngineCommandStarter
from prefect.states import Running
from prefect.workers import process

from deployments.worker.kept_contexts import KeptContexts

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_server")]

SLEEPS = f'{sys.executable} -c "import time; time.sleep(600)"'


@flow
def sleeps():
    """The flow of the run that is executed."""


@pytest.fixture
async def contexts():
    async with KeptContexts() as contexts:
        yield contexts
    assert process.FlowRunExecutorContext is FlowRunExecutorContext


async def lent(contexts):
    assert process.FlowRunExecutorContext == contexts.lend
    async with contexts.lend() as context:
        return context


async def started(context, tasks):
    """The process of a run that the context executes."""
    async with get_client() as client:
        run = await client.create_flow_run(sleeps, state=Running())
    starter = EngineCommandStarter(command=SLEEPS, control_channel=context.control_channel)
    executor = context.create_executor(run, starter, resolve_flow=None, hook_runner=object(), propose_submitting=False)
    return psutil.Process((await tasks.start(executor.submit)).pid)


async def test_a_context_serves_one_run_after_the_other(contexts):
    assert await lent(contexts) is await lent(contexts)


async def test_runs_at_once_have_contexts_of_their_own(contexts):
    async with contexts.lend() as first, contexts.lend() as second:
        assert first is not second
        assert await lent(contexts) not in (first, second)


async def test_a_context_that_hears_of_no_cancellation_any_more_is_not_lent_again(contexts):
    deaf = await lent(contexts)
    deaf._handle_cancellation_observer_failure(set())
    assert await lent(contexts) is not deaf


async def test_the_process_of_a_run_that_is_called_off_ends_with_its_context(contexts):
    kept = await lent(contexts)
    with anyio.CancelScope() as scope:
        async with contexts.lend() as context, anyio.create_task_group() as tasks:
            assert context is kept
            running = await started(context, tasks)
            scope.cancel()
    assert scope.cancelled_caught
    psutil.wait_procs([running], timeout=60)
    assert not running.is_running()
    assert await lent(contexts) is not kept
