"""The order in which accounts move: low risk first, wave by wave, until too many fail (TRN-3 to TRN-5, ours)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Pace:
    """How fast a workbook's accounts move.

    Attributes:
        wave: the number of accounts after which failures are counted, at least 1.
        at_once: the number of accounts that move at the same time, at least 1.
        most_failed: the percentage of a wave that may fail before the moves stop.
    """

    wave: int
    at_once: int
    most_failed: Decimal


def waves(ranked: Iterable[tuple[int, T]], pace: Pace) -> list[tuple[T, ...]]:
    """Divide accounts into waves; each wave has accounts of one risk.

    Args:
        ranked: the risk of each account, 0 is the lowest, in the order of the workbook.
        pace: the size of a wave.
    """
    divided: list[tuple[T, ...]] = []
    for _, same in groupby(sorted(ranked, key=_risk), key=_risk):
        accounts = tuple(account for _, account in same)
        divided += [accounts[first : first + pace.wave] for first in range(0, len(accounts), pace.wave)]
    return divided


def _risk(ranked: tuple[int, object]) -> int:
    return ranked[0]


def stops(failed: Sequence[bool], pace: Pace) -> bool:
    """Whether too many accounts of a wave failed, so that the next wave waits for a person.

    Args:
        failed: whether it failed, for each account of the wave.
        pace: the percentage that may fail.
    """
    return 100 * sum(failed) > pace.most_failed * len(failed)
