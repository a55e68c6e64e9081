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
from rules.common.ids import to18
from rules.common.problems import HumanInputRequired
from rules.common.records import Change, Sale
from rules.common.text import counted
from rules.onboarding.no_welcome import is_no_welcome
from rules.onboarding.verification import expected_assignment
from rules.onboarding.welcome import Welcome, planned_welcome, welcome
from tasks.assignment.reports import csm_message, show_assignment_plan, show_kept, show_ranking
from tasks.core.locks import CSM_ASSIGNMENT, lock
from tasks.core.policy import load_policy
from tasks.core.steps import as_dicts, gather_all
from tasks.onboarding.verification import out_of_sync, verify_assignment
from tasks.procedure import Preview, procedure
from tasks.questions.asking import asking, called_off
from tasks.questions.history import load_history
from tasks.questions.subject import QuestionSubject
from tasks.runs.audit import Trail, audit_trail
from tasks.runs.claims import Claim, claim_record, created, name_run, present_run, this_try
from tasks.salesforce.assignment import assign, fill_in, onboarding_records, read_standing
from tasks.salesforce.sales import write_back
from tasks.slack.messages import tell_csm

Reassign = Annotated[bool, Field(description="Choose anew, even if the account has an active CSM.")]


@procedure("csm-assignment", run_name="Assign a CSM to {account_id}")
async def csm_assignment(account_id: AccountId, reassign: Reassign = False, preview: Preview = False) -> State[Any]:
    """Give an account its CSM: one without, or one whose CSM left; with `reassign`, any.

    The account's latest sale of the last 90 days goes to the same CSM, and its onboarding begins, once the customer
    is set up. A run that is started twice, or run again, does only what is not done yet.
    """
    account_id = to18(account_id, "001")
    claim, history = await gather_all(
        claim_record(f"account:{account_id}", preview=preview), load_history(present_run().id)
    )
    if claim.other_run:
        return Completed(name="Already under way", message=f"This account is being assigned by {claim.other_run}")
    since = created() if reassign else None
    if preview:
        standing, todo = await decide(account_id, account_id, None, reassign_since=since)
        return await show_preview(standing, todo)
    about = partial(account_subject, account_id)
    if history.cancelled:
        return await called_off(await about(), history)

    async with asking(about, history, preview=False) as people, audit_trail(account_id) as trail:
        await people.reviewed()
        standing, todo = await assign_csm(account_id, account_id, None, trail, reassign_since=since)
        name, opportunity = standing.account.name, standing.opportunity
        await name_run(f"Assign a CSM to {name}", preview=False)
        if todo.assigned_on and todo.assigned_on >= created().replace(microsecond=0):
            await tell(standing, todo, claim, trail)
        begins = opportunity and standing.account.lms_company_id
        entry = await begin_onboarding(standing, trail) if begins else None
        if differences := await verify_assignment(name, expected_assignment(account_id, todo, entry)):
            return out_of_sync(name, differences)
    return Completed(message=with_welcome(f"{name} {'keeps' if todo.kept else 'goes to'} {todo.csm.name}.", entry))


async def account_subject(account_id: str) -> QuestionSubject:
    """What people are asked about an account: its team leads, in the CSMs' channel."""
    standing = await read_standing(account_id, account_id, None)
    sale = [f"opportunity:{standing.opportunity.id}"] if standing.opportunity else []

    async def unchanged() -> bool:
        now = await read_standing.fn(account_id, account_id, None)
        return (now.account, now.opportunity) == (standing.account, standing.opportunity)

    return QuestionSubject(
        name=standing.account.name,
        what="assignment",
        record_id=account_id,
        account_id=account_id,
        owner=None,
        manager=None,
        mrr=standing.account.mrr,
        records=(f"account:{account_id}", *sale),
        page=f"waiting-{account_id.lower()}",
        announced=None,
        unchanged=unchanged,
    )


async def show_preview(standing: AssignmentSnapshot, todo: Assignment | Unsettled) -> State[Any]:
    """Show what would be done; nothing was written."""
    name = standing.account.name
    changes, said = (
        await preview_welcome(standing, todo)
        if standing.account.lms_company_id
        else (todo.changes, todo.preview_remarks)
    )
    await gather_all(
        show_assignment_plan(name, standing, changes, said), name_run(f"Assign a CSM to {name}", preview=True)
    )
    return Completed(name="Previewed", message=f"{counted(len(changes), 'change')} would be made. Nothing was written.")


async def preview_welcome(
    standing: AssignmentSnapshot, todo: Assignment | Unsettled
) -> tuple[tuple[Change, ...], tuple[str, ...]]:  # fmt: skip
    """What an assignment would change, with the onboarding record after it, and what is worth knowing."""
    if isinstance(todo, Unsettled) or standing.opportunity is None:
        return todo.changes, todo.preview_remarks
    rules, account = await load_policy(), standing.account
    no_welcome = is_no_welcome(account.id, account.name, rules.no_welcome)
    entry = planned_welcome(standing.opportunity, standing.onboardings, standing.at, rules.today, no_welcome=no_welcome)
    return (*todo.changes, *entry.changes), (*todo.preview_remarks, *([entry.message] if entry.withheld else []))


