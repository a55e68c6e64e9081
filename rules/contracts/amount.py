"""The monthly amount of a client by its contracts, for a client without MRR (CSM-1, ours)."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from rules.contracts.clients import Agreement
from rules.contracts.terms import in_force, is_expansion


def monthly_amount(agreements: Collection[Agreement], today: date) -> Decimal | None:
    """Return the amount per month of the contracts in force; None when none of them has an amount.

    A client that was just sold often has a contract that begins later: without a contract in force, the contracts that
    begin next count. Of contracts that replace each other the largest amount counts; expansions add theirs.

    Args:
        agreements: the client's contracts, in any order.
        today: in the org's time zone.
    """
    counted = in_force(agreements, today)
    if not counted:
        starts = [one.start for one in agreements if one.is_signed and one.start and one.start > today]
        counted = in_force(agreements, min(starts)) if starts else ()
    expansions = [one.plan_amount for one in counted if one.plan_amount is not None and is_expansion(one)]
    others = [one.plan_amount for one in counted if one.plan_amount is not None and not is_expansion(one)]
    if not expansions and not others:
        return None
    return max(others, default=Decimal()) + sum(expansions, Decimal())
