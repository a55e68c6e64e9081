"""Plan an assignment: the account's CSM, and every field to write (CSM-1 to CSM-4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from rules.assignment.availability import HandOver
from rules.assignment.books import Csm, book_remarks
from rules.assignment.choice import CsmChoice, choose
from rules.assignment.segmentation import Segment, segment_named, segment_of
from rules.assignment.snapshot import AssignedAccount, AssignedOpportunity, AssignmentSnapshot
from rules.common.problems import Problem, Problems, Responsible
from rules.common.records import Change, Person
from rules.common.text import join_names

CSM = "Customer Success Manager"
LEADER = "Customer Success Manager Leader"
SEGMENTATION = "CS Segmentation"
ASSIGNED_ON = "CSM Assigned On"
CSM_NEW = "Customer Success Manager (NEW)"
MANAGER_NEW = "Customer Onboarding Manager (NEW)"
LEADER_NEW = "Customer Success Manager Leader (NEW)"


@dataclass(frozen=True, kw_only=True)
class AssignmentDecision:
    """The decision and its basis.

    Attributes:
        choice: how the CSM was chosen; None when no choice was needed.
        segment: of the account; None when unknown, which matters for a choice only.
        mrr: per month, as the choice counted it.
        remarks: notes that stop nothing, a sentence each.
    """

    choice: CsmChoice | None
    segment: Segment | None
    mrr: Decimal
    remarks: tuple[str, ...]

    @property
    def preview_remarks(self) -> tuple[str, ...]:
        """The remarks, as a preview lists them."""
        return self.remarks


@dataclass(frozen=True, kw_only=True)
class Assignment(AssignmentDecision):
    """The CSM of the account.

    Attributes:
        lead: the CSM's team lead.
        kept: whether the account keeps the active CSM that it had.
        stays: whether the CSM is the one that the account had, kept or chosen again.
        assigned_on: when the CSM was assigned, now or earlier; None when Salesforce has no date.
        changes: the fields to write, in this order.
    """

    csm: Person
    lead: Person
    kept: bool
    stays: bool
    assigned_on: datetime | None
    changes: tuple[Change, ...]

    def is_since(self, moment: datetime) -> bool:
        """Whether the CSM was assigned at this moment or later, also by an earlier try of the same run."""
        return _is_since(self.assigned_on, moment)

    @property
    def preview_remarks(self) -> tuple[str, ...]:
        """The remarks, and that the CSM stays."""
        why = "the account has an active CSM" if self.kept else "no available CSM has a lighter book of business"
        return (*self.remarks, *([f"{self.csm.name} stays: {why}. (CSM-1)"] if self.stays else []))


@dataclass(frozen=True, kw_only=True)
class Unsettled(AssignmentDecision, Problems):
    """No CSM is assigned until people have settled the problems.

    Attributes:
        changes: none.
    """

    changes: tuple[()] = ()


def plan_assignment(
    snapshot: AssignmentSnapshot,
    *,
    segments: Sequence[Segment],
    weight_of_mrr: Decimal,
    hand_over: HandOver,
    reassign_since: datetime | None = None,
    align: bool = False,
) -> Assignment | Unsettled:
    """Decide which CSM the account gets.

    An account keeps an active CSM, unless it must be reassigned and has not been yet. A CSM that a person entered on
    the sale counts as the account's. A segmentation on the account is kept; without one the table decides.

    Args:
        snapshot: the data.
        segments: the table of CS Operations, smallest accounts first (CSM-3).
        weight_of_mrr: of a book's load (CSM-1).
        hand_over: the days on which a CSM must be available (CSM-2).
        reassign_since: choose again even if the account has an active CSM, unless it was assigned since then.
        align: a CSM who is kept, and that CSM's active team lead, replace whomever account and sale name (REC-2).
    """
    account = snapshot.account
    mrr = account.plan_amount if account.mrr is None else account.mrr
    segment = segment_of(mrr, account.users, segments)
    if account.segmentation:
        segment = segment_named(account.segmentation, segments)
    facts: dict[str, Any] = {
        "segment": segment,
        "mrr": max(mrr or Decimal(), Decimal()),
        "remarks": tuple(_remarks(account)),
    }
    holder = _holder(snapshot)
    if holder and (reassign_since is None or _is_since(account.assigned_on, reassign_since)):
        return _keep(snapshot, holder, facts, align=align)
    if segment is None:
        return Unsettled(**facts, choice=None, problems=(_without_segment(account, segments),))
    facts["remarks"] += tuple(book_remarks(snapshot.csms))
    choice = choose(
        snapshot.csms, mrr or Decimal(), segment, segments, weight_of_mrr=weight_of_mrr, hand_over=hand_over
    )
    if choice.chosen is None:
        return Unsettled(**facts, choice=choice, problems=(_nobody(account, segment, choice),))
    csm, lead = choice.chosen.csm.person, choice.chosen.csm.lead
    assert lead is not None, "a chosen CSM has a team lead"
    changes = tuple(_assigned(snapshot, csm, lead, segment))
    return Assignment(
        **facts,
        choice=choice,
        csm=csm,
        lead=lead,
        kept=False,
        stays=_has(account, csm),
        assigned_on=snapshot.at,
        changes=changes,
    )


def _keep(snapshot: AssignmentSnapshot, holder: Csm, facts: dict[str, Any], *, align: bool) -> Assignment | Unsettled:
    """Keep the account's CSM; fill in the missing fields of account and sale, or align all of them."""
    account, csm = snapshot.account, holder.person
    lead = holder.lead or (None if align else _lead_of_account(account, holder))
    if lead is None:
        return Unsettled(**facts, choice=None, problems=(_without_lead(holder),))
    fields = _aligned if align else _held
    if not _has(account, csm):
        fields = _assigned
    changes, assigned_on = tuple(fields(snapshot, csm, lead, facts["segment"])), account.assigned_on
    return Assignment(
        **facts,
        choice=None,
        csm=csm,
        lead=lead,
        kept=True,
        stays=_has(account, csm),
        assigned_on=assigned_on,
        changes=changes,
    )


