"""What stands in a mail: its text, the names of its attachments, and the invitation it carries."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final

from icalendar import Calendar, Component

from sandbox.state import Attachment

_NEEDED: Final = ("UID", "DTSTAMP", "DTSTART", "ORGANIZER")
"""What an event lacks nothing of when it is sent to people (RFC 5546, 3.2.2 and 3.2.5)."""


class UnreadableError(ValueError):
    """Raised for bytes that are no mail a person could read; the message says why."""


def read_message(content: bytes) -> dict[str, Any]:
    """Subject, sender, id, text, attachments' names and invitation (None where there is none) of a mail.

    Raises:
        UnreadableError: it is not written as mails are.
    """
    try:
        message = message_from_bytes(content, _class=EmailMessage, policy=default)
        return {
            "message_id": str(message["Message-ID"] or ""),
            "from": _sender(message),
            "subject": str(message["Subject"] or ""),
            "body": _text(message),
            "attachments": [
                part.get_filename() or "" for part in message.walk() if part.get_content_disposition() == "attachment"
            ],
            "calendar": next(_invitations(message), None),
        }
    # The parser of the standard library stumbles over headers and encodings in many ways.
    except Exception as error:
        raise UnreadableError(f"{type(error).__name__}: {error}") from error


def read_attachments(content: bytes) -> list[Attachment]:
    """The files of a mail that can be read, invitations among them, as a person can save them."""
    message = message_from_bytes(content, _class=EmailMessage, policy=default)
    parts = [part for part in message.walk() if part.get_filename() or part.get_content_type() == "text/calendar"]
    return [
        Attachment(
            part.get_filename() or "invitation.ics",
            part.get_content_type(),
            bytes(part.get_payload(decode=True) or b""),
        )
        for part in parts
        if not part.is_multipart()
    ]


def _sender(message: EmailMessage) -> str:
    addresses = message["From"].addresses if message["From"] else ()
    return str(addresses[0].addr_spec) if addresses else ""


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain", "html"))
    if body is None or body.get_content_maintype() != "text":
        return ""
    return str(body.get_content()).replace("\r\n", "\n").strip()


def _invitations(message: EmailMessage) -> Iterator[dict[str, Any]]:
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            yield read_calendar(str(part.get_content()), str(part.get_param("method") or ""))


def read_calendar(text: str, method: str) -> dict[str, Any]:
    """The first event of a calendar as its recipient's calendar takes it, moments in UTC.

    `problems` lists what a calendar would stumble over; `method` is that of the part's content type.
    """
    try:
        calendar = Calendar.from_ical(text)
        events = calendar.walk("VEVENT")
        return _event(calendar, events[0]) | {"problems": list(_problems(calendar, events, method))}
    except IndexError:
        return {"problems": ["no event"]}
    # As above: whatever is wrong with it, it is no invitation.
    except Exception as error:  # noqa: BLE001
        return {"problems": [f"unreadable: {error}"]}


def _event(calendar: Component, event: Component) -> dict[str, Any]:
    attendees = event.get("ATTENDEE", [])
    return {
        "method": str(calendar.get("METHOD", "")),
        "uid": str(event.get("UID", "")),
        "sequence": int(event.get("SEQUENCE", 0)),
        "status": str(event.get("STATUS", "")),
        "summary": str(event.get("SUMMARY", "")),
        "description": str(event.get("DESCRIPTION", "")),
        "start": _moment(event, "DTSTART"),
        "end": _moment(event, "DTEND"),
        "stamp": _moment(event, "DTSTAMP"),
        "organizer": _address(event.get("ORGANIZER", "")),
        "attendees": [_address(one) for one in (attendees if isinstance(attendees, list) else [attendees])],
    }


def _problems(calendar: Component, events: list[Component], method: str) -> Iterator[str]:
    if not calendar.get("METHOD"):
        yield "no METHOD: no calendar asks its owner to answer"
    elif str(calendar["METHOD"]).upper() != method.upper():
        yield f"METHOD is {calendar['METHOD']}, that of the content type {method or 'missing'}"
    if len(events) > 1:
        yield f"{len(events)} events"
    yield from (f"no {name}" for name in _NEEDED if name not in events[0])
    yield from (f"{name}: {why}" for name, why in events[0].errors)
    stamp = events[0].get("DTSTAMP")
    if stamp is not None and not stamp.to_ical().endswith(b"Z"):
        yield "DTSTAMP is not in UTC"


def _moment(event: Component, name: str) -> str | None:
    there = event.get(name)
    # What cannot be read as a moment has none, and stands among the errors of its event.
    if not hasattr(there, "dt"):
        return None
    moment: date = there.dt
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    return moment.isoformat()


def _address(person: Any) -> str:
    return str(person).lower().removeprefix("mailto:")
