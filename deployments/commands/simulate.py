"""Back-test: how books of business would have developed, had the rule assigned a period's sales."""

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
"""A year less on either side than Salesforce's own dates reach, so that days around a period are dates too."""


class NothingToSimulate(Exception):
    """Raised when a back-test has nothing to go by; the message says what is missing."""


async def simulate(first: str, last: str) -> int:
    """Print the back-test of a period, ISO dates, both days inclusive; 1 and one line when it cannot be made."""
    try:
        days = _period(first, last)
        org, policy, house = await connection(SalesforceOrg), await connection(Policy), await load_policy()
        history = await asyncio.to_thread(lambda: read_history(org.client(), policy.field_map, house, *days))
        show(back_test(history, house, *days), history, house, out)
    except (NothingToSimulate, VendorError) as problem:
        out.print(str(problem), markup=False, soft_wrap=True)
        return 1
    return 0


def back_test(history: History, house: PolicySnapshot, first: date, last: date) -> BackTest:
    """Replay the history by the house's rules.

    Raises:
        NothingToSimulate: there is no sale, no team, or no way to tell who held what at the start.
    """
    if not history.sales:
        told = f" {history.unplaced} without an account or segment were left aside." if history.unplaced else ""
        raise NothingToSimulate(f"No sale of new business was won from {first} to {last}.{told}")
    if not history.dated:
        raise NothingToSimulate(
            "No account of a CSM says when it was assigned (CSM Assigned On): who held which at the start is unknown."
        )
    test = replay(
        history.csms,
        history.sales,
        start=first,
        segments=house.segments,
        weight_of_mrr=house.weight_of_mrr,
        hand_over=house.hand_over,
    )
    if not test.days[0].actual:
        raise NothingToSimulate("No active user is a CSM with a segment: fill in CS Role and CS Segments of the users.")
    if len(test.days) == 1:
        raise NothingToSimulate(
            f"No sale from {first} to {last} went to a CSM of today's team; won were {len(history.sales)}."
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
