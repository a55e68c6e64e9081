"""Mail: what the block takes, what is sent, and what a server's replies are called."""

import logging
import os
import ssl
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorError, VendorRefused, VendorUnavailable
from blocks.mail.block import MailServer
from tests.blocks import blocks
from tests.blocks.mail.messages import ANA, mail
from tests.blocks.smtp_vendor import DROP, HOLD, SmtpVendor, listening
from tests.support.ports import free_port
from tests.support.sandbox import start_sandbox

BEN = "ben@seller.example"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def vendor():
    with listening() as one:
        yield one


@pytest.fixture
def server(vendor):
    return blocks.mail("127.0.0.1", vendor.port)


@pytest.fixture
def ours(stand_in):
    return blocks.mail("127.0.0.1", stand_in.smtp_port, username=None, password=None)


# --- the block


def test_tls_is_asked_for_unless_the_server_is_this_very_machine():
    for host in ("127.0.0.1", "localhost", "::1"):
        blocks.mail(host, 25)
    for host in ("smtp.example.com", "127.0.0.1.example.com", "10.0.0.1"):
        for kind in ("starttls", "ssl"):
            blocks.mail(host, 25, encryption=kind)
        with pytest.raises(ValidationError, match="sent unencrypted"):
            blocks.mail(host, 25)
    assert MailServer(host="smtp.example.com", sender_address=ANA).encryption == "starttls"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"host": "smtp://user:swordfish@example.com"}, "Enter only the name of the server"),
        ({"host": ""}, "Enter only the name of the server"),
        ({"host": "smtp.exämple.com"}, "Enter only the name of the server"),
        ({"port": 0}, "greater than or equal to 1"),
        ({"encryption": "tls"}, "'starttls', 'ssl' or 'none'"),
        ({"username": None}, "enter both, or neither"),
        ({"password": None}, "enter both, or neither"),
        ({"password": ""}, "enter both, or neither"),
        ({"sender_address": "Customer Success"}, "is not an e-mail address"),
        ({"sender_name": ""}, "at least 1 character"),
        ({"timeout_seconds": 0}, "greater than 0"),
    ],
)
def test_what_cannot_be_is_told_in_words_for_the_editor_without_the_password(changes, words):
    with pytest.raises(ValidationError, match=words) as no:
        blocks.mail(**{"host": "127.0.0.1", "port": 25} | changes)
    assert "swordfish" not in str(no.value)


def test_the_block_shows_no_password(server):
    assert "swordfish" not in f"{server!r} {server} {server.model_dump_json()}"


def test_a_senders_name_is_one_line():
    assert blocks.mail("localhost", 25, sender_name=" Customer\r\nBcc: x@x.org ").sender_name == "Customer Bcc: x@x.org"


# --- sending


def test_a_mail_reaches_all_who_stand_in_to_and_cc_each_once(stand_in, ours):
    message = mail(ANA, BEN, subject="Übergabe", text="Grüße\n.\n..dots")
    message["Cc"] = f"Ana <{ANA}>, tara@seller.example"
    ours.client().send(message)
    noted = stand_in.state("mail")["mails"]
    assert [one["to"] for one in noted] == [ANA, BEN, "tara@seller.example"]
    assert {(one["subject"], one["body"]) for one in noted} == {("Übergabe", "Grüße\n.\n..dots")}
    assert len(stand_in.effects("mail")) == 1


def test_a_mail_is_written_in_ascii_and_comes_from_the_blocks_sender(vendor, server):
    vendor.will_say("EHLO", "250-mail\r\n250-AUTH PLAIN\r\n250 SIZE 1000000")
    server.client().send(mail(text="Grüße"))
    assert vendor.received[0] == "ehlo seller.example"
    commands = [line for line in vendor.received if line.startswith(("mail", "rcpt"))]
    assert commands[0].startswith("mail FROM:<cs@seller.example> size=")
    assert commands[1:] == [f"rcpt TO:<{ANA}>"]
    assert "\n".join(vendor.received).isascii()
    assert vendor.received[-1] == "quit"


def test_the_login_is_the_blocks(stand_in):  # noqa: ARG001 - the environment of the other sandbox is this one's
    with start_sandbox(SANDBOX_SMTP_USER="robot", SANDBOX_SMTP_PASSWORD=blocks.MAIL_PASSWORD) as own:
        blocks.mail("127.0.0.1", own.smtp_port).client().send(mail())
        assert len(own.state("mail")["mails"]) == 1
        for changes in ({"password": "swordfish-2"}, {"username": None, "password": None}):
            with pytest.raises(CredentialsRejected, match=r"User Name, Password \(53[05]"):
                blocks.mail("127.0.0.1", own.smtp_port, **changes).client().send(mail())
        assert len(own.state("mail")["mails"]) == 1


def test_without_a_recipient_nothing_is_sent(vendor, server):
    message = mail()
    del message["To"]
    with pytest.raises(VendorRefused, match="without a recipient"):
        server.client().send(message)
    assert vendor.received == []


