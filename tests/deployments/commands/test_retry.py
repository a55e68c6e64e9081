"""`lifecycle retry` in a terminal: what is retried, or why nothing is (REC-3)."""

import asyncio

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType

from deployments.commands.retry import retry
from flows.failures import retry_failed
from flows.onboarding import onboarding
from tests.support.asking import Worker, read_run

pytestmark = pytest.mark.flows


async def carried_out(command):
    """What the command returns; until it does, its run is taken as soon as it is due."""
    worker = Worker(retry_failed, "retry-failed")
    await worker.deploy()
    running = asyncio.create_task(command)
    async with get_client():
        while not running.done():
            for due in await worker.runs(StateType.SCHEDULED):
                await worker.work(due.id)
    return await running


async def test_rec_3_failed_runs_are_previewed_and_retried_from_a_shell_with_a_line_for_each(people, capsys):
    assert people  # the policy is there
    run = await Worker(onboarding, "shell-tests").create(opportunity_id="006000000000001AAA")
    async with get_client() as client:
        state = State(type=StateType.FAILED, name="Out of sync", message="Account differs.")
        await client.set_flow_run_state(run.id, state, force=True)
    preview = retry([], "out-of-sync", vendor="", since="1h", preview=True)
    assert await carried_out(preview) == 0
    printed = capsys.readouterr().out
    assert "Would be retried." in printed
    assert printed.strip().endswith("Previewed: 1 run would be retried.")
    assert (await read_run(run.id)).state.name == "Out of sync"

    assert await carried_out(retry([str(run.id)], "", vendor="", since="", preview=False)) == 0
    assert capsys.readouterr().out.strip().endswith("Completed: 1 run retried.")
    assert (await read_run(run.id)).state.name == "AwaitingRetry"

    assert await carried_out(retry(["hello"], "", vendor="", since="", preview=False)) == 1
    assert capsys.readouterr().out.startswith("Bad input: hello is not a run. Enter the link of its page")
    async with get_client() as client:
        await client.delete_flow_run(run.id)
