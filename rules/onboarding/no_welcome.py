"""Clients to whose users no automatic welcome mail ever goes: who they are, and the placeholder before the address.

The LMS mails to the address under which a user is created. Such a client's super admin is therefore signed up under
a placeholder, and given the true address afterwards, which is silent (PUB-6).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.common.ids import NotAnId, to18
from rules.common.problems import Problem, Responsible
from rules.common.records import Account, Contact, LmsUser
from rules.common.text import normalize, strip
from rules.onboarding.write_back import EMAIL

DOMAIN = "no-welcome.invalid"
"""Nobody can ever own a domain that ends in .invalid, so nothing sent there reaches anybody."""


@dataclass(frozen=True)
class Placeholder:
    """The address under which a no-welcome client's super admin is signed up, before the true one (PUB-6).

    Attributes:
        address: always the same for one account.
        person: who is signed up, by name.
    """

    address: str
    person: str


def placeholder_for(account: Account, contact: Contact, entries: Iterable[str]) -> Placeholder | None:
    """The placeholder before the contact's address; None for a client who gets welcome mails (PUB-6)."""
    if not is_no_welcome(account.id, account.name, entries):
        return None
    return Placeholder(placeholder_address(account.id), f"{strip(contact.first_name)} {strip(contact.last_name)}")


def is_no_welcome(account_id: str, name: str | None, entries: Iterable[str]) -> bool:
    """Whether an account is one of the clients without a welcome mail (PUB-6).

    An entry means an account by its id, or by its name: the whole of it, or its beginning up to the end of a word.
    So "UPMC" means "UPMC Presbyterian" and "upmc - East", but not "UPMCX Labs".

    Args:
        account_id: 15 or 18 characters.
        name: the account's.
        entries: names and ids, as CS Operations typed them; a blank one means nobody.
    """
    own, called = to18(account_id, "001"), normalize(name)
    return any(own == account_id_of(entry) or _begins(called, normalize(entry)) for entry in entries)


def account_id_of(entry: str) -> str | None:
    """The 18-character account id that an entry is; None when it is a name (PUB-6)."""
    try:
        return to18(entry.strip(), "001")
    except NotAnId:
        return None


def placeholder_address(account_id: str) -> str:
    """The address under which the account's super admin is signed up, always the same for one account (PUB-6).

    Args:
        account_id: 15 or 18 characters; the 18 tell accounts apart even in lower case.
    """
    return f"{to18(account_id, '001').lower()}@{DOMAIN}"


def address_taken(user_id: str, email: str) -> Problem:
    """Somebody took the true address while the super admin was signed up (PUB-6, ONB-9)."""
    expected = (
        "Check again: a demo or trial user then gives it up, beside any other user the super admin gets local+1. "
        "Or free it in the LMS before."
    )
    return _problem(user_id, f"still the placeholder: another user took {email} meanwhile", expected)


def held_twice(left: LmsUser, other: LmsUser) -> Problem:
    """The customer has another user with the true address beside the one on the placeholder (PUB-6)."""
    found = f"still the placeholder, and user {other.id} of the same company has {other.email}"
    return _problem(left.id, found, "Keep one of the two in the LMS: free the address, or remove the placeholder.")


def another_person(user_id: str, name: str, contact: str) -> Problem:
    """The user on the placeholder is not the primary contact of this sale: nobody else's address is guessed (PUB-6)."""
    found = f"still the placeholder of {name}, and the primary contact is {contact}"
    return _problem(user_id, found, "Give the user the right address in the LMS; changing it there sends no mail.")


def _problem(user_id: str, found: str, expected: str) -> Problem:
    return Problem(Responsible.CS_OPS, "LMS user", user_id, EMAIL, found, expected, "PUB-6")


def _begins(name: str, entry: str) -> bool:
    """Whether a name is the entry, or goes on after it with another word; both folded."""
    return bool(entry) and name.startswith(entry) and not name[len(entry) : len(entry) + 1].isalnum()
