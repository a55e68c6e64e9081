"""A CSM's books of business, and how full they are (CSM-1)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from rules.assignment.availability import Absence
from rules.assignment.segmentation import Segment, segment_named
from rules.common.records import Person
from rules.common.text import counted

ENDED = ("Churned", "Deactivated")
"""Values of CS Status with which an account no longer counts in a book."""


@dataclass(frozen=True)
class Book:
    """The accounts of one segment that a CSM holds, without churned and deactivated ones.

    Attributes:
        segment: as Salesforce spells it; "" for accounts without one.
        accounts: their number.
        mrr: the sum of their MRR per month. An account without MRR counts with its contract's amount, or else as 0.
        by_contract: the number of accounts that count with their contract's amount.
        unpriced: the number of accounts that count as 0, because they have neither MRR nor a contract's amount.
    """

    segment: str
    accounts: int
    mrr: Decimal
    by_contract: int = 0
    unpriced: int = 0


@dataclass(frozen=True)
class CsmTerms:
    """The limits of one CSM, where they differ from the segment's.

    Attributes:
        capacity: the share of a full book of business, above 0: less than 1 for part-time.
        ramp_up: the share of that capacity while the CSM is new, above 0; 1 afterwards.
        most_accounts: a cap on all accounts of the CSM; None when the segment's cap applies.
    """

    capacity: Decimal = Decimal(1)
    ramp_up: Decimal = Decimal(1)
    most_accounts: int | None = None


@dataclass(frozen=True)
class Csm:
    """A user with the role of a CSM, and the books of business they hold.

    Attributes:
        active: whether the Salesforce user is active.
        lead: the team lead, from the user's Manager; None without an active one.
        segments: the names of the segments that the CSM serves.
        books: one for each segment in which the CSM has accounts.
        last_assigned: when the CSM last got an account; None for never.
        absences: from the calendar.
        terms: the CSM's own limits.
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
        """The number of accounts in all books."""
        return sum(book.accounts for book in self.books)

    @property
    def mrr(self) -> Decimal:
        """The MRR of all books."""
        return sum((book.mrr for book in self.books), Decimal())

    def held(self, segment: str) -> Book:
        """Return the book of a segment; an empty one when the CSM has none."""
        return next((book for book in self.books if book.segment == segment), Book(segment, 0, Decimal()))


def load(csm: Csm, segments: Sequence[Segment], weight_of_mrr: Decimal) -> Fraction:
    """Return how full a CSM's books are; 1 is full (CSM-1, ours).

    The load is the sum over the books of w·MRR/target + (1-w)·accounts/target, divided by the CSM's capacity. Targets
    are those of the book's segment, or of the first segment when the table lacks it. A negative MRR counts as 0.
    """
    full = Fraction()
    for book in csm.books:
        segment = segment_named(book.segment, segments) or segments[0]
        of_mrr, of_account = _shares(segment, weight_of_mrr, csm.terms)
        full += of_mrr * Fraction(max(book.mrr, Decimal())) + of_account * book.accounts
    return full


@lru_cache(maxsize=1024)
def _shares(segment: Segment, weight_of_mrr: Decimal, terms: CsmTerms) -> tuple[Fraction, Fraction]:
    """Return the load of one unit of MRR and of one account."""
    weight, capacity = Fraction(weight_of_mrr), Fraction(terms.capacity) * Fraction(terms.ramp_up)
    return weight / Fraction(segment.target_mrr) / capacity, (1 - weight) / segment.target_accounts / capacity


def given_account(csm: Csm, segment: Segment, mrr: Decimal) -> Csm:
    """Return the CSM with one more account of this MRR; `last_assigned` does not change."""
    return _with(csm, segment.name, 1, mrr)


def taken_account(csm: Csm, segment: Segment, mrr: Decimal) -> Csm:
    """Return the CSM with one account of this MRR less."""
    return _with(csm, segment.name, -1, -mrr)


def _with(csm: Csm, name: str, accounts: int, mrr: Decimal) -> Csm:
    held = csm.held(name)
    others = tuple(book for book in csm.books if book.segment != name)
    return replace(csm, books=(*others, replace(held, accounts=held.accounts + accounts, mrr=held.mrr + mrr)))


def book_remarks(csms: Iterable[Csm]) -> Iterator[str]:
    """Yield a sentence for the accounts in the books that count without an MRR of their own (CSM-1, ours)."""
    books = [book for csm in csms for book in csm.books]
    if by_contract := sum(book.by_contract for book in books):
        words = "is counted with its" if by_contract == 1 else "are counted with their"
        yield f"{counted(by_contract, 'account')} without MRR {words} contract's amount."
    if unpriced := sum(book.unpriced for book in books):
        have, count = ("has", "counts") if unpriced == 1 else ("have", "count")
        yield f"{counted(unpriced, 'account')} {have} neither MRR nor a contract's amount, and {count} as 0."
