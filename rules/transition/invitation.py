"""The invitation to the hand-over meeting of a transition: its identity and its guests (TRN-9)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from rules.common.emails import valid_email
from rules.common.problems import EMPTY, HumanInputRequired, Problem, Responsible
from rules.common.records import Person
from rules.common.text import shorten, strip
from rules.transition.meeting import LENGTH

FORMER, NEW, LEAD = "former CSM", "new CSM", "team lead"
"""The roles of guests."""
_PLACEHOLDER, _TRIAL = ".invalid", ".test"
_SHOWN = 60


@dataclass(frozen=True)
class Guest:
    """A guest; `name` is on one line, `zone` is "" for the org's time zone."""

    name: str
    email: str
    role: str
    zone: str = ""


@dataclass(frozen=True)
class Invitation:
    """An invitation as it is sent; a repeat with the same key and sequence is the same invitation.

    Attributes:
        key: names the meeting for ever: `transition:<approval>:<account id>`.
        sequence: 0 at first, more at every change; a withdrawal is a change.
        account: the account's name, on one line.
        start: aware.
        guests: all but the organizer.
        planned_at: when the meeting was planned, aware.
    """

    key: str
    sequence: int
    account: str
    start: datetime
    guests: tuple[Guest, ...]
    planned_at: datetime

    @property
    def end(self) -> datetime:
        """When the meeting is over, in UTC: by a local clock that is changed meanwhile it would be another moment."""
        return self.start.astimezone(UTC) + LENGTH

    @property
    def uid(self) -> str:
        """What calendars know the meeting by."""
        return uid(self.key)

    @property
    def title(self) -> str:
        """How calendars show it."""
        return f"Account transition: {self.account}"


def uid(key: str) -> str:
    """The UID of the meeting with this key: the same for ever, another for every key, and telling nothing about it."""
    return f"{uuid5(NAMESPACE_URL, f'customer-lifecycle:{key}')}@customer-lifecycle"


def on_one_line(name: str) -> str:
    """A name as headers and calendars can carry it: no line break, no other character that cannot be seen."""
    return " ".join("".join(char if char.isprintable() else " " for char in name).split())


def guests_of(
    people: Iterable[tuple[Person, str]], zones: Mapping[str, str] | None = None
) -> tuple[Guest, ...]:  # fmt: skip
    """Return the guests, each address once, in the given order.

    Args:
        people: each with the role in which they come.
        zones: the names of their own time zones, by their ids.

    Raises:
        HumanInputRequired: a person has no valid e-mail address in Salesforce.
    """
    own, guests = zones or {}, dict[str, Guest]()
    problems: list[Problem] = []
    for person, role in people:
        address = strip(person.email)
        if not _can_be_sent_to(address):
            problems.append(_no_address(person, address))
        guests.setdefault(address.casefold(), Guest(on_one_line(person.name), address, role, own.get(person.id, "")))
    if problems:
        raise HumanInputRequired(list(dict.fromkeys(problems)))
    return tuple(guests.values())


def _can_be_sent_to(address: str) -> bool:
    # Salesforce itself lets the addresses of users in a trial org end so.
    trial = address.lower().endswith(_PLACEHOLDER)
    return valid_email(f"{address[: -len(_PLACEHOLDER)]}{_TRIAL}" if trial else address)


def _no_address(person: Person, address: str) -> Problem:
    return Problem(
        who=Responsible.CS_OPS,
        record="User",
        record_id=person.id,
        field="Email",
        found=shorten(address, _SHOWN) if address else EMPTY,
        expected=f"Enter the e-mail address of {person.name} on the user in Salesforce: an invitation goes there.",
        rule="TRN-9",
    )
