"""The flow runs of a trial, as Prefect has them."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowFilter, FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort

from deployments.stack.settings import PROJECT
from tasks.runs.claims import every_run

BROKEN = (StateType.CRASHED, StateType.FAILED)


async def runs_of(client: PrefectClient, which: FlowRunFilter, of: FlowFilter | None = None) -> list[FlowRun]:
    """Every run of a filter, and of a flow if one is named."""
    return await every_run(which, FlowRunSort.ID_DESC, of, client)


async def runs_by_id(client: PrefectClient, ids: Iterable[str]) -> list[FlowRun]:
    """The runs with these ids."""
    return await runs_of(client, FlowRunFilter(id=FlowRunFilterId(any_=[UUID(each) for each in ids])))


def in_words(runs: Sequence[FlowRun]) -> str:
    """How many runs are in which state."""
    return ", ".join(f"{count} {state}" for state, count in Counter(run.state_name for run in runs).most_common())


async def state_names(client: PrefectClient, run_id: str) -> list[str]:
    """The names of all states of a run, in their order."""
    history = await client.read_flow_run_states(UUID(run_id))
    return [str(state.name) for state in sorted(history, key=lambda state: state.timestamp)]


async def retry(runs: Sequence[FlowRun]) -> str:
    """Retry runs once, by the command that operations use; what it printed last."""
    command = [sys.executable, "-m", "deployments.cli", "retry", *(str(run.id) for run in runs)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, cwd=PROJECT, env=dict(os.environ), stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await process.communicate()
    return printed.decode().strip().rpartition("\n")[2]
