"""Mails as a client would send them, and how they are sent."""

import smtplib
from email.message import EmailMessage

from tests.support.sandbox import SandboxProcess

ANA, BEN = "ana@seller.example", "ben@seller.example"
INVITATION = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Test//EN
METHOD:{method}
BEGIN:VEVENT
UID:u1
SEQUENCE:{sequence}
DTSTAMP:20260615T120000Z
DTSTART:20260617T133000Z
DTEND:20260617T134500Z
SUMMARY:Account transition: Acme
ORGANIZER;CN=CS:mailto:cs@seller.example
ATTENDEE;RSVP=TRUE:mailto:ana@seller.example
ATTENDEE;RSVP=TRUE:MAILTO:Ben@Seller.example
END:VEVENT
END:VCALENDAR
"""


def mail(*to: str, subject: str = "Hello", text: str = "Dear you") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "CS Operations <cs@seller.example>"
    message["To"] = ", ".join(to or (ANA,))
    message["Subject"] = subject
    message["Message-ID"] = "<1@seller.example>"
    message.set_content(text)
    return message


def invitation(*to: str, calendar: str = "", method: str = "REQUEST", part: str | None = None) -> EmailMessage:
    """A mail with an invitation; `part` is the method of the part's content type, where that is another."""
    message = mail(*to, subject="Account transition: Acme")
    text = calendar or INVITATION.format(method=method, sequence=int(method == "CANCEL"))
    message.add_alternative(text, subtype="calendar", params={"method": method if part is None else part})
    return message


def connect(sandbox: SandboxProcess, seconds: float = 5) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", sandbox.smtp_port, local_hostname="test", timeout=seconds)


def send(sandbox: SandboxProcess, message: EmailMessage, seconds: float = 5) -> None:
    with connect(sandbox, seconds) as server:
        server.send_message(message)


def inbox(sandbox: SandboxProcess) -> list[dict]:
    return sandbox.state("mail")["mails"]
