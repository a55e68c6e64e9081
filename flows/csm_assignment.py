"""CSM assignment: the next available success manager by book of business, and why (CSM-1 to CSM-7, PUB-6)."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from prefect import State
from prefect.states import Completed
from pydantic import Field

from flows.parameters import AccountId
from rules.assignment.plan import Assignment, AssignmentDecision, Unsettled, plan_assignment
from rules.assignment.snapshot import AssignmentSnapshot
from rules.common.ids import record_id_in
from rules.common.problems import HumanInputRequired
from rules.common.records import Change
from rules.common.text import counted
from rules.onboarding.no_welcome import is_no_welcome
from rules.onboarding.verification import expected_assignment
from rules.onboarding.welcome import Welcome, planned_welcome, welcome
from tasks.assignment.reports import csm_message, show_assignment_plan, show_kept, show_ranking
from tasks.core.locks import CSM_ASSIGNMENT, lock
from tasks.core.steps import gather_all
from tasks.onboarding.verification import out_of_sync, verify_assignment
from tasks.procedure import Preview, Run, procedure
from tasks.questions.subject import QuestionSubject
from tasks.runs.claims import created, present_run
from tasks.salesforce.assignment import assign, onboarding_records, read_assignment_snapshot, write_onboarding_record
from tasks.salesforce.sales import write_back
from tasks.slack.notices import notify_csm

Reassign = Annotated[bool, Field(description="Choose a CSM even if the account has an active one.")]
Align = Annotated[
    bool,
    Field(
        title="Align",
        description="If the account keeps its active CSM, replace other CSMs and leaders on account and latest sale.",
    ),
]


@procedure("csm-assignment", run_name="Assign a CSM to {account_id}")
async def csm_assignment(
    run: Run, account_id: AccountId, reassign: Reassign = False, align: Align = False, preview: Preview = False
) -> State[Any]:
    """Give an account its CSM: one without, or one whose CSM left; with `reassign`, any.

    The account's latest sale of the last 90 days goes to the same CSM, and its onboarding begins, once the customer
    is set up. A CSM who is kept fills in missing fields only; with `align`, account and sale then name this CSM and
    this CSM's active team lead alone (REC-2). A run that is started twice, or run again, does only what is not done.
    """
    # 1. Claim the account
    account_id = record_id_in(account_id, "001")
    await run.begin(f"account:{account_id}")
    await run.open(account_id=account_id, about=partial(account_subject, account_id))
    since = created() if reassign else None
    if run.preview:
        chosen = await choose_csm(run, account_id, account_id, None, reassign_since=since, align=align)
        return await show_preview(run, *chosen)
    await run.questions.reviewed()

    # 2. Choose and write, one run at a time (CSM-1 to CSM-4, CSM-7)
    snapshot, assignment = await assign_csm(run, account_id, account_id, None, reassign_since=since, align=align)
    name, opportunity = snapshot.account.name, snapshot.opportunity
    run.effects.account_name = name
    await run.rename(f"Assign a CSM to {name}")

    # 3. Tell the CSM, and begin the onboarding of the sale (CSM-1, CSM-5, CSM-6)
    if assignment.is_since(created()):
        text = await csm_message(snapshot, assignment, None, snapshot.account.lms_company_id or "", "")
        await notify_csm_and_lead(run, snapshot, assignment, text, about=account_id, since=created())
    begins = opportunity and snapshot.account.lms_company_id
    entry = await send_welcome(run, snapshot) if begins else None

    # 4. Read everything back (REC-3)
    expected = expected_assignment(account_id, assignment, entry)
    differences = await verify_assignment.labelled(name)(expected, run.skipped)
    if differences.wrong:
        return out_of_sync(name, differences.wrong)
    summary = " ".join((_summary(name, assignment, align=align), *differences.accepted))
    return Completed(message=with_welcome(summary, entry))


def _summary(name: str, assignment: Assignment, *, align: bool) -> str:
    csm = assignment.csm.name
    if not assignment.kept:
        return f"{name} {'stays with' if assignment.stays else 'goes to'} {csm}."
    return f"{name} keeps {csm}." + (f" Fields aligned: {len(assignment.changes)}." if align else "")


async def account_subject(account_id: str) -> QuestionSubject:
    """The subject of questions about an account: its team leads are asked, in the CSMs' channel."""
    snapshot = await read_assignment_snapshot.labelled(account_id)(account_id, None)
    sale = [f"opportunity:{snapshot.opportunity.id}"] if snapshot.opportunity else []

    async def unchanged() -> bool:
        now = await read_assignment_snapshot.fn(account_id, None)
        return (now.account, now.opportunity) == (snapshot.account, snapshot.opportunity)

    return QuestionSubject(
        name=snapshot.account.name,
        what="assignment",
        record_id=account_id,
        account_id=account_id,
        owner=None,
        manager=None,
        mrr=snapshot.account.mrr,
        records=(f"account:{account_id}", *sale),
        page=f"waiting-{account_id.lower()}",
        announced=None,
        unchanged=unchanged,
    )