def test_an_address_that_no_server_takes_is_named(vendor, server):
    with pytest.raises(VendorRefused, match=r"jürg@seller\.example") as no:
        server.client().send(mail(ANA, "jürg@seller.example"))
    assert no.value.details == {"addresses": ["jürg@seller.example"]}
    assert vendor.received == []


@pytest.mark.parametrize(("kind", "arrived"), [("drop_before", 0), ("drop_after", 1)])
def test_after_a_lost_reply_it_is_unclear_whether_the_mail_arrived(stand_in, ours, kind, arrived):
    stand_in.fault("mail", kind)
    with pytest.raises(VendorUnavailable) as no:
        ours.client().send(mail())
    assert no.value.outcome_unknown
    assert len(stand_in.state("mail")["mails"]) == arrived


def test_a_server_that_takes_too_long_is_unavailable(stand_in):
    stand_in.fault("mail", "timeout")
    with pytest.raises(VendorUnavailable) as no:
        blocks.mail("127.0.0.1", stand_in.smtp_port, username=None, password=None, timeout_seconds=0.2).client().send(
            mail()
        )
    assert no.value.outcome_unknown


# --- replies


def login_offered(vendor: SmtpVendor) -> None:
    vendor.will_say("EHLO", "250-mail\r\n250 AUTH PLAIN")


@pytest.mark.parametrize(
    ("command", "reply", "error", "advice"),
    [
        ("", "421 too busy", VendorUnavailable, "connecting: not now"),
        ("", "554 go away", VendorRefused, "refused"),
        ("", "HTTP/1.1 400 Bad Request", UnexpectedResponse, "Host, Port"),
        ("", DROP, VendorUnavailable, "no connection"),
        ("EHLO", DROP, VendorUnavailable, "EHLO"),
        ("AUTH", "535 5.7.8 swordfish is wrong", CredentialsRejected, "Password"),
        ("AUTH", "454 4.7.0 not now, swordfish", VendorUnavailable, "login: not now"),
        ("AUTH", "534 5.7.9 stronger, please", CredentialsRejected, "Password"),
        ("MAIL", "451 4.3.0 not now", VendorUnavailable, "MAIL"),
        ("MAIL", "553 5.7.1 not you", VendorRefused, "Sender's Address"),
        ("MAIL", "530 5.7.0 log in", CredentialsRejected, "Password"),
        ("MAIL", "552 5.3.4 too big", VendorRefused, "552"),
        ("RCPT", "450 4.2.1 greylisted", VendorUnavailable, ANA),
        ("RCPT", "550 5.1.1 no such user", VendorRefused, ANA),
        ("RCPT", DROP, VendorUnavailable, "RCPT"),
        ("DATA", "451 4.3.0 not now", VendorUnavailable, "DATA"),
        ("DATA", "554 5.7.1 no", VendorRefused, "the server refuses the mail"),
        (".", "452 4.3.1 disk full", VendorUnavailable, "disk full"),
        (".", "554 5.7.1 spam", VendorRefused, "spam"),
        (".", "what?", UnexpectedResponse, "Host, Port"),
    ],
)
def test_each_reply_is_told_by_who_must_act(vendor, command, reply, error, advice):
    login_offered(vendor)
    vendor.will_say(command, reply)
    with pytest.raises(error, match=advice) as caught:
        blocks.mail("127.0.0.1", vendor.port).client().send(mail())
    assert type(caught.value) is error
    assert not getattr(caught.value, "outcome_unknown", False)


@pytest.mark.parametrize("reply", ["535 5.7.8 {} is wrong", "454 4.7.0 not now, {}", "what? {}", "250 {}"])
def test_a_password_that_a_server_repeats_is_quoted_nowhere(vendor, server, caplog, reply):
    login_offered(vendor)
    vendor.will_say("AUTH", reply.format(blocks.MAIL_PASSWORD))
    with caplog.at_level(logging.DEBUG), pytest.raises(VendorError) as caught:
        server.client().send(mail())
    assert "swordfish" not in f"{caught.value!r}{caught.value}{caplog.text}"


def test_a_reply_is_kept_with_its_codes(vendor, server):
    login_offered(vendor)
    vendor.will_say("RCPT", "550 5.1.1 no such user")
    with pytest.raises(VendorRefused) as no:
        server.client().send(mail())
    assert (no.value.code, no.value.status, no.value.details) == ("5.1.1", 550, {"addresses": [ANA]})


@pytest.mark.parametrize("last", [DROP, HOLD])
def test_once_the_mail_is_on_its_way_a_lost_reply_is_unclear(vendor, last):
    login_offered(vendor)
    vendor.will_say(".", last)
    with pytest.raises(VendorUnavailable) as no:
        blocks.mail("127.0.0.1", vendor.port, timeout_seconds=0.3).client().send(mail())
    assert no.value.outcome_unknown


