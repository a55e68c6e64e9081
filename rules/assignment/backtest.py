"""Replay the assignments of a past period by the rule, and compare the books of business with the actual ones.

Both histories begin with the same books. In the replay a sale goes to the CSM whom `rules.assignment.choice.choose`
returns on its day; in the actual history to the CSM who got it.

The team is every active CSM who serves a segment, with the segments, leads and terms of today. A sale that nobody got,
or somebody outside the team, is left out of both histories, so that both share out the same accounts. A sale for which
the rule finds nobody is in the actual history only. Books only grow.
"""

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from math import sqrt
from operator import attrgetter, itemgetter

from rules.assignment.availability import HandOver
from rules.assignment.books import Csm, given_account
from rules.assignment.choice import CsmChoice, choose
from rules.assignment.segmentation import Segment
from rules.common.text import normalize


@dataclass(frozen=True)
class ClosedSale:
    """A new customer in the replay.

    Attributes:
        day: on which the sale was closed.
        mrr: of the account, per month; an unknown MRR counts as 0.
        csm_id: the CSM who got the account; None when nobody did.
    """

    day: date
    account_id: str
    account: str
    mrr: Decimal
    segment: Segment
    csm_id: str | None


@dataclass(frozen=True)
class BackTestDay:
    """The books of both histories at the end of a day, with the same CSMs in the same order."""

    day: date
    replayed: tuple[Csm, ...]
    actual: tuple[Csm, ...]


@dataclass(frozen=True)
class BackTest:
    """Both histories of the period.

    Attributes:
        days: the day before the period with the first books, then every day with a sale that counts.
        untaken: sales for which the rule finds nobody; they are in the actual history only.
        outside: sales that nobody got, or somebody outside the team; they are in neither history.
        takers: the user id of the CSM whom the rule finds for each replayed sale, by account id; None for nobody.
    """

    days: tuple[BackTestDay, ...]
    untaken: tuple[ClosedSale, ...]
    outside: tuple[ClosedSale, ...]
    takers: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Spread:
    """How unequal the books of a team are; both figures are 0 for equal books or none.

    Attributes:
        deviation: the population standard deviation.
        gap: the largest value less the smallest.
    """

    deviation: float
    gap: float


def replay(
    csms: Iterable[Csm],
    sales: Iterable[ClosedSale],
    *,
    start: date,
    segments: Sequence[Segment],
    weight_of_mrr: Decimal,
    hand_over: HandOver,
) -> BackTest:
    """Assign every sale by the rule, day by day (CSM-1, CSM-2).

    Args:
        csms: every user with the role of a CSM, with the books at the start, in any order.
        sales: each account once; sales of one day in the order in which they were closed.
        start: the first day of the period.
        segments: the table of CS Operations, with every segment of the sales.
        weight_of_mrr: as for `choose`.
        hand_over: its `start` is ignored: each hand-over starts on the day of the sale.
    """
    team = _team(csms, segments)
    replayed, actual = _Replayed(team, segments, weight_of_mrr, hand_over), dict(team)
    in_order = sorted(sales, key=attrgetter("day"))
    counted = [sale for sale in in_order if sale.csm_id in team]
    days, untaken = [_day_of(start - timedelta(days=1), replayed.books, actual)], []
    takers: dict[str, str | None] = {}
    for number, sale in enumerate(counted):
        assert sale.csm_id is not None
        actual[sale.csm_id] = _with(actual[sale.csm_id], sale, number)
        taker = takers[sale.account_id] = replayed.next_for(sale)
        if taker is None:
            untaken.append(sale)
        else:
            replayed.put(taker, _with(replayed.books[taker], sale, number))
        if number + 1 == len(counted) or counted[number + 1].day > sale.day:
            days.append(_day_of(sale.day, replayed.books, actual))
    outside = tuple(sale for sale in in_order if sale.csm_id not in team)
    return BackTest(tuple(days), tuple(untaken), outside, takers)


def spread(values: Iterable[Decimal | Fraction | int]) -> Spread:
    """Return how unequal the values are."""
    known = [float(value) for value in values]
    if not known:
        return Spread(0, 0)
    mean = sum(known) / len(known)
    return Spread(sqrt(sum((value - mean) ** 2 for value in known) / len(known)), max(known) - min(known))


class _Replayed:
    """The replayed history.

    It keeps the CSMs sorted by load, so that few candidates have to be ranked for a sale.

    Attributes:
        books: the team by user id.
    """

    def __init__(
        self, team: Mapping[str, Csm], segments: Sequence[Segment], weight_of_mrr: Decimal, hand_over: HandOver
    ) -> None:
        self.books = dict(team)
        self._segments, self._weight, self._hand_over = segments, weight_of_mrr, hand_over
        self._lightest_first: dict[str, list[tuple[Fraction, str]]] = {segment.name: [] for segment in segments}
        for csm in team.values():
            self._rank(csm)

    def next_for(self, sale: ClosedSale) -> str | None:
        """Return the id of the CSM whom `choose` returns, asked about one load after the other from the lightest."""
        hand_over = replace(self._hand_over, start=sale.day)
        for _, equals in groupby(self._lightest_first[sale.segment.name], key=itemgetter(0)):
            candidates = [self.books[csm_id] for _, csm_id in equals]
            choice = self._choose(candidates, sale.mrr, sale.segment, hand_over)
            if choice.chosen is not None:
                return choice.chosen.csm.person.id
        return None

    def put(self, csm_id: str, book: Csm) -> None:
        """Replace the CSM's book."""
        self.books[csm_id] = book
        for segment in _served(book, self._segments):
            ranks = self._lightest_first[segment.name]
            self._lightest_first[segment.name] = [place for place in ranks if place[1] != csm_id]
        self._rank(book)

    def _rank(self, csm: Csm) -> None:
        """Sort the CSM by load into each segment in which they can be chosen at all.

        Books only grow, so a CSM who cannot be chosen now, apart from absences, cannot be chosen later.
        """
        never_away = replace(csm, absences=())
        for segment in _served(csm, self._segments):
            choice = self._choose([never_away], Decimal(), segment, self._hand_over)
            if choice.chosen is not None:
                insort(self._lightest_first[segment.name], (choice.chosen.load, csm.person.id))

    def _choose(self, candidates: Sequence[Csm], mrr: Decimal, segment: Segment, hand_over: HandOver) -> CsmChoice:
        return choose(candidates, mrr, segment, self._segments, weight_of_mrr=self._weight, hand_over=hand_over)


def _with(book: Csm, sale: ClosedSale, number: int) -> Csm:
    # Only the day is known; the number keeps the order of the sales within it.
    moment = datetime.combine(sale.day, time(), UTC) + timedelta(microseconds=number)
    return replace(given_account(book, sale.segment, sale.mrr), last_assigned=moment)


def _day_of(day: date, replayed: Mapping[str, Csm], actual: Mapping[str, Csm]) -> BackTestDay:
    return BackTestDay(day, tuple(replayed.values()), tuple(actual.values()))


def _team(csms: Iterable[Csm], segments: Sequence[Segment]) -> dict[str, Csm]:
    serving = [csm for csm in csms if csm.active and _served(csm, segments)]
    return {csm.person.id: csm for csm in sorted(serving, key=lambda csm: (normalize(csm.person.name), csm.person.id))}


def _served(csm: Csm, segments: Sequence[Segment]) -> list[Segment]:
    return [segment for segment in segments if segment.name in csm.segments]