async def show_preview(run: Run, snapshot: AssignmentSnapshot, assignment: Assignment | Unsettled) -> State[Any]:
    """Show what would be done; nothing was written."""
    name, changes, remarks = snapshot.account.name, assignment.changes, assignment.preview_remarks
    if snapshot.account.lms_company_id:
        changes, remarks = preview_welcome(run, snapshot, assignment)
    await run.planned(changes, snapshot.account.id, name)
    show = show_assignment_plan(name, snapshot, assignment, changes, remarks)
    await gather_all(show, run.rename(f"Assign a CSM to {name}"))
    if isinstance(assignment, Unsettled):
        who = " ".join(map(str, assignment.problems))
    else:
        who = f"{assignment.csm.name} {'stays' if assignment.stays else 'would be the CSM'}."
    summary = f"{counted(len(changes), 'change')} would be made. Nothing was written."
    return Completed(name="Previewed", message=f"{who} {summary}")


def preview_welcome(
    run: Run, snapshot: AssignmentSnapshot, assignment: Assignment | Unsettled
) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """What an assignment would change, with the onboarding record after it, and the remarks."""
    if isinstance(assignment, Unsettled) or snapshot.opportunity is None:
        return assignment.changes, assignment.preview_remarks
    account, policy = snapshot.account, run.policy
    no_welcome = is_no_welcome(account.id, account.name, policy.no_welcome)
    entry = planned_welcome(
        snapshot.opportunity, snapshot.onboardings, snapshot.at, policy.today, no_welcome=no_welcome
    )
    return (*assignment.changes, *entry.changes), (
        *assignment.preview_remarks,
        *([entry.message] if entry.withheld else []),
    )


async def choose_csm(
    run: Run,
    account_id: str,
    name: str,
    opportunity_id: str | None,
    *,
    reassign_since: datetime | None = None,
    align: bool = False,
) -> tuple[AssignmentSnapshot, Assignment | Unsettled]:
    """Read team and books, and choose; nothing is written (CSM-1, CSM-2)."""
    snapshot = await read_assignment_snapshot.labelled(name)(account_id, opportunity_id, preview=run.preview)
    assignment = plan_assignment(
        snapshot,
        segments=run.policy.segments,
        weight_of_mrr=run.policy.weight_of_mrr,
        hand_over=run.policy.hand_over,
        reassign_since=reassign_since,
        align=align,
    )
    return snapshot, assignment


