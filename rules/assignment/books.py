"""A CSM and the books of business they hold, and how full those are (CSM-1)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from rules.assignment.availability import Absence
from rules.assignment.segmentation import Segment, segment_named
from rules.common.records import Person

ENDED = ("Churned", "Deactivated")
"""The account's CS Status that takes it out of its CSM's book."""


@dataclass(frozen=True)
class Book:
    """The accounts of one segment that a CSM holds, churned and deactivated ones aside.

    Attributes:
        segment: as Salesforce spells it; "" for accounts without one.
        accounts: how many there are.
        mrr: the sum of their MRR; a missing one counts as 0.
    """

    segment: str
    accounts: int
    mrr: Decimal


@dataclass(frozen=True)
class CsmTerms:
    """What one CSM is to hold, where it is not what everybody holds.

    Attributes:
        capacity: the share of a full book of business, above 0: less than 1 for part-time.
        ramp_up: the share of that capacity while the CSM is new, above 0; 1 afterwards.
        most_accounts: the CSM's own cap, on accounts of all segments; None for the segment's, on those of the segment.
    """

    capacity: Decimal = Decimal(1)
    ramp_up: Decimal = Decimal(1)
    most_accounts: int | None = None


@dataclass(frozen=True)
class Csm:
    """A user with the role of a CSM, and the books of business they hold.

    Attributes:
        person: who it is.
        active: whether the Salesforce user is.
        lead: the team lead, that is the user's manager; None when there is none or the manager's user is inactive.
        segments: those the CSM serves.
        books: what the CSM holds, a book for each segment in which there is something.
        last_assigned: when the CSM was last given an account; None when never.
        absences: out of office, by the calendar.
        terms: what CS Operations have agreed with this CSM.
    """

    person: Person
    active: bool
    lead: Person | None
    segments: tuple[str, ...]
    books: tuple[Book, ...]
    last_assigned: datetime | None
    absences: tuple[Absence, ...] = ()
    terms: CsmTerms = CsmTerms()

    @property
    def accounts(self) -> int:
        """How many accounts the CSM holds in all."""
        return sum(book.accounts for book in self.books)

    @property
    def mrr(self) -> Decimal:
        """The MRR of them all."""
        return sum((book.mrr for book in self.books), Decimal())

    def held(self, segment: str) -> Book:
        """The book of a segment; an empty one where there is none."""
        return next((book for book in self.books if book.segment == segment), Book(segment, 0, Decimal()))


def load(csm: Csm, segments: Sequence[Segment], weight_of_mrr: Decimal) -> Fraction:
    """How full a CSM's books are, whatever account is to come (CSM-1, ours).

    The sum of w·MRR/target + (1-w)·accounts/target over the books, by the CSM's capacity. Each book has its own
    segment's targets, or the first segment's where the table does not know its own; an MRR below 0 counts as 0.
    """
    full = Fraction()
    for book in csm.books:
        segment = segment_named(book.segment, segments) or segments[0]
        of_mrr, of_account = _shares(segment, weight_of_mrr, csm.terms)
        full += of_mrr * Fraction(max(book.mrr, Decimal())) + of_account * book.accounts
    return full


@lru_cache(maxsize=1024)
def _shares(segment: Segment, weight_of_mrr: Decimal, terms: CsmTerms) -> tuple[Fraction, Fraction]:
    """What one of MRR and one account of the segment add to the load of a CSM of such terms."""
    weight, capacity = Fraction(weight_of_mrr), Fraction(terms.capacity) * Fraction(terms.ramp_up)
    return weight / Fraction(segment.target_mrr) / capacity, (1 - weight) / segment.target_accounts / capacity


def given_account(csm: Csm, segment: Segment, mrr: Decimal) -> Csm:
    """The CSM with one account more in the segment's book, of that MRR; `last_assigned` stays."""
    return _with(csm, segment.name, 1, mrr)


def taken_account(csm: Csm, segment: Segment, mrr: Decimal) -> Csm:
    """The CSM with one account less in the segment's book, of that MRR."""
    return _with(csm, segment.name, -1, -mrr)


def _with(csm: Csm, name: str, accounts: int, mrr: Decimal) -> Csm:
    held = csm.held(name)
    others = tuple(book for book in csm.books if book.segment != name)
    return replace(csm, books=(*others, Book(name, held.accounts + accounts, held.mrr + mrr)))
