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
"""One at a time per org: choosing a CSM and writing it."""
SLACK_QUESTIONS = "questions"
"""One at a time: looking whether a question is in Slack and posting it, which Slack itself cannot do at once."""
OUTREACH_LOGIN = "outreach-login"
"""One at a time: each login to Outreach uses up the refresh token that the next one needs."""
_OUTREACH_ONCE = tuple(f"outreach-once-{number}" for number in range(31))
"""One at a time for a prospect: looking whether something is in Outreach and making it, which it cannot do at once."""
_AUDIT = tuple(f"audit-{number}" for number in range(31))
"""One at a time for an account: reading its audit page and writing the next version of it."""
LIMITS = dict.fromkeys((CSM_ASSIGNMENT, SLACK_QUESTIONS, OUTREACH_LOGIN, *_OUTREACH_ONCE, *_AUDIT), 1)
"""Every limit of this project, as `lifecycle bootstrap` creates them: how many runs at once."""

LEASE = 60.0
"""Seconds after which the turn of a run that died is free again; Prefect's least."""
LONGEST_QUEUE = 900.0
"""Seconds after which a turn counts as not coming."""


def outreach_once(prospect_id: int) -> str:
    """The limit by which runs take turns with a prospect; a few prospects share one."""
    return _OUTREACH_ONCE[prospect_id % len(_OUTREACH_ONCE)]


def account_audit(account_id: str) -> str:
    """The limit by which runs take turns with an account's audit page; some accounts share one."""
    return _AUDIT[crc32(account_id.encode()) % len(_AUDIT)]


@asynccontextmanager
async def lock(limit: str) -> AsyncIterator[None]:
    """Wait for one's turn, and hold it for the block.

    A run that dies in its turn blocks the others until its lease is over, a little more than a minute. A lease that
    cannot be renewed does not end the run: what is written is looked at first, turn or not.

    Raises:
        VendorRefused: Prefect has no such limit: without it nobody would wait for anybody.
        VendorUnavailable: the turn did not come.
    """
    get_run_logger().info("Waiting for the turn of %s", limit)
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
        raise VendorUnavailable("Prefect", f"the turn of {limit} did not come within {LONGEST_QUEUE:.0f} s") from None
    except ConcurrencySlotAcquisitionError as error:
        raise VendorRefused(
            "Prefect", f"the concurrency limit {limit} cannot be held ({error}). Run `lifecycle bootstrap`"
        ) from None
