"""Run all checks of the contract against a server, some at a time, and say how each ended."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from deployments.contract import companies, lists, publications, signup, users
from deployments.contract.access import access_checks
from deployments.contract.document import Contract, Operation
from deployments.contract.server import Mismatch, Server
from deployments.contract.trial import Blocked, Check, Trial

SECONDS = 45
"""After which no check goes on."""
SECONDS_TO_CLEAN_UP = 15
_AT_ONCE = 8
"""Checks at the same time."""
_PARTS = (signup, companies, lists, users, publications)


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "FAILED"
    NOT_RUN = "NOT RUN"


@dataclass(frozen=True)
class Result:
    """A check, how it ended, and what came instead of what was expected; "" where it does not apply."""

    check: Check
    operation: Operation
    outcome: Outcome
    expected: str = ""
    received: str = ""


def all_checks(contract: Contract) -> tuple[Check, ...]:
    """Every check, in the order of the document's calls."""
    order = list(contract.operations)
    checks = [*(one for part in _PARTS for one in part.CHECKS), *access_checks(contract)]
    return tuple(sorted(checks, key=lambda one: order.index(one.operation)))


class Suite:
    """One run of all checks.

    Args:
        server: the server under test.
        seconds: after which no check goes on.
    """

    def __init__(self, server: Server, seconds: float = SECONDS) -> None:
        run = secrets.token_hex(3)
        checks = all_checks(server.contract)
        trials = [Trial(server, one.operation, f"{run}{number:02}") for number, one in enumerate(checks)]
        self._planned = tuple(zip(checks, trials, strict=True))
        self._contract, self._seconds, self._gate = server.contract, seconds, asyncio.Semaphore(_AT_ONCE)

    async def results(self) -> AsyncIterator[Result]:
        """The result of each check, in their order, as soon as it is known."""
        deadline = asyncio.get_running_loop().time() + self._seconds
        running = [asyncio.create_task(self._result(one, trial, deadline)) for one, trial in self._planned]
        for task in running:
            yield await task

    async def clean_up(self) -> tuple[int, int]:
        """End the service of everything that was created; the number of companies, and of records still active."""
        trials = [trial for _, trial in self._planned]
        created = sum(len(trial.companies) for trial in trials)
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS_TO_CLEAN_UP):
                await asyncio.gather(*(trial.clean_up() for trial in trials))
        return created, sum(trial.active for trial in trials)

    async def _result(self, check: Check, trial: Trial, deadline: float) -> Result:
        operation = self._contract.operations[check.operation]
        try:
            async with asyncio.timeout_at(deadline), self._gate:
                await check.run(trial)
        except Mismatch as mismatch:
            return Result(check, operation, Outcome.FAILED, mismatch.expected, mismatch.received)
        except Blocked as blocked:
            return Result(check, operation, Outcome.NOT_RUN, received=str(blocked))
        except TimeoutError:
            return Result(check, operation, Outcome.NOT_RUN, received=f"{self._seconds:g} seconds are over")
        return Result(check, operation, Outcome.OK)