def _has(account: AssignedAccount, csm: Person) -> bool:
    """Whether the account has this CSM now."""
    return account.csm is not None and account.csm.id == csm.id


def shown(person: Person | None) -> str:
    """Return name and id of a user, as plans and the audit show them; an undo reads the id."""
    return f"{person.name} ({person.id})" if person else ""


def _is_since(assigned_on: datetime | None, moment: datetime) -> bool:
    """Compare in whole seconds, as Salesforce stores them."""
    return assigned_on is not None and assigned_on >= moment.replace(microsecond=0)


def _holder(snapshot: AssignmentSnapshot) -> Csm | None:
    """Return the active CSM whom the account has, or the sale."""
    on_sale = snapshot.opportunity.csm if snapshot.opportunity else None
    team = _team(snapshot)
    return next((team[csm.id] for csm in (snapshot.account.csm, on_sale) if csm and csm.id in team), None)


def _team(snapshot: AssignmentSnapshot) -> dict[str, Csm]:
    """Return the active CSMs by user id."""
    return {csm.person.id: csm for csm in snapshot.csms if csm.active}


def _lead_of_account(account: AssignedAccount, holder: Csm) -> Person | None:
    """Return the account's leader, if the account has this CSM."""
    return account.lead if _has(account, holder.person) else None


def _assigned(snapshot: AssignmentSnapshot, csm: Person, lead: Person, segment: Segment | None) -> Iterator[Change]:
    """Yield every field of account and sale that a new CSM changes (CSM-3, CSM-4)."""
    account = snapshot.account
    yield from _on_account(account, csm, lead, segment)
    yield from _on_day(account, snapshot.at.replace(microsecond=0))
    yield from _on_sale(snapshot.opportunity, csm, lead)


def _on_day(account: AssignedAccount, at: datetime) -> Iterator[Change]:
    """Yield when the CSM was and is assigned; the time of day only where both are on one day."""
    earlier = account.assigned_on
    if earlier is None or earlier.replace(microsecond=0) != at:
        form = "%Y-%m-%d %H:%M:%S UTC" if earlier and earlier.date() == at.date() else "%Y-%m-%d"
        before, after = f"{earlier:{form}}" if earlier else "", f"{at:{form}}"
        value = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        yield Change("Salesforce", f"Account {account.id}", ASSIGNED_ON, before, after, "CSM-1", value=value)


def _aligned(snapshot: AssignmentSnapshot, csm: Person, lead: Person, segment: Segment | None) -> Iterator[Change]:
    """Yield every field of account and sale that does not name the account's CSM or this CSM's team lead (REC-2)."""
    yield from _on_account(snapshot.account, csm, lead, segment)
    yield from _on_sale(snapshot.opportunity, csm, lead)


