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
from tasks.core.steps import gather_all
from tasks.outreach.login import keep_outreach_login
from tasks.procedure import Preview, Run, procedure
from tasks.questions.subject import QuestionSubject, bulk_subject
from tasks.runs.claims import present_run
from tasks.runs.in_process import run_in_process
from tasks.runs.progress import Advance, progress
from tasks.salesforce.reassignments import read_present_csms
from tasks.transition.approved_plan import ApprovedPlan, load_plan, save_plan
from tasks.transition.copies import read_or_report, send_result, send_validation_copy
from tasks.transition.intake import Workbook, analyze, one_row_workbook, read_workbook
from tasks.transition.policy import transition_pace
from tasks.transition.reports import show_plan, show_progress, waiting_key
from tasks.transition.runs import read_progress, start_moves
from tasks.transition.workbook_runs import release_accounts, wait_for

AWorkbook = Annotated[
    str,
    Field(
        title="Workbook",
        description="The team lead's workbook (.xlsx or .csv). A workbook shared in the CSM channel in Slack starts a "
        "run by itself. Enter its address (https), its name in the worker's folder of workbooks, or slack: and the "
        "id of a file in Slack. The command lifecycle template transition writes an empty workbook. For a single "
        "account, leave this empty and fill in One account.",
    ),
]


class OneAccount(BaseModel):
    """A single account, with the columns of the workbook."""

    model_config = ConfigDict(title="Account")

    account: str = Field(title=ACCOUNT, description="Name, Salesforce id or Salesforce address of the account.")
    new_csm: str = Field(title=NEW_CSM, description="Name or e-mail address of the new CSM.")
    reason: Reason = Field(title=REASON, description="Reason for the move.")
    effective_date: str = Field("", title=EFFECTIVE, description="Day of the move, like 2027-03-31. Empty: today.")
    transfer: Transfer = Field(Transfer.DECIDE, title=TRANSFER, description="How the customer is informed.")
    notes: str = Field("", title=NOTES, description="Notes for the new CSM.")

    def cells(self) -> dict[str, str]:
        """The row."""
        values = (self.account, self.new_csm, self.reason, self.effective_date, self.transfer, self.notes)
        return dict(zip(COLUMNS, values, strict=True))


One = Annotated[OneAccount | None, Field(title="One account", description="A single account, instead of a workbook.")]


@procedure("account-transition", run_name="Account transition")
async def account_transition(
    run: Run, workbook: AWorkbook = "", one: One = None, preview: Preview = False
) -> State[Any]:
    """Move the accounts of a workbook to their new CSMs: plan, approval, waves, report.

    Nothing is written before a team lead or CS Operations approve the plan. Then exactly that plan is carried out, each
    account in a run of its own, low risk first.
    """
    # 1. Take the workbook in (TRN-2)
    source = await take_in_source(workbook, one)
    mark = hashlib.sha256(source["content"].encode()).hexdigest()[:16]
    await run.begin(f"workbook:{mark}")
    title = f"Account transition {source['name']}"
    await run.open(title, about=partial(workbook_subject, source["name"], mark), settles=False)

    # 2. Plan every move, and request approval (TRN-1, TRN-2, TRN-6, TRN-7)
    approved = await approved_plan(run)
    if approved is None:
        return await plan_and_request_approval(run, source, mark, title)
    await run.settle(*(order.account_id for order in approved.orders))
    if run.shadow:
        return Completed(name="Previewed", message="The plan was approved, and not every account is live.")
    await run.questions.reviewed()

    # 3. Move the accounts, a few at once, low risk first (TRN-3 to TRN-5, TRN-8 to TRN-11)
    async with progress("Accounts done", len(approved.orders)) as advance:
        moved = await move_in_waves(run, approved, mark, advance)

    # 4. Read the present CSMs, and report (TRN-10)
    present = await read_present_csms.labelled(approved.workbook)(moved_ids(moved))
    moved = with_present_holders(approved.orders, moved, present)
    await show_progress(approved, mark, moved, await send_result(source, approved, mark, moved))
    return final_state(approved, moved)


async def take_in_source(source: str, one: OneAccount | None) -> Workbook:
    """The workbook, or the form for one account as a workbook of one row.

    Raises:
        BadInput: nothing is named, or both a workbook and an account.
    """
    if one and not source:
        return one_row_workbook(one.cells())
    if source and not one:
        return await read_workbook(source)
    raise BadInput("Name either a workbook, or one account and its new CSM.")


