"""The calls in which new CSMs learn about their accounts, and the invitations (TRN-9)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.common.records import Person
from rules.transition.approved_move import Appointment, ApprovedMove
from rules.transition.invitation import FORMER, LEAD, NEW, Guest, guests_of
from rules.transition.match import NewCsm
from rules.transition.meeting import Meeting, Participant, Span, meetings
from rules.transition.reassignments import Handover
from tasks.core.connections import connection
from tasks.core.policy import hours_of, meeting_terms_of
from tasks.mail.invitations import invite
from tasks.runs.claims import created, page, present_run
from tasks.salesforce.calendars import participant, read_calendars
from tasks.transition.checklist import Uploaded

_DAY = timedelta(days=1)


async def appointments(
    orders: Sequence[ApprovedMove], users: Mapping[str, NewCsm], elsewhere: Mapping[str, Sequence[Span]]
) -> dict[str, Appointment]:
    """When each account's new CSM hears about it, by account id; nobody is asked to two calls at once (TRN-9).

    The former CSM hands over; the new one's team lead does, where the former is gone, away, or never free.

    Args:
        orders: the accounts that move now.
        users: the former and the new CSMs, by their ids. An account whose new CSM can take nothing any more has no
            call: its run says so.
        elsewhere: by user id, the calls about other accounts that they are asked to; calendars may not know of them.
    """
    policy, now = await connection(Policy), datetime.now(UTC)
    terms, hours = meeting_terms_of(policy), hours_of(policy)
    given = {order.account_id: handover for order in orders if (handover := _hands(order, users))}
    pairs = list(given.values())
    asked = {
        one.id: one for handover in pairs for one in (handover.from_csm, handover.to_csm, handover.team_lead) if one
    }
    calendars = await read_calendars.fn(list(asked), now.date() - _DAY, (now + terms.latest).date() + _DAY)

    def at_work(person: Person) -> Participant:
        one = participant(person, calendars, hours)
        return replace(one, busy=(*one.busy, *elsewhere.get(person.id, ())))

    def zones_of(*people: Person) -> dict[str, str]:
        return {one.id: at_work(one).hours.zone.key for one in people}

    def found(hosts: Sequence[Person]) -> list[Meeting]:
        both = [[at_work(host), at_work(handover.to_csm)] for host, handover in zip(hosts, pairs, strict=True)]
        return meetings(now, both, terms)

    with_former = found([_host(handover, users) for handover in pairs])
    hosts = [
        _host(handover, users) if one.start else handover.team_lead
        for handover, one in zip(pairs, with_former, strict=True)
    ]
    return {
        account_id: Appointment(
            start=one.start,
            host_id=host.id,
            why_not="; ".join(one.in_the_way),
            zones=zones_of(host, given[account_id].to_csm),
        )
        for account_id, host, one in zip(given, hosts, found(hosts), strict=True)
    }


def _hands(order: ApprovedMove, users: Mapping[str, NewCsm]) -> Handover | None:
    former, taker = users.get(order.former_csm_id), users.get(order.new_csm_id)
    if taker is None or taker.lead is None:
        return None
    return Handover(former.person if former else None, taker.person, taker.lead)


def _host(handover: Handover, users: Mapping[str, NewCsm]) -> Person:
    former = users.get(handover.from_csm.id) if handover.from_csm else None
    return former.person if former and former.active else handover.team_lead


def guests_to(order: ApprovedMove, when: Appointment, people: Mapping[str, Person]) -> tuple[Guest, ...]:
    """Who is invited: who hands over, and the new CSM.

    Args:
        order: as it was approved.
        when: and who is to hand over.
        people: by their ids; who is not known any more is left out.

    Raises:
        NeedsPeople: a guest has no e-mail address.
    """
    role = FORMER if when.host_id == order.former_csm_id else LEAD
    asked = ((when.host_id, role), (order.new_csm_id, NEW))
    return guests_of([(people[user], as_what) for user, as_what in asked if user in people], when.zones)


async def meet(order: ApprovedMove, handover: Handover, when: Appointment, checklist: tuple[Uploaded, str]) -> None:
    """Invite to the call of a quarter of an hour about an account, with its checklist, once (TRN-9).

    A run that is tried again only after that time invites to nothing.

    Args:
        order: as it was approved.
        handover: from whom to whom.
        when: and who hands over.
        checklist: where it is, and the workbook in base64.

    Raises:
        NeedsPeople: a guest has no e-mail address.
    """
    if when.start is None or when.start <= datetime.now(UTC):
        return
    host, new = handover.at_call(when.host_id)
    guests = guests_to(order, when, {when.host_id: host, new.id: new})
    file, content = checklist
    org = await connection(SalesforceOrg)
    await invite(
        order.key,
        account_name=order.account_name,
        people=" and ".join(guest.name for guest in guests),
        guests=[asdict(guest) for guest in guests],
        start=when.start,
        planned_at=created(),
        links={
            "The account": org.record_url(order.account_id),
            "The checklist": file["url"],
            "What was moved": page(present_run().id),
        },
        checklist=content,
    )
