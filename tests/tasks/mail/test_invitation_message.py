"""TRN-9: the invitation as a mail, read back by a calendar that is not ours."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.headerregistry import Address
from email.policy import SMTP, default
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from rules.transition.invitation import Guest, Invitation, on_one_line
from sandbox.message import read_message
from tasks.mail.invitation_message import calendar_of, mail

START, PLANNED = datetime(2026, 6, 16, 13, 15, tzinfo=UTC), datetime(2026, 6, 15, 13, 5, tzinfo=UTC)
GUESTS = (
    Guest("Ada Roe", "ada@seller.example", "former CSM"),
    Guest("Ben Roe", "ben@seller.example", "new CSM"),
    Guest("Tara Roe", "tara@seller.example", "team lead"),
)
SENDER = Address("CS Operations", addr_spec="cs@seller.example")
INVITATION = Invitation("k", 0, "Acme", START, GUESTS, PLANNED)


def made(invitation=INVITATION, text="Dear all", sender=SENDER, **more):
    return mail(invitation, sender, text, **more)


def read(message):
    return read_message(message.as_bytes(policy=SMTP))


def named(**changes):
    fields = {name: getattr(INVITATION, name) for name in INVITATION.__dataclass_fields__}
    return Invitation(**fields | changes)


def test_trn_9_a_calendar_takes_it_for_an_invitation_of_all_guests():
    found = read(made())
    calendar = found["calendar"]
    assert calendar["problems"] == []
    assert calendar == {
        "method": "REQUEST",
        "uid": INVITATION.uid,
        "sequence": 0,
        "status": "CONFIRMED",
        "summary": "Account transition: Acme",
        "description": "Dear all",
        "start": "2026-06-16T13:15:00+00:00",
        "end": "2026-06-16T13:30:00+00:00",
        "stamp": "2026-06-15T13:05:00+00:00",
        "organizer": "cs@seller.example",
        "attendees": [guest.email for guest in GUESTS],
        "problems": [],
    }
    assert (found["subject"], found["body"], found["attachments"]) == ("Account transition: Acme", "Dear all", [])
    assert found["message_id"] == f"<0.{INVITATION.uid}>"


def test_trn_9_every_guest_is_asked_to_answer():
    calendar = calendar_of(INVITATION, SENDER, "", method="REQUEST")
    (event,) = Calendar.from_ical(calendar.to_ical()).events
    assert [dict(one.params) for one in event["ATTENDEE"]] == [
        {"CN": guest.name, "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"} for guest in GUESTS
    ]
    assert event["ORGANIZER"].params["CN"] == "CS Operations"


def test_trn_9_the_mail_goes_to_the_guests_in_the_senders_name():
    message = made()
    assert [str(one) for one in message["To"].addresses] == [
        "Ada Roe <ada@seller.example>",
        "Ben Roe <ben@seller.example>",
        "Tara Roe <tara@seller.example>",
    ]
    assert str(message["From"]) == "CS Operations <cs@seller.example>"


def test_trn_9_the_calendar_is_an_alternative_to_the_text_and_the_checklist_an_attachment():
    message = message_from_bytes(made(checklist=b"PK\x03\x04\x00\xff").as_bytes(policy=SMTP), policy=default)
    both, attached = message.iter_parts()
    assert message.get_content_type() == "multipart/mixed"
    assert both.get_content_type() == "multipart/alternative"
    text, calendar = both.iter_parts()
    assert (text.get_content_type(), calendar.get_content_type()) == ("text/plain", "text/calendar")
    assert (calendar.get_param("method"), calendar.get_content_charset()) == ("REQUEST", "utf-8")
    assert attached.get_filename() == "Account Analysis Checklist Acme.xlsx"
    assert attached.get_content_type() == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert attached.get_content() == b"PK\x03\x04\x00\xff"


def test_trn_9_the_checklist_has_a_name_that_every_system_can_save():
    message = message_from_bytes(
        made(named(account='Acme: "North/South" <1>'), checklist=b"PK").as_bytes(policy=SMTP), policy=default
    )
    (_, attached) = message.iter_parts()
    name = attached.get_filename()
    assert name.startswith("Account Analysis Checklist Acme")
    assert name.endswith(".xlsx")
    assert not set(name) & set('<>:"/\\|?*')


def test_trn_9_a_withdrawal_is_of_the_same_meeting_and_later():
    found = read(made(named(sequence=1), method="CANCEL"))
    calendar = found["calendar"]
    assert (calendar["method"], calendar["status"], calendar["problems"]) == ("CANCEL", "CANCELLED", [])
    assert (calendar["uid"], calendar["sequence"], calendar["start"]) == (INVITATION.uid, 1, START.isoformat())
    assert calendar["attendees"] == [guest.email for guest in GUESTS]
    assert found["subject"] == "Withdrawn: Account transition: Acme"
    assert found["message_id"] != read(made())["message_id"]


def test_trn_9_a_repeat_is_the_same_invitation():
    assert read(made(checklist=b"PK")) == read(made(checklist=b"PK"))


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Pacific/Auckland"])
def test_trn_9_moments_are_written_in_utc_whatever_zone_they_came_in(zone):
    there = named(start=START.astimezone(ZoneInfo(zone)), planned_at=PLANNED.astimezone(ZoneInfo(zone)))
    text = calendar_of(there, SENDER, "", method="REQUEST").to_ical()
    assert b"DTSTART:20260616T131500Z" in text
    assert b"DTEND:20260616T133000Z" in text
    assert b"DTSTAMP:20260615T130500Z" in text


# Line ends beyond these two are characters like others to mail, but not to every reader of it.
texts = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=300)


@given(texts, st.text(max_size=120), st.lists(st.text(max_size=80), min_size=1, max_size=4), st.integers(0, 9))
def test_trn_9_whatever_records_are_called_they_arrive_as_names_and_as_nothing_else(text, account, names, sequence):
    guests = tuple(
        Guest(on_one_line(name), f"p{number}@seller.example", "new CSM") for number, name in enumerate(names)
    )
    invitation = named(account=on_one_line(account), guests=guests, sequence=sequence)
    message = made(invitation, text, checklist=b"PK")
    found = read(message)
    calendar = found["calendar"]
    assert calendar["problems"] == []
    assert (calendar["summary"], calendar["sequence"]) == (invitation.title, sequence)
    assert calendar["attendees"] == [guest.email for guest in guests]
    assert calendar["description"].strip() == found["body"] == text.strip()
    assert " ".join(found["subject"].split()) == " ".join(invitation.title.split())
    assert [one.addr_spec for one in message["To"].addresses] == [guest.email for guest in guests]
    assert "Bcc" not in message


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 -- the strategy adds the zone
def test_trn_9_the_meeting_is_at_that_very_moment_and_takes_a_quarter_of_an_hour(moment):
    start = moment.replace(second=0, microsecond=0)
    calendar = read(made(named(start=start)))["calendar"]
    found = datetime.fromisoformat(calendar["start"]), datetime.fromisoformat(calendar["end"])
    assert found == (start.astimezone(UTC), start.astimezone(UTC) + timedelta(minutes=15))
