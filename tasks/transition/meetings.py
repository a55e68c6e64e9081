"""The hand-over calls of new CSMs, and their invitations (TRN-9)."""

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
from tasks.transition.checklist import UploadedFile

_DAY = timedelta(days=1)


async def appointments(
    orders: Sequence[ApprovedMove], users: Mapping[str, NewCsm], elsewhere: Mapping[str, Sequence[Span]]
) -> dict[str, Appointment]:
    """Schedule a call for each account, by account id, so that nobody is in two calls at once (TRN-9).

    The host is the former CSM, or the new CSM's team lead if the former CSM is inactive, away or never free.

    Args:
        orders: the accounts that move now.
        users: the former and the new CSMs, by their ids. An account whose new CSM no longer exists, or has no team
            lead, gets no call; its run reports it.
        elsewhere: by user id, their calls about other accounts, which their calendars may not show yet.
    """
    policy, now = await connection(Policy), datetime.now(UTC)
    terms, hours = meeting_terms_of(policy), hours_of(policy)
    by_account = {order.account_id: handover for order in orders if (handover := _handover(order, users))}
    handovers = list(by_account.values())
    people = [person for each in handovers for person in (each.from_csm, each.to_csm, each.team_lead) if person]
    ids = list(dict.fromkeys(person.id for person in people))
    calendars = await read_calendars.fn(ids, now.date() - _DAY, (now + terms.latest).date() + _DAY)

    def at_work(person: Person) -> Participant:
        calendar = participant(person, calendars, hours)
        return replace(calendar, busy=(*calendar.busy, *elsewhere.get(person.id, ())))

    def zones_of(*people: Person) -> dict[str, str]:
        return {person.id: at_work(person).hours.zone.key for person in people}

    def schedule(hosts: Sequence[Person]) -> list[Meeting]:
        pairs = [[at_work(host), at_work(each.to_csm)] for host, each in zip(hosts, handovers, strict=True)]
        return meetings(now, pairs, terms)

    first_choice = [_host(handover, users) for handover in handovers]
    hosts = [
        host if meeting.start else handover.team_lead
        for host, meeting, handover in zip(first_choice, schedule(first_choice), handovers, strict=True)
    ]
    return {
        account_id: Appointment(
            start=meeting.start,
            host_id=host.id,
            why_not="; ".join(meeting.in_the_way),
            zones=zones_of(host, by_account[account_id].to_csm),
        )
        for account_id, host, meeting in zip(by_account, hosts, schedule(hosts), strict=True)
    }


def _handover(order: ApprovedMove, users: Mapping[str, NewCsm]) -> Handover | None:
    former, new = users.get(order.former_csm_id), users.get(order.new_csm_id)
    if new is None or new.lead is None:
        return None
    return Handover(former.person if former else None, new.person, new.lead)


def _host(handover: Handover, users: Mapping[str, NewCsm]) -> Person:
    former = users.get(handover.from_csm.id) if handover.from_csm else None
    return former.person if former and former.active else handover.team_lead


def guests_to(order: ApprovedMove, when: Appointment, people: Mapping[str, Person]) -> tuple[Guest, ...]:
    """The guests of a call: its host and the new CSM.

    Args:
        order: the approved move.
        when: the call.
        people: by their ids; a person who is missing is not invited.

    Raises:
        HumanInputRequired: a guest has no e-mail address.
    """
    host_role = FORMER if when.host_id == order.former_csm_id else LEAD
    roles = ((when.host_id, host_role), (order.new_csm_id, NEW))
    return guests_of([(people[user], role) for user, role in roles if user in people], when.zones)


async def invite_to_call(
    order: ApprovedMove, handover: Handover, when: Appointment, checklist: tuple[UploadedFile, str]
) -> None:
    """Send the invitation to the 15-minute call about an account, with its checklist, once (TRN-9).

    A Retry after the time of the call sends nothing.

    Args:
        order: the approved move.
        handover: its people.
        when: the call.
        checklist: the uploaded file, and its content in base64.

    Raises:
        HumanInputRequired: a guest has no e-mail address.
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
