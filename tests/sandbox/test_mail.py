"""The stand-in mail server, spoken to in SMTP: what it takes in, what it notes, how it fails."""

import re
import signal
import smtplib
import subprocess
import sys
import threading
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.message import UnreadableError, read_calendar, read_message
from sandbox.smtp import MOST_BYTES
from tests.sandbox.mails import ANA, BEN, INVITATION, connect, inbox, invitation, mail, send
from tests.support.sandbox import start_sandbox


def test_a_mail_reaches_each_recipient_and_is_one_line_in_the_journal(stand_in):
    send(stand_in, mail(ANA, BEN, subject="Grüße", text="Dear both"))
    ana, ben = inbox(stand_in)
    assert (ana["to"], ben["to"]) == (ANA, BEN)
    assert {**ana, "to": BEN} == ben
    told = {name: ana[name] for name in ("from", "subject", "kind", "body", "message_id", "calendar", "attachments")}
    assert told == {
        "from": "cs@seller.example",
        "subject": "Grüße",
        "kind": "smtp",
        "body": "Dear both",
        "message_id": "<1@seller.example>",
        "calendar": None,
        "attachments": [],
    }
    (entry,) = stand_in.journal("mail")
    assert (entry["method"], entry["path"], entry["status"], entry["effect"]) == ("SMTP", f"{ANA}, {BEN}", 250, True)
    assert entry["body"]["to"] == [ANA, BEN]


def test_several_mails_of_one_connection_are_one_line_each(stand_in):
    with connect(stand_in) as server:
        for number in range(3):
            server.send_message(mail(subject=f"No. {number}"))
    assert [one["subject"] for one in inbox(stand_in)] == ["No. 0", "No. 1", "No. 2"]
    assert len(stand_in.journal("mail")) == 3


def test_an_invitation_is_noted_as_a_calendar_takes_it(stand_in):
    message = invitation(ANA, BEN)
    message.add_attachment(b"PK", maintype="application", subtype="zip", filename="Übergabe Acme.xlsx")
    send(stand_in, message)
    noted = inbox(stand_in)[0]
    assert noted["attachments"] == ["Übergabe Acme.xlsx"]
    assert noted["calendar"] == {
        "method": "REQUEST",
        "uid": "u1",
        "sequence": 0,
        "status": "",
        "summary": "Account transition: Acme",
        "description": "",
        "start": "2026-06-17T13:30:00+00:00",
        "end": "2026-06-17T13:45:00+00:00",
        "stamp": "2026-06-15T12:00:00+00:00",
        "organizer": "cs@seller.example",
        "attendees": [ANA, BEN],
        "problems": [],
    }
    assert stand_in.journal("mail")[0]["body"]["calendar"] == noted["calendar"]


def test_a_moment_with_a_time_zone_is_noted_in_utc():
    text = INVITATION.replace("DTSTART:20260617T133000Z", "DTSTART;TZID=America/New_York:20260617T093000")
    noted = read_calendar(text.format(method="REQUEST", sequence=0), "REQUEST")
    assert (noted["start"], noted["problems"]) == ("2026-06-17T13:30:00+00:00", [])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("METHOD:{method}\n", ""), "no METHOD"),
        (("METHOD:{method}", "METHOD:PUBLISH"), "METHOD is PUBLISH"),
        (("UID:u1\n", ""), "no UID"),
        (("DTSTAMP:20260615T120000Z\n", ""), "no DTSTAMP"),
        (("20260615T120000Z", "20260615T120000"), "not in UTC"),
        (("DTSTART:20260617T133000Z\n", ""), "no DTSTART"),
        (("ORGANIZER;CN=CS:mailto:cs@seller.example\n", ""), "no ORGANIZER"),
        (("BEGIN:VEVENT", "BEGIN:VTODO"), "no event"),
        (("END:VCALENDAR", ""), "unreadable"),
        (("DTSTART:20260617T133000Z", "DTSTART:someday"), "DTSTART"),
        (("DTEND:20260617T134500Z", "DTEND:later"), "DTEND"),
        (("SEQUENCE:{sequence}", "SEQUENCE:first"), "SEQUENCE"),
        (("END:VEVENT", "END:VEVENT\nBEGIN:VEVENT\nUID:u2\nEND:VEVENT"), "2 events"),
    ],
)
def test_what_a_calendar_would_stumble_over_is_noted(change, problem):
    text = INVITATION.replace(*change).format(method="REQUEST", sequence=0)
    assert any(problem in one for one in read_calendar(text, "REQUEST")["problems"])