def _on_account(account: AssignedAccount, csm: Person, lead: Person, segment: Segment | None) -> Iterator[Change]:
    record = f"Account {account.id}"
    yield from _user(record, CSM, account.csm, csm, "CSM-3")
    yield from _user(record, LEADER, account.lead, lead, "CSM-3")
    yield from _segmentation(account, segment)


def _on_sale(opportunity: AssignedOpportunity | None, csm: Person, lead: Person) -> Iterator[Change]:
    if opportunity:
        record = f"Opportunity {opportunity.id}"
        yield from _user(record, CSM_NEW, opportunity.csm, csm, "CSM-4")
        yield from _user(record, MANAGER_NEW, opportunity.onboarding_manager, csm, "CSM-4")
        yield from _user(record, LEADER_NEW, opportunity.lead, lead, "CSM-4")


def _held(snapshot: AssignmentSnapshot, csm: Person, lead: Person, segment: Segment | None) -> Iterator[Change]:
    """Yield the missing fields when the CSM is kept; fields that name an active CSM do not change (CSM-3, CSM-4)."""
    account, opportunity = snapshot.account, snapshot.opportunity
    if account.lead is None:
        yield from _user(f"Account {account.id}", LEADER, None, lead, "CSM-3")
    yield from _segmentation(account, segment)
    if opportunity:
        record, team = f"Opportunity {opportunity.id}", _team(snapshot)
        for field, present in ((CSM_NEW, opportunity.csm), (MANAGER_NEW, opportunity.onboarding_manager)):
            if present is None or present.id not in team:
                yield from _user(record, field, present, csm, "CSM-4")
        if opportunity.lead is None:
            yield from _user(record, LEADER_NEW, None, lead, "CSM-4")


def _user(record: str, field: str, before: Person | None, after: Person, rule: str) -> Iterator[Change]:
    if before is None or before.id != after.id:
        yield Change("Salesforce", record, field, shown(before), shown(after), rule, value=after.id)


def _segmentation(account: AssignedAccount, segment: Segment | None) -> Iterator[Change]:
    if segment and account.segmentation != segment.name:
        before = account.segmentation or ""
        yield Change("Salesforce", f"Account {account.id}", SEGMENTATION, before, segment.name, "CSM-3")


def _without_lead(holder: Csm) -> Problem:
    expected = f"Enter the team lead of {holder.person.name} as Manager on the user: account and sale need both."
    return Problem(Responsible.CS_OPS, "User", holder.person.id, "Manager", "nobody who is active", expected, "CSM-3")


def _without_segment(account: AssignedAccount, segments: Sequence[Segment]) -> Problem:
    names = join_names([row.name for row in segments], "or")
    ask = partial(Problem, Responsible.CS_OPS, "Account", account.id, SEGMENTATION, rule="CSM-3")
    if account.segmentation:
        return ask(found=account.segmentation, expected=f"Choose {names}, or add it to the policy's segments.")
    return ask(found="empty, and neither MRR nor users are known", expected=f"Enter the MRR, or choose {names}.")


def _nobody(account: AssignedAccount, segment: Segment, choice: CsmChoice) -> Problem:
    serving = [row for row in choice.ranking if segment.name in row.csm.segments and row.csm.active]
    reasons = "; ".join(f"{row.csm.person.name}: {row.passed_over}" for row in serving) or "nobody serves the segment"
    leads = sorted({row.csm.lead for row in serving if row.csm.lead}, key=lambda lead: lead.name)
    who = f"For {join_names(dict.fromkeys(lead.name for lead in leads), 'or')}: enter" if leads else "Enter"
    expected = f"{who} a CSM as {CSM} on the account, or make a CSM of the team available."
    found = f"nobody; no CSM for {segment.name} is available ({reasons})"
    return Problem(Responsible.TEAM_LEAD, "Account", account.id, CSM, found, expected, "CSM-2", people=tuple(leads))


def _remarks(account: AssignedAccount) -> Iterator[str]:
    if account.mrr is None and account.plan_amount is not None:
        amount = f"{account.plan_amount:,.2f}"
        yield f"Salesforce has no MRR for the account: the contract's amount of {amount} a month was used."
    elif account.mrr is None:
        yield "Salesforce has no MRR for the account, and no contract has an amount: 0 was used."
    elif account.mrr < 0:
        yield f"The account's MRR is {account.mrr:,.2f}: 0 was used."
