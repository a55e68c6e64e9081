"""The worker reports no crash and no cancellation of a run that was retried since (ADR-3).

When a run's process fails, Prefect's worker reports it twice: at once, and again after it has cleaned up the run, a
second or more later. The server applies the second report to the attempt that is running by then.
"""

import functools
from collections.abc import Awaitable, Callable
from typing import Any

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.logging import get_logger
from prefect.runner._state_proposer import StateProposer
from prefect.workers.base import BaseWorker

from tasks.runs.retries import is_retried, restore_retry

logger = get_logger("worker")
Report = Callable[..., Awaitable[Any]]


def respect_retries() -> None:
    """Make Prefect's worker in this process check for a Retry before and after it reports a crash."""
    for owner, name, client_of in (
        (StateProposer, "propose_crashed", lambda proposer: proposer._client),  # noqa: SLF001 - there is no other
        (StateProposer, "propose_cancelled", lambda proposer: proposer._client),  # noqa: SLF001
        (BaseWorker, "_propose_crashed_state", lambda worker: worker.client),
    ):
        setattr(owner, name, _check_for_retry(getattr(owner, name), client_of))


def _check_for_retry(report: Report, client_of: Callable[[Any], PrefectClient]) -> Report:
    @functools.wraps(report)
    async def reported(self: Any, flow_run: FlowRun, *args: Any, **kwargs: Any) -> Any:
        if await _answer(is_retried, client_of(self), flow_run):
            logger.info("Flow run '%s' was retried: its previous attempt is not reported", flow_run.id)
            return None
        outcome = await report(self, flow_run, *args, **kwargs)
        if await _answer(restore_retry, client_of(self), flow_run):
            logger.info("Flow run '%s' was retried meanwhile: it is scheduled again", flow_run.id)
            return None
        return outcome

    return reported


async def _answer(
    question: Callable[[PrefectClient, FlowRun], Awaitable[bool]], client: PrefectClient, flow_run: FlowRun
) -> bool:
    """The answer, or False if Prefect's server does not give one: the worker then reports as Prefect's own does."""
    try:
        return await question(client, flow_run)
    except Exception:
        logger.exception("Cannot read whether flow run '%s' was retried", flow_run.id)
        return False
