"""Warnings of a transition plan; they stop nothing (TRN-1, CSM-1 to CSM-3)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from rules.assignment.availability import HandOver
from rules.assignment.books import Csm
from rules.assignment.choice import unavailable
from rules.assignment.segmentation import Segment
from rules.common.text import counted, join_names
from rules.transition.account_facts import AccountFacts
from rules.transition.health import Category, Health

MOST_NAMES = 5
"""Accounts that one warning names."""


class GainedAccount(NamedTuple):
    """An account that a CSM would get; its segment is "" when it has none."""

    name: str
    segment: str
    csm_id: str


def account_warnings(facts: AccountFacts, state: Health, today: date, renewal: timedelta) -> Iterator[str]:
    """Yield the warnings about one account, a sentence each.

    Args:
        facts: of the account.
        state: its health.
        today: in the org's time zone.
        renewal: the period before the end of a contract in which a move deserves a warning.
    """
    last = facts.last_contract(today)
    if last and last.end and today <= last.end <= today + renewal:
        yield f"{facts.name}: contract {last.number} ends on {last.end}, in {(last.end - today).days} days."
    if state.category is Category.ESCALATED:
        yield f"{facts.name} is escalated: {state.why}."


def csm_warnings(
    gained: Sequence[GainedAccount], team: Mapping[str, Csm], segments: Sequence[Segment], hand_over: HandOver
) -> Iterator[str]:
    """Yield the warnings about the new CSMs by name, a sentence each.

    Args:
        gained: the accounts that get a new CSM.
        team: the CSMs by user id, with the books after the plan.
        segments: the table of CS Operations.
        hand_over: the days on which the new CSM should be available.
    """
    new = [team[csm_id] for csm_id in {account.csm_id for account in gained} & set(team)]
    for csm in sorted(new, key=lambda csm: (csm.person.name, csm.person.id)):
        if absent := unavailable(csm.absences, hand_over):
            yield f"{csm.person.name} is {absent}."
        yield from _of_segments(csm, gained)
        if over := list(_over(csm, segments)):
            yield f"{csm.person.name} would hold {join_names(over)}."
        if terms := list(_terms(csm)):
            yield f"{csm.person.name} {join_names(terms)}."


def _of_segments(csm: Csm, gained: Iterable[GainedAccount]) -> Iterator[str]:
    """Yield the accounts of segments that the CSM does not serve: an assignment would not choose this CSM (CSM-3)."""
    others: dict[str, list[str]] = {}
    for account in gained:
        if account.csm_id == csm.person.id and account.segment and account.segment not in csm.segments:
            others.setdefault(account.segment, []).append(account.name)
    serves = f"serves {join_names(csm.segments)}" if csm.segments else "serves no segment"
    for segment, names in sorted(others.items()):
        number = counted(len(names), f"{segment} account")
        yield f"{csm.person.name} {serves}, but would get {number}: {_listed(names)}."


def _listed(names: Sequence[str]) -> str:
    further = len(names) - MOST_NAMES
    return join_names([*names[:MOST_NAMES], f"{further} more"] if further > 0 else names)


def _over(csm: Csm, segments: Sequence[Segment]) -> Iterator[str]:
    own = csm.terms.most_accounts
    if own is not None:
        if csm.accounts > own:
            yield f"{csm.accounts} accounts, and may hold {own}"
        return
    for segment in segments:
        held = csm.held(segment.name).accounts
        if held > segment.most_accounts:
            yield f"{held} {segment.name} accounts, and may hold {segment.most_accounts}"


def _terms(csm: Csm) -> Iterator[str]:
    """Yield the CSM's own limits, which make each account weigh more."""
    if csm.terms.capacity < 1:
        yield f"works part-time (capacity {csm.terms.capacity:.0%})"
    if csm.terms.ramp_up < 1:
        yield f"is ramping up (at {csm.terms.ramp_up:.0%} of the capacity)"
