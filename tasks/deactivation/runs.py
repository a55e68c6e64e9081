"""The deactivation runs, one for each client, that a sweep finds, starts and resumes (PUB-4, PUB-5)."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort

from rules.common.going_live import was_shadow
from rules.common.ids import entered_id
from rules.contracts.sweep import PreviousRun, RunStatus
from tasks.core.runbook import without_card
from tasks.core.steps import gather_all, read_task, write_task
from tasks.questions.history import check_again
from tasks.runs.claims import ALREADY_RUNNING, pages_of_runs, server, try_again
from tasks.runs.starting import AT_ONCE, NewRun, deployment_id, known_keys, start_runs

DEPLOYMENT, PUBLICATIONS = "deactivation/deactivate-account", "publications/publications"
STAGE, ACCOUNT = "stage:", "account:"
"""Prefixes of a run's tags: the stage of the service when the run ended, and the account's id."""
KEY = "deactivation:"
SWEEP = "the sweep of ending contracts"
MARGIN = timedelta(days=31)
"""Added to the age of runs that a sweep looks at: earlier sweeps may have been missed."""

_STATUSES = {
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
    """The deactivation runs that may still count.

    Args:
        longest: the time around its last day in which a sweep looks at a service.
    """
    since = datetime.now(UTC) - longest - MARGIN
    which = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[await deployment_id(DEPLOYMENT)]),
        expected_start_time=FlowRunFilterExpectedStartTime(after_=since),
    )
    # In the order of ids, a run whose state changes meanwhile stays on its page.
    runs = [_previous_run(run) async for page in pages_of_runs(which, FlowRunSort.ID_DESC) for run in page]
    return [run for run in runs if run is not None]


def _previous_run(run: FlowRun) -> PreviousRun | None:
    tags = {kind: tag.removeprefix(kind) for tag in run.tags for kind in (STAGE, ACCOUNT) if tag.startswith(kind)}
    account = tags.get(ACCOUNT) or entered_id(run.parameters.get("account_id"), "001")
    if not account or run.parameters.get("preview") or run.created is None or run.state_type is None:
        return None
    return PreviousRun(
        run_id=str(run.id),
        account_id=account,
        created=run.created,
        status=_status(run.state_name or "", run.state_type),
        stage_key=tags.get(STAGE, ""),
        term_key=":".join((run.idempotency_key or "").removeprefix(KEY).split(":")[:2]),
        outcome=without_card(run.state.message if run.state else None),
    )


def _status(state: str, kind: StateType) -> RunStatus:
    if state == ALREADY_RUNNING:
        return RunStatus.BESIDE
    return RunStatus.PREVIEWED if was_shadow(state, preview=False) else _STATUSES[kind]


@write_task("Start the runs of {label}", outside=False)
async def start_client_runs(keys: dict[str, str]) -> dict[str, str]:
    """Start a run for each account.

    Args:
        keys: the idempotency key of the run, by account id of 18 characters.

    Returns:
        The ids of the runs, by account id.
    """
    runs = [
        NewRun(account, key, {"account_id": account, "preview": False}, (f"{ACCOUNT}{account}",))
        for account, key in keys.items()
    ]
    return await start_runs(DEPLOYMENT, runs, SWEEP)


@write_task("Start publication runs for contracts that have begun", outside=False)
async def start_publications(begun: dict[str, str]) -> dict[str, str]:
    """Start a run for the publications of each contract that has begun (PUB-2).

    Args:
        begun: the first day of service, by contract id of 18 characters.

    Returns:
        The ids of the new runs, by contract id.
    """
    runs = [
        NewRun(
            contract,
            f"publications:{contract}:begins:{first}",
            {"contract_id": contract, "preview": False},
            (f"contract:{contract}",),
        )
        for contract, first in begun.items()
    ]
    known = await known_keys([run.key for run in runs])
    return await start_runs(PUBLICATIONS, [run for run in runs if run.key not in known], SWEEP)


@read_task("Resume or retry the runs of {label}")
async def continue_runs(runs: dict[str, str]) -> None:
    """Resume runs that wait, and retry failed runs, unless their state has changed meanwhile.

    Args:
        runs: the status that was read before, a `rules.contracts.sweep.RunStatus`, by run id.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def continue_run(run_id: UUID, status: str) -> None:
        async with gate:
            run = await server().read_flow_run(run_id)
            if run.state_type is None or _STATUSES[run.state_type] != status:
                return
            if status == RunStatus.BROKE_OFF:
                await try_again(run_id, "Retried by the sweep")
            elif run.state is not None and run.state.state_details.run_input_keyset:
                await check_again(run_id)

    await gather_all(*(continue_run(UUID(run_id), status) for run_id, status in runs.items()))
