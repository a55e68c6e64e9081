"""Sending mail, around smtplib.

SMTP cannot tell a repeated mail from a second one, and a sent mail cannot be looked up: a mail whose reply was lost is
sent again. A mail that must not count twice therefore has its own id (Message-ID, an invitation's UID and SEQUENCE).
"""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP

from pydantic import SecretStr

from blocks.common.calls import vendor_call
from blocks.common.errors import VendorError, VendorRefused
from blocks.common.http import authorities
from blocks.common.masking import no_secrets
from blocks.mail.errors import LOGIN, SYSTEM, from_reply, from_smtp

_SEVEN_BITS = SMTP.clone(cte_type="7bit")
"""The format of a mail for a server that may accept ASCII only."""
_POSITIVE = range(200, 300)
_PASSING = range(400, 500)


class MailClient:
    """Sends mail. Keeps no connection, so any thread may use it; raises only the classes of `blocks.common.errors`.

    Args:
        host: of the mail server.
        port: of the mail server.
        sender: the address that mail is sent from.
        encryption: `starttls`, `ssl` or `none`.
        login: user and password, if the server needs them.
        seconds: to wait for one reply.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        sender: str,
        encryption: str,
        login: tuple[str, SecretStr] | None,
        seconds: float,
    ) -> None:
        self._host, self._port, self._seconds = host, port, seconds
        self._sender, self._encryption, self._login = sender, encryption, login
        self._secret = login[1] if login else None

    def send(self, message: EmailMessage) -> None:
        """Send one mail to all its recipients, or to none of them.

        Raises:
            VendorUnavailable: when `outcome_unknown`, it may have been sent.
            VendorRefused: the server does not accept it; `details["addresses"]` are the recipients it refuses.
        """
        recipients = _recipients(message)
        content = message.as_bytes(policy=_SEVEN_BITS)
        with vendor_call(SYSTEM, "mail"), self._connected() as server:
            with self._our_errors("MAIL"):
                size = [f"size={len(content)}"] if server.has_extn("size") else []
                self._expect(server.mail(self._sender, size))
            with self._our_errors("RCPT"):
                self._address(server, recipients)
            with self._our_errors("DATA", outcome_unknown=True):
                code, words = server.data(content)
            if code not in _POSITIVE:
                raise from_reply("DATA", code, words, secret=self._secret)

    def prove(self) -> None:
        """Connect, log in and name the sender, without sending anything.

        Raises:
            VendorError: as `send` does.
        """
        with vendor_call(SYSTEM, "proof"), self._connected() as server, self._our_errors("MAIL"):
            self._expect(server.mail(self._sender))

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        with no_secrets(self._secret):
            with self._our_errors("connecting"):
                server = self._connect()
            try:
                self._greet(server)
                yield server
                # The mail is sent; an error of QUIT changes nothing.
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()
            finally:
                server.close()

    def _greet(self, server: smtplib.SMTP) -> None:
        with self._our_errors("EHLO"):
            server.ehlo_or_helo_if_needed()
        if self._encryption == "starttls":
            with self._our_errors("STARTTLS"):
                server.starttls(context=authorities())
                server.ehlo_or_helo_if_needed()
        if self._login:
            with self._our_errors(LOGIN):
                server.login(self._login[0], self._login[1].get_secret_value())

    def _connect(self) -> smtplib.SMTP:
        # Without a name, smtplib looks up this machine's name in the network, which may take seconds.
        name = self._sender.rpartition("@")[2]
        if self._encryption == "ssl":
            return smtplib.SMTP_SSL(self._host, self._port, name, timeout=self._seconds, context=authorities())
        return smtplib.SMTP(self._host, self._port, name, timeout=self._seconds)

    def _expect(self, reply: tuple[int, bytes]) -> None:
        code, words = reply
        if code not in _POSITIVE:
            raise from_reply("MAIL", code, words, [self._sender], self._secret)

    def _address(self, server: smtplib.SMTP, recipients: list[str]) -> None:
        """Name every recipient to the server. The error has the first final refusal, and all refused addresses."""
        replies = {address: server.rcpt(address) for address in recipients}
        failed = {address: reply for address, reply in replies.items() if reply[0] not in _POSITIVE}
        final = {address: reply for address, reply in failed.items() if reply[0] not in _PASSING}
        if refused := final or failed:
            raise from_reply("RCPT", *next(iter(refused.values())), list(refused), self._secret)

    @contextmanager
    def _our_errors(self, step: str, *, outcome_unknown: bool = False) -> Iterator[None]:
        """Turn the errors of smtplib into ours."""
        try:
            yield
        except VendorError:
            raise
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise from_smtp(step, error, outcome_unknown=outcome_unknown, secret=self._secret) from None


def _recipients(message: EmailMessage) -> list[str]:
    """The addresses in To and Cc, each once."""
    headers = (header for name in ("To", "Cc") for header in message.get_all(name, []))
    recipients = list(dict.fromkeys(address.addr_spec for header in headers for address in header.addresses))
    if not recipients:
        raise VendorRefused(SYSTEM, "a mail without a recipient cannot be sent")
    if not_ascii := [address for address in recipients if not address.isascii()]:
        problem = f"{', '.join(not_ascii)}: mail servers do not accept letters with accents"
        advice = "Correct the address, then press Retry"
        raise VendorRefused(SYSTEM, f"{problem}. {advice}", details={"addresses": not_ascii})
    return recipients
