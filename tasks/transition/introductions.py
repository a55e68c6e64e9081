"""Introduce the new CSM to the customer, and hand over what is pending, in Outreach (TRN-3 to TRN-5, TRN-11)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from blocks.policy.block import Policy
from rules.transition.account_facts import AccountFacts, PointOfContact
from rules.transition.approved_move import ApprovedMove
from rules.transition.communication import Route
from rules.transition.pending_items import TEMPLATE, PendingItem, PendingKind, of_kind, pending_items
from rules.transition.reassignments import Handover
from tasks.core.connections import connection
from tasks.outreach.handover import (
    add_prospect,
    end_other_introductions,
    make_task,
    start_sequence,
    states_before,
)
from tasks.outreach.owners import hand_over_in_outreach
from tasks.templates import render
from tasks.transition.policy import sequences_of

_RULES = {Route.AUTOMATED: "TRN-3", Route.SEMI_AUTOMATED: "TRN-4"}
INTRODUCE = "Introduce yourself"
"""The beginning of the title of the task of a manual transfer (TRN-5)."""


@dataclass(frozen=True)
class OutreachTaskDraft:
    """A task for the new CSM: a name that is unique within the move, title, text, template, rule id."""

    name: str
    title: str
    text: str
    template: str
    rule: str


async def sequence_rules() -> dict[str, str]:
    """The names of the sequences that introduce a new CSM, each with the rule that asks for it."""
    names = sequences_of(await connection(Policy))
    return {name: rule for route, rule in _RULES.items() if (name := names.of(route))}


async def introduce(order: ApprovedMove, facts: AccountFacts, handover: Handover) -> None:
    """Hand the account over in Outreach, introduce the new CSM as approved, and create tasks for what is pending.

    Without a main contact who has an e-mail address, only the owners are changed.

    Args:
        order: the approved move.
        facts: of the account.
        handover: its people.

    Raises:
        VendorRefused: names what must be corrected in Outreach, and who can do it.
    """
    email, contact = handover.to_csm.email or "", facts.main_contact
    await hand_over_in_outreach.labelled(f"{facts.name} to {handover.to_csm.name}")(facts.id, email)
    names = sequences_of(await connection(Policy))
    earlier = [names.automated, names.semi_automated]
    await end_other_introductions.labelled(facts.name)(facts.id, earlier, email)
    if contact is None or not contact.email:
        return
    prospect = await _prospect(facts, contact, email)
    if sequence := names.of(order.route):
        before = await states_before.labelled(contact.name)(prospect, sequence)
        start = start_sequence.labelled(contact.name)
        await start(prospect, sequence, email, rule=_RULES[order.route], before=before)
    for task in tasks_for(order, facts, handover, contact):
        await make_task.labelled(contact.name)(
            f"{order.key}:{task.name}",
            task.title,
            prospect_id=prospect,
            csm_email=email,
            text=task.text,
            template=task.template,
            rule=task.rule,
        )


async def _prospect(facts: AccountFacts, contact: PointOfContact, email: str) -> int:
    first, _, last = contact.name.rpartition(" ")
    return await add_prospect.labelled(contact.name)(
        facts.id,
        contact.email or "",
        first_name=first,
        last_name=last,
        title=contact.title or "",
        csm_email=email,
    )


def tasks_for(
    order: ApprovedMove, facts: AccountFacts, handover: Handover, contact: PointOfContact
) -> Iterator[OutreachTaskDraft]:
    """The tasks of the new CSM: a manual introduction, and a call about each kind of pending item."""
    about: dict[str, Any] = {"order": order, "account": facts, "handover": handover, "contact": contact}
    if order.route is Route.MANUAL:
        text = render("introduce_yourself.txt", **about)
        yield OutreachTaskDraft("introduce", f"{INTRODUCE} to {contact.name} of {facts.name}", text, "", "TRN-5")
    items = pending_items(facts)
    for kind in PendingKind:
        if pending := of_kind(items, kind):
            text = render("pending_items.txt", items=list(map(_shown, pending)), **about)
            yield OutreachTaskDraft(
                f"pending-{kind.place}", f"{kind} of {facts.name}: {len(pending)} pending", text, TEMPLATE, "TRN-11"
            )


def _shown(item: PendingItem) -> tuple[str, list[str]]:
    return item.title, item.context.splitlines()
