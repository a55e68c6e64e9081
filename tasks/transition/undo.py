"""What an undo takes back outside of Salesforce's fields, and the look at all systems at its end (TRN-10)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.common.problems import HumanInputRequired
from rules.transition.undo import (
    AuditedChange,
    Reversal,
    acquired_since,
    discrepancies_after_undo,
    outcome,
    prospects_added,
    sequences_begun,
)
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.mail.invitations import withdraw
from tasks.outreach.owners import give_back_in_outreach
from tasks.outreach.undo import complete_tasks, left_in_outreach, stop_sequences
from tasks.runs.claims import created, page, present_run
from tasks.salesforce.reassignments import read_people, read_present_values
from tasks.transition.account_facts import read_accounts
from tasks.transition.checklist import WITHDRAWN, titles, withdraw_checklist
from tasks.transition.meetings import guests_to
from tasks.transition.past_moves import PastMove
from tasks.transition.policy import sequences_of


@dataclass(frozen=True)
class Undo:
    """A move that is to be undone.

    Attributes:
        move: the move.
        lines: what it did, and what it kept before it did it, as lines of the audit.
        taken: every field that it wrote.
    """

    move: PastMove
    lines: Sequence[Mapping[str, Any]]
    taken: tuple[AuditedChange, ...]

    @property
    def in_salesforce(self) -> list[AuditedChange]:
        """The fields that it wrote there."""
        return [one for one in self.taken if one.system == "Salesforce"]

    @property
    def former_owners(self) -> dict[str, str]:
        """In Outreach, by `Account 7` or `Prospect 12`, the address of who had it."""
        return {one.record: one.before for one in self.taken if (one.system, one.field) == ("Outreach", "Owner")}

    async def sequences(self) -> list[str]:
        """The sequences that it began, and that of its route, by their names."""
        named = sequences_of(await connection(Policy)).of(self.move.order.route)
        return list(dict.fromkeys([*sequences_begun(self.lines, self.move.url), *([named] if named else [])]))


async def revert_outside_salesforce(undo: Undo) -> tuple[str, ...]:
    """End all that the move made in Outreach, mark its checklist, and cancel its call; what stays, a sentence each.

    Args:
        undo: what is undone.
    """
    move = undo.move
    await withdraw_checklist.labelled(move.name)(move.order.account_id, move.order.key)
    users = {user.person.id: user for user in await read_people.labelled(f"the CSMs of {move.name}")(_people(move))}
    taker = users.get(move.order.new_csm_id)
    if taker is None or not taker.person.email:
        stays = [f"Salesforce has no e-mail address of {move.order.new_csm_id}: look through Outreach by hand."]
    else:
        stays = await _in_outreach(undo, taker.person.email)
    stays += await _call_off(undo, {user.person.id: user.person for user in users.values()})
    return (*stays, *prospects_added(undo.lines, move.url))


async def _in_outreach(undo: Undo, taken_by: str) -> list[str]:
    move, account_id, stays = undo.move, undo.move.order.account_id, list[str]()
    if former := undo.former_owners:
        stays += await give_back_in_outreach.labelled(move.name)(account_id, former, taken_by)
    if names := await undo.sequences():
        await stop_sequences.labelled(move.name)(account_id, names, taken_by)
    why = f"The transition of {move.name} was undone: {page(present_run().id)}"
    stays += await complete_tasks.labelled(move.name)(account_id, move.order.key, taken_by, why=why)
    return stays


async def _call_off(undo: Undo, people: Mapping[str, Any]) -> list[str]:
    """Withdraw the invitation, where one went out or may have; what cannot be taken back, a sentence each."""
    move, call = undo.move, undo.move.appointment
    mailed = any(line.get("run") == move.url and line.get("system") == "Mail" for line in undo.lines)
    if call is None or call.start is None or not (mailed or not move.came_to_its_end):
        return []
    if call.start <= datetime.now(UTC):
        return [f"The call on {call.start:%Y-%m-%d at %H:%M} UTC was over by then."]
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


@read_task("Compare all systems for {undo.move.name} after the undo")
async def read_back(undo: Undo, back: Reversal) -> tuple[str, tuple[str, ...]]:
    """Make sure that nothing of the move is left; who has the account now, and what else stays, in words.

    Args:
        undo: what was undone.
        back: what was entered again in Salesforce.

    Raises:
        NeedsPeople: something is left; it names each record and field. A Retry makes up for it.
    """
    order, found = undo.move.order, undo.in_salesforce
    fields = [(one.record, one.field) for one in found]
    present, users = await asyncio.gather(read_present_values.fn(fields), read_people.fn([order.new_csm_id]))
    email = next((one.person.email for one in users if one.person.email), "")
    left = await left_in_outreach(order.account_id, order.key, email, await undo.sequences(), undo.former_owners)
    left = replace(left, checklists=await _still_in_force(undo.move))
    if problems := discrepancies_after_undo(back.changes, present, left):
        raise HumanInputRequired(problems)
    accounts = await read_accounts.fn([order.account_id])
    since = [said for one in accounts for said in acquired_since(one, order.new_csm_id, found)]
    return outcome(undo.move.name, f"Account {order.account_id}", found, present), tuple(since)


async def _still_in_force(move: PastMove) -> tuple[str, ...]:
    org = await connection(SalesforceOrg)
    found = await asyncio.to_thread(lambda: titles(org.client(), move.order.account_id, move.order.key))
    return tuple(title for title in found.values() if not title.startswith(WITHDRAWN))


def _people(move: PastMove) -> list[str]:
    host = [move.appointment.host_id] if move.appointment else []
    return sorted({move.order.new_csm_id, *host})
