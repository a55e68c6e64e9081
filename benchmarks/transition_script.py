"""The moves of a workbook by a script: the functions of the flow's steps, called without Prefect.

The script makes the same calls in the same order. It has no approval, retries, kept results, states, audit or locks.
For the steps in Outreach that use a lock, it calls the client. It runs with `shared_connections`.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

from blocks.outreach.responses import Account, Prospect
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.transition.account_facts import AccountFacts
from rules.transition.approved_move import ApprovedMove
from rules.transition.invitation import NEW, Guest
from rules.transition.reassignments import Handover, changes, ownership_fields
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.mail.invitations import invite
from tasks.outreach.handover import add_prospect, end_other_introductions, read_outreach
from tasks.outreach.login import outreach
from tasks.outreach.records import account_of, mailbox_of, sequence_named, template_named, user_of
from tasks.outreach.sequences import Start, only_state
from tasks.salesforce.reassignments import move_in_salesforce, read_people
from tasks.transition.account_facts import read_accounts, read_billed, read_usage
from tasks.transition.checklist import checklist_ids, fill_checklist, in_base64, upload_checklist
from tasks.transition.introductions import tasks_for
from tasks.transition.policy import sequences_of, terms_of


async def move_all(orders: Iterable[ApprovedMove], at_once: int) -> None:
    """Move the accounts, `at_once` at the same time."""
    slots = asyncio.Semaphore(at_once)

    async def move_one(order: ApprovedMove) -> None:
        async with slots:
            await _move(order)

    await asyncio.gather(*map(move_one, orders))


async def _move(order: ApprovedMove) -> None:
    """Read; write checklist, Salesforce, Outreach and invitation; read again."""
    facts, handover = await asyncio.gather(_facts(order), _handover(order))
    block, today = await connection(Policy), (await load_policy()).today
    content = in_base64(await fill_checklist(facts, today))
    await upload_checklist.fn(facts.id, order.key, name=facts.name, content=content)
    fields = ownership_fields(facts, handover, today, terms_of(block).credit)
    await move_in_salesforce.fn(changes(fields, facts, datetime.now(UTC)))
    names, email = sequences_of(block), handover.to_csm.email or ""
    sequence = names.of(order.route)
    await _hand_over(facts.id, email)
    await end_other_introductions.fn(facts.id, [names.automated, names.semi_automated], email)
    await _introduce(order, facts, handover, sequence)
    await _invite(order, handover, content)
    org = await connection(SalesforceOrg)
    await asyncio.gather(
        read_accounts.fn([facts.id]),
        asyncio.to_thread(lambda: checklist_ids(org.client(), facts.id, order.key)),
        read_outreach.fn([facts.id], [sequence] if sequence else []),
    )


async def _facts(order: ApprovedMove) -> AccountFacts:
    (facts,) = await read_accounts.fn([order.account_id])
    company, billing = facts.lms_company_id or "", facts.recurly_account_id or f"code-{facts.id}"
    usage, billed = await asyncio.gather(read_usage.fn([company]), read_billed.fn({facts.id: billing}))
    return replace(facts, usage=usage.get(company), billed=billed[facts.id])


async def _handover(order: ApprovedMove) -> Handover:
    users = {user.person.id: user for user in await read_people.fn([order.former_csm_id, order.new_csm_id])}
    new = users[order.new_csm_id]
    assert new.lead is not None
    return Handover(users[order.former_csm_id].person, new.person, new.lead)


async def _hand_over(account_id: str, email: str) -> None:
    client = await outreach()
    user, account = await user_of(client, email), await account_of(client, account_id)
    records: list[Account | Prospect] = [account, *await client.prospects_of_account(account.id)]
    await client.users({record.owner for record in records if record.owner})
    for record in records:
        await (client.move_account if isinstance(record, Account) else client.move_prospect)(record.id, user.id)


async def _introduce(order: ApprovedMove, facts: AccountFacts, handover: Handover, sequence: str | None) -> None:
    client, email, contact = await outreach(), handover.to_csm.email or "", facts.main_contact
    if contact is None or not contact.email:
        return
    unused = dict.fromkeys(("first_name", "last_name", "title"), "")
    prospect_id = await add_prospect.fn(facts.id, contact.email, csm_email=email, **unused)
    if sequence:
        row = await sequence_named(client, sequence)
        before = await client.sequence_states([prospect_id], [row.id])
        row, mailbox = await sequence_named(client, sequence), await mailbox_of(client, await user_of(client, email))
        await only_state(client, prospect_id, Start(row, mailbox, "", frozenset(state.id for state in before)))
    for task in tasks_for(order, facts, handover, contact):
        user = await user_of(client, email)
        await client.tasks_of(prospect_id)
        template_id = await template_named(client, task.template) if task.template else None
        note = f"{task.title}\n\n{task.text}"
        await client.create_task(
            action="email", note=note, owner_id=user.id, prospect_id=prospect_id, template_id=template_id, due=None
        )


async def _invite(order: ApprovedMove, handover: Handover, content: str) -> None:
    now, people = datetime.now(UTC), (handover.from_csm or handover.team_lead, handover.to_csm)
    guests = [asdict(Guest(person.name, person.email or "", NEW)) for person in people]
    await invite.fn(
        order.key, account_name=order.account_name, people="", guests=guests, start=now + timedelta(days=2),
        planned_at=now, checklist=content,
    )  # fmt: skip
