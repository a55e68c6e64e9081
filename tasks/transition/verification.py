"""The step that compares all systems after an account has moved (TRN-10)."""

import asyncio
from collections.abc import Iterator, Sequence

from blocks.outreach.responses import SequenceState
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.common.problems import HumanInputRequired
from rules.transition.approved_move import ApprovedMove
from rules.transition.reassignments import Handover, ownership_fields
from rules.transition.verification import InSystems, Owned, discrepancies
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.core.steps import read_task
from tasks.outreach.handover import before_key, read_outreach
from tasks.outreach.records import InOutreach
from tasks.runs.inputs import remember_once
from tasks.transition.account_facts import read_accounts
from tasks.transition.checklist import published
from tasks.transition.policy import sequences_of, terms_of


@read_task("Compare all systems for {order.account_name}")
async def verify_move(order: ApprovedMove, handover: Handover) -> None:
    """Make sure that the account is with its new CSM in every system.

    Args:
        order: as it was approved.
        handover: from whom to whom.

    Raises:
        NeedsPeople: something is not; it names each record and field. A Retry makes up for it.
    """
    policy = await connection(Policy)
    sequence = sequences_of(policy).of(order.route)
    in_salesforce, files, in_outreach = await asyncio.gather(
        read_accounts.fn([order.account_id]),
        _checklists(order),
        read_outreach.fn([order.account_id], [sequence] if sequence else []),
    )
    (facts,) = in_salesforce
    there = in_outreach.get(order.account_id)
    found = InSystems(
        ownership=ownership_fields(facts, handover, (await load_policy()).today, terms_of(policy).credit),
        owned=tuple(_owned(there)) if there else None,
        introductions=await _introductions(there.states) if there else 0,
        checklists=files,
    )
    contact = facts.main_contact
    wanted = int(bool(sequence and contact and contact.email))
    if problems := discrepancies(order.account_id, handover.to_csm, found, introductions=wanted):
        raise HumanInputRequired(problems)


async def _checklists(order: ApprovedMove) -> int:
    org = await connection(SalesforceOrg)
    return len(await asyncio.to_thread(lambda: published(org.client(), order.account_id, order.key)))


async def _introductions(states: Sequence[SequenceState]) -> int:
    """How many go on; 1 for one that came to its end since this run began it."""
    going_on = sum(one.goes_on for one in states)
    if going_on:
        return going_on
    seen = [await remember_once(before_key(one.prospect, one.sequence), []) for one in states]
    return int(any(one.id not in before for one, before in zip(states, seen, strict=True)))


def _owned(there: InOutreach) -> Iterator[Owned]:
    yield Owned(f"Account {there.id}", there.owner.email if there.owner else "")
    for prospect in there.prospects:
        yield Owned(f"Prospect {prospect.id}", there.emails.get(prospect.owner or 0, ""))
    for task in there.open_tasks:
        yield Owned(f"Task {task.id}", there.emails.get(task.owner or 0, ""))
