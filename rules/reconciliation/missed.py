"""Sales and contracts whose message was missed, and what makes up for it (REC-1)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rules.onboarding.runs import onboarding_run_key

SETTLING: Final = timedelta(minutes=10)
"""How long a message may take, and how long a crashed run is left to others, before it counts as missed."""
FAILED_FOR: Final = timedelta(days=1)
"""How long a failed run is left to the people who were informed, before it is retried."""
MOST_RETRIES: Final = 3
"""How often a run is retried by the reconciliation; then it is left to people."""
RETRY_MARK: Final = "missed-retry:"
"""The beginning of the tag of each such retry; the id of the state before it follows."""
CLOCKS_APART: Final = timedelta(minutes=5)
"""The largest difference of Salesforce's clock; a later moment comes from a trial with a moved date."""
WHOLE_SECONDS: Final = timedelta(seconds=1)
"""Salesforce stores whole seconds: a change in the second in which a run began may have come after it."""


class Status(StrEnum):
    """How far a run has come."""

    UNDER_WAY = "it is under way"
    WAITS = "it waits for people"
    DONE = "it is done"
    OUT_OF_SCOPE = "the sale is out of scope"
    CANCELLED = "it was cancelled"
    FAILED = "it failed"
    CRASHED = "it crashed"


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
    NOT_READ = "no run has read its last change"
    SETTLING = "its message may still come"
    UNDER_WAY = "its run is under way"
    WAITS = "its run waits for people"
    DONE = "its run is done"
    OUT_OF_SCOPE = "it is out of scope"
    CANCELLED = "a person cancelled its run"
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
        won: when its stage was changed last, or else when it was created (UTC); None when not known.
        changed: when the record was changed last (UTC).
    """

    id: str
    name: str
    account_id: str
    account: str
    won: datetime | None
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
    """

    kind: Kind
    id: str
    name: str
    action: Action
    why: Why
    key: str = ""
    run_id: str = ""
    state_id: str = ""

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


def missed(records: Iterable[MissedRecord], most: int, known: Collection[str] = ()) -> Missed:
    """Divide the records of a pass (REC-1).

    Args:
        records: of every kind.
        most: the most records of a group; of a larger one, none is started.
        known: the idempotency keys that a run has already.
    """
    left: list[MissedRecord] = []
    groups = defaultdict[str, list[MissedRecord]](list)
    for record in records:
        if record.key in known:
            left.append(replace(record, action=Action.LEAVE, why=Why.STARTED, key=""))
        else:
            (left if record.action is Action.LEAVE else groups[record.group]).append(record)
    to_do = (record for group in groups.values() if len(group) <= most for record in group)
    held = (record for group in groups.values() if len(group) > most for record in group)
    return Missed(tuple(to_do), tuple(held), tuple(left))


def missed_sale(sale: WonSale, runs: Sequence[PastRun], now: datetime) -> MissedRecord:
    """Whether the onboarding of a won sale was missed; the newest run counts, as for the receiver (REC-1).

    Args:
        sale: the won opportunity.
        runs: its onboardings, in any order.
        now: an aware time.
    """
    latest = max(runs, key=lambda run: (run.created, run.run_id), default=None)
    action, why = _without_run(sale, now) if latest is None else _after(latest, sale, now)
    starts, retries = action in (Action.START, Action.START_AFTER), action is Action.RETRY
    return MissedRecord(
        Kind.SALE,
        sale.id,
        f"{sale.name} of {sale.account}" if sale.account else sale.name,
        action,
        why,
        key=onboarding_run_key(sale.id, after=latest.run_id if latest else "") if starts else "",
        run_id=latest.run_id if latest and retries else "",
        state_id=latest.state_id if latest and retries else "",
    )


def _without_run(sale: WonSale, now: datetime) -> tuple[Action, Why]:
    if sale.won is not None and _is_settling(sale.won, now):
        return Action.LEAVE, Why.SETTLING
    return Action.START, Why.NO_RUN


def _after(run: PastRun, sale: WonSale, now: datetime) -> tuple[Action, Why]:
    match run.status:
        case Status.CRASHED | Status.FAILED:
            return _after_failure(run, now)
        case Status.CANCELLED:
            if _is_later(sale.won, run.since, now):
                return Action.START_AFTER, Why.WON_AGAIN
            return Action.LEAVE, Why.CANCELLED
        case Status.OUT_OF_SCOPE:
            if _is_later(sale.changed, run.since, now):
                return Action.START_AFTER, Why.CHANGED
            return Action.LEAVE, Why.OUT_OF_SCOPE
    return Action.LEAVE, Why[run.status.name]


def _after_failure(run: PastRun, now: datetime) -> tuple[Action, Why]:
    crashed = run.status is Status.CRASHED
    if run.retries >= MOST_RETRIES or now - run.since < (SETTLING if crashed else FAILED_FOR):
        return Action.LEAVE, Why.TOLD
    return Action.RETRY, Why.CRASHED if crashed else Why.FAILED


def _is_later(event: datetime | None, ended: datetime, now: datetime) -> bool:
    """Whether an event came after the run's end, and its message had its time; a trial's future does not count."""
    return event is not None and ended < event <= now + CLOCKS_APART and not _is_settling(event, now)


def _is_settling(event: datetime, now: datetime) -> bool:
    return now - SETTLING < event <= now + CLOCKS_APART


def missed_contract(contract: ChangedContract, runs: Iterable[PastRun], now: datetime) -> MissedRecord:
    """Whether no run has read the last change of a contract, or will read it (REC-1).

    Args:
        contract: of a client that is set up in the LMS.
        runs: those of the client that read its contracts, in any order.
        now: an aware time.
    """
    if _is_settling(contract.changed, now):
        action, why = Action.LEAVE, Why.SETTLING
    elif any(_reads(run, contract.changed) for run in runs):
        action, why = Action.LEAVE, Why.READ
    else:
        action, why = Action.START, Why.NOT_READ
    key = f"publications:{contract.id}:missed:{contract.changed.isoformat()}"
    name = f"{contract.name} of {contract.account}"
    return MissedRecord(Kind.CONTRACT, contract.id, name, action, why, key=key if action is Action.START else "")


def _reads(run: PastRun, changed: datetime) -> bool:
    """Whether the run has read the change, will read it, or was cancelled by a person who could know it."""
    match run.status:
        case Status.CRASHED | Status.OUT_OF_SCOPE:
            return False
        case Status.WAITS:
            return True
        case Status.CANCELLED:
            return run.since >= changed
    if run.begun is None:
        return run.status is Status.UNDER_WAY
    return run.begun >= changed + WHOLE_SECONDS
