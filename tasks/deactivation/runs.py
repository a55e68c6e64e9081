"""The runs that look after one client's end of service each, as a sweep sees and starts them (PUB-4, PUB-5)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterIdempotencyKey,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort

from rules.contracts.sweep import PreviousRun, RunStatus
from tasks.core.steps import gather_all, read_task, write_task
from tasks.questions.history import check_again
from tasks.runs.claims import ALREADY_RUNNING, PAGE, pages_of_runs, server, try_again
from tasks.runs.starting import AT_ONCE, NewRun, deployment_id, start_runs

DEPLOYMENT, PUBLICATIONS = "deactivation/deactivate-account", "publications/publications"
STAGE, ACCOUNT = "stage:", "account:"
"""Before the mark of where a service stood when a run was done, and before the account's id, in a run's tags."""
KEY = "deactivation:"
SWEEP = "the sweep of ending contracts"
MARGIN = timedelta(days=31)
"""How much longer runs are looked for: sweeps may have been missed."""

_STANDINGS = {
    StateType.SCHEDULED: RunStatus.UNDER_WAY,
    StateType.PENDING: RunStatus.UNDER_WAY,
    StateType.RUNNING: RunStatus.UNDER_WAY,
    StateType.CANCELLING: RunStatus.UNDER_WAY,
    StateType.PAUSED: RunStatus.WAITS,
    StateType.COMPLETED: RunStatus.DONE,
    StateType.FAILED: RunStatus.BROKE_OFF,
    StateType.CRASHED: RunStatus.BROKE_OFF,
    StateType.CANCELLED: RunStatus.CALLED_OFF,
}


@read_task("Find the runs of each account")
async def earlier_runs(longest: timedelta) -> list[PreviousRun]:
    """Every run that looked after an account's end of service, as far back as one may still count.

    Args:
        longest: how long before its last day a service is looked at, and after it.
    """
    since = datetime.now(UTC) - longest - MARGIN
    which = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[await deployment_id(DEPLOYMENT)]),
        expected_start_time=FlowRunFilterExpectedStartTime(after_=since),
    )
    # By id: a run that moves on meanwhile stays on its page.
    found = [_earlier(run) async for page in pages_of_runs(which, FlowRunSort.ID_DESC) for run in page]
    return [one for one in found if one is not None]


def _earlier(run: FlowRun) -> PreviousRun | None:
    tags = {kind: tag.removeprefix(kind) for tag in run.tags for kind in (STAGE, ACCOUNT) if tag.startswith(kind)}
    account = tags.get(ACCOUNT) or str(run.parameters.get("account_id") or "")
    if not account or run.parameters.get("preview") or run.created is None or run.state_type is None:
        return None
    return PreviousRun(
        run_id=str(run.id),
        account_id=account,
        created=run.created,
        status=RunStatus.BESIDE if run.state_name == ALREADY_RUNNING else _STANDINGS[run.state_type],
        stage_key=tags.get(STAGE, ""),
        term_key=":".join((run.idempotency_key or "").removeprefix(KEY).split(":")[:2]),
        outcome=(run.state.message or "") if run.state else "",
    )


@write_task("Start the runs of {label}")
async def start_client_runs(keys: dict[str, str]) -> dict[str, str]:
    """Start a run for each account; the ids of the runs by account.

    Args:
        keys: by account id, 18 characters, the idempotency key of the run.
    """
    runs = [NewRun(of, key, {"account_id": of}, (f"{ACCOUNT}{of}",)) for of, key in keys.items()]
    return await start_runs(DEPLOYMENT, runs, SWEEP)


@write_task("Start publication runs for contracts that have begun")
async def start_publications(begun: dict[str, str]) -> dict[str, str]:
    """Start a run for each contract that has begun, for what it alone lists; the ids of new runs by contract (PUB-2).

    Args:
        begun: by contract id, 18 characters, the first day of service.
    """
    runs = [
        NewRun(of, f"publications:{of}:begins:{first}", {"contract_id": of}, (f"contract:{of}",))
        for of, first in begun.items()
    ]
    known = await _known([run.key for run in runs])
    return await start_runs(PUBLICATIONS, [run for run in runs if run.key not in known], SWEEP)


async def _known(keys: Sequence[str]) -> set[str]:
    """The keys under which there is a run."""
    found: set[str] = set()
    for first in range(0, len(keys), PAGE):
        some = FlowRunFilterIdempotencyKey(any_=list(keys[first : first + PAGE]))
        page = await server().read_flow_runs(flow_run_filter=FlowRunFilter(idempotency_key=some), limit=PAGE)
        found |= {run.idempotency_key for run in page if run.idempotency_key}
    return found


@read_task("Resume or retry the runs of {label}")
async def move_on(runs: dict[str, str]) -> None:
    """Resume runs that wait, and retry those that broke off; a run that has moved on meanwhile is left alone.

    Args:
        runs: by run id, how it was found: a `rules.contracts.sweep.RunStatus`.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def wake(run_id: UUID, found: str) -> None:
        async with gate:
            run = await server().read_flow_run(run_id)
            if run.state_type is None or _STANDINGS[run.state_type] != found:
                return
            if found == RunStatus.BROKE_OFF:
                await try_again(run_id, "Tried again by the sweep")
            elif run.state is not None and run.state.state_details.run_input_keyset:
                await check_again(run_id)

    await gather_all(*(wake(UUID(run_id), found) for run_id, found in runs.items()))
