"""Back-test: the books of business as they would be if the rule had assigned the sales of a period."""

import asyncio
from datetime import date

from rich.console import Console

from blocks.common.errors import VendorError
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from deployments.commands.backtest_view import show
from rules.assignment.backtest import BackTest, replay
from tasks.core.connections import connection
from tasks.core.policy import PolicySnapshot, load_policy
from tasks.salesforce.backtest import History, read_history

out = Console(highlight=False)

_FIRST_YEAR, _LAST_YEAR = 1701, 3999
"""One year inside Salesforce's own limits on either side, so that the days around a period are valid dates."""


class NothingToSimulate(Exception):
    """Raised when a back-test has no data; the message says what is missing."""


async def simulate(first: str, last: str) -> int:
    """Print the back-test of a period (ISO dates, both inclusive); returns 1 if it is not possible."""
    try:
        days = _period(first, last)
        org, block, policy = await connection(SalesforceOrg), await connection(Policy), await load_policy()
        history = await asyncio.to_thread(lambda: read_history(org.client(), block.field_map, policy, *days))
        show(back_test(history, policy, *days), history, policy, out)
    except (NothingToSimulate, VendorError) as problem:
        out.print(str(problem), markup=False, soft_wrap=True)
        return 1
    return 0


def back_test(history: History, policy: PolicySnapshot, first: date, last: date) -> BackTest:
    """Replay the history by the assignment rule.

    Raises:
        NothingToSimulate: there is no sale, no team, or no account with a date of assignment.
    """
    if not history.sales:
        left_out = f" {history.unplaced} without an account or segment were left out." if history.unplaced else ""
        raise NothingToSimulate(f"No sale of new business was won from {first} to {last}.{left_out}")
    if not history.dated:
        raise NothingToSimulate(
            "No account has CSM Assigned On, so the books at the start are unknown: fill the field in on the accounts."
        )
    test = replay(
        history.csms,
        history.sales,
        start=first,
        segments=policy.segments,
        weight_of_mrr=policy.weight_of_mrr,
        hand_over=policy.hand_over,
    )
    if not test.days[0].actual:
        raise NothingToSimulate("No active user is a CSM with a segment: fill in CS Role and CS Segments of the users.")
    if len(test.days) == 1:
        raise NothingToSimulate(
            f"No sale from {first} to {last} went to a CSM of today's team. Sales won: {len(history.sales)}."
        )
    return test


def _period(first: str, last: str) -> tuple[date, date]:
    days = _day("--from", first), _day("--to", last)
    if days[0] > days[1]:
        raise NothingToSimulate(f"--from {first} is after --to {last}.")
    return days


def _day(option: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NothingToSimulate(f"{option} {text!r} is not a date: write it like 2026-01-31.") from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise NothingToSimulate(f"{option} {text} is beyond Salesforce's dates: years {_FIRST_YEAR} to {_LAST_YEAR}.")
    return day
