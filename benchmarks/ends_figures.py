"""What is promised of the sweep over ending contracts, and what is computed from its measurements. Pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.figures import Bound, Calls

FOUND_IN_A_CALL, READ_IN_A_CALL = 2000, 200
"""Contracts that a call finds, and clients that a call reads."""
CALLS_BESIDE = 2
"""Further calls to Salesforce of a sweep, however much is due: the log-in, and the clients without a welcome mail."""
GROWTH_BOUND = 32.0
"""Megabytes that a sweep of ten times as many contracts may take more."""
PACE_BOUND = 1.25
"""How many times as long each contract may take in it."""


@dataclass(frozen=True)
class Night:
    """What a sweep cost that ran through, in a process of its own.

    Attributes:
        due: contracts that end in the days it looks at, as Salesforce counts them.
        calls: to each system.
        started: runs there are more after it.
        seconds: from its start to its end.
        peak: the most memory that its process held, in megabytes.
    """

    due: int
    calls: Calls
    started: int
    seconds: float
    peak: float

    @property
    def salesforce(self) -> int:
        """Calls to Salesforce, the log-in among them."""
        return self.calls.vendor.get("salesforce", 0) + self.calls.token.get("salesforce", 0)

    @property
    def elsewhere(self) -> int:
        """Calls to all other systems."""
        return sum(self.calls.vendor.values()) + sum(self.calls.token.values()) - self.salesforce

    @property
    def for_a_thousand(self) -> float:
        """Seconds for each 1,000 contracts that are due."""
        return self.seconds * 1000 / self.due


@dataclass(frozen=True)
class Killed:
    """A sweep whose process was killed while it started runs, and which was begun again.

    Attributes:
        due: contracts that end in the days it looks at.
        before: runs there were when the process was gone.
        keys: of every run there was when it was done at last.
    """

    due: int
    before: int
    keys: Sequence[str]


def calls_bound(due: int) -> int:
    """The most calls to Salesforce that a sweep may cost."""
    return math.ceil(due / FOUND_IN_A_CALL) + math.ceil(due / READ_IN_A_CALL) + CALLS_BESIDE


def bounds(few: Night, few_again: Night, many: Night, many_again: Night, killed: Killed) -> list[Bound]:
    """Every promise, with what was found.

    Args:
        few: some 1,000 contracts due, nothing started yet.
        few_again: the same once more.
        many: some 10,000 others.
        many_again: the same once more.
        killed: yet others.
    """
    return [
        *_night(few, few.due),
        *_night(few_again, 0),
        *_night(many, many.due),
        *_night(many_again, 0),
        Bound(f"{many.due:,} due: MB more than with {few.due:,}", many.peak - few.peak, GROWTH_BOUND),
        Bound(f"{many.due:,} due: seconds each, to those with {few.due:,}", _ratio(many, few), PACE_BOUND),
        Bound(f"killed with {killed.due:,} due: runs missing or too many", abs(killed.due - len(killed.keys)), 0),
        Bound("killed: runs with another's key", len(killed.keys) - len(set(killed.keys)), 0),
    ]


def _night(night: Night, expected: int) -> Iterator[Bound]:
    name = f"{night.due:,} due{'' if expected else ', again'}"
    yield Bound(f"{name}: calls to salesforce", night.salesforce, calls_bound(night.due))
    yield Bound(f"{name}: calls elsewhere", night.elsewhere, 0)
    yield Bound(f"{name}: runs missing or too many", abs(expected - night.started), 0)


def _ratio(many: Night, few: Night) -> float:
    return many.for_a_thousand / few.for_a_thousand
