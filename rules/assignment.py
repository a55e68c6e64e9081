"""The next CSM for an account: the available one with the lightest book of business, and why (CSM-1, CSM-2)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from rules.availability import FAR_FUTURE, Absence, HandOver, away
from rules.records import Person
from rules.segmentation import Segment
from rules.text import folded

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Terms:
    """What one CSM is to hold, where it is not what everybody holds.

    Attributes:
        capacity: the share of a full book of business, above 0: less than 1 for part-time.
        ramp_up: the share of that capacity while the CSM is new, above 0; 1 afterwards.
        most_accounts: the CSM's own cap; None for the segment's.
    """

    capacity: Decimal = Decimal(1)
    ramp_up: Decimal = Decimal(1)
    most_accounts: int | None = None


@dataclass(frozen=True)
class Csm:
    """A user with the role of a CSM, and the book of business they hold.

    Attributes:
        person: who it is.
        active: whether the Salesforce user is.
        lead: the team lead, that is the user's manager; None when there is none or the manager's user is inactive.
        segments: those the CSM serves.
        accounts: how many accounts the CSM holds, churned and deactivated ones aside.
        mrr: the sum of their MRR; a missing one counts as 0.
        last_assigned: when the CSM was last given an account; None when never.
        absences: out of office, by the calendar.
        terms: what CS Operations have agreed with this CSM.
    """

    person: Person
    active: bool
    lead: Person | None
    segments: tuple[str, ...]
    accounts: int
    mrr: Decimal
    last_assigned: datetime | None
    absences: tuple[Absence, ...] = ()
    terms: Terms = Terms()


@dataclass(frozen=True)
class Ranked:
    """A candidate as the choice saw it; loads are shares of a full book: 1 is full.

    Attributes:
        load: of the book as it is.
        load_after: of the book with this account.
        passed_over: why the CSM cannot be chosen; "" for one who can.
    """

    csm: Csm
    load: Fraction
    load_after: Fraction
    passed_over: str


@dataclass(frozen=True)
class Choice:
    """Who is next, and why.

    Attributes:
        chosen: None when nobody is available.
        ranking: every candidate: the eligible, lightest first, then the others by name.
        tie_break: what decided between equal loads; "" when the load alone did.
    """

    chosen: Ranked | None
    ranking: tuple[Ranked, ...]
    tie_break: str


def choose(
    candidates: Iterable[Csm], mrr: Decimal, segment: Segment, *, weight_of_mrr: Decimal, hand_over: HandOver
) -> Choice:
    """Choose the available CSM with the lightest book for an account (CSM-1, CSM-2).

    Args:
        candidates: every user with the role of a CSM; their order does not matter.
        mrr: of the account to be assigned; below 0 counts as 0.
        segment: of that account: targets and cap are this segment's.
        weight_of_mrr: from 0 to 1; what is left to 1 weighs the number of accounts.
        hand_over: the days on which the CSM must be there.
    """
    ranked = sorted(
        (_ranked(csm, max(mrr, Decimal()), segment, weight_of_mrr, hand_over) for csm in candidates), key=_order
    )
    eligible = [one for one in ranked if not one.passed_over]
    chosen = eligible[0] if eligible else None
    return Choice(chosen, tuple(ranked), _tie_break(eligible))


def load(csm: Csm, segment: Segment, weight_of_mrr: Decimal) -> Fraction:
    """How full a book is: (w·MRR/target + (1-w)·accounts/target) by the CSM's capacity (CSM-1, ours)."""
    weight, capacity = Fraction(weight_of_mrr), Fraction(csm.terms.capacity) * Fraction(csm.terms.ramp_up)
    money = Fraction(max(csm.mrr, Decimal())) / Fraction(segment.target_mrr)
    number = Fraction(csm.accounts, segment.target_accounts)
    return (weight * money + (1 - weight) * number) / capacity


def given_account(csm: Csm, mrr: Decimal) -> Csm:
    """The CSM with one account more in the book, of that MRR."""
    return replace(csm, accounts=csm.accounts + 1, mrr=csm.mrr + mrr)


def _ranked(csm: Csm, mrr: Decimal, segment: Segment, weight: Decimal, hand_over: HandOver) -> Ranked:
    after = given_account(csm, mrr)
    return Ranked(csm, load(csm, segment, weight), load(after, segment, weight), _obstacle(csm, segment, hand_over))


def _obstacle(csm: Csm, segment: Segment, hand_over: HandOver) -> str:
    """Why the CSM cannot take an account of this segment now; "" when nothing is in the way."""
    cap = segment.most_accounts if csm.terms.most_accounts is None else csm.terms.most_accounts
    absent = away(csm.absences, hand_over)
    obstacles = (
        (not csm.active, "the user is inactive"),
        (csm.lead is None, "has no active team lead: enter the Manager on the user"),
        (not csm.segments, "serves no segment: choose CS Segments on the user"),
        (segment.name not in csm.segments, f"serves {', '.join(csm.segments)}, not {segment.name}"),
        (absent is not None, _absence(absent)),
        (csm.accounts >= cap, f"holds {csm.accounts} accounts, and may hold {cap}"),
    )
    return next((reason for met, reason in obstacles if met), "")


def _absence(absent: tuple[date, date] | None) -> str:
    first, last = absent or (FAR_FUTURE, FAR_FUTURE)
    if last == FAR_FUTURE:
        return f"out of office from {first} until further notice"
    return f"out of office on {first}" if first == last else f"out of office from {first} to {last}"


def _order(one: Ranked) -> tuple[object, ...]:
    csm = one.csm
    rank = (one.load, csm.accounts, csm.last_assigned or _NEVER) if not one.passed_over else ()
    return bool(one.passed_over), *rank, folded(csm.person.name), csm.person.id


def _tie_break(eligible: list[Ranked]) -> str:
    """What told the first from the second of equal load, in the order of CSM-1."""
    if len(eligible) < 2 or eligible[0].load != eligible[1].load:  # noqa: PLR2004 - the first and the second
        return ""
    first, second = (one.csm for one in eligible[:2])
    if first.accounts != second.accounts:
        return "fewer accounts"
    if first.last_assigned != second.last_assigned:
        return "longest since the last assignment"
    return "by name" if folded(first.person.name) != folded(second.person.name) else "by id"
