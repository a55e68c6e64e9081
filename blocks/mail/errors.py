"""A mail server's replies as our errors, by who must act."""

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
"""Reply codes of a login: missing, of the wrong kind, refused, or without TLS."""
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_EDIT = "edit Blocks → Mail server"

_ADVICE = {
    "MAIL": f"the server refuses the sender: {_EDIT} → Sender's Address",
    "RCPT": "the server refuses the recipient: correct the address on the user in Salesforce, then press Retry",
    "DATA": "the server refuses the mail",
}


def from_reply(
    step: str, code: int, words: bytes | str, addresses: Sequence[str] = (), secret: SecretStr | None = None
) -> VendorError:
    """Our error for a reply that says no.

    Args:
        step: the command that the server replied to.
        code: of the reply; -1 where it has none.
        words: of the reply.
        addresses: that the reply is about.
        secret: the password, which a server may repeat.
    """
    text = masked(words.decode("utf-8", "replace") if isinstance(words, bytes) else words, secret)
    match = _ENHANCED.search(text)
    enhanced = match[0] if match else ""
    # A server's reply to a login may repeat the password.
    reply = str(code) if step == LOGIN else f"{code} {text}".strip()
    where = f"{step} ({', '.join(addresses)})" if addresses else step
    if code in _PASSING:
        return VendorUnavailable(SYSTEM, f"{where}: not now ({reply})", code=enhanced, status=code)
    if code in _RIGHTS or (step == LOGIN and code in _REFUSED):
        return CredentialsRejected(
            SYSTEM, f"{step}: {_EDIT} → User Name, Password ({reply})", code=enhanced, status=code
        )
    if code in _REFUSED:
        advice = _ADVICE.get(step, "refused")
        details: dict[str, object] = {"addresses": list(addresses)}
        return VendorRefused(SYSTEM, f"{where}: {advice} ({reply})", code=enhanced, status=code, details=details)
    return UnexpectedResponse(SYSTEM, f"{step}: the reply is not one of a mail server. {_EDIT} → Host, Port")


def from_smtp(step: str, error: Exception, *, outcome_unknown: bool, secret: SecretStr | None = None) -> VendorError:
    """Our error for an error of smtplib: a reply that says no, a feature that the server lacks, or no reply at all.

    Args:
        step: the command or action that failed.
        error: as raised; every class of smtplib is an OSError too.
        outcome_unknown: whether the mail may have arrived.
        secret: the password, which a server may repeat.
    """
    if isinstance(error, smtplib.SMTPResponseException):
        return from_reply(step, error.smtp_code, error.smtp_error, secret=secret)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        field = "User Name, Password" if step == LOGIN else "Encryption"
        return CredentialsRejected(SYSTEM, f"{step}: the server does not support it. {_EDIT} → {field}")
    if isinstance(error, ssl.SSLCertVerificationError):
        return CredentialsRejected(SYSTEM, f"{step}: the server's certificate is not trusted. {_EDIT} → Host")
    if isinstance(error, UnicodeError):
        return CredentialsRejected(SYSTEM, f"{step}: {_EDIT} → Host, User Name")
    if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
        return CredentialsRejected(SYSTEM, f"{step}: the server supports no known login method. {_EDIT} → User Name")
    problem = "no connection" if step == "connecting" else "the connection was lost before the reply"
    return VendorUnavailable(SYSTEM, f"{step}: {problem}", outcome_unknown=outcome_unknown)
