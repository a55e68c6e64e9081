"""Choose the available CSM with the lightest book of business, and explain the choice (CSM-1, CSM-2)."""

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
    """A candidate with figures; a load of 1 is a full book.

    Attributes:
        load: of the book as it is.
        load_after: of the book with this account.
        passed_over: why the CSM cannot be chosen; "" when they can.
    """

    csm: Csm
    load: Fraction
    load_after: Fraction
    passed_over: str


@dataclass(frozen=True)
class CsmChoice:
    """The chosen CSM and the reasons.

    Attributes:
        chosen: None when nobody is available.
        ranking: every candidate: eligible ones from the lightest, then the others by name.
        tie_break: the criterion between equal loads; "" when the load decided.
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
        weight_of_mrr: from 0 to 1; the number of accounts has the rest.
        hand_over: the days on which the CSM must be available.
    """

    def ranked(csm: Csm) -> Ranked:
        with_account = given_account(csm, segment, max(mrr, Decimal()))
        loads = (load(csm, segments, weight_of_mrr), load(with_account, segments, weight_of_mrr))
        return Ranked(csm, *loads, _obstacle(csm, segment, hand_over))

    ranking = sorted(map(ranked, candidates), key=_order)
    eligible = [candidate for candidate in ranking if not candidate.passed_over]
    chosen = eligible[0] if eligible else None
    return CsmChoice(chosen, tuple(ranking), _tie_break(eligible))


def _obstacle(csm: Csm, segment: Segment, hand_over: HandOver) -> str:
    """Return why the CSM cannot get an account of this segment; "" when they can."""
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
    """Return why a person is not available, as words that follow "is"; "" when they are (CSM-2)."""
    if absent := away(absences, hand_over):
        return _absence(*absent)
    if back := just_back(absences, hand_over):
        return f"back on {back[0]} from an absence, and gets no new accounts before {back[1]}"
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


def _order(candidate: Ranked) -> tuple[object, ...]:
    csm, passed_over = candidate.csm, bool(candidate.passed_over)
    rank = () if passed_over else (candidate.load, csm.accounts, csm.last_assigned or _NEVER)
    return passed_over, *rank, normalize(csm.person.name), csm.person.id


def _tie_break(eligible: list[Ranked]) -> str:
    """Return the criterion of CSM-1 that decided between the first two of equal load."""
    if len(eligible) < 2 or eligible[0].load != eligible[1].load:  # noqa: PLR2004 - the first and the second
        return ""
    first, second = (candidate.csm for candidate in eligible[:2])
    if first.accounts != second.accounts:
        return "fewer accounts"
    if first.last_assigned != second.last_assigned:
        return "longest since the last assignment"
    return "by name" if normalize(first.person.name) != normalize(second.person.name) else "by id"
