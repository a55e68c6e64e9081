"""The plan of a workbook: every account that would move, how, and what to know before (TRN-1 to TRN-10)."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from rules.assignment.availability import HandOver
from rules.assignment.books import ENDED, Csm, given_account, load, taken_account
from rules.assignment.choice import unavailable
from rules.assignment.segmentation import Segment, segment_named
from rules.common.records import Person
from rules.common.text import join_names
from rules.transition.account_facts import AccountFacts
from rules.transition.communication import CommunicationPlan, communication_plan
from rules.transition.health import Category, Health, Thresholds, health
from rules.transition.match import MatchedRow
from rules.transition.reassignments import Handover, OwnershipField, ownership_fields
from rules.transition.rows import ACCOUNT, Row, RowFault


@dataclass(frozen=True)
class TransitionTerms:
    """What CS Operations have set for transitions.

    Attributes:
        thresholds: from when an account is at risk.
        credit: how long a won sale goes with the account (TRN-10).
        renewal: how long before the end of its contract an account's move is warned of.
    """

    thresholds: Thresholds
    credit: timedelta
    renewal: timedelta


@dataclass(frozen=True)
class PlannedMove:
    """An account that would move.

    Attributes:
        row: of the workbook.
        name: of the account.
        account_id: 18 characters.
        mrr: per month; None when Salesforce has none.
        segment: of the account; "" when none is entered.
        counts: whether it counts in a CSM's book.
        handover: from whom to whom.
        health: how it stands.
        communication: how the customer is told.
        ownership: every field that names the former CSM and gets the new one.
        warnings: what is worth a second thought, a sentence each.
    """

    row: Row
    name: str
    account_id: str
    mrr: Decimal | None
    segment: str
    counts: bool
    handover: Handover
    health: Health
    communication: CommunicationPlan
    ownership: tuple[OwnershipField, ...]
    warnings: tuple[str, ...]

    @property
    def approved(self) -> tuple[str, ...]:
        """What a person approves, a line each: whatever differs from it later was not approved."""
        former = self.handover.from_csm.id if self.handover.from_csm else ""
        to_csm, route = self.handover.to_csm, self.communication.route
        own = f"{self.account_id}: {former} to {to_csm.id}, {self.health.category}, {route}"
        return (own, *sorted(f"{owned.record} {owned.field}" for owned in self.ownership))


@dataclass(frozen=True)
class BookComparison:
    """A CSM's books before and after.

    Attributes:
        person: whose.
        accounts: how many, before.
        accounts_after: and after.
        mrr: of them all, before.
        mrr_after: and after.
        load: share of a full book, before; 1 is full.
        load_after: and after.
    """

    person: Person
    accounts: int
    accounts_after: int
    mrr: Decimal
    mrr_after: Decimal
    load: Fraction
    load_after: Fraction


@dataclass(frozen=True)
class TransitionPlan:
    """What a workbook would do.

    Attributes:
        accounts: that would move, in the order of the rows.
        faults: of all other rows, in their order.
        books: of everybody who gives or takes, by name.
        warnings: about those who take, a sentence each.
        not_read: what was left out of the workbook, or read in a way that somebody should know, a sentence each.
    """

    accounts: tuple[PlannedMove, ...]
    faults: tuple[RowFault, ...]
    books: tuple[BookComparison, ...]
    warnings: tuple[str, ...]
    not_read: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """Names exactly this plan: another one, be it by one record, has another mark."""
        told = [(one.account_id, str(one.row.effective), one.row.reason, one.approved) for one in self.accounts]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]

    @property
    def rows_at_fault(self) -> int:
        """How many rows move nothing, however much is wrong with each."""
        return len({fault.row for fault in self.faults})

    @property
    def summary(self) -> str:
        """What it would do, in a line."""
        return f"Accounts that would move: {len(self.accounts)}. Rows at fault: {self.rows_at_fault}."


def plan_account(move: MatchedRow, facts: AccountFacts, today: date, terms: TransitionTerms) -> PlannedMove | RowFault:
    """How an account would move; a fault of the row when the account's state does not allow what it asks for.

    Args:
        move: what the row means.
        facts: of the account, as all systems know it.
        today: in the org's time zone.
        terms: of CS Operations.
    """
    found = health(facts, today, terms.thresholds)
    route = communication_plan(move.row, facts.name, found)
    if isinstance(route, RowFault):
        return route
    handover = Handover(move.account.csm, move.to_csm, move.team_lead)
    return PlannedMove(
        row=move.row,
        name=facts.name,
        account_id=facts.id,
        mrr=facts.mrr,
        segment=facts.segmentation or "",
        counts=facts.cs_status not in ENDED,
        handover=handover,
        health=found,
        communication=route,
        ownership=ownership_fields(facts, handover, today, terms.credit),
        warnings=tuple(_warnings(facts, found, today, terms)),
    )


def plan(
    moves: Iterable[MatchedRow],
    facts: Mapping[str, AccountFacts],
    faults: Iterable[RowFault],
    *,
    today: date,
    terms: TransitionTerms,
    csms: Iterable[Csm],
    segments: Sequence[Segment],
    weight_of_mrr: Decimal,
    hand_over: HandOver,
) -> TransitionPlan:
    """What a workbook would do (TRN-2 to TRN-10).

    Args:
        moves: what the rows mean, each of another account.
        facts: by account id, of every account of the moves that could be read.
        faults: of the rows that mean nothing.
        today: in the org's time zone.
        terms: of CS Operations.
        csms: the team, with its books.
        segments: the table by which books are weighed.
        weight_of_mrr: of a book's load (CSM-1).
        hand_over: the days on which who takes an account should be there.
    """
    found = [
        plan_account(one, facts[one.account.id], today, terms) if one.account.id in facts else _unread(one)
        for one in moves
    ]
    accounts = tuple(sorted((one for one in found if isinstance(one, PlannedMove)), key=lambda one: one.row.number))
    told = sorted([*faults, *(one for one in found if isinstance(one, RowFault))])
    team = {one.person.id: one for one in csms}
    after = _after(accounts, team, segments)
    touched = {who.id for one in accounts for who in (one.handover.from_csm, one.handover.to_csm) if who} & set(team)
    shelves = (_shelf(team[who], after[who], segments, weight_of_mrr) for who in touched)
    takers = {one.handover.to_csm.id for one in accounts} & set(team)
    return TransitionPlan(
        accounts=accounts,
        faults=tuple(told),
        books=tuple(sorted(shelves, key=lambda one: (one.person.name, one.person.id))),
        warnings=tuple(_of_takers([after[who] for who in takers], segments, hand_over)),
    )


def _unread(move: MatchedRow) -> RowFault:
    told = f"{move.account.name} could not be read. Was it deleted or merged? Look it up in Salesforce."
    return RowFault(move.row.number, ACCOUNT, told)


def _warnings(facts: AccountFacts, found: Health, today: date, terms: TransitionTerms) -> Iterator[str]:
    last = facts.last_contract(today)
    if last and last.end and today <= last.end <= today + terms.renewal:
        yield f"{facts.name}: contract {last.number} ends on {last.end}, in {(last.end - today).days} days."
    if found.category is Category.ESCALATED:
        yield f"{facts.name} is escalated: {found.why}."


def _after(accounts: Iterable[PlannedMove], team: Mapping[str, Csm], segments: Sequence[Segment]) -> dict[str, Csm]:
    """The team once the accounts have moved."""
    after = dict(team)
    for one in (account for account in accounts if account.counts):
        segment = segment_named(one.segment, segments) or replace(segments[0], name=one.segment)
        mrr, former = one.mrr or Decimal(), one.handover.from_csm
        if former and former.id in after:
            after[former.id] = taken_account(after[former.id], segment, mrr)
        if one.handover.to_csm.id in after:
            after[one.handover.to_csm.id] = given_account(after[one.handover.to_csm.id], segment, mrr)
    return after


def _shelf(before: Csm, after: Csm, segments: Sequence[Segment], weight: Decimal) -> BookComparison:
    return BookComparison(
        before.person,
        accounts=before.accounts,
        accounts_after=after.accounts,
        mrr=before.mrr,
        mrr_after=after.mrr,
        load=load(before, segments, weight),
        load_after=load(after, segments, weight),
    )


def _of_takers(takers: Iterable[Csm], segments: Sequence[Segment], hand_over: HandOver) -> Iterator[str]:
    for csm in sorted(takers, key=lambda one: (one.person.name, one.person.id)):
        if absent := unavailable(csm.absences, hand_over):
            yield f"{csm.person.name} is {absent}."
        if over := list(_over(csm, segments)):
            yield f"{csm.person.name} would hold {join_names(over)}."


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
