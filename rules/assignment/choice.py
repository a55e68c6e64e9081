"""The next CSM for an account: the available one with the lightest book of business, and why (CSM-1, CSM-2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from rules.assignment.availability import FAR_FUTURE, Absence, HandOver, away, just_back
from rules.assignment.books import Csm, given_account, load
from rules.assignment.segmentation import Segment
from rules.common.text import normalize

_NEVER = datetime.min.replace(tzinfo=UTC)


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
class CsmChoice:
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
    candidates: Iterable[Csm],
    mrr: Decimal,
    segment: Segment,
    segments: Sequence[Segment],
    *,
    weight_of_mrr: Decimal,
    hand_over: HandOver,
) -> CsmChoice:
    """Choose the available CSM with the lightest book for an account (CSM-1, CSM-2).

    Args:
        candidates: every user with the role of a CSM; their order does not matter.
        mrr: of the account to be assigned; below 0 counts as 0.
        segment: of that account.
        segments: the table of CS Operations, by which every book is weighed.
        weight_of_mrr: from 0 to 1; what is left to 1 weighs the number of accounts.
        hand_over: the days on which the CSM must be there.
    """

    def ranked(csm: Csm) -> Ranked:
        before, after = (
            load(one, segments, weight_of_mrr) for one in (csm, given_account(csm, segment, max(mrr, Decimal())))
        )
        return Ranked(csm, before, after, _obstacle(csm, segment, hand_over))

    ranking = sorted(map(ranked, candidates), key=_order)
    eligible = [one for one in ranking if not one.passed_over]
    chosen = eligible[0] if eligible else None
    return CsmChoice(chosen, tuple(ranking), _tie_break(eligible))


def _obstacle(csm: Csm, segment: Segment, hand_over: HandOver) -> str:
    """Why the CSM cannot take an account of this segment now; "" when nothing is in the way."""
    if not csm.active:
        return "the user is inactive"
    if csm.lead is None:
        return "has no active team lead: enter the Manager on the user"
    if not csm.segments:
        return "serves no segment: choose CS Segments on the user"
    if segment.name not in csm.segments:
        return f"serves {', '.join(csm.segments)}, not {segment.name}"
    return unavailable(csm.absences, hand_over) or _at_cap(csm, segment)


def unavailable(absences: Iterable[Absence], hand_over: HandOver) -> str:
    """Why somebody is not there for a hand-over, in words that follow "is"; "" for who is (CSM-2)."""
    if absent := away(absences, hand_over):
        return _absence(*absent)
    if back := just_back(absences, hand_over):
        return f"back on {back[0]} from an absence, given no new accounts before {back[1]}"
    return ""


def _at_cap(csm: Csm, segment: Segment) -> str:
    own = csm.terms.most_accounts
    held, cap = (csm.held(segment.name).accounts, segment.most_accounts) if own is None else (csm.accounts, own)
    if held < cap:
        return ""
    what = f"{segment.name} account" if own is None else "account"
    return f"holds {held} {what}{'' if held == 1 else 's'}, and may hold {cap}"


def _absence(first: date, last: date) -> str:
    if last == FAR_FUTURE:
        return f"out of office from {first} until further notice"
    return f"out of office on {first}" if first == last else f"out of office from {first} to {last}"


def _order(one: Ranked) -> tuple[object, ...]:
    csm = one.csm
    rank = (one.load, csm.accounts, csm.last_assigned or _NEVER) if not one.passed_over else ()
    return bool(one.passed_over), *rank, normalize(csm.person.name), csm.person.id


def _tie_break(eligible: list[Ranked]) -> str:
    """What told the first from the second of equal load, in the order of CSM-1."""
    if len(eligible) < 2 or eligible[0].load != eligible[1].load:  # noqa: PLR2004 - the first and the second
        return ""
    first, second = (one.csm for one in eligible[:2])
    if first.accounts != second.accounts:
        return "fewer accounts"
    if first.last_assigned != second.last_assigned:
        return "longest since the last assignment"
    return "by name" if normalize(first.person.name) != normalize(second.person.name) else "by id"
