"""Undo a move outside the fields of Salesforce, and compare all systems at the end (TRN-10)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.common.problems import HumanInputRequired
from rules.transition.approved_move import Appointment
from rules.transition.undo import (
    AuditedChange,
    Reversal,
    acquired_since,
    discrepancies_after_undo,
    going_back,
    outcome,
    prospects_added,
    sequences_begun,
)
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.core.steps import read_task
from tasks.mail.invitations import withdraw
from tasks.outreach.owners import restore_in_outreach
from tasks.outreach.undo import complete_tasks, left_in_outreach, stop_sequences
from tasks.runs.claims import created, page, present_run
from tasks.salesforce.reassignments import read_people, read_present_values
from tasks.transition.account_facts import read_accounts
from tasks.transition.checklist import WITHDRAWN, checklist_titles, withdraw_checklist
from tasks.transition.meetings import guests_to
from tasks.transition.past_moves import PastMove
from tasks.transition.policy import sequences_of


@dataclass(frozen=True)
class Undo:
    """A move that is being undone.

    Attributes:
        move: the move.
        lines: its planned changes and the changes it made, as lines of the audit.
        changes: every field that it wrote.
    """

    move: PastMove
    lines: Sequence[Mapping[str, Any]]
    changes: tuple[AuditedChange, ...]

    @property
    def in_salesforce(self) -> list[AuditedChange]:
        """The fields that it wrote in Salesforce."""
        return [change for change in self.changes if change.system == "Salesforce"]

    @property
    def former_owners(self) -> dict[str, str]:
        """By `Account 7` or `Prospect 12` in Outreach, the e-mail address of the former owner; "" for none."""
        owners = [change for change in self.changes if (change.system, change.field) == ("Outreach", "Owner")]
        return {change.record: change.before for change in owners}

    async def sequences(self) -> list[str]:
        """The names of the sequences that it began, and of the sequence of its route."""
        of_route = sequences_of(await connection(Policy)).of(self.move.order.route)
        return list(dict.fromkeys([*sequences_begun(self.lines, self.move.url), *([of_route] if of_route else [])]))


@read_task("Find what the move of {undo.move.name} left outside the fields of Salesforce")
async def left_outside_salesforce(undo: Undo) -> tuple[str, ...]:
    """What an undo would end or give back besides those fields, a sentence each."""
    order, call = undo.move.order, _call_to_cancel(undo)
    users = await read_people.fn([order.new_csm_id])
    email = next((user.person.email for user in users if user.person.email), "")
    names = await undo.sequences()
    left = await left_in_outreach(order.account_id, order.key, email, names, undo.former_owners)
    left = replace(left, checklists=await _still_in_force(undo.move))
    zone = (await load_policy()).time_zone
    when = f"{call.start.astimezone(zone):%A, %Y-%m-%d at %H:%M} ({zone})" if call and call.start else ""
    return going_back(left, names, call=when)


async def revert_outside_salesforce(undo: Undo) -> tuple[str, ...]:
    """End the move's work in Outreach, mark its checklist as withdrawn, and cancel its call.

    Returns:
        A sentence for each thing that is not restored.
    """
    move = undo.move
    await withdraw_checklist.labelled(move.name)(move.order.account_id, move.order.key)
    users = {user.person.id: user for user in await read_people.labelled(f"the CSMs of {move.name}")(_user_ids(move))}
    new_csm = users.get(move.order.new_csm_id)
    if new_csm is None or not new_csm.person.email:
        stays = [f"Salesforce has no e-mail address of {move.order.new_csm_id}, the new CSM: restore Outreach by hand."]
    else:
        stays = await _in_outreach(undo, new_csm.person.email)
    stays += await _cancel_call(undo, {user.person.id: user.person for user in users.values()})
    return (*stays, *prospects_added(undo.lines, move.url))


async def _in_outreach(undo: Undo, csm_email: str) -> list[str]:
    move, account_id, stays = undo.move, undo.move.order.account_id, list[str]()
    if former := undo.former_owners:
        stays += await restore_in_outreach.labelled(move.name)(account_id, former, csm_email)
    if names := await undo.sequences():
        await stop_sequences.labelled(move.name)(account_id, names, csm_email)
    why = f"The transition of {move.name} was undone: {page(present_run().id)}"
    stays += await complete_tasks.labelled(move.name)(account_id, move.order.key, csm_email, why=why)
    return stays


async def _cancel_call(undo: Undo, people: Mapping[str, Any]) -> list[str]:
    """Withdraw the invitation if it was sent, or may have been; a sentence if the call is over."""
    move, call = undo.move, _call_to_cancel(undo)
    if call is None or call.start is None:
        return []
    if call.start <= datetime.now(UTC):
        return [f"The call on {call.start:%Y-%m-%d at %H:%M} UTC is over and cannot be cancelled."]
    guests = guests_to(move.order, call, people)
    await withdraw(
        move.order.key,
        account_name=move.name,
        people=" and ".join(guest.name for guest in guests),
        guests=[asdict(guest) for guest in guests],
        start=call.start,
        planned_at=created(),
        sequence=1,
    )
    return []


def _call_to_cancel(undo: Undo) -> Appointment | None:
    """The call whose invitation was sent, or may have been; None for none."""
    move, call = undo.move, undo.move.appointment
    mailed = any(line.get("run") == move.url and line.get("system") == "Mail" for line in undo.lines)
    return call if call and call.start and (mailed or not move.finished) else None


@read_task("Compare all systems for {undo.move.name} after the undo")
async def verify_undo(undo: Undo, back: Reversal) -> tuple[str, tuple[str, ...]]:
    """Make sure that nothing is left of the move.

    Args:
        undo: the move.
        back: the restored fields in Salesforce.

    Returns:
        A sentence about the present CSM, and a sentence for each record that the new CSM got in another way.

    Raises:
        HumanInputRequired: something is left; names each record and field. A Retry completes the missing steps.
    """
    order, written = undo.move.order, undo.in_salesforce
    fields = [(change.record, change.field) for change in written]
    present, users = await asyncio.gather(read_present_values.fn(fields), read_people.fn([order.new_csm_id]))
    email = next((user.person.email for user in users if user.person.email), "")
    left = await left_in_outreach(order.account_id, order.key, email, await undo.sequences(), undo.former_owners)
    left = replace(left, checklists=await _still_in_force(undo.move))
    if problems := discrepancies_after_undo(back.changes, present, left):
        raise HumanInputRequired(problems)
    accounts = await read_accounts.fn([order.account_id])
    since = [line for account in accounts for line in acquired_since(account, order.new_csm_id, written)]
    return outcome(undo.move.name, f"Account {order.account_id}", written, present), tuple(since)


async def _still_in_force(move: PastMove) -> tuple[str, ...]:
    """The titles of the move's checklists that are not marked as withdrawn."""
    org = await connection(SalesforceOrg)
    by_id = await asyncio.to_thread(lambda: checklist_titles(org.client(), move.order.account_id, move.order.key))
    return tuple(title for title in by_id.values() if not title.startswith(WITHDRAWN))


def _user_ids(move: PastMove) -> list[str]:
    host = [move.appointment.host_id] if move.appointment else []
    return sorted({move.order.new_csm_id, *host})
