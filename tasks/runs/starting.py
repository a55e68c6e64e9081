"""Start runs of other deployments, each once however often it is requested (D-2 and D-15)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from prefect import State
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterIdempotencyKey
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound
from prefect.states import Pending, Scheduled

from blocks.common.errors import VendorRefused
from tasks.core.steps import gather_all
from tasks.runs.claims import PAGE, present_run, server

AT_ONCE = 4
"""Runs that are started, resumed or retried at the same time."""


@dataclass(frozen=True)
class NewRun:
    """A run to be started.

    Attributes:
        of: the id of its record, 18 characters.
        key: the idempotency key: one run, however often it is requested.
        parameters: of the flow, `preview` among them: the form of a deployment may begin with preview on.
        tags: besides the flow's name.
        due: when it begins (UTC); None for at once.
        here: the present process carries it out (`tasks.runs.in_process`), not a worker.
    """

    of: str
    key: str
    parameters: Mapping[str, Any]
    tags: tuple[str, ...]
    due: datetime | None = None
    here: bool = False


async def start_runs(deployment: str, runs: Sequence[NewRun], by: str) -> dict[str, str]:
    """Start a run for each record; the ids of the runs by record, including runs that existed before.

    Args:
        deployment: `flow/deployment`.
        runs: each of another record.
        by: who starts them, unless a person started the present run.

    Raises:
        VendorRefused: there is no such deployment.
    """
    client, gate = server(), asyncio.Semaphore(AT_ONCE)
    deployment_uuid = await deployment_id(deployment) if runs else None
    labels = {"started-by": present_run().labels.get("started-by") or by}

    async def start(run: NewRun) -> tuple[str, str]:
        assert deployment_uuid is not None
        async with gate:
            created = await client.create_flow_run_from_deployment(
                deployment_uuid,
                parameters=dict(run.parameters),
                state=_begins(run),
                tags=[deployment.partition("/")[0], *run.tags],
                idempotency_key=run.key,
                labels=labels,
            )
        return run.of, str(created.id)

    return dict(await gather_all(*map(start, runs)))


def _begins(run: NewRun) -> State[Any] | None:
    if run.due:
        return Scheduled(scheduled_time=run.due)
    return Pending() if run.here else None


async def deployment_id(name: str) -> UUID:
    """Prefect's id of a deployment, by `flow/deployment`.

    Raises:
        VendorRefused: there is no such deployment.
    """
    return (await _deployment(name)).id


async def _deployment(name: str) -> DeploymentResponse:
    try:
        return await server().read_deployment_by_name(name)
    except ObjectNotFound:
        raise VendorRefused("Prefect", f"there is no deployment {name}. Run `lifecycle bootstrap`") from None


async def deployed_since(name: str) -> datetime:
    """When a deployment, `flow/deployment`, was created (UTC); an update keeps it.

    Raises:
        VendorRefused: there is no such deployment.
    """
    found = (await _deployment(name)).created
    assert found is not None
    return found


async def known_keys(keys: Sequence[str]) -> set[str]:
    """The idempotency keys that a run has already."""
    known: set[str] = set()
    for first in range(0, len(keys), PAGE):
        some = FlowRunFilterIdempotencyKey(any_=list(keys[first : first + PAGE]))
        page = await server().read_flow_runs(flow_run_filter=FlowRunFilter(idempotency_key=some), limit=PAGE)
        known |= {run.idempotency_key for run in page if run.idempotency_key}
    return known
