"""Wakes runs that wait or have failed: resumes or retries them (D-4, D-16)."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from weakref import WeakValueDictionary

from rules.common.problems import Responsible
from rules.questions.questions import WAITING
from rules.questions.waiting import MOST_TRIES
from webhooks.runs.flow_runs import FlowRun
from webhooks.runs.prefect_runs import FormlessError, PrefectRuns

logger = logging.getLogger(__name__)

RECORD_FLOWS: Final = frozenset({"onboarding", "publications", "deactivation", "csm-assignment", "entitlement"})
"""The flows whose runs any event of their record may retry. A transition follows a person's approval instead."""
MAX_STARTS: Final = 5
"""A run that crashed after so many starts is left to people; one that never started is always retried."""
NEEDS_A_PERSON: Final = frozenset(who.state_name for who in Responsible)
"""The failed states in which a person must repair a record or a setting."""


class WakeOutcome(StrEnum):
    """The result of waking a run."""

    RESUMED = "resumed"
    RETRIED = "retried"
    GIVEN_UP = "given up"
    LEFT = "left alone"


@dataclass(frozen=True)
class WakeSignal:
    """An event that may allow a run to continue.

    Attributes:
        by: the source: `Salesforce (Contract 800…)`, or the key of an answer saved with the run.
        arrived: when the receiver received the event.
        answers: whether the event is an answer to this run; otherwise it is a change of one of the run's records.
    """

    by: str
    arrived: datetime
    answers: bool = False


def has_failed_otherwise(run: FlowRun) -> bool:
    """Whether the run failed for a reason that no answer resolves."""
    return run.state.type == "FAILED" and run.state.name not in NEEDS_A_PERSON


class RunWaker:
    """Wakes runs. One per process."""

    def __init__(self, runs: PrefectRuns) -> None:
        self._runs = runs
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def wake(self, run: FlowRun, signal: WakeSignal) -> WakeOutcome:
        """Resume a run that asked; retry one that crashed or failed for lack of this event; leave any other alone.

        Raises:
            PrefectError: Prefect did not confirm it.
        """
        # Several events of one run arrive at once: the first wakes the run, the others find it awake.
        async with self._locks.setdefault(run.id, asyncio.Lock()):
            outcome = await self._wake(run, signal)
        level = logging.WARNING if outcome is WakeOutcome.GIVEN_UP else logging.INFO
        logger.log(level, "woken", extra={"run": run.id, "outcome": outcome.value, "reason": signal.by})
        return outcome

    async def _wake(self, run: FlowRun, signal: WakeSignal) -> WakeOutcome:
        if run.state.asks:
            return await self._resume(run, signal)
        if not _should_retry(run, signal):
            return WakeOutcome.LEFT
        if _crashes_repeatedly(run) and not signal.answers:
            return WakeOutcome.GIVEN_UP
        return await self._retry(run, signal)

    async def _retry(self, run: FlowRun, signal: WakeSignal) -> WakeOutcome:
        is_retried = await self._runs.retry(run, f"Woken by {signal.by}")
        return WakeOutcome.RETRIED if is_retried else WakeOutcome.LEFT

    async def _resume(self, run: FlowRun, signal: WakeSignal) -> WakeOutcome:
        try:
            return WakeOutcome.RESUMED if await self._runs.resume(run, signal.by) else WakeOutcome.LEFT
        except FormlessError as error:
            # A retry has the same effect: the flow starts from the top and reads its answers and records again.
            logger.info("retrying instead", extra={"run": run.id, "reason": str(error)})
            return await self._retry(run, signal)


def _should_retry(run: FlowRun, signal: WakeSignal) -> bool:
    if run.state.type == "CRASHED":
        # A retry is safe: steps look before they act.
        return signal.answers or WAITING in run.tags or (not run.is_preview and not RECORD_FLOWS.isdisjoint(run.tags))
    needs_a_person = run.state.type == "FAILED" and run.state.name in NEEDS_A_PERSON
    return needs_a_person and (signal.answers or run.state.timestamp < signal.arrived)


def _crashes_repeatedly(run: FlowRun) -> bool:
    """Whether the run crashed after many starts; a run that waits for people may start more often."""
    return run.state.type == "CRASHED" and run.run_count >= (MOST_TRIES if WAITING in run.tags else MAX_STARTS)
