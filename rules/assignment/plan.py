"""The plan of an assignment: who looks after the account, and every field that says so (CSM-1 to CSM-4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from rules.assignment.availability import HandOver
from rules.assignment.books import Csm
from rules.assignment.choice import CsmChoice, choose
from rules.assignment.segmentation import Segment, segment_named, segment_of
from rules.assignment.snapshot import AssignedAccount, AssignmentSnapshot
from rules.common.problems import Problem, Responsible
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
    """What was decided, and by what.

    Attributes:
        choice: how the CSM was chosen; None when nobody had to be.
        segment: of the account; None when unknown, which only matters for a choice.
        mrr: that the choice counted.
        remarks: what is worth knowing but stops nothing, a sentence each.
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
    """Who looks after the account.

    Attributes:
        csm: the CSM.
        lead: the CSM's team lead.
        kept: the account had an active CSM, who stays.
        assigned_on: when the CSM was assigned, with this assignment or before; None when Salesforce does not tell.
        changes: every field that is otherwise, in the order in which it is written.
    """

    csm: Person
    lead: Person
    kept: bool
    assigned_on: datetime | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class Unsettled(AssignmentDecision):
    """Nobody is assigned: people must settle something first.

    Attributes:
        problems: at least one.
        changes: none.
    """

    problems: tuple[Problem, ...]
    changes: tuple[()] = ()

    @property
    def preview_remarks(self) -> tuple[str, ...]:
        """The remarks, and what stands in the way."""
        return (*self.remarks, *map(str, self.problems))


def plan_assignment(
    standing: AssignmentSnapshot,
    *,
    segments: Sequence[Segment],
    weight_of_mrr: Decimal,
    hand_over: HandOver,
    reassign_since: datetime | None = None,
) -> Assignment | Unsettled:
    """Decide who looks after the account.

    An account that has an active CSM keeps it, unless it is to be reassigned and was not yet. What a person entered
    on the sale before counts as the account's CSM. An account's own segmentation stands; without one the table decides.

    Args:
        standing: how things stand.
        segments: the table of CS Operations, smallest accounts first (CSM-3).
        weight_of_mrr: of a book's load (CSM-1).
        hand_over: the days on which a CSM must be there (CSM-2).
        reassign_since: choose anew even if the account has an active CSM, unless assigned since then.
    """
    account = standing.account
    mrr = account.plan_amount if account.mrr is None else account.mrr
    segment = segment_of(mrr, account.users, segments)
    if account.segmentation:
        segment = segment_named(account.segmentation, segments)
    facts: dict[str, Any] = {
        "segment": segment,
        "mrr": max(mrr or Decimal(), Decimal()),
        "remarks": tuple(_remarks(account)),
    }
    holder = _holder(standing)
    if holder and (reassign_since is None or _assigned_since(account, reassign_since)):
        return _keep(standing, holder, facts)
    if segment is None:
        return Unsettled(**facts, choice=None, problems=(_without_segment(account, segments),))
    choice = choose(
        standing.csms, mrr or Decimal(), segment, segments, weight_of_mrr=weight_of_mrr, hand_over=hand_over
    )
    if choice.chosen is None:
        return Unsettled(**facts, choice=choice, problems=(_nobody(account, segment, choice),))
    csm, lead = choice.chosen.csm.person, choice.chosen.csm.lead
    assert lead is not None, "nobody without a lead is chosen"
    changes = tuple(_assigned(standing, csm, lead, segment))
    return Assignment(**facts, choice=choice, csm=csm, lead=lead, kept=False, assigned_on=standing.at, changes=changes)


def _keep(standing: AssignmentSnapshot, holder: Csm, facts: dict[str, Any]) -> Assignment | Unsettled:
    """The account's CSM stays; account and sale get what they lack."""
    account, csm = standing.account, holder.person
    lead = holder.lead or _lead_of_account(account, holder)
    if lead is None:
        return Unsettled(**facts, choice=None, problems=(_without_lead(holder),))
    changes = tuple(_held(standing, csm, lead, facts["segment"]))
    assigned_on = account.assigned_on
    return Assignment(**facts, choice=None, csm=csm, lead=lead, kept=True, assigned_on=assigned_on, changes=changes)


def shown(person: Person | None) -> str:
    """A user as a plan and the audit show them: the id undoes what a name alone could not."""
    return f"{person.name} ({person.id})" if person else ""


def _assigned_since(account: AssignedAccount, moment: datetime) -> bool:
    """Salesforce keeps whole seconds."""
    return account.assigned_on is not None and account.assigned_on >= moment.replace(microsecond=0)


