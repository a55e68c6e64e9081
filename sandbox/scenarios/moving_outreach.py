"""What Outreach has for an account transition: the team, its mailboxes, the customers, the sequences, the template."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.salesforce.org import Org
from sandbox.state import SandboxState

AUTOMATED, SEMI_AUTOMATED = "Account Transition - Automated", "Account Transition - Semi-automated"
PENDING_ITEMS: Final = "Account Transition - Manual 3 - Pending Items (Invitation to a Call)"
_MAILS: Final = (
    ("Account Transition - 1 - Introduction", "Your new customer success manager"),
    ("Account Transition - 2 - First Call", "A first call with your new customer success manager"),
    (PENDING_ITEMS, "What is open, and an invitation to a call"),
)


@dataclass(frozen=True)
class Customer:
    """An account in Salesforce: its id, its name, and the ids of its contacts, the main one first."""

    account: str
    name: str
    contacts: tuple[str, ...]


def plant_outreach(
    sandbox: SandboxState, org: Org, users: Sequence[str], owner: str, customers: Sequence[Customer]
) -> None:
    """Set all of it up.

    Args:
        sandbox: its state.
        org: the Salesforce of these ids.
        users: the ids of the team; each has a mailbox.
        owner: of these, whose customers they are.
        customers: an account each, and a prospect for each of its contacts.
    """
    outreach = sandbox.systems["outreach"]
    team = [org.store.tables["User"].rows[one] for one in users]
    people = [{"email": one["Email"], "firstName": one["FirstName"], "lastName": one["LastName"]} for one in team]
    numbers = outreach.seed({"users": [{"attributes": one} for one in people]})["users"]
    outreach.seed({"mailboxes": [mailbox(one, number) for one, number in zip(people, numbers, strict=True)]})
    _seed_sequences(outreach)
    mine = to("user", numbers[users.index(owner)])
    accounts = [{"name": one.name, "customId": one.account} for one in customers]
    made = outreach.seed({"accounts": [record(one, owner=mine) for one in accounts]})["accounts"]
    prospects = [
        record(_prospect(org.store.tables["Contact"].rows[contact]), owner=mine, account=to("account", number))
        for one, number in zip(customers, made, strict=True)
        for contact in one.contacts
    ]
    outreach.seed({"prospects": prospects})


def _seed_sequences(outreach: Any) -> None:
    """Both write the same two mails: one by itself, the other as tasks for a person to adjust and send."""
    mails = [{"name": name, "subject": subject, "bodyText": "Dear {{first_name}}, …"} for name, subject in _MAILS]
    templates = outreach.seed({"templates": [{"attributes": mail} for mail in mails]})["templates"]
    names = [{"attributes": {"name": name}} for name in (AUTOMATED, SEMI_AUTOMATED)]
    sequences = outreach.seed({"sequences": names})["sequences"]
    steps = [
        record({"stepType": kind, "order": order}, sequence=to("sequence", sequence), template=to("template", template))
        for sequence, kind in zip(sequences, ("auto_email", "manual_email"), strict=True)
        for order, template in enumerate(templates[:2], 1)
    ]
    outreach.seed({"sequenceSteps": steps})


def mailbox(person: dict[str, Any], user: int) -> dict[str, Any]:
    """The mailbox of a user, by the user's number."""
    return record({"email": person["email"], "userId": user}, user=to("user", user))


def _prospect(contact: dict[str, Any]) -> dict[str, Any]:
    names = {"firstName": contact["FirstName"], "lastName": contact["LastName"], "title": contact["Title"]}
    return {**names, "emails": [contact["Email"]], "externalId": contact["Id"]}


def record(attributes: dict[str, Any], **relations: dict[str, Any]) -> dict[str, Any]:
    """A record to seed."""
    return {"attributes": attributes, "relationships": relations}


def to(kind: str, number: int) -> dict[str, Any]:
    """A relation to a record."""
    return {"data": {"type": kind, "id": number}}
