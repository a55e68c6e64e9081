"""A mail server's replies, told by who must act."""

import re
import smtplib
import ssl
from collections.abc import Sequence

from pydantic import SecretStr

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorError, VendorRefused, VendorUnavailable
from blocks.common.masking import masked

SYSTEM = "Mail"
LOGIN = "login"

_PASSING = range(400, 500)
_REFUSED = range(500, 600)
_RIGHTS = (530, 534, 535, 538)
"""Log in first, in another way, with another password, or over TLS."""
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_EDIT = "edit Blocks → Mail server"

_ADVICE = {
    "MAIL": f"the sender is refused: {_EDIT} → Sender's Address",
    "RCPT": "the recipient is refused: correct the address on the user in Salesforce, then press Retry",
    "DATA": "the mail is refused",
}


def from_reply(
    step: str, code: int, words: bytes | str, addresses: Sequence[str] = (), secret: SecretStr | None = None
) -> VendorError:
    """Our error for a reply that says no.

    Args:
        step: the command it answers.
        code: of the reply; -1 where it has none.
        words: of the reply.
        addresses: whom it is about.
        secret: the password, which a server may repeat.
    """
    text = masked(words.decode("utf-8", "replace") if isinstance(words, bytes) else words, secret)
    found = _ENHANCED.search(text)
    own = found[0] if found else ""
    # What a server answers to a login may repeat it.
    said = str(code) if step == LOGIN else f"{code} {text}".strip()
    where = f"{step} ({', '.join(addresses)})" if addresses else step
    if code in _PASSING:
        return VendorUnavailable(SYSTEM, f"{where}: not now ({said})", code=own, status=code)
    if code in _RIGHTS or (step == LOGIN and code in _REFUSED):
        return CredentialsRejected(SYSTEM, f"{step}: {_EDIT} → User Name, Password ({said})", code=own, status=code)
    if code in _REFUSED:
        advice = _ADVICE.get(step, "refused")
        details: dict[str, object] = {"addresses": list(addresses)}
        return VendorRefused(SYSTEM, f"{where}: {advice} ({said})", code=own, status=code, details=details)
    return UnexpectedResponse(SYSTEM, f"{step}: this is not what a mail server says. {_EDIT} → Host, Port")


def from_smtp(step: str, error: Exception, *, outcome_unknown: bool, secret: SecretStr | None = None) -> VendorError:
    """Our error for what smtplib raised: a reply that says no, a missing ability, or no reply at all.

    Args:
        step: what was being done.
        error: as raised; every class of smtplib is an OSError too.
        outcome_unknown: a mail that was on its way may have arrived.
        secret: the password, which a server may repeat.
    """
    if isinstance(error, smtplib.SMTPResponseException):
        return from_reply(step, error.smtp_code, error.smtp_error, secret=secret)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        field = "User Name, Password" if step == LOGIN else "Encryption"
        return CredentialsRejected(SYSTEM, f"{step}: the server does not offer it. {_EDIT} → {field}")
    if isinstance(error, ssl.SSLCertVerificationError):
        return CredentialsRejected(SYSTEM, f"{step}: the server's certificate is not trusted. {_EDIT} → Host")
    if isinstance(error, UnicodeError):
        return CredentialsRejected(SYSTEM, f"{step}: {_EDIT} → Host, User Name")
    if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
        return CredentialsRejected(SYSTEM, f"{step}: the server offers no way that we know. {_EDIT} → User Name")
    lost = "no connection" if step == "connecting" else "the connection was lost before the reply"
    return VendorUnavailable(SYSTEM, f"{step}: {lost}", outcome_unknown=outcome_unknown)
