"""Locks across all runs, by Prefect's global concurrency limits (CSM-7)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zlib import crc32

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
    cannot be renewed does not end the run: a step looks before it writes, with or without the lock.

    Raises:
        VendorRefused: Prefect has no such concurrency limit; without it no run would wait for another.
        VendorUnavailable: the lock did not become free in time.
    """
    get_run_logger().info("Waiting for the lock %s", limit)
    try:
        async with concurrency(
            limit,
            timeout_seconds=LONGEST_QUEUE,
            lease_duration=LEASE,
            strict=True,
            raise_on_lease_renewal_failure=False,
        ):
            yield
    except AcquireConcurrencySlotTimeoutError:
        raise VendorUnavailable(
            "Prefect", f"the lock {limit} did not become free within {LONGEST_QUEUE:.0f} s"
        ) from None
    except ConcurrencySlotAcquisitionError as error:
        raise VendorRefused(
            "Prefect", f"the concurrency limit {limit} cannot be held ({error}). Run `lifecycle bootstrap`"
        ) from None