def test_an_invitation_whose_part_names_no_method_is_noted(stand_in):
    send(stand_in, invitation(part=""))
    assert inbox(stand_in)[0]["calendar"]["problems"] == ["METHOD is REQUEST, that of the content type missing"]


def test_a_mail_to_an_address_that_nobody_has_is_noted_as_not_delivered(stand_in):
    send(stand_in, mail(ANA, "jane@placeholder.INVALID"))
    state = stand_in.state("mail")
    assert [one["to"] for one in state["mails"]] == [ANA]
    assert [one["to"] for one in state["undelivered"]] == ["jane@placeholder.INVALID"]
    page = stand_in.control.get("/mail").text
    assert page.index(ANA) < page.index("Not delivered") < page.index("jane@placeholder.INVALID")


def test_a_person_sees_when_the_meeting_is_and_saves_what_is_attached(stand_in):
    message = invitation()
    message.add_attachment(b"PK", maintype="application", subtype="zip", filename="<b>.xlsx")
    send(stand_in, message)
    send(stand_in, invitation(method="CANCEL"))
    send(stand_in, invitation(calendar="nonsense"))
    page = stand_in.control.get("/mail").text
    assert "Invitation: <b>2026-06-17T13:30:00+00:00 to 2026-06-17T13:45:00+00:00</b>" in page
    assert "Withdrawn invitation (version 1)" in page
    assert "Invitation that no calendar reads" in page
    assert "&lt;b&gt;.xlsx" in page
    calendar, workbook = re.findall(r"href='(/mail/1/files/\d+)'", page)
    assert "BEGIN:VEVENT" in stand_in.control.get(calendar).text
    saved = stand_in.control.get(workbook)
    assert saved.content == b"PK"
    assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''%3Cb%3E.xlsx"
    assert [stand_in.control.get(f"/mail/{path}").status_code for path in ("1/files/2", "99/files/0")] == [404, 404]


def test_mail_is_found_by_whom_it_reached_or_what_it_says(stand_in):
    send(stand_in, mail(ANA))
    assert ANA in stand_in.control.get("/mail", params={"q": ANA.upper()}).text
    assert "No mail has this text" in stand_in.control.get("/mail", params={"q": "<nobody>"}).text


def test_a_fresh_world_has_an_empty_inbox(stand_in):
    send(stand_in, mail(ANA, "jane@x.invalid"))
    stand_in.reset("empty")
    assert stand_in.state("mail") == {"mails": [], "undelivered": []}


# --- faults


@pytest.mark.parametrize(("more", "status"), [({}, 451), ({"status": 554}, 554)])
def test_an_error_is_a_reply_and_no_mail(stand_in, more, status):
    stand_in.fault("mail", "error", **more)
    with pytest.raises(smtplib.SMTPDataError) as no:
        send(stand_in, mail())
    assert no.value.smtp_code == status
    (entry,) = stand_in.journal("mail")
    assert (entry["status"], entry["fault"], entry["effect"]) == (status, "error", False)
    send(stand_in, mail())
    assert len(inbox(stand_in)) == 1


@pytest.mark.parametrize(("kind", "arrived"), [("drop_before", 0), ("drop_after", 1)])
def test_a_connection_that_is_lost_tells_nothing_of_whether_the_mail_arrived(stand_in, kind, arrived):
    stand_in.fault("mail", kind)
    with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
        send(stand_in, mail())
    assert len(inbox(stand_in)) == arrived
    (entry,) = stand_in.journal("mail")
    assert (entry["status"], entry["fault"], entry["effect"]) == (None, kind, bool(arrived))
    send(stand_in, mail())
    assert len(inbox(stand_in)) == arrived + 1


def test_a_slow_mail_arrives_late(stand_in):
    stand_in.fault("mail", "slow", seconds=0.2)
    send(stand_in, mail())
    assert len(inbox(stand_in)) == 1


@pytest.mark.parametrize("kind", ["slow", "timeout"])
def test_a_mail_whose_sender_gives_up_waiting_never_counts(stand_in, kind):
    stand_in.fault("mail", kind, seconds=30)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        send(stand_in, mail(), seconds=0.2)
    assert inbox(stand_in) == []


