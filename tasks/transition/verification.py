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
from tasks.outreach.records import OutreachAccount
from tasks.runs.inputs import remember_once
from tasks.transition.account_facts import read_accounts
from tasks.transition.checklist import checklist_ids
from tasks.transition.policy import sequences_of, terms_of


@read_task("Compare all systems for {order.account_name}")
async def verify_move(order: ApprovedMove, handover: Handover) -> None:
    """Make sure that the account is with its new CSM in every system.

    Args:
        order: the approved move.
        handover: its people.

    Raises:
        HumanInputRequired: something is not; names each record and field. A Retry completes the missing steps.
    """
    policy = await connection(Policy)
    sequence = sequences_of(policy).of(order.route)
    in_salesforce, files, in_outreach = await asyncio.gather(
        read_accounts.fn([order.account_id]),
        _checklists(order),
        read_outreach.fn([order.account_id], [sequence] if sequence else []),
    )
    (facts,) = in_salesforce
    account = in_outreach.get(order.account_id)
    systems = InSystems(
        ownership=ownership_fields(facts, handover, (await load_policy()).today, terms_of(policy).credit),
        owned=tuple(_owned(account)) if account else None,
        introductions=await _introductions(account.states) if account else 0,
        checklists=files,
    )
    contact = facts.main_contact
    expected = int(bool(sequence and contact and contact.email))
    if problems := discrepancies(order.account_id, handover.to_csm, systems, introductions=expected):
        raise HumanInputRequired(problems)


async def _checklists(order: ApprovedMove) -> int:
    org = await connection(SalesforceOrg)
    return len(await asyncio.to_thread(lambda: checklist_ids(org.client(), order.account_id, order.key)))


async def _introductions(states: Sequence[SequenceState]) -> int:
    """The number of active introductions; 1 if this run began one that has finished since."""
    if active := sum(state.goes_on for state in states):
        return active
    earlier = [await remember_once(before_key(state.prospect, state.sequence), []) for state in states]
    return int(any(state.id not in before for state, before in zip(states, earlier, strict=True)))


def _owned(account: OutreachAccount) -> Iterator[Owned]:
    yield Owned(f"Account {account.id}", account.owner.email if account.owner else "")
    for prospect in account.prospects:
        yield Owned(f"Prospect {prospect.id}", account.emails.get(prospect.owner or 0, ""))
    for task in account.open_tasks:
        yield Owned(f"Task {task.id}", account.emails.get(task.owner or 0, ""))
