"""Reassign one account in every system, and verify that all of it moved (TRN-3 to TRN-11)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from prefect import State
from prefect.states import Completed, Failed
from pydantic import Field

from flows.parameters import AccountId
from rules.common.ids import to18
from rules.common.records import Change
from rules.common.text import counted
from rules.transition.account_facts import AccountFacts
from rules.transition.approved_move import Appointment, ApprovedMove, changes_since_approval, matched_row
from rules.transition.match import MatchedRow
from rules.transition.reassignments import Handover, changes, ownership_fields
from rules.transition.rows import RowFault
from tasks.core.errors import BadInput
from tasks.core.steps import gather_all
from tasks.procedure import Preview, Run, procedure
from tasks.runs.audit import record_earlier_attempt
from tasks.runs.claims import present_run
from tasks.salesforce.reassignments import move_in_salesforce, read_people
from tasks.transition.account_facts import read_facts
from tasks.transition.approved_plan import load_input
from tasks.transition.checklist import fill_checklist, in_base64, upload_checklist
from tasks.transition.introductions import introduce
from tasks.transition.meetings import invite_to_call
from tasks.transition.policy import transition_terms
from tasks.transition.reports import show_move
from tasks.transition.runs import PLANNED_CHANGES, UNDONE
from tasks.transition.verification import verify_move
from tasks.transition.workbook_runs import wake_workbook

TheOrder = Annotated[
    ApprovedMove, Field(title="Order", description="The approved move, as the workbook's run gives it.")
]
TheAppointment = Annotated[
    Appointment | None, Field(title="Appointment", description="When the new CSM hears about the account.")
]


@procedure("account-transition", run_name="Move {order.account_name}")
async def move_account(
    run: Run, account_id: AccountId, order: TheOrder, appointment: TheAppointment = None, preview: Preview = False
) -> State[Any]:
    """Give an account to its new CSM: checklist, Salesforce, Outreach, meeting; then compare all systems.

    Started by the run of a workbook for what was approved there. A run that is started twice, or run again, does only
    what is not done; one whose account has changed since the approval does nothing.
    """
    # 1. Read the account and both CSMs; an account that changed since the approval is left alone (TRN-6)
    account_id = resolve_account_id(account_id, order)
    accounts, move, begun, terms = await run.begin(
        f"account:{account_id}",
        gather_all(read_facts([account_id]), people_of(order), has_begun(), transition_terms()),
    )
    await run.open(account_id=account_id, account=order.account_name if order else "")
    facts = accounts[0] if accounts else None
    why_not = undone() or changes_since_approval(order, facts, move, run.policy.today, terms, begun=begun)
    if facts is None or isinstance(move, RowFault) or why_not:
        return changed_since(order, why_not)

    # 2. Plan the ownership fields (TRN-10)
    handover = Handover(move.account.csm, move.to_csm, move.team_lead)
    fields = ownership_fields(facts, handover, run.policy.today, terms.credit)
    planned = changes(fields, facts, datetime.now(UTC))
    await run.rename(f"Move {facts.name} to {handover.to_csm.name}")

    # 3. Checklist, Salesforce, Outreach, meeting; then compare all systems (TRN-3 to TRN-5, TRN-8 to TRN-11)
    if run.preview:
        await run.planned(planned, account_id, facts.name)
    else:
        await hand_over(order, facts, handover, planned, appointment, today=run.policy.today)
    await show_move(order, handover, planned, appointment, preview=run.preview)
    return final_state(order, handover, planned, appointment, run.policy.time_zone, preview=run.preview)


async def hand_over(
    order: ApprovedMove,
    facts: AccountFacts,
    handover: Handover,
    planned: Sequence[Change],
    appointment: Appointment | None,
    *,
    today: date,
) -> None:
    """Do all of it, in the order in which a break does least harm, and compare all systems."""
    await record_earlier_attempt(PLANNED_CHANGES, planned)
    content = in_base64(await fill_checklist(facts, today))
    file = await upload_checklist(facts.id, order.key, name=facts.name, content=content)
    if planned:
        await move_in_salesforce.labelled(f"{facts.name} to {handover.to_csm.name}")(planned)
    await introduce(order, facts, handover)
    if appointment:
        await invite_to_call(order, handover, appointment, (file, content))
    await verify_move(order, handover)


async def has_begun() -> bool:
    """Whether an earlier try of this run wrote, or may have."""
    return await load_input(present_run().id, PLANNED_CHANGES) is not None


def undone() -> str:
    """That this very move was undone since; "" when it was not."""
    return "it was moved, and the move was undone since" if UNDONE in present_run().tags else ""


def resolve_account_id(account_id: str, order: ApprovedMove) -> str:
    """The account of the run, 18 characters.

    Raises:
        BadInput: the order is about another one.
    """
    if to18(account_id, "001") != order.account_id:
        raise BadInput(f"The order is about account {order.account_id}: enter that id.")
    return order.account_id


async def people_of(order: ApprovedMove) -> MatchedRow | RowFault:
    """The former and the new CSM, as Salesforce has them now."""
    ids = [user_id for user_id in (order.former_csm_id, order.new_csm_id) if user_id]
    return matched_row(order, await read_people.labelled(f"the CSMs of {order.account_name}")(ids))


def changed_since(order: ApprovedMove, difference: str) -> State[Any]:
    """The account is not what was approved: nothing is done, and the team lead is told the difference."""
    message = f"{order.account_name} has changed since the approval: {difference}. Nothing was moved."
    remedy = "To move it, start the transition again with the same workbook or form, and approve the new plan."
    return Failed(name="Changed since approval", message=f"{message} {remedy}")


def final_state(
    order: ApprovedMove,
    handover: Handover,
    planned: Sequence[Change],
    appointment: Appointment | None,
    zone: ZoneInfo,
    *,
    preview: bool,
) -> State[Any]:
    """The final state of the account's run."""
    if preview:
        return Completed(
            name="Previewed", message=f"{counted(len(planned), 'field')} would change. Nothing was written."
        )
    said = f"{order.account_name} is with {handover.to_csm.name}, in every system."
    return Completed(message=f"{said}{call_of(handover, appointment, zone)}")


def call_of(handover: Handover, appointment: Appointment | None, zone: ZoneInfo) -> str:
    """What is worth saying of the call, by the clock of each who is there."""
    if appointment is None:
        return ""
    if appointment.start is None:
        return f" No call could be arranged: {appointment.why_not}. Arrange one by hand."
    when = appointment.by_clocks(handover.at_call(appointment.host_id), zone)
    if appointment.start <= datetime.now(UTC):
        return f" The call was to be on {when}: if none was, arrange one by hand."
    return f" The call is on {when}."


for when_it_ends in (
    move_account.on_completion,
    move_account.on_failure,
    move_account.on_crashed,
    move_account.on_cancellation,
):
    when_it_ends(wake_workbook)
