"""The worker's reports for `lifecycle check`, from its start to its end."""

import anyio
from prefect.client.orchestration import get_client
from prefect.logging import get_logger

from tasks.health.worker_reports import EVERY, Reporter

LAST = 5.0
"""Seconds that the end of the worker waits for the end of its reports."""
logger = get_logger("worker.reports")


async def report_for_ever(worker: str) -> None:
    """Report now and every other minute, until this is cancelled; a report that fails is left to the next one."""
    while True:
        try:
            await _report_while_prefect_answers(worker)
        except Exception as error:  # noqa: BLE001 - runs go on without reports
            logger.warning("`lifecycle check` cannot see this worker for now. %s", error)
        await anyio.sleep(EVERY.total_seconds())


async def _report_while_prefect_answers(worker: str) -> None:
    async with get_client() as client:
        reporter = Reporter(client, worker)
        try:
            while True:
                await reporter.report()
                await anyio.sleep(EVERY.total_seconds())
        except anyio.get_cancelled_exc_class():
            with anyio.move_on_after(LAST, shield=True):
                await reporter.end()
            raise
