"""The invitation as a mail: an iCalendar object in a part of its own (RFC 5546, RFC 6047), the checklist beside it."""

from datetime import UTC
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Literal

from icalendar import Calendar, Event, vCalAddress, vText

from rules.common.text import safe_file_name
from rules.transition.invitation import Guest, Invitation, on_one_line

Method = Literal["REQUEST", "CANCEL"]
_MAKER = "-//Customer lifecycle//Account transition//EN"
_XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def mail(
    invitation: Invitation, sender: Address, text: str, *, method: Method = "REQUEST", checklist: bytes | None = None
) -> EmailMessage:
    """The mail that invites all guests, or withdraws the invitation (TRN-9); a repeat has the same Message-ID.

    Args:
        invitation: what is invited to.
        sender: who asks, and whom the guests answer.
        text: for those whose mail program shows no invitation; the invitation's description too.
        method: REQUEST invites, CANCEL withdraws.
        checklist: the workbook that is attached.
    """
    message = EmailMessage()
    message["From"] = sender
    message["To"] = [Address(guest.name, addr_spec=guest.email) for guest in invitation.guests]
    message["Subject"] = f"Withdrawn: {invitation.title}" if method == "CANCEL" else invitation.title
    # Many mail programs show a mail once whose id they have seen.
    message["Message-ID"] = f"<{invitation.sequence}.{invitation.uid}>"
    message["Date"] = invitation.planned_at
    message.set_content(text)
    calendar = calendar_of(invitation, sender, text, method=method).to_ical().decode()
    message.add_alternative(calendar, subtype="calendar", params={"method": method})
    if checklist is not None:
        name = safe_file_name(f"Account Analysis Checklist {invitation.account}.xlsx")
        message.add_attachment(checklist, maintype="application", subtype=_XLSX, filename=name)
    return message


def calendar_of(invitation: Invitation, sender: Address, text: str, *, method: Method) -> Calendar:
    """The iCalendar object: one event, moments in UTC."""
    event = Event()
    event.add("UID", invitation.uid)
    event.add("SEQUENCE", invitation.sequence)
    event.add("DTSTAMP", invitation.planned_at.astimezone(UTC))
    event.add("DTSTART", invitation.start.astimezone(UTC))
    event.add("DTEND", invitation.end.astimezone(UTC))
    event.add("SUMMARY", invitation.title)
    event.add("DESCRIPTION", text)
    event.add("STATUS", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("ORGANIZER", _person(sender.display_name, sender.addr_spec))
    for guest in invitation.guests:
        event.add("ATTENDEE", _attendee(guest))
    calendar = Calendar()
    calendar.add("PRODID", _MAKER)
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", method)
    calendar.add_component(event)
    return calendar


def _attendee(guest: Guest) -> vCalAddress:
    asked = _person(guest.name, guest.email)
    asked.params["ROLE"] = vText("REQ-PARTICIPANT")
    asked.params["PARTSTAT"] = vText("NEEDS-ACTION")
    asked.params["RSVP"] = vText("TRUE")
    return asked


def _person(name: str, email: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{email}")
    # A parameter of iCalendar has no way to hold a double quotation mark.
    person.params["CN"] = vText(on_one_line(name).replace('"', "'"))
    return person
