"""Usernames of the LMS: whether one is free, and what to do when it is not (ONB-9)."""

import re
from enum import StrEnum

from email_validator import EmailNotValidError, validate_email

from rules.common.characters import described, invisible, look_alikes
from rules.common.records import LmsUser
from rules.common.text import join_names

TRIES = ("demo", "trial")
"""Kinds of LMS users that give their address up."""
LONGEST_LOCAL_PART = 64
_SEVERAL = re.compile(r"@.*[\s;,/|].*@")


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


def email_fault(text: str) -> str:
    """What is wrong with a text that should be one e-mail address, and what to do; "" when it is one (ONB-6).

    An address may be valid and still not be what the seller sees: a letter of another script, or one that is not seen.
    """
    if hidden := invisible(text):
        where = join_names(map(described, hidden))
        return f"It holds a character that nobody sees: {where}. Type the address anew."
    if doubles := look_alikes(text):
        where = join_names(map(described, doubles))
        return f"It holds a letter that looks like another one: {where}. Type the address anew, in Latin letters."
    if said := _written_otherwise(text):
        return said
    return "" if valid_email(text) else "It is no e-mail address."


def _written_otherwise(text: str) -> str:
    """What people write around an address or into it; "" when it is nothing of that kind."""
    local, _, domain = text.rpartition("@")
    too_long = f"{len(local)} characters stand before the @: {LONGEST_LOCAL_PART} are allowed."
    faults = (
        (text.casefold().startswith("mailto:"), "It begins with mailto: leave only the address."),
        ("<" in text or ">" in text, "It holds angle brackets: leave only the address that stands between them."),
        (_SEVERAL.search(text), "It holds several addresses: leave the one of the primary contact."),
        (re.search(r"\s", text), "It holds a space: take it out."),
        (len(local) > LONGEST_LOCAL_PART, too_long),
        (any(_has_stray_dot(part) for part in (local, domain)), "A dot stands first, last or twice: take it out."),
    )
    return next((said for is_so, said in faults if is_so), "")


def _has_stray_dot(part: str) -> bool:
    return part.startswith(".") or part.endswith(".") or ".." in part


def _suffixed(email: str, suffix: str) -> str:
    local, at, domain = email.rpartition("@")
    if not at:
        raise ValueError(f"{email!r} is not an e-mail address: it has no @.")
    return f"{local}{suffix}@{domain}"
