"""The invitation as a mail, with an iCalendar part (RFC 5546, RFC 6047) and the checklist as attachment."""

from datetime import UTC
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Literal

from icalendar import Calendar, Event, vCalAddress, vText

from rules.common.text import safe_file_name
from rules.transition.invitation import Guest, Invitation, on_one_line

Method = Literal["REQUEST", "CANCEL"]
_PRODUCT = "-//Customer lifecycle//Account transition//EN"
_XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def mail(
    invitation: Invitation, sender: Address, text: str, *, method: Method = "REQUEST", checklist: bytes | None = None
) -> EmailMessage:
    """The mail that invites all guests, or cancels the meeting (TRN-9); a repeat has the same Message-ID.

    Args:
        invitation: the meeting and its guests.
        sender: the organizer, who gets the answers of the guests.
        text: the body of the mail, and the description of the meeting.
        method: REQUEST invites, CANCEL cancels.
        checklist: the workbook to attach.
    """
    message = EmailMessage()
    message["From"] = sender
    message["To"] = [Address(guest.name, addr_spec=guest.email) for guest in invitation.guests]
    message["Subject"] = f"Withdrawn: {invitation.title}" if method == "CANCEL" else invitation.title
    # Many mail programs show mails with the same id only once.
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
    """The iCalendar object: one event, with times in UTC."""
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
    calendar.add("PRODID", _PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", method)
    calendar.add_component(event)
    return calendar


def _attendee(guest: Guest) -> vCalAddress:
    attendee = _person(guest.name, guest.email)
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("NEEDS-ACTION")
    attendee.params["RSVP"] = vText("TRUE")
    return attendee


def _person(name: str, email: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{email}")
    # A parameter of iCalendar cannot contain a double quotation mark.
    person.params["CN"] = vText(on_one_line(name).replace('"', "'"))
    return person