async def assign_csm(
    run: Run,
    account_id: str,
    name: str,
    opportunity_id: str | None,
    *,
    codes: Sequence[Change] = (),
    reassign_since: datetime | None = None,
    align: bool = False,
) -> tuple[AssignmentSnapshot, Assignment]:
    """Choose and write, one run at a time per org, so that nobody chooses by stale books (CSM-3, CSM-4, CSM-7).

    Args:
        run: the present run.
        account_id: 18 characters.
        name: of the account, for people.
        opportunity_id: the sale that is being onboarded.
        codes: what else is to be written to account and sale, in the same call.
        reassign_since: choose again, unless the account was assigned since then (UTC).
        align: account and sale name a CSM who is kept, and this CSM's team lead, alone.

    Raises:
        HumanInputRequired: nobody is available, or a record is incomplete; nobody was assigned.
    """
    async with lock(CSM_ASSIGNMENT):
        while True:
            snapshot, assignment = await choose_csm(
                run, account_id, name, opportunity_id, reassign_since=reassign_since, align=align
            )
            if isinstance(assignment, Unsettled):
                break
            if await _written(snapshot, assignment, codes):
                return snapshot, assignment
            # The user of the chosen CSM was deactivated in that moment: choose again.
            codes = ()
    await _explain(snapshot, assignment, "nobody")
    if codes:
        await write_back.labelled(snapshot.account.name)(codes)
    raise HumanInputRequired(assignment.problems)


async def _written(snapshot: AssignmentSnapshot, assignment: Assignment, codes: Sequence[Change]) -> bool:
    """Write the differences, and explain the choice; whether the chosen CSM is still there."""
    changes, name, csm = (*codes, *assignment.changes), snapshot.account.name, assignment.csm
    if assignment.kept and present_run().run_count > 1:
        await show_kept(name, csm.name, snapshot)
    if not changes:
        return True
    title = f"Write the codes of {name} back and assign {csm.name}" if codes else f"Assign {csm.name} to {name}"
    still_active, _ = await gather_all(
        assign.labelled(title)(csm.id, changes), _explain(snapshot, assignment, csm.name)
    )
    return bool(still_active)


async def _explain(snapshot: AssignmentSnapshot, decided: AssignmentDecision, chosen: str) -> None:
    """Show the ranking, where somebody had to be chosen."""
    if decided.choice:
        await show_ranking(snapshot.account.name, chosen, snapshot, decided)


async def notify_csm_and_lead(
    run: Run, snapshot: AssignmentSnapshot, assignment: Assignment, text: str, *, about: str, since: datetime
) -> None:
    """Tell the CSM and the team lead of the account, once for its sale or the account itself (CSM-1).

    Args:
        run: the present run.
        snapshot: as it was when the CSM was chosen.
        assignment: who looks after the account.
        text: the message, in Slack's markup.
        about: the id of the opportunity or the account.
        since: how far back to look for the message (UTC).
    """
    key, csm, name = f"csm-assignment:{about}:{assignment.csm.id}", assignment.csm.name, snapshot.account.name
    notify_both = notify_csm.labelled(f"{csm} and {assignment.lead.name}")
    await notify_both(key, csm, name, text, first=run.claim.first, since=since)


async def send_welcome(run: Run, snapshot: AssignmentSnapshot) -> Welcome:
    """Fill in the onboarding record that Salesforce makes; its tick sends the welcome e-mail (CSM-5, CSM-6, PUB-6)."""
    opportunity, account, policy = snapshot.opportunity, snapshot.account, run.policy
    assert opportunity is not None
    records = await onboarding_records.labelled(opportunity.name)(account.id, opportunity.id)
    no_welcome = is_no_welcome(account.id, account.name, policy.no_welcome)
    entry = welcome(opportunity, records, policy.today, no_welcome=no_welcome)
    if entry.changes:
        await write_onboarding_record.labelled(opportunity.name)(entry.changes)
    return entry


def with_welcome(summary: str, entry: Welcome | None) -> str:
    """How a run ended, and that the client gets no welcome e-mail, where that is so (PUB-6)."""
    return f"{summary} {entry.message}" if entry and entry.withheld else summary
