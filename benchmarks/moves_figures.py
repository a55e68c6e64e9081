"""What is promised of a workbook's transition, and what is computed from its measurements. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.figures import Bound, Calls

ANALYSIS_BOUND = 40
"""The most calls to Salesforce for the plan of 200 rows."""
WRITES_BESIDE, WRITES_EACH = 10, 2
"""Writing calls to Salesforce: so many for the workbook, and for each of its accounts."""
RATIO_BOUND = 2.0
"""How many times as long as the bare script a workbook may take."""
GROWTH_BOUND = 32.0
"""Megabytes that a workbook of four times as many rows may take more."""
_SALESFORCE = "salesforce"


@dataclass(frozen=True)
class Book:
    """What a workbook cost that went through.

    Attributes:
        accounts: that moved.
        analysis: calls until its plan was there.
        moves: calls from the approval on.
        writes: of these, those to Salesforce that wrote.
        seconds: from the approval to the end of its run.
        planning: from the start of its run to the question.
        peak: the most memory that one of its processes held, in megabytes.
    """

    accounts: int
    analysis: Calls
    moves: Calls
    writes: int
    seconds: float
    planning: float
    peak: float

    @property
    def writes_bound(self) -> int:
        """The most writing calls to Salesforce."""
        return WRITES_BESIDE + WRITES_EACH * self.accounts


@dataclass(frozen=True)
class Bare:
    """What the bare script cost for as many accounts: calls, and seconds."""

    calls: Calls
    seconds: float


def writes(journal: Iterable[Mapping[str, Any]]) -> int:
    """The calls to Salesforce that changed something."""
    return sum(bool(entry["effect"]) for entry in journal if entry["system"] == _SALESFORCE)


def bounds(small: Book, large: Book, bare: Bare) -> list[Bound]:
    """Every promise, with what was found.

    Args:
        small: a workbook of a quarter of the rows.
        large: of 200.
        bare: the script, for the large one's accounts.
    """
    return [
        *_of(small),
        *_of(large),
        Bound("against the bare script", large.seconds / bare.seconds, RATIO_BOUND),
        Bound(f"{large.accounts} rows: MB more than with {small.accounts}", large.peak - small.peak, GROWTH_BOUND),
        *_same_calls(large, bare),
    ]


def _of(book: Book) -> Iterator[Bound]:
    name = f"{book.accounts} rows"
    yield Bound(f"{name}: calls to salesforce for the plan", book.analysis.vendor.get(_SALESFORCE, 0), ANALYSIS_BOUND)
    yield Bound(f"{name}: writing calls to salesforce", book.writes, book.writes_bound)


def _same_calls(book: Book, bare: Bare) -> Iterator[Bound]:
    """A script that makes more calls than the flow would be no measure."""
    for system, count in sorted(bare.calls.vendor.items()):
        yield Bound(f"calls of the script to {system}", count, book.moves.vendor.get(system, 0))
