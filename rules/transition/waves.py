"""In which order accounts move, and when that stops: low risk first, wave by wave (TRN-3 to TRN-5, ours)."""

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
        wave: accounts that move before it is looked at how many failed, at least 1.
        at_once: of these, accounts that move at the same time, at least 1.
        most_failed: the share of a wave, in percent, above which nothing more is begun.
    """

    wave: int
    at_once: int
    most_failed: Decimal


def waves(ranked: Iterable[tuple[int, T]], pace: Pace) -> list[tuple[T, ...]]:
    """Which accounts make a wave, in the order of the waves.

    No wave has accounts of two risks: the next risk begins when all of the lower one have moved.

    Args:
        ranked: the risk of each, 0 is the lowest, in the order of the workbook.
        pace: how many make a wave.
    """
    found: list[tuple[T, ...]] = []
    for _, same in groupby(sorted(ranked, key=_risk), key=_risk):
        ones = tuple(one for _, one in same)
        found += [ones[first : first + pace.wave] for first in range(0, len(ones), pace.wave)]
    return found


def _risk(ranked: tuple[int, object]) -> int:
    return ranked[0]


def stops(failed: Sequence[bool], pace: Pace) -> bool:
    """Whether so many of a wave failed that the next one waits for a person's word.

    Args:
        failed: of each account of the wave, whether it failed.
        pace: the share that is borne.
    """
    return 100 * sum(failed) > pace.most_failed * len(failed)