def _holder(standing: AssignmentSnapshot) -> Csm | None:
    """The active CSM who looks after the account already."""
    on_sale = standing.opportunity.csm if standing.opportunity else None
    team = _team(standing)
    return next((team[one.id] for one in (standing.account.csm, on_sale) if one and one.id in team), None)


def _team(standing: AssignmentSnapshot) -> dict[str, Csm]:
    """The active CSMs by their user ids."""
    return {csm.person.id: csm for csm in standing.csms if csm.active}


def _lead_of_account(account: AssignedAccount, holder: Csm) -> Person | None:
    """Whom the account names as leader, where it names the CSM too."""
    return account.lead if account.csm and account.csm.id == holder.person.id else None


def _assigned(standing: AssignmentSnapshot, csm: Person, lead: Person, segment: Segment | None) -> Iterator[Change]:
    """Every field of account and sale that a new CSM changes (CSM-3, CSM-4)."""
    account, opportunity = standing.account, standing.opportunity
    record = f"Account {account.id}"
    yield from _user(record, CSM, account.csm, csm, "CSM-3")
    yield from _user(record, LEADER, account.lead, lead, "CSM-3")
    yield from _segmentation(account, segment)
    at = f"{standing.at:%Y-%m-%dT%H:%M:%SZ}"
    yield Change("Salesforce", record, ASSIGNED_ON, "", f"{standing.at:%Y-%m-%d}", "CSM-1", value=at)
    if opportunity:
        record = f"Opportunity {opportunity.id}"
        yield from _user(record, CSM_NEW, opportunity.csm, csm, "CSM-4")
        yield from _user(record, MANAGER_NEW, opportunity.onboarding_manager, csm, "CSM-4")
        yield from _user(record, LEADER_NEW, opportunity.lead, lead, "CSM-4")


def _held(standing: AssignmentSnapshot, csm: Person, lead: Person, segment: Segment | None) -> Iterator[Change]:
    """What is still to be entered when the CSM stands; what names somebody who is still there stays (CSM-3, CSM-4)."""
    account, opportunity = standing.account, standing.opportunity
    if account.csm is None or account.csm.id != csm.id:
        yield from _assigned(standing, csm, lead, segment)
        return
    if account.lead is None:
        yield from _user(f"Account {account.id}", LEADER, None, lead, "CSM-3")
    yield from _segmentation(account, segment)
    if opportunity:
        record, team = f"Opportunity {opportunity.id}", _team(standing)
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
    expected = f"Enter {holder.person.name}'s team lead as Manager on the user: account and sale name both."
    return Problem(Responsible.CS_OPS, "User", holder.person.id, "Manager", "nobody who is active", expected, "CSM-3")


def _without_segment(account: AssignedAccount, segments: Sequence[Segment]) -> Problem:
    names = join_names([row.name for row in segments], "or")
    ask = partial(Problem, Responsible.CS_OPS, "Account", account.id, SEGMENTATION, rule="CSM-3")
    if account.segmentation:
        return ask(found=account.segmentation, expected=f"Choose {names}, or add it to the policy's segments.")
    return ask(found="empty, and neither MRR nor users are known", expected=f"Enter the MRR, or choose {names}.")


def _nobody(account: AssignedAccount, segment: Segment, choice: CsmChoice) -> Problem:
    serving = [one for one in choice.ranking if segment.name in one.csm.segments and one.csm.active]
    reasons = "; ".join(f"{one.csm.person.name}: {one.passed_over}" for one in serving) or "nobody serves the segment"
    leads = sorted({one.csm.lead for one in serving if one.csm.lead}, key=lambda lead: lead.name)
    who = f"For {join_names(dict.fromkeys(lead.name for lead in leads), 'or')}: enter" if leads else "Enter"
    expected = f"{who} a CSM as {CSM} on the account, or free one of the team."
    found = f"nobody; no CSM for {segment.name} is available ({reasons})"
    return Problem(Responsible.TEAM_LEAD, "Account", account.id, CSM, found, expected, "CSM-2", people=tuple(leads))


def _remarks(account: AssignedAccount) -> Iterator[str]:
    if account.mrr is None and account.plan_amount is not None:
        yield f"Salesforce has no MRR for the account: the contract's {account.plan_amount:,.2f} a month was counted."
    elif account.mrr is None:
        yield "Salesforce has no MRR for the account, and no contract names an amount: 0 was counted."
    elif account.mrr < 0:
        yield f"The account's MRR is {account.mrr:,.2f}: 0 was counted."