@pytest.mark.parametrize(
    ("replies", "error", "named"),
    [
        (("250 fine", "550 no such user", "250 fine"), VendorRefused, [BEN]),
        (("450 later", "550 no such user", "551 moved"), VendorRefused, [BEN, "tara@seller.example"]),
        (("450 later", "250 fine", "250 fine"), VendorUnavailable, [ANA]),
    ],
)
def test_a_mail_goes_to_all_or_to_nobody(vendor, server, replies, error, named):
    login_offered(vendor)
    vendor.will_say("RCPT", *replies)
    with pytest.raises(error) as no:
        server.client().send(mail(ANA, BEN, "tara@seller.example"))
    assert all(address in str(no.value) for address in named)
    assert not [line for line in vendor.received if line.startswith("data")]


@pytest.mark.parametrize("goodbye", [DROP, "421 I am off", "what?"])
def test_what_goes_wrong_after_the_mail_is_taken_changes_nothing(vendor, server, goodbye):
    login_offered(vendor)
    vendor.will_say("QUIT", goodbye)
    server.client().send(mail())
    assert vendor.received.count(".") == 1


def test_nobody_listening_is_unavailable_and_certain():
    with pytest.raises(VendorUnavailable, match="no connection") as no:
        blocks.mail("127.0.0.1", free_port()).client().send(mail())
    assert not no.value.outcome_unknown


@pytest.mark.parametrize(
    ("offered", "changes", "words"),
    [
        ("250 mail", {}, "login: the server does not support it"),
        ("250-mail\r\n250 AUTH GSSAPI", {}, "supports no known login method"),
        ("250 mail", {"encryption": "starttls"}, "STARTTLS: the server does not support it.*Encryption"),
        ("250-mail\r\n250 AUTH PLAIN", {"password": "schwertfisch-ß-swordfish"}, "User Name"),
    ],
)
def test_what_the_server_does_not_offer_is_for_the_engineer(vendor, offered, changes, words):
    vendor.will_say("EHLO", offered)
    with pytest.raises(CredentialsRejected, match=words) as no:
        blocks.mail("127.0.0.1", vendor.port, **changes).client().send(mail())
    assert "swordfish" not in str(no.value)


@given(st.sampled_from(["", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", ".", "QUIT"]), st.text(max_size=60))
def test_whatever_a_server_says_is_an_error_of_ours_or_none(command, reply):
    with listening() as vendor:
        login_offered(vendor)
        vendor.will_say(command, reply or DROP)
        with suppress(VendorError):
            blocks.mail("127.0.0.1", vendor.port, timeout_seconds=0.3).client().send(mail())


# --- the check


async def test_the_check_sends_nothing(stand_in, ours):
    (check,) = await ours.check()
    assert (check.ok, check.message) == (True, "the server accepts mail from cs@seller.example")
    assert stand_in.journal("mail") == []


async def test_the_check_says_what_is_wrong(vendor, server):
    login_offered(vendor)
    vendor.will_say("AUTH", "535 no")
    (check,) = await server.check()
    assert not check.ok
    assert "Password" in check.message


# --- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of this machine that nobody else vouches for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(made.public_bytes(pem) + private)
    return file


class Kept(Sink):
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802 - the name is aiosmtpd's
        self.mails.append((session.ssl is not None, envelope.rcpt_tos))
        return "250 OK"


@pytest.fixture(params=["starttls", "ssl"])
def over_tls(request, certificate):
    """A server that takes mail over TLS alone: its encryption, port and inbox."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    how = {"ssl_context": context} if request.param == "ssl" else {"tls_context": context, "require_starttls": True}
    kept = Kept()
    port = free_port()
    controller = Controller(kept, "127.0.0.1", port, server_hostname="mail", **how)
    controller.start()
    yield request.param, port, kept.mails
    controller.stop()


SEND = """
import sys
from email.message import EmailMessage
from blocks.mail.block import MailServer
message = EmailMessage()
message["To"] = "ana@seller.example"
message.set_content("Hello")
fields = {"host": "localhost", "port": sys.argv[1], "encryption": sys.argv[2], "sender_address": "cs@seller.example"}
MailServer(**fields).client().send(message)
"""


def test_mail_travels_over_tls_to_a_server_that_is_vouched_for(over_tls, certificate):
    """In a process of its own: which authorities are trusted is read once."""
    kind, port, mails = over_tls
    trusting = {**os.environ, "SSL_CERT_FILE": str(certificate)}
    subprocess.run([sys.executable, "-c", SEND, str(port), kind], cwd=ROOT, env=trusting, check=True, timeout=60)
    assert [to for _, to in mails] == [[ANA]]


def test_a_certificate_that_nobody_vouches_for_is_refused(over_tls):
    kind, port, mails = over_tls
    with pytest.raises(CredentialsRejected, match="certificate is not trusted"):
        blocks.mail("localhost", port, encryption=kind, username=None, password=None).client().send(mail())
    assert mails == []
