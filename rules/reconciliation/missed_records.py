"""Records whose message was missed, and their runs, as a pass of the reconciliation sees them (REC-1)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

RETRY_MARK: Final = "missed-retry:"
"""The beginning of the tag of each retry by the reconciliation; the id of the state before it follows."""


class Status(StrEnum):
    """How far a run has come."""

    UNDER_WAY = "it is under way"
    STARTING = "its process is starting"
    WAITS = "it waits for people"
    DONE = "it is done"
    OUT_OF_SCOPE = "the sale is out of scope"
    CANCELLED = "it was cancelled"
    FAILED = "it failed"
    CRASHED = "it crashed"
    PREVIEWED = "it only previewed, in shadow mode"


class Action(StrEnum):
    """What makes up for a missed message."""

    START = "start"
    START_AFTER = "start after the ended run"
    RETRY = "retry"
    LEAVE = "leave"


class Why(StrEnum):
    """Why a record is left, or what was missed, for people."""

    NO_RUN = "no run was started for it"
    CRASHED = "its run crashed"
    FAILED = "its run failed, and nobody retried it for a day"
    WON_AGAIN = "it was won again after its run was cancelled"
    CHANGED = "it was changed after its run ended out of scope"
    LIVE_NOW = "its run only previewed, and the account is live now"
    NOT_READ = "no run has read its last change"
    BEFORE = "it is older than this project's deployment: no message about it was expected"
    SETTLING = "its message may still come"
    UNDER_WAY = "its run is under way"
    WAITS = "its run waits for people"
    DONE = "its run is done"
    OUT_OF_SCOPE = "it is out of scope"
    CANCELLED = "a person cancelled its run"
    PREVIEWED = "its run only previewed, as shadow mode still asks"
    TOLD = "CS Operations were informed that its run failed"
    READ = "a run has read its last change"
    STARTED = "a run was started for it before"


class Kind(StrEnum):
    """The kind of a record whose message was missed, as people name it."""

    SALE = "sale"
    CONTRACT = "contract"


@dataclass(frozen=True)
class WonSale:
    """A won opportunity.

    Attributes:
        id: 18 characters.
        account_id: 18 characters; "" without an account.
        won: when its stage was changed last, or else when it was created (UTC).
        changed: when the record was changed last (UTC).
    """

    id: str
    name: str
    account_id: str
    account: str
    won: datetime
    changed: datetime


@dataclass(frozen=True)
class ChangedContract:
    """A contract of a client that is set up in the LMS.

    Attributes:
        id: 18 characters.
        name: its number.
        changed: when it was changed last (UTC).
    """

    id: str
    name: str
    account_id: str
    account: str
    changed: datetime


@dataclass(frozen=True)
class PastRun:
    """A run that is no preview, and that did not leave the work to another run.

    Attributes:
        state_id: of its last state.
        created: when it was created (UTC).
        begun: when it began first (UTC); None when it never did, or has yet to begin again.
        since: when its last state began (UTC).
        tags: of the run.
    """

    run_id: str
    state_id: str
    status: Status
    created: datetime
    begun: datetime | None
    since: datetime
    tags: Collection[str] = ()

    @property
    def retries(self) -> int:
        """How often the reconciliation has retried it."""
        return sum(tag.startswith(RETRY_MARK) for tag in self.tags)


@dataclass(frozen=True)
class MissedRecord:
    """A sale or contract, and what makes up for its message.

    Attributes:
        id: of the record, 18 characters.
        name: of the record, with its account's.
        key: the idempotency key of the run to start; "" for none.
        run_id: of the run to retry; "" for none.
        state_id: the state in which that run was found; another one means that somebody else retried it.
        won: when the sale was won (UTC); None for a contract.
    """

    kind: Kind
    id: str
    name: str
    action: Action
    why: Why
    key: str = ""
    run_id: str = ""
    state_id: str = ""
    won: datetime | None = None

    @property
    def mark(self) -> str:
        """The tag of a run that is retried out of this state."""
        return f"{RETRY_MARK}{self.state_id}"

    @property
    def group(self) -> str:
        """The kind for the limit of a pass: `sale, retry`."""
        return f"{self.kind}, {Action.RETRY if self.action is Action.RETRY else Action.START}"


@dataclass(frozen=True)
class Missed:
    """What a pass found.

    Attributes:
        to_do: is started or retried.
        held: is not, because its group has more records than a pass may start.
        left: the records that need nothing.
    """

    to_do: tuple[MissedRecord, ...] = ()
    held: tuple[MissedRecord, ...] = ()
    left: tuple[MissedRecord, ...] = ()
