"""Prefect's worker with one habit changed: it reports no crash, and no cancellation, of a run that was retried since.

When a run's process ends badly, Prefect's worker says so twice: at once, and again when it has put away all that it
held for the run, a second or more later. The server takes the second report for whatever attempt goes on by then.
"""

import functools
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from prefect.cli import app
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.logging import get_logger
from prefect.runner._state_proposer import StateProposer
from prefect.workers.base import BaseWorker

from deployments.provisioning.declared import WORK_POOL
from deployments.stack.private import create_private_files
from tasks.runs.retries import is_retried, restore_retry

logger = get_logger("worker")
Report = Callable[..., Awaitable[Any]]


def respect_retries() -> None:
    """Have Prefect's worker in this process look whether a run was retried, before and after it reports a crash."""
    for owner, name, client_of in (
        (StateProposer, "propose_crashed", lambda proposer: proposer._client),  # noqa: SLF001 - there is no other
        (StateProposer, "propose_cancelled", lambda proposer: proposer._client),  # noqa: SLF001
        (BaseWorker, "_propose_crashed_state", lambda worker: worker.client),
    ):
        setattr(owner, name, _looks_first(getattr(owner, name), client_of))


def _looks_first(report: Report, client_of: Callable[[Any], PrefectClient]) -> Report:
    @functools.wraps(report)
    async def reported(self: Any, flow_run: FlowRun, *args: Any, **kwargs: Any) -> Any:
        if await _holds(is_retried, client_of(self), flow_run):
            logger.info("Flow run '%s' was retried: its attempt before is not reported", flow_run.id)
            return None
        outcome = await report(self, flow_run, *args, **kwargs)
        if await _holds(restore_retry, client_of(self), flow_run):
            logger.info("Flow run '%s' was retried meanwhile: it is scheduled again", flow_run.id)
            return None
        return outcome

    return reported


async def _holds(
    look: Callable[[PrefectClient, FlowRun], Awaitable[bool]], client: PrefectClient, flow_run: FlowRun
) -> bool:
    """What is found out, or no: a worker that cannot look reports as Prefect's own does."""
    try:
        return await look(client, flow_run)
    except Exception:
        logger.exception("Cannot look whether flow run '%s' was retried", flow_run.id)
        return False


def main() -> None:
    """Run `prefect worker start` for our work pool in this process; further options are Prefect's own."""
    create_private_files()
    respect_retries()
    sys.argv = ["prefect", "worker", "start", "--pool", WORK_POOL, "--type", "process", *sys.argv[1:]]
    app()


if __name__ == "__main__":
    main()