async def decide(
    account_id: str, name: str, opportunity_id: str | None, *, reassign_since: datetime | None = None
) -> tuple[AssignmentSnapshot, Assignment | Unsettled]:
    """Read team and books, and decide; nothing is written (CSM-1, CSM-2)."""
    standing, rules = await gather_all(read_standing(account_id, name, opportunity_id), load_policy())
    todo = plan_assignment(
        standing,
        segments=rules.segments,
        weight_of_mrr=rules.weight_of_mrr,
        hand_over=rules.hand_over,
        reassign_since=reassign_since,
    )
    return standing, todo


async def assign_csm(
    account_id: str,
    name: str,
    opportunity_id: str | None,
    trail: Trail,
    *,
    codes: Sequence[Change] = (),
    reassign_since: datetime | None = None,
) -> tuple[AssignmentSnapshot, Assignment]:
    """Choose and write, one run at a time per org, so that nobody chooses by stale books (CSM-3, CSM-4, CSM-7).

    Args:
        account_id: 18 characters.
        name: of the account, for people.
        opportunity_id: the sale that is being onboarded.
        trail: takes the audit's lines.
        codes: what else is to be written to account and sale, in the same call.
        reassign_since: choose anew unless assigned since then.

    Raises:
        NeedsPeople: nobody is available, or a record is incomplete; nobody was assigned.
    """
    async with lock(CSM_ASSIGNMENT):
        while True:
            standing, todo = await decide(account_id, name, opportunity_id, reassign_since=reassign_since)
            if isinstance(todo, Unsettled):
                break
            if await _written(standing, todo, codes, trail):
                return standing, todo
            # The user of the chosen CSM was deactivated in that moment: choose again.
            codes = ()
    await _explain(standing, todo, "nobody")
    if codes:
        trail += await write_back(standing.account.name, as_dicts(codes), try_id=this_try())
    raise HumanInputRequired(todo.problems)


async def _written(standing: AssignmentSnapshot, todo: Assignment, codes: Sequence[Change], trail: Trail) -> bool:
    """Write what differs, and explain the choice; whether the CSM is still there then."""
    changes, name, csm = (*codes, *todo.changes), standing.account.name, todo.csm
    if todo.kept and present_run().run_count > 1:
        await show_kept(name, csm.name, standing)
    if not changes:
        return True
    title = f"Write the codes of {name} back and assign {csm.name}" if codes else f"Assign {csm.name} to {name}"
    written, _ = await gather_all(
        assign(title, csm.id, as_dicts(changes), try_id=this_try()), _explain(standing, todo, csm.name)
    )
    trail += written["effects"]
    return bool(written["still_active"])


async def _explain(standing: AssignmentSnapshot, decided: AssignmentDecision, chosen: str) -> None:
    """Show the ranking, where somebody had to be chosen."""
    if decided.choice:
        await show_ranking(standing.account.name, chosen, standing, decided)


async def tell(
    standing: AssignmentSnapshot,
    todo: Assignment,
    claim: Claim,
    trail: Trail,
    *,
    sale: Sale | None = None,
    company_id: str = "",
    billing_start: str = "",
) -> None:
    """Tell the CSM and the team lead, with what they need for the first call."""
    told = await tell_csm(
        f"csm-assignment:{sale.opportunity.id if sale else standing.account.id}:{todo.csm.id}",
        *(todo.csm.name, todo.lead.name, standing.account.name),
        await csm_message(standing, todo, sale, company_id or standing.account.lms_company_id or "", billing_start),
        first=claim.first,
        since=claim.since if sale else created(),
    )
    trail += told["effects"]


async def begin_onboarding(standing: AssignmentSnapshot, trail: Trail) -> Welcome:
    """Fill in the onboarding record that Salesforce makes; its tick sends the welcome e-mail (CSM-5, CSM-6, PUB-6)."""
    opportunity, account, rules = standing.opportunity, standing.account, await load_policy()
    assert opportunity is not None
    records = await onboarding_records(account.id, opportunity.id, opportunity.name)
    no_welcome = is_no_welcome(account.id, account.name, rules.no_welcome)
    entry = welcome(opportunity, records, rules.today, no_welcome=no_welcome)
    if entry.changes:
        trail += await fill_in(opportunity.name, as_dicts(entry.changes), try_id=this_try())
    return entry


def with_welcome(ended: str, entry: Welcome | None) -> str:
    """How a run ended, and that the client gets no welcome e-mail, where that is so (PUB-6)."""
    return f"{ended} {entry.message}" if entry and entry.withheld else ended
