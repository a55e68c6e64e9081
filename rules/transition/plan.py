"""The account transition plan of a workbook: the accounts that would move, with warnings (TRN-1 to TRN-10)."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from rules.assignment.availability import HandOver
from rules.assignment.books import ENDED, Csm, book_remarks, given_account, load, taken_account
from rules.assignment.segmentation import Segment, segment_named
from rules.common.records import Person
from rules.contracts.amount import monthly_amount
from rules.transition.account_facts import AccountFacts
from rules.transition.communication import CommunicationPlan, communication_plan
from rules.transition.health import Health, Thresholds, health
from rules.transition.match import MatchedRow
from rules.transition.reassignments import Handover, OwnershipField, ownership_fields
from rules.transition.rows import ACCOUNT, Row, RowFault
from rules.transition.warnings import GainedAccount, account_warnings, csm_warnings


@dataclass(frozen=True)
class TransitionTerms:
    """The policy of transitions.

    Attributes:
        thresholds: when an account is at risk.
        credit: the period in which a won sale is credited to the new CSM (TRN-10).
        renewal: the period before the end of a contract in which the plan warns of a move.
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
        mrr: per month; the contract's amount when Salesforce has no MRR; None when neither is known.
        segment: of the account; "" when it has none.
        counts: whether the account counts in a CSM's book.
        communication: how the customer is informed.
        ownership: every field that gets the new CSM or team lead.
        warnings: a sentence each.
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
        """The lines that a person approves; a move whose lines differ later is not approved."""
        former = self.handover.from_csm.id if self.handover.from_csm else ""
        to_csm, route = self.handover.to_csm, self.communication.route
        own = f"{self.account_id}: {former} to {to_csm.id}, {self.health.category}, {route}"
        return (own, *sorted(f"{owned.record} {owned.field}" for owned in self.ownership))


@dataclass(frozen=True)
class BookComparison:
    """A CSM's books before and after the plan.

    Attributes:
        person: the CSM.
        mrr: per month.
        load: share of a full book; 1 is full.
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
    """The plan of a workbook.

    Attributes:
        accounts: those that would move, in the order of the rows.
        faults: of the other rows, in their order.
        books: of every CSM who gives or gets accounts, by name.
        warnings: about the new CSMs, a sentence each.
        not_read: parts of the workbook that were left out, or need a note, a sentence each.
        book_remarks: how accounts without MRR are counted in these books, a sentence each.
    """

    accounts: tuple[PlannedMove, ...]
    faults: tuple[RowFault, ...]
    books: tuple[BookComparison, ...]
    warnings: tuple[str, ...]
    not_read: tuple[str, ...] = ()
    book_remarks: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """A fingerprint of the plan; it differs whenever one record differs."""
        moves = [(move.account_id, str(move.row.effective), move.row.reason, move.approved) for move in self.accounts]
        return hashlib.sha256(json.dumps(moves).encode()).hexdigest()[:16]

    @property
    def rows_not_ready(self) -> int:
        """The number of rows with at least one fault."""
        return len({fault.row for fault in self.faults})

    @property
    def summary(self) -> str:
        """The plan in one line."""
        return f"Accounts that would move: {len(self.accounts)}. Rows not ready: {self.rows_not_ready}."


def plan_account(move: MatchedRow, facts: AccountFacts, today: date, terms: TransitionTerms) -> PlannedMove | RowFault:
    """Plan the move of an account; return a fault when its health does not allow the transfer type of the row.

    Args:
        move: the row with its account and CSM.
        facts: of the account, from all systems.
        today: in the org's time zone.
        terms: the policy.
    """
    state = health(facts, today, terms.thresholds)
    communication = communication_plan(move.row, facts.name, state)
    if isinstance(communication, RowFault):
        return communication
    handover = Handover(move.account.csm, move.to_csm, move.team_lead)
    return PlannedMove(
        row=move.row,
        name=facts.name,
        account_id=facts.id,
        mrr=monthly_amount([one.agreement for one in facts.contracts], today) if facts.mrr is None else facts.mrr,
        segment=facts.segmentation or "",
        counts=facts.cs_status not in ENDED,
        handover=handover,
        health=state,
        communication=communication,
        ownership=ownership_fields(facts, handover, today, terms.credit),
        warnings=tuple(account_warnings(facts, state, today, terms.renewal)),
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
    """Plan every account of a workbook (TRN-2 to TRN-10).

    Args:
        moves: the rows with their accounts and CSMs; no account twice.
        facts: by account id; an account that could not be read is missing.
        faults: of the rows that cannot be used.
        today: in the org's time zone.
        terms: the policy.
        csms: the team, with its books.
        segments: the table with which books are weighed.
        weight_of_mrr: of a book's load (CSM-1).
        hand_over: the days on which the new CSM should be available.
    """
    planned = [_planned(move, facts.get(move.account.id), today, terms) for move in moves]
    accounts = [move for move in planned if isinstance(move, PlannedMove)]
    team = {csm.person.id: csm for csm in csms}
    after = _after(accounts, team, segments)
    gained = [GainedAccount(move.name, move.segment, move.handover.to_csm.id) for move in accounts]
    books = _compared(accounts, team, after, segments, weight_of_mrr)
    return TransitionPlan(
        accounts=tuple(sorted(accounts, key=lambda move: move.row.number)),
        faults=tuple(sorted([*faults, *(fault for fault in planned if isinstance(fault, RowFault))])),
        books=books,
        warnings=tuple(csm_warnings(gained, after, segments, hand_over)),
        book_remarks=tuple(book_remarks(team[book.person.id] for book in books)),
    )


def _planned(
    move: MatchedRow, facts: AccountFacts | None, today: date, terms: TransitionTerms
) -> PlannedMove | RowFault:
    if facts:
        return plan_account(move, facts, today, terms)
    message = f"{move.account.name} could not be read: it may have been deleted or merged. Look it up in Salesforce."
    return RowFault(move.row.number, ACCOUNT, message)


def _compared(
    accounts: Iterable[PlannedMove],
    team: Mapping[str, Csm],
    after: Mapping[str, Csm],
    segments: Sequence[Segment],
    weight: Decimal,
) -> tuple[BookComparison, ...]:
    """Compare the books of every CSM who gives or gets accounts, by name."""
    people = {person for move in accounts for person in (move.handover.from_csm, move.handover.to_csm) if person}
    members = sorted(
        (team[person.id] for person in people if person.id in team), key=lambda csm: (csm.person.name, csm.person.id)
    )
    return tuple(_comparison(csm, after[csm.person.id], segments, weight) for csm in members)


def _after(accounts: Iterable[PlannedMove], team: Mapping[str, Csm], segments: Sequence[Segment]) -> dict[str, Csm]:
    """Return the team after all accounts have moved."""
    after = dict(team)
    for move in (account for account in accounts if account.counts):
        segment = segment_named(move.segment, segments) or replace(segments[0], name=move.segment)
        mrr, from_csm, to_csm = move.mrr or Decimal(), move.handover.from_csm, move.handover.to_csm
        if from_csm and from_csm.id in after:
            after[from_csm.id] = taken_account(after[from_csm.id], segment, mrr)
        if to_csm.id in after:
            after[to_csm.id] = given_account(after[to_csm.id], segment, mrr)
    return after


def _comparison(before: Csm, after: Csm, segments: Sequence[Segment], weight: Decimal) -> BookComparison:
    return BookComparison(
        before.person,
        accounts=before.accounts,
        accounts_after=after.accounts,
        mrr=before.mrr,
        mrr_after=after.mrr,
        load=load(before, segments, weight),
        load_after=load(after, segments, weight),
    )
