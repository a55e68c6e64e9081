"""Locks across all runs, by Prefect's global concurrency limits (CSM-7)."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from zlib import crc32

import httpx
from prefect.client.orchestration import get_client
from prefect.concurrency.asyncio import (
    AcquireConcurrencySlotTimeoutError,
    ConcurrencySlotAcquisitionError,
    concurrency,
)
from prefect.logging import get_run_logger

from blocks.common.errors import VendorRefused, VendorUnavailable

CSM_ASSIGNMENT = "csm-assignment"
"""One run at a time per org chooses a CSM and writes the choice."""
SLACK_QUESTIONS = "questions"
"""One run at a time looks for a message in Slack and posts it: Slack cannot do both in one call."""
OUTREACH_LOGIN = "outreach-login"
"""One run at a time logs in to Outreach: each login uses up the refresh token and brings the next one."""
DRIFT_DECISIONS = "drift-decisions"
"""One run at a time reads the table of decisions about drift and writes its next version."""
FAILURE_REPORT = "failure-report"
"""One run at a time reports failures: it reads which are reported, and then says so."""
_OUTREACH_ONCE = tuple(f"outreach-once-{number}" for number in range(31))
"""One run at a time looks for something of a prospect in Outreach and creates it; some prospects share a lock."""
_AUDIT = tuple(f"audit-{number}" for number in range(31))
"""One run at a time reads the audit page of an account and writes its next version; some accounts share a lock."""
_NAMED = (CSM_ASSIGNMENT, SLACK_QUESTIONS, OUTREACH_LOGIN, DRIFT_DECISIONS, FAILURE_REPORT)
LIMITS = dict.fromkeys((*_NAMED, *_OUTREACH_ONCE, *_AUDIT), 1)
"""Every lock, as `lifecycle bootstrap` creates them: the number of runs that may hold it at once."""

LEASE = 60.0
"""Seconds after which the lock of a run that died is free again; Prefect's minimum."""
LONGEST_QUEUE = 900.0
"""Seconds after which a run stops waiting for a lock."""
PAUSE = 2.0
"""Seconds until a server that failed is asked again."""


def outreach_once(prospect_id: int) -> str:
    """The lock of a prospect."""
    return _OUTREACH_ONCE[prospect_id % len(_OUTREACH_ONCE)]


def account_audit(account_id: str) -> str:
    """The lock of an account's audit page."""
    return _AUDIT[crc32(account_id.encode()) % len(_AUDIT)]


@asynccontextmanager
async def lock(limit: str) -> AsyncIterator[None]:
    """Wait for the lock, and hold it for the block.

    A run that dies with the lock blocks the others until its lease ends, a little more than a minute. A lease that
    cannot be renewed or given back does not end the run: a step looks before it writes, with or without the lock.

    Raises:
        VendorRefused: Prefect has no such concurrency limit; without it no run would wait for another.
        VendorUnavailable: the lock did not become free in time.
    """
    level = logging.DEBUG if limit in _AUDIT else logging.INFO
    get_run_logger().log(level, "Waiting for the lock %s", limit)
    async with AsyncExitStack() as held:
        try:
            await _take(limit, held)
        except AcquireConcurrencySlotTimeoutError:
            raise VendorUnavailable(
                "Prefect", f"the lock {limit} did not become free within {LONGEST_QUEUE:.0f} s"
            ) from None
        except ConcurrencySlotAcquisitionError as error:
            raise VendorRefused(
                "Prefect", f"the concurrency limit {limit} cannot be held ({error}). Run `lifecycle bootstrap`"
            ) from None
        yield


async def _take(limit: str, held: AsyncExitStack) -> None:
    """Take the lock; `held` gives it back.

    Prefect's server takes the slot in its database, and then stores the lease. If it cannot store the lease (Redis is
    being restarted), it fails, and no lease would ever end the slot. So the slot is given back.
    """
    end = time.monotonic() + LONGEST_QUEUE
    while (patience := end - time.monotonic()) > 0:
        try:
            await held.enter_async_context(_slot(limit, patience))
        except ConcurrencySlotAcquisitionError as error:
            code = _status(error.__cause__)
            if code < httpx.codes.INTERNAL_SERVER_ERROR:
                raise
            get_run_logger().warning("Prefect's server did not give the lock %s: %s. It is asked again.", limit, error)
            if code == httpx.codes.INTERNAL_SERVER_ERROR:  # other codes are a balancer's
                await _give_back(limit)
            await asyncio.sleep(PAUSE)
        else:
            return
    raise AcquireConcurrencySlotTimeoutError


@asynccontextmanager
async def _slot(limit: str, patience: float) -> AsyncIterator[None]:
    """Hold the lock; if the server cannot take it back, its lease ends."""
    is_done = False
    try:
        async with concurrency(
            limit,
            timeout_seconds=patience,
            lease_duration=LEASE,
            strict=True,
            raise_on_lease_renewal_failure=False,
        ):
            yield
            is_done = True
    except httpx.HTTPError as error:
        if not is_done:
            raise
        get_run_logger().warning("The lock %s ends with its lease, within %.0f s: %s", limit, LEASE, error)


async def _give_back(limit: str) -> None:
    async with get_client() as client:
        await client.release_concurrency_slots(names=[limit], slots=1, occupancy_seconds=PAUSE)


def _status(error: BaseException | None) -> int:
    return error.response.status_code if isinstance(error, httpx.HTTPStatusError) else 0