def test_a_fault_can_be_meant_for_one_recipient_and_for_others_to_pass(stand_in):
    stand_in.fault("mail", "error", method="SMTP", path=BEN, skip=1)
    for _ in range(2):
        send(stand_in, mail(ANA))
    send(stand_in, mail(BEN))
    with pytest.raises(smtplib.SMTPDataError):
        send(stand_in, mail(BEN))
    assert [one["to"] for one in inbox(stand_in)] == [ANA, ANA, BEN]


@pytest.mark.parametrize("kind", ["rate_limit", "expired_session", "malformed", "html", "lock_row"])
def test_a_fault_that_mail_does_not_know_is_refused(stand_in, kind):
    answer = stand_in.control.post("/_control/faults", json={"system": "mail", "kind": kind})
    assert answer.status_code == 400
    assert "mail" in answer.json()["error"]


# --- what a server refuses


def test_a_mail_that_is_too_large_is_refused_before_and_after_it_is_sent(stand_in):
    with connect(stand_in, 60) as server:
        server.ehlo()
        assert server.mail("cs@seller.example", [f"size={MOST_BYTES + 1}"])[0] == 552
        server.mail("cs@seller.example")
        server.rcpt(ANA)
        assert server.data((b"x" * 900 + b"\r\n") * (MOST_BYTES // 900))[0] == 552
    assert inbox(stand_in) == []


@pytest.mark.parametrize("login", [None, ("robot", "wrong-password"), ("other", "robot-password")])
def test_where_a_login_is_asked_for_nobody_sends_without(login):
    with start_sandbox(SANDBOX_SMTP_USER="robot", SANDBOX_SMTP_PASSWORD="robot-password") as own:
        with connect(own) as server:
            if login:
                with pytest.raises(smtplib.SMTPAuthenticationError):
                    server.login(*login)
            with pytest.raises(smtplib.SMTPSenderRefused) as no:
                server.send_message(mail())
            assert no.value.smtp_code == 530
        with connect(own) as server:
            server.login("robot", "robot-password")
            server.send_message(mail(text="it is robot-password"))
        assert len(inbox(own)) == 1
        assert "robot-password" not in own.control.get("/_control/journal").text


def test_without_a_login_none_is_offered(stand_in):
    with connect(stand_in) as server:
        server.ehlo()
        assert not server.has_extn("auth")


@given(st.binary(max_size=300))
def test_whatever_is_sent_is_read_or_refused(content):
    with suppress(UnreadableError):
        assert isinstance(read_message(content)["subject"], str)


@given(st.text(max_size=300), st.text(max_size=10))
def test_whatever_calls_itself_a_calendar_is_noted(text, method):
    assert "problems" in read_calendar(text, method)


@given(st.sampled_from(INVITATION.splitlines()), st.text(max_size=40))
def test_an_invitation_with_any_line_changed_is_noted(line, text):
    plain = INVITATION.replace("{method}", "REQUEST").replace("{sequence}", "0")
    assert "problems" in read_calendar(plain.replace(line, text), "REQUEST")


def test_what_is_no_mail_is_refused_in_words(stand_in):
    with connect(stand_in) as server:
        server.ehlo()
        server.mail("cs@seller.example")
        server.rcpt(ANA)
        code, words = server.data(b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff\r\n")
    assert (code, b"LookupError" in words) == (554, True)
    assert inbox(stand_in) == []


# --- the process


def test_the_process_ends_when_it_is_told_to_even_while_it_holds_a_mail():
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--smtp-port", "0", "--world", "empty"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    words = process.stdout.readline().split('"')
    url, smtp = words[3], words[-2]
    with httpx.Client(base_url=url, trust_env=False) as client:
        client.post("/_control/faults", json={"system": "mail", "kind": "timeout"}).raise_for_status()
        sending = threading.Thread(target=_send_in_vain, args=(int(smtp.rpartition(":")[2]),))
        sending.start()
        while not client.get("/_control/journal").json()["entries"]:
            pass
    process.send_signal(signal.SIGTERM)
    rest, errors = process.communicate(timeout=10)
    sending.join()
    assert (rest, errors) == ("", "")


def _send_in_vain(port: int) -> None:
    with pytest.raises((smtplib.SMTPException, OSError)), smtplib.SMTP("127.0.0.1", port, "test", 30) as server:
        server.send_message(mail())
