"""The steps that send mail: the invitation to a hand-over call, and its withdrawal (TRN-9)."""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address
from typing import TypedDict
from zoneinfo import ZoneInfo

from blocks.mail.block import MailServer
from blocks.policy.block import Policy
from rules.common.records import Change
from rules.common.text import join_names
from rules.transition.invitation import Guest, Invitation, on_one_line
from tasks.core.connections import connection
from tasks.core.effects import recording
from tasks.core.steps import write_task
from tasks.mail.invitation_message import Method, mail
from tasks.templates import render

_IDENTITY = ("key", "guests", "start", "sequence")


class SentInvitation(TypedDict):
    """The identity of a meeting in calendars: its UID and the number of its latest change."""

    uid: str
    sequence: int


NOT_SENT = SentInvitation(uid="", sequence=0)
"""An invitation that a person has skipped."""


@write_task("Invite {people} to a call about {account_name}", keyed_by=_IDENTITY, skip_value=NOT_SENT)
async def invite(
    key: str,
    *,
    account_name: str,
    people: str,
    guests: Sequence[Mapping[str, str]],
    start: datetime,
    planned_at: datetime,
    sequence: int = 0,
    links: Mapping[str, str] | None = None,
    checklist: str | None = None,
) -> SentInvitation:
    """Invite all guests by one mail to a meeting of 15 minutes, with the checklist (TRN-9).

    Nobody can look up whether a mail was sent. If that is unknown, the mail is sent again with the same Message-ID,
    UID and SEQUENCE, so that calendars show one meeting.

    Args:
        key: the permanent key of the meeting: `transition:<approval>:<account id>`.
        account_name: name of the account.
        people: names of the guests, for the title of the step.
        guests: the fields of each `rules.transition.invitation.Guest`.
        start: aware.
        planned_at: when the meeting was planned, aware; the same in every repeat.
        sequence: 0 for the first invitation; higher for every later change.
        links: addresses for the text, by their labels.
        checklist: the workbook in base64.

    Raises:
        VendorRefused: the mail server refused an address, which the message names; nobody was invited.
    """
    invitation = _invitation(key, account_name, guests, start, planned_at=planned_at, sequence=sequence)
    text = render(
        "invitation.txt",
        account=invitation.account,
        when=_when(invitation, await _zone()),
        guests=invitation.guests,
        attached=checklist is not None,
        links=links or {},
    )
    content = base64.b64decode(checklist, validate=True) if checklist is not None else None
    change = _change(invitation, "", f"{people} on {_moment(invitation)}")
    return await _send(invitation, text, change, method="REQUEST", checklist=content)


@write_task("Withdraw the invitation of {people} to a call about {account_name}", keyed_by=_IDENTITY)
async def withdraw(
    key: str,
    *,
    account_name: str,
    people: str,
    guests: Sequence[Mapping[str, str]],
    start: datetime,
    planned_at: datetime,
    sequence: int,
) -> SentInvitation:
    """Cancel a meeting by one mail to all its guests; a repeat is the same mail (TRN-9).

    Args:
        key: of the meeting.
        account_name: name of the account.
        people: names of the guests, for the title of the step.
        guests: the fields of each `rules.transition.invitation.Guest`.
        start: of the meeting, aware.
        planned_at: when the withdrawal was decided, aware; the same in every repeat.
        sequence: higher than that of the invitation.

    Raises:
        VendorRefused: the mail server refused an address, which the message names; no mail was sent.
    """
    invitation = _invitation(key, account_name, guests, start, planned_at=planned_at, sequence=sequence)
    when = _when(invitation, await _zone())
    text = render("invitation_withdrawn.txt", account=invitation.account, when=when)
    change = _change(invitation, f"{people} on {_moment(invitation)}", "withdrawn")
    return await _send(invitation, text, change, method="CANCEL")


def _invitation(
    key: str, name: str, guests: Sequence[Mapping[str, str]], start: datetime, *, planned_at: datetime, sequence: int
) -> Invitation:
    recipients = tuple(Guest(**guest) for guest in guests)
    return Invitation(key, sequence, on_one_line(name), start, recipients, planned_at)


async def _send(
    invitation: Invitation, text: str, change: Change, *, method: Method, checklist: bytes | None = None
) -> SentInvitation:
    server = await connection(MailServer)
    sender = Address(server.sender_name, addr_spec=server.sender_address)
    message = mail(invitation, sender, text, method=method, checklist=checklist)
    with recording(change):
        await asyncio.to_thread(lambda: server.client().send(message))
    return SentInvitation(uid=invitation.uid, sequence=invitation.sequence)


def _change(invitation: Invitation, before: str, after: str) -> Change:
    return Change("Mail", f"Invitation {invitation.uid}", invitation.title, before, after, "TRN-9")


async def _zone() -> ZoneInfo:
    return ZoneInfo((await connection(Policy)).time_zone)


def _when(invitation: Invitation, zone: ZoneInfo) -> str:
    """The time of the meeting for people: a line for each time zone of a guest, with the name of the zone."""
    names: dict[ZoneInfo, list[str]] = {}
    for guest in invitation.guests:
        names.setdefault(ZoneInfo(guest.zone) if guest.zone else zone, []).append(guest.name)
    lines = {clock: _by_clock(invitation, clock) for clock in names or {zone: []}}
    if len(lines) == 1:
        return "".join(lines.values())
    return "\n".join(f"{line} for {join_names(names[clock])}" for clock, line in lines.items())


def _by_clock(invitation: Invitation, zone: ZoneInfo) -> str:
    start, end = invitation.start.astimezone(zone), invitation.end.astimezone(zone)
    return f"{start:%A, %B} {start.day}, {start.year}, {start:%H:%M} to {end:%H:%M} ({zone.key})"


def _moment(invitation: Invitation) -> str:
    return invitation.start.isoformat(timespec="minutes")