async def plan_and_request_approval(run: Run, source: Workbook, mark: str, title: str) -> State[Any]:
    """Plan what the workbook would move, and ask for approval.

    Raises:
        BadInput: the workbook cannot be read.
        HumanInputRequired: the plan is to be approved.
    """
    quiet = run.preview or run.policy.going_live.previews()
    sheet = await read_or_report(source, run.policy.today, preview=quiet)
    plan = await analyze(sheet)
    await run.settle(*(account.account_id for account in plan.accounts))
    await run.rename(title)
    plan_page = await show_plan(plan, source["name"], mark, preview=run.preview)
    if run.preview:
        return Completed(name="Previewed", message=f"{plan.summary} Nothing was written.")
    await send_validation_copy(source, sheet, plan, mark)
    if not plan.accounts:
        return Completed(name="Nothing to move", message=f"{plan.summary} Correct the rows, and start again.")
    faults = tuple((fault.row, fault.column, fault.message) for fault in plan.faults)
    orders = tuple(approved_move(account, present_run().id.hex) for account in plan.accounts)
    await save_plan(plan.mark, ApprovedPlan(workbook=source["name"], orders=orders, faults=faults))
    raise HumanInputRequired([approval(plan, source["name"], plan_page)])


async def approved_plan(run: Run) -> ApprovedPlan | None:
    """The plan that was approved; None while none was."""
    marks = [value for topic, value in run.questions.chosen.items() if topic.startswith(APPROVAL)]
    return await load_plan(marks[-1]) if marks else None


async def move_in_waves(run: Run, approved: ApprovedPlan, mark: str, advance: Advance) -> dict[str, MoveProgress]:
    """Move every account, a few at once, low risk first; suspends while another process is at one of them.

    Raises:
        HumanInputRequired: so many of a wave failed that CS Operations are asked.
    """
    pace = await transition_pace()
    moved: dict[str, MoveProgress] = {}
    await keep_outreach_login()
    for number, wave in enumerate(waves([(order.risk, order) for order in approved.orders], pace), 1):
        name = f"wave {number}"
        runs = await start_moves.labelled(name)(mark, wave)
        await gather_all(
            refresh_progress(name, runs, approved, mark, moved),
            run_in_process(move_account, runs.values(), pace.at_once, advance),
        )
        moved = await refresh_progress(name, runs, approved, mark, moved)
        statuses = [moved[order.account_id].status for order in wave]
        if not all(status.is_at_rest for status in statuses):
            await wait_for(runs)
        failed = [status is MoveStatus.FAILED for status in statuses]
        if stops(failed, pace) and run.questions.chosen.get(name) != GO_ON:
            raise HumanInputRequired([whether_to_go_on(number, wave, moved)])
        await run.questions.close()
    return moved


async def refresh_progress(
    wave: str, runs: Mapping[str, str], approved: ApprovedPlan, mark: str, moved: Mapping[str, MoveProgress]
) -> dict[str, MoveProgress]:
    """The progress of the accounts, those of a wave as they are now; shown in the workbook's table."""
    now = {**moved, **await read_progress.labelled(wave)(runs)}
    await show_progress(approved, mark, now)
    return now


def final_state(approved: ApprovedPlan, moved: Mapping[str, MoveProgress]) -> State[Any]:
    """The final state of the workbook's run."""
    counts = Counter(account.status for account in moved.values())
    summary = ", ".join(f"{count} {status}" for status, count in counts.items())
    wrong = len({row for row, _, _ in approved.faults})
    faulty = f" Rows not ready: {wrong}." if wrong else ""
    if all(account.status.is_as_wanted for account in moved.values()):
        return Completed(message=f"Accounts: {summary}.{faulty}")
    return Failed(
        name="Partially completed",
        message=f"Accounts: {summary}.{faulty} Open the runs that failed, put right what they say and press Retry "
        "there; then press Retry here for the report.",
    )


async def workbook_subject(name: str, mark: str) -> QuestionSubject:
    """The subject of questions to team leads and CS Operations about a workbook."""
    return bulk_subject(f"Account transition {name}", what="account transition", page=waiting_key(mark))


for when_it_breaks_off in (account_transition.on_cancellation, account_transition.on_crashed):
    when_it_breaks_off(release_accounts)
