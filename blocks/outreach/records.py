"""What Outreach knows, as small plain records; ids are integers, instants are aware."""

from dataclasses import dataclass
from datetime import datetime

FINISHED = "finished"
FAILED = ("failed", "bounced", "opted_out")
"""States of a prospect in a sequence that needs a person before it goes on."""
COMPLETE = "complete"


@dataclass(frozen=True)
class User:
    """Who works with Outreach; a locked one cannot any more."""

    id: int
    email: str
    locked: bool


@dataclass(frozen=True)
class Mailbox:
    """Where a user's mails leave from, unless its sending is disabled."""

    id: int
    email: str
    user_id: int | None
    can_send: bool


@dataclass(frozen=True)
class Account:
    """A customer company. `custom_id` is the Salesforce account id, `owner` a user's id."""

    id: int
    name: str
    custom_id: str
    owner: int | None


@dataclass(frozen=True)
class Prospect:
    """A contact of an account; who has opted out gets no mail. `account` and `owner` are ids."""

    id: int
    name: str
    emails: tuple[str, ...]
    opted_out: bool
    account: int | None
    owner: int | None


@dataclass(frozen=True)
class OutreachSequence:
    """A row of steps that prospects are put into."""

    id: int
    name: str
    enabled: bool


@dataclass(frozen=True)
class SequenceState:
    """A prospect in a sequence. `state` is active, pending, paused, failed, finished …; the others are ids."""

    id: int
    state: str
    error: str
    created: datetime
    prospect: int
    sequence: int
    mailbox: int | None

    @property
    def goes_on(self) -> bool:
        """Whether it has not come to its end."""
        return self.state != FINISHED


@dataclass(frozen=True)
class OutreachTask:
    """Something that a user is to do. `state` is pending, incomplete or complete; the others are ids."""

    id: int
    state: str
    action: str
    note: str
    owner: int | None
    prospect: int | None
    account: int | None


@dataclass(frozen=True)
class Template:
    """A text that a person may send; an archived one is offered to nobody."""

    id: int
    name: str
    archived: bool
