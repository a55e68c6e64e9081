"""Clients whose users get no automatic welcome e-mail, and the placeholder address for their sign-up (PUB-6).

The LMS sends its welcome e-mail to the address with which a user is created. The super admin of such a client is
therefore signed up with a placeholder and gets the real address afterwards, which sends no e-mail.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.common.ids import NotAnId, to18
from rules.common.problems import Problem, Responsible
from rules.common.records import Account, Contact, LmsUser
from rules.common.text import normalize, strip
from rules.onboarding.write_back import EMAIL

DOMAIN = "no-welcome.invalid"
"""No domain can end in .invalid, so an e-mail to this domain reaches nobody."""


@dataclass(frozen=True)
class Placeholder:
    """The placeholder address for the sign-up of a super admin (PUB-6).

    Attributes:
        address: the same for every sign-up of an account.
        person: the name of the super admin.
    """

    address: str
    person: str


def placeholder_for(account: Account, contact: Contact, entries: Iterable[str]) -> Placeholder | None:
    """Return the placeholder; None for a client that gets welcome e-mails (PUB-6)."""
    if not is_no_welcome(account.id, account.name, entries):
        return None
    return Placeholder(placeholder_address(account.id), f"{strip(contact.first_name)} {strip(contact.last_name)}")


def is_no_welcome(account_id: str, name: str | None, entries: Iterable[str]) -> bool:
    """Whether an account is a client without welcome e-mails (PUB-6).

    An entry is the id of an account, its whole name, or the beginning of its name up to the end of a word.
    So "UPMC" means "UPMC Presbyterian" and "upmc - East", but not "UPMCX Labs".

    Args:
        account_id: 15 or 18 characters.
        name: the account's.
        entries: names and ids, as CS Operations typed them; blank entries are ignored.
    """
    own, called = to18(account_id, "001"), normalize(name)
    return any(own == account_id_of(entry) or _begins(called, normalize(entry)) for entry in entries)


def account_id_of(entry: str) -> str | None:
    """Return the 18-character account id of an entry; None when the entry is a name."""
    try:
        return to18(entry.strip(), "001")
    except NotAnId:
        return None


def placeholder_address(account_id: str) -> str:
    """Return the placeholder address of an account; it never changes (PUB-6).

    Args:
        account_id: 15 or 18 characters; the 18 tell accounts apart even in lower case.
    """
    return f"{to18(account_id, '001').lower()}@{DOMAIN}"


def address_taken(user_id: str, email: str) -> Problem:
    """Return the problem that another user took the real address during the sign-up (PUB-6, ONB-9)."""
    expected = (
        "Check again: the address of a demo or trial user is freed; for any other user the super admin gets local+1. "
        "Or free the address in the LMS first."
    )
    return _problem(user_id, f"still the placeholder: another user took {email} meanwhile", expected)


def held_twice(left: LmsUser, other: LmsUser) -> Problem:
    """Return the problem that the customer has a second user with the real address (PUB-6)."""
    found = f"still the placeholder, and user {other.id} of the same company has {other.email}"
    return _problem(left.id, found, "Keep one of the two in the LMS: free the address, or remove the placeholder.")


def another_person(user_id: str, name: str, contact: str) -> Problem:
    """Return the problem that the user with the placeholder is not the primary contact of this sale (PUB-6)."""
    found = f"still the placeholder of {name}, and the primary contact is {contact}"
    return _problem(user_id, found, "Enter the user's right address in the LMS; changing it there sends no e-mail.")


def _problem(user_id: str, found: str, expected: str) -> Problem:
    return Problem(Responsible.CS_OPS, "LMS user", user_id, EMAIL, found, expected, "PUB-6")


def _begins(name: str, entry: str) -> bool:
    """Whether a normalized name is the entry, or begins with it as whole words."""
    return bool(entry) and name.startswith(entry) and not name[len(entry) : len(entry) + 1].isalnum()
