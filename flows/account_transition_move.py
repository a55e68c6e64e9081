"""Reassign one account in every system, and verify that all of it moved (TRN-3 to TRN-11)."""

from collections.abc import Sequence
from datetime import UTC, datetime
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
from tasks.core.policy import load_policy
from tasks.core.steps import as_dicts, gather_all
from tasks.procedure import Preview, procedure
from tasks.runs.audit import audit_trail, effects_of_earlier_attempt, record_effects
from tasks.runs.claims import claim_record, name_run, present_run, this_try
from tasks.salesforce.reassignments import move_in_salesforce, read_people
from tasks.transition.account_facts import read_facts
from tasks.transition.approved_plan import kept_in_run
from tasks.transition.checklist import filled_checklist, in_base64, upload_checklist
from tasks.transition.introductions import introduce
from tasks.transition.meetings import meet
from tasks.transition.policy import transition_terms
from tasks.transition.reports import show_move
from tasks.transition.runs import BEGUN, UNDONE
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
    account_id: AccountId, order: TheOrder, appointment: TheAppointment = None, preview: Preview = False
) -> State[Any]:
    """Give an account to its new CSM: checklist, Salesforce, Outreach, meeting; then compare all systems.

    Started by the run of a workbook for what was approved there. A run that is started twice, or run again, does only
    what is not done; one whose account has changed since the approval does nothing.
    """
    account_id = resolve_account_id(account_id, order)
    claim, rules, terms = await gather_all(
        claim_record(f"account:{account_id}", preview=preview), load_policy(), transition_terms()
    )
    if claim.other_run:
        return Completed(name="Already under way", message=f"This account is being moved by {claim.other_run}")
    found, move, begun = await gather_all(read_facts([account_id]), people_of(order), has_begun())
    facts = found[0] if found else None
    why_not = undone() or changes_since_approval(order, facts, move, rules.today, terms, begun=begun)
    if facts is None or isinstance(move, RowFault) or why_not:
        return changed_since(order, why_not)
    handover = Handover(move.account.csm, move.to_csm, move.team_lead)
    todo = changes(ownership_fields(facts, handover, rules.today, terms.credit), facts, datetime.now(UTC))
    await name_run(f"Move {facts.name} to {handover.to_csm.name}", preview=preview)
    if not preview:
        await hand_over(order, facts, handover, todo, appointment)
    await show_move(order, handover, todo, appointment, preview=preview)
    return final_state(order, handover, todo, appointment, rules.time_zone, preview=preview)


async def hand_over(
    order: ApprovedMove,
    facts: AccountFacts,
    handover: Handover,
    todo: Sequence[Change],
    appointment: Appointment | None,
) -> None:
    """Do all of it, in the order in which a break does least harm, and compare all systems."""
    async with audit_trail(order.account_id):
        record_effects(await effects_of_earlier_attempt(BEGUN, todo))
        content = in_base64(await filled_checklist(facts, (await load_policy()).today))
        file = await upload_checklist(facts.id, order.key, name=facts.name, content=content)
        record_effects(file["effects"])
        if todo:
            record_effects(await move_in_salesforce(facts.name, handover.to_csm.name, as_dicts(todo), this_try()))
        await introduce(order, facts, handover)
        if appointment:
            await meet(order, handover, appointment, (file, content))
        await verify_move(order, handover)


async def has_begun() -> bool:
    """Whether an earlier try of this run wrote, or may have."""
    return await kept_in_run(present_run().id, BEGUN) is not None


def undone() -> str:
    """That this very move was given back since; "" when it was not."""
    return "it was moved, and given back since" if UNDONE in present_run().tags else ""


def resolve_account_id(account_id: str, order: ApprovedMove) -> str:
    """The account of the run, 18 characters.

    Raises:
        BadInput: the order is about another one.
    """
    if to18(account_id, "001") != order.account_id:
        raise BadInput(f"The order is about account {order.account_id}: enter that id.")
    return order.account_id


async def people_of(order: ApprovedMove) -> MatchedRow | RowFault:
    """Who gives and who takes, as Salesforce has them now."""
    ids = [one for one in (order.former_csm_id, order.new_csm_id) if one]
    return matched_row(order, await read_people(f"the CSMs of {order.account_name}", ids))


def changed_since(order: ApprovedMove, otherwise: str) -> State[Any]:
    """The account is not what was approved: nothing is done, and the team lead is told what is otherwise."""
    said = f"{order.account_name} is not what was approved ({otherwise}). Nothing was moved."
    then = "To move it nevertheless, start the transition anew, with the same workbook or form, and approve its plan."
    return Failed(name="Changed since approval", message=f"{said} {then}")


def final_state(
    order: ApprovedMove,
    handover: Handover,
    todo: Sequence[Change],
    appointment: Appointment | None,
    zone: ZoneInfo,
    *,
    preview: bool,
) -> State[Any]:
    """The run's last word."""
    if preview:
        return Completed(name="Previewed", message=f"{counted(len(todo), 'field')} would change. Nothing was written.")
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
