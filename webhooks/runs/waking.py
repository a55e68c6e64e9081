"""The one door by which a run that came to rest is moved on (D-4 and D-16)."""

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
from webhooks.runs.prefect_runs import FlowRun, FormlessError, PrefectRuns

logger = logging.getLogger(__name__)

OF_A_RECORD: Final = frozenset({"onboarding", "publications", "deactivation", "csm-assignment"})
"""The flows whose runs any event of their record may retry; a transition follows one approval, which is a person's."""
MOST_BEGINNINGS: Final = 5
"""A run that crashed and has begun so often is left to people; one that never began is always retried."""
NEEDS_A_PERSON: Final = frozenset(who.state_name for who in Responsible)
"""The failed states of a run for which a person must repair a record or a setting."""


class Woken(StrEnum):
    """What became of a run."""

    RESUMED = "resumed"
    RETRIED = "retried"
    GIVEN_UP = "given up"
    LEFT = "left alone"


@dataclass(frozen=True)
class WakeSignal:
    """What may help a run that rests.

    Attributes:
        by: who settled something: `Salesforce (Contract 800…)`, or the key of an answer left with the run.
        arrived: when the receiver heard of it.
        answers: it was said to this very run, not of a record that the run may have read since.
    """

    by: str
    arrived: datetime
    answers: bool = False


def has_failed_otherwise(run: FlowRun) -> bool:
    """Whether the run failed for a reason that no answer settles."""
    return run.state.type == "FAILED" and run.state.name not in NEEDS_A_PERSON


class RunWaker:
    """Wakes runs, whatever state they rest in. One per process."""

    def __init__(self, runs: PrefectRuns) -> None:
        self._runs = runs
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def wake(self, run: FlowRun, word: WakeSignal) -> Woken:
        """Resume a run that asked, retry one that crashed or failed for want of this word, leave every other alone.

        Raises:
            PrefectError: Prefect did not confirm it.
        """
        # Words about one run come in bursts: the first wakes it, the others find it woken.
        async with self._locks.setdefault(run.id, asyncio.Lock()):
            woken = await self._wake(run, word)
        level = logging.WARNING if woken is Woken.GIVEN_UP else logging.INFO
        logger.log(level, "woken", extra={"run": run.id, "outcome": woken.value, "reason": word.by})
        return woken

    async def _wake(self, run: FlowRun, word: WakeSignal) -> Woken:
        if run.state.asks:
            return await self._resume(run, word)
        if not _is_to_retry(run, word):
            return Woken.LEFT
        if _is_hopeless(run) and not word.answers:
            return Woken.GIVEN_UP
        return Woken.RETRIED if await self._runs.retry(run, f"Woken by {word.by}") else Woken.LEFT

    async def _resume(self, run: FlowRun, word: WakeSignal) -> Woken:
        try:
            return Woken.RESUMED if await self._runs.resume(run, word.by) else Woken.LEFT
        except FormlessError as error:
            # Its body runs from the top either way, and reads its answers and records anew.
            logger.info("retrying instead", extra={"run": run.id, "reason": str(error)})
            return Woken.RETRIED if await self._runs.retry(run, f"Woken by {word.by}") else Woken.LEFT


def _is_to_retry(run: FlowRun, word: WakeSignal) -> bool:
    if run.state.type == "CRASHED":
        # Its steps look before they act, whatever it had done.
        return word.answers or WAITING in run.tags or (not run.is_preview and not OF_A_RECORD.isdisjoint(run.tags))
    needs_a_person = run.state.type == "FAILED" and run.state.name in NEEDS_A_PERSON
    return needs_a_person and (word.answers or run.state.timestamp < word.arrived)


def _is_hopeless(run: FlowRun) -> bool:
    """Whether it crashes whenever it begins; one that waits for people begins at each answer."""
    return run.state.type == "CRASHED" and run.run_count >= (MOST_TRIES if WAITING in run.tags else MOST_BEGINNINGS)
