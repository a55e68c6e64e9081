"""Usernames of the LMS: whether one is free, and what to do when it is not (ONB-9)."""

from enum import StrEnum

from email_validator import EmailNotValidError, validate_email

from rules.records import LmsUser

TRIES = ("demo", "trial")
"""Kinds of LMS users that give their address up."""


class EmailDecision(StrEnum):
    """What to do about the super admin's address (ONB-9)."""

    FREE = "nobody holds it"
    OURS = "the customer's own user holds it"
    RENAME_HOLDER = "a demo or trial user holds it and is renamed"
    TAKE_PLUS = "another user keeps it; the super admin gets local+1"


def decide(holder: LmsUser | None, own_company_id: str | None) -> EmailDecision:
    """What to do about an address `holder` has; `own_company_id` is the customer's, if it exists (ONB-9)."""
    if holder is None:
        return EmailDecision.FREE
    if own_company_id is not None and holder.company_id == own_company_id:
        return EmailDecision.OURS
    if holder.kind in TRIES:
        return EmailDecision.RENAME_HOLDER
    return EmailDecision.TAKE_PLUS


def donotuse(email: str, n: int = 1) -> str:
    """The address that a demo or trial holder is renamed to; from n = 2 the number follows (ONB-9)."""
    return _suffixed(email, "DONOTUSE" if n == 1 else f"DONOTUSE{n}")


def plus(email: str, n: int) -> str:
    """The nth address the super admin gets when the real one is another's: `local+n@domain` (ONB-9)."""
    return _suffixed(email, f"+{n}")


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are one username: case and outer white space do not count."""
    return one.strip().casefold() == other.strip().casefold()


def valid_email(text: str) -> bool:
    """Whether the text is an address as RFC 5321 has it, at most 254 bytes; no look-up is made (ONB-6).

    Addresses of trial orgs (`.test`) are addresses; placeholders (`.invalid`) are not.
    """
    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


def _suffixed(email: str, suffix: str) -> str:
    local, at, domain = email.rpartition("@")
    if not at:
        raise ValueError(f"{email!r} is not an e-mail address: it has no @.")
    return f"{local}{suffix}@{domain}"
