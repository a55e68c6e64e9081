"""Usernames of the LMS: which address the super admin gets, and e-mail addresses that are wrong (ONB-6, ONB-9)."""

import re
from enum import StrEnum

from email_validator import EmailNotValidError, validate_email

from rules.common.characters import described, invisible, look_alikes
from rules.common.records import LmsUser
from rules.common.text import join_names

TRIES = ("demo", "trial")
"""The kinds of LMS users whose address the super admin may take over."""
LONGEST_LOCAL_PART = 64
_SEVERAL = re.compile(r"@.*[\s;,/|].*@")


class EmailDecision(StrEnum):
    """What to do about the super admin's address (ONB-9)."""

    FREE = "nobody holds it"
    OURS = "the customer's own user holds it"
    RENAME_HOLDER = "a demo or trial user holds it and is renamed"
    TAKE_PLUS = "another user keeps it; the super admin gets local+1"


def decide(holder: LmsUser | None, own_company_id: str | None) -> EmailDecision:
    """Decide about an address.

    Args:
        holder: the LMS user who has the address; None when nobody has it.
        own_company_id: the customer's company in the LMS; None before the sign-up.
    """
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


def email_fault(text: str) -> str:
    """The message about a text that should be one e-mail address; "" when it is one (ONB-6).

    A valid address is still refused when it has an invisible character, or a letter that only looks Latin.
    """
    if hidden := invisible(text):
        where = join_names(map(described, hidden))
        return f"The address has an invisible character: {where}. Type the address again."
    if doubles := look_alikes(text):
        where = join_names(map(described, doubles))
        return (
            f"The address has a letter that looks like a Latin one: {where}. Type the address again in Latin letters."
        )
    if message := _written_otherwise(text):
        return message
    return "" if valid_email(text) else "This is not an e-mail address."


def _written_otherwise(text: str) -> str:
    """The message about text around or inside an address, such as `mailto:`; "" when there is none."""
    local, _, domain = text.rpartition("@")
    too_long = f"{len(local)} characters are before the @: the limit is {LONGEST_LOCAL_PART}."
    faults = (
        (text.casefold().startswith("mailto:"), "The text begins with mailto: enter only the address."),
        ("<" in text or ">" in text, "The text has angle brackets: enter only the address between them."),
        (_SEVERAL.search(text), "The text has several addresses: enter only that of the primary contact."),
        (re.search(r"\s", text), "The address has a space: remove it."),
        (len(local) > LONGEST_LOCAL_PART, too_long),
        (
            any(_has_stray_dot(part) for part in (local, domain)),
            "The address has a dot at the beginning, at the end or twice in a row: remove it.",
        ),
    )
    return next((message for applies, message in faults if applies), "")


def _has_stray_dot(part: str) -> bool:
    return part.startswith(".") or part.endswith(".") or ".." in part


def _suffixed(email: str, suffix: str) -> str:
    local, at, domain = email.rpartition("@")
    if not at:
        raise ValueError(f"{email!r} is not an e-mail address: it has no @.")
    return f"{local}{suffix}@{domain}"
