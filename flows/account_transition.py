"""Account transition: a book of business moves to other CSMs, from one workbook (TRN-1 to TRN-11)."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from prefect import State
from prefect.states import Completed, Failed
from pydantic import BaseModel, ConfigDict, Field

from flows.account_transition_move import move_account
from rules.common.problems import HumanInputRequired
from rules.transition.approved_move import approved_move
from rules.transition.progress import (
    APPROVAL,
    GO_ON,
    MoveProgress,
    MoveStatus,
    approval,
    moved_ids,
    whether_to_go_on,
    with_present_holders,
)
from rules.transition.rows import (
    ACCOUNT,
    COLUMNS,
    EFFECTIVE,
    NEW_CSM,
    NOTES,
    REASON,
    TRANSFER,
    Reason,
    Transfer,
)
from rules.transition.waves import stops, waves
from tasks.core.errors import BadInput
from tasks.core.policy import load_policy
from tasks.core.steps import gather_all
from tasks.outreach.login import keep_outreach_login
from tasks.procedure import Preview, procedure
from tasks.questions.asking import Asking, asking, called_off
from tasks.questions.history import load_history
from tasks.questions.subject import QuestionSubject, bulk_subject
from tasks.runs.claims import artifact_page, claim_record, name_run, present_run
from tasks.runs.in_process import run_in_process
from tasks.runs.progress import Advance, progress
from tasks.salesforce.reassignments import read_holders
from tasks.transition.approved_plan import ApprovedPlan, keep_plan, kept_plan
from tasks.transition.copies import read_or_report, send_result, send_validation_copy
from tasks.transition.intake import Workbook, analysed, of_one_row, take_in
from tasks.transition.policy import transition_pace
from tasks.transition.reports import plan_key, show_plan, show_progress, waiting_key
from tasks.transition.runs import moves_of, start_moves
from tasks.transition.workbook_runs import leave_accounts, wait_for

AWorkbook = Annotated[
    str,
    Field(
        title="Workbook",
        description="The team lead's workbook (.xlsx or .csv). Shared in the CSM channel in Slack, it begins a run by "
        "itself. Here: its address (https), its name in the worker's folder of workbooks, or `slack:` and the id of a "
        "file in Slack. `lifecycle template transition` writes an empty one. Or leave this empty and fill in one "
        "account.",
    ),
]


class OneAccount(BaseModel):
    """One account alone, as a row of the workbook would have it."""

    model_config = ConfigDict(title="Account")

    account: str = Field(title=ACCOUNT, description="Its name, or its id or address in Salesforce.")
    new_csm: str = Field(title=NEW_CSM, description="Who takes it: name or e-mail address.")
    reason: Reason = Field(title=REASON, description="Why it moves.")
    effective_date: str = Field("", title=EFFECTIVE, description="The day of the move, like 2027-03-31. Empty: today.")
    transfer: Transfer = Field(Transfer.DECIDE, title=TRANSFER, description="How the customer is told.")
    notes: str = Field("", title=NOTES, description="What the new CSM should know.")

    def cells(self) -> dict[str, str]:
        """The row."""
        values = (self.account, self.new_csm, self.reason, self.effective_date, self.transfer, self.notes)
        return dict(zip(COLUMNS, values, strict=True))


One = Annotated[OneAccount | None, Field(title="One account", description="Instead of a workbook.")]


@procedure("account-transition", run_name="Account transition")
async def account_transition(workbook: AWorkbook = "", one: One = None, preview: Preview = False) -> State[Any]:
    """Move the accounts of a workbook to their new CSMs: plan, approval, waves, report.

    Nothing is written before a team lead or CS Operations approve the plan; then exactly that is done, each account in
    a run of its own, low risk first.
    """
    given = await the_workbook(workbook, one)
    mark = hashlib.sha256(given["content"].encode()).hexdigest()[:16]
    claim, history, _ = await gather_all(
        claim_record(f"workbook:{mark}", preview=preview),
        load_history(present_run().id),
        name_run(f"Account transition {given['name']}", preview=preview),
    )
    if claim.other_run:
        return Completed(name="Already under way", message=f"This workbook is being worked on by {claim.other_run}")
    about = partial(workbook_subject, given["name"], mark)
    if history.cancelled:
        return await called_off(await about(), history)

    async with asking(about, history, preview=preview) as people:
        kept = await approved(people)
        if kept is None:
            return await plan_and_request_approval(given, mark, preview=preview)
        await people.reviewed()
        async with progress("Accounts done", len(kept.orders)) as advance:
            moved = await move_in_waves(kept, mark, people, advance)
        moved = with_present_holders(kept.orders, moved, await read_holders(kept.workbook, moved_ids(moved)))
    await show_progress(kept, mark, moved, await send_result(given, kept, mark, moved))
    return final_state(kept, moved)


async def the_workbook(source: str, one: OneAccount | None) -> Workbook:
    """What is to be moved, from wherever it comes.

    Raises:
        BadInput: nothing is named, or both a workbook and an account.
    """
    if one and not source:
        return of_one_row(one.cells())
    if source and not one:
        taken: Workbook = await take_in(source)
        return taken
    raise BadInput("Name either a workbook, or one account and its new CSM.")


async def plan_and_request_approval(given: Workbook, mark: str, *, preview: bool) -> State[Any]:
    """Plan what the workbook would move, and ask for approval.

    Raises:
        BadInput: the workbook cannot be read.
        NeedsPeople: the plan is to be approved.
    """
    sheet = await read_or_report(given, (await load_policy()).today, preview=preview)
    plan = await analysed(sheet)
    await show_plan(plan, given["name"], mark, preview=preview)
    if preview:
        return Completed(name="Previewed", message=f"{plan.summary} Nothing was written.")
    await send_validation_copy(given, sheet, plan, mark)
    if not plan.accounts:
        return Completed(name="Nothing to move", message=f"{plan.summary} Correct the rows, and start anew.")
    faults = tuple((fault.row, fault.column, fault.message) for fault in plan.faults)
    orders = tuple(approved_move(one, present_run().id.hex) for one in plan.accounts)
    await keep_plan(plan.mark, ApprovedPlan(workbook=given["name"], orders=orders, faults=faults))
    raise HumanInputRequired([approval(plan, given["name"], artifact_page(plan_key(mark)))])


async def approved(people: Asking) -> ApprovedPlan | None:
    """The plan that was approved; None while none was."""
    marks = [value for topic, value in people.chosen.items() if topic.startswith(APPROVAL)]
    return await kept_plan(marks[-1]) if marks else None


async def move_in_waves(kept: ApprovedPlan, mark: str, people: Asking, advance: Advance) -> dict[str, MoveProgress]:
    """Move every account, a few at once, low risk first; suspends while another process is at one of them.

    Raises:
        NeedsPeople: so many of a wave failed that CS Operations are asked.
    """
    pace = await transition_pace()
    moved: dict[str, MoveProgress] = {}
    await keep_outreach_login()
    for number, wave in enumerate(waves([(one.risk, one) for one in kept.orders], pace), 1):
        runs = await start_moves(
            f"wave {number}", mark, [one.key for one in wave], [one.model_dump(mode="json") for one in wave]
        )
        await gather_all(
            refresh_progress(f"wave {number}", runs, kept, mark, moved),
            run_in_process(move_account, runs.values(), pace.at_once, advance),
        )
        moved = await refresh_progress(f"wave {number}", runs, kept, mark, moved)
        now = [moved[one.account_id].status for one in wave]
        if not all(standing.is_at_rest for standing in now):
            await wait_for(f"wave {number}", runs)
        failed = [standing is MoveStatus.FAILED for standing in now]
        if stops(failed, pace) and people.chosen.get(f"wave {number}") != GO_ON:
            raise HumanInputRequired([whether_to_go_on(number, wave, moved)])
        await people.close()
    return moved


async def refresh_progress(
    which: str, runs: Mapping[str, str], kept: ApprovedPlan, mark: str, moved: Mapping[str, MoveProgress]
) -> dict[str, MoveProgress]:
    """How far the accounts are, with those of a wave as they are now; shown in the workbook's table."""
    now = {**moved, **await moves_of(which, runs)}
    await show_progress(kept, mark, now)
    return now


def final_state(kept: ApprovedPlan, moved: Mapping[str, MoveProgress]) -> State[Any]:
    """The run's last word."""
    counts = Counter(one.status for one in moved.values())
    said = ", ".join(f"{count} {standing}" for standing, count in counts.items())
    wrong = len({row for row, _, _ in kept.faults})
    faulty = f" Rows at fault: {wrong}." if wrong else ""
    done = all(one.status.is_as_wanted for one in moved.values())
    if done:
        return Completed(message=f"Accounts: {said}.{faulty}")
    return Failed(
        name="Partially completed",
        message=f"Accounts: {said}.{faulty} Open the runs that failed, put right what they say and press Retry there; "
        "then press Retry here for the report.",
    )


async def workbook_subject(name: str, mark: str) -> QuestionSubject:
    """What team leads and CS Operations are asked about a workbook."""
    return bulk_subject(f"Account transition {name}", what="account transition", page=waiting_key(mark))


for when_it_breaks_off in (account_transition.on_cancellation, account_transition.on_crashed):
    when_it_breaks_off(leave_accounts)
