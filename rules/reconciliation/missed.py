"""Sales and contracts whose message was missed, and what makes up for it (REC-1)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from rules.common.going_live import GoingLive
from rules.onboarding.runs import onboarding_run_key
from rules.reconciliation.missed_records import (
    Action,
    ChangedContract,
    Kind,
    Missed,
    MissedRecord,
    PastRun,
    Status,
    Why,
    WonSale,
)

SETTLING: Final = timedelta(minutes=10)
"""How long a message may take, and how long a crashed run is left to others, before it counts as missed."""
FAILED_FOR: Final = timedelta(days=1)
"""How long a failed run is left to the people who were informed, before it is retried."""
MOST_RETRIES: Final = 3
"""How often a run is retried by the reconciliation; then it is left to people."""
CLOCKS_APART: Final = timedelta(minutes=5)
"""The largest difference of Salesforce's clock; a later moment comes from a trial with a moved date."""
LIVE: Final = GoingLive()
WHOLE_SECONDS: Final = timedelta(seconds=1)
"""Salesforce stores whole seconds: a change in the second in which a run began may have come after it."""


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


def missed_sale(
    sale: WonSale, runs: Sequence[PastRun], now: datetime, expected: datetime, going: GoingLive = LIVE
) -> MissedRecord:
    """Whether the onboarding of a won sale was missed; the newest run counts, as for the receiver (REC-1).

    Args:
        sale: the won opportunity.
        runs: its onboardings, in any order.
        now: an aware time.
        expected: since when messages are expected: when the onboarding was deployed.
        going: for which accounts runs act.
    """
    latest = max(runs, key=lambda run: (run.created, run.run_id), default=None)
    action, why = _without_run(sale, now, expected) if latest is None else _after(latest, sale, now)
    if latest and latest.status is Status.PREVIEWED:
        action, why = _after_preview(sale.account_id, going)
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
        won=sale.won,
    )


def _without_run(sale: WonSale, now: datetime, expected: datetime) -> tuple[Action, Why]:
    if _is_before(sale.won, expected):
        return Action.LEAVE, Why.BEFORE
    if _is_settling(sale.won, now):
        return Action.LEAVE, Why.SETTLING
    return Action.START, Why.NO_RUN


def _after(run: PastRun, sale: WonSale, now: datetime) -> tuple[Action, Why]:
    if run.status in (Status.CRASHED, Status.FAILED) or _is_stuck(run, now):
        return _after_failure(run, now)
    match run.status:
        case Status.CANCELLED:
            if _is_later(sale.won, run.since, now):
                return Action.START_AFTER, Why.WON_AGAIN
            return Action.LEAVE, Why.CANCELLED
        case Status.OUT_OF_SCOPE:
            if _is_later(sale.changed, run.since, now):
                return Action.START_AFTER, Why.CHANGED
            return Action.LEAVE, Why.OUT_OF_SCOPE
    return Action.LEAVE, Why.UNDER_WAY if run.status is Status.STARTING else Why[run.status.name]


def _after_preview(account_id: str, going: GoingLive) -> tuple[Action, Why]:
    """Whether the account is live since its run only previewed in shadow mode: then the work is still to be done."""
    if going.previews(*filter(None, [account_id])):
        return Action.LEAVE, Why.PREVIEWED
    return Action.START_AFTER, Why.LIVE_NOW


def _after_failure(run: PastRun, now: datetime) -> tuple[Action, Why]:
    crashed = run.status is not Status.FAILED
    if run.retries >= MOST_RETRIES or now - run.since < (SETTLING if crashed else FAILED_FOR):
        return Action.LEAVE, Why.TOLD
    return Action.RETRY, Why.CRASHED if crashed else Why.FAILED


def _is_stuck(run: PastRun, now: datetime) -> bool:
    """Whether the process of the run died before the run began: Prefect leaves such a run as starting for ever."""
    return run.status is Status.STARTING and now - run.since >= SETTLING


def _is_later(event: datetime, ended: datetime, now: datetime) -> bool:
    """Whether an event came after the run's end, and its message had its time; a trial's future does not count."""
    return ended < event <= now + CLOCKS_APART and not _is_settling(event, now)


def _is_settling(event: datetime, now: datetime) -> bool:
    return now - SETTLING < event <= now + CLOCKS_APART


def _is_before(event: datetime, expected: datetime) -> bool:
    """Whether nobody listened to Salesforce yet: such a record was handled by hand."""
    return event + WHOLE_SECONDS <= expected


def missed_contract(
    contract: ChangedContract, runs: Iterable[PastRun], now: datetime, expected: datetime, going: GoingLive = LIVE
) -> MissedRecord:
    """Whether no run has read the last change of a contract, or will read it (REC-1).

    Args:
        contract: of a client that is set up in the LMS.
        runs: those of the client that read its contracts, in any order.
        now: an aware time.
        expected: since when messages are expected: when the publications were deployed.
        going: for which accounts runs act.
    """
    acting, previewed = _divided(runs, previews_count=going.previews(contract.account_id))
    if _is_before(contract.changed, expected):
        action, why = Action.LEAVE, Why.BEFORE
    elif _is_settling(contract.changed, now):
        action, why = Action.LEAVE, Why.SETTLING
    elif any(_reads(run, contract.changed, now) for run in acting):
        action, why = Action.LEAVE, Why.READ
    elif previewed:
        action, why = Action.START_AFTER, Why.LIVE_NOW
    else:
        action, why = Action.START, Why.NOT_READ
    after = f":after:{previewed}" if previewed else ""
    key = f"publications:{contract.id}:missed:{contract.changed.isoformat()}{after}"
    name = f"{contract.name} of {contract.account}"
    return MissedRecord(Kind.CONTRACT, contract.id, name, action, why, key=key if action is not Action.LEAVE else "")


def _divided(runs: Iterable[PastRun], *, previews_count: bool) -> tuple[list[PastRun], str]:
    """The runs that count, and the id of the newest one that only previewed and does not; "" for none.

    While its account is not live, a preview is all that is to be done, so it counts.
    """
    known = list(runs)
    previewed = [run for run in known if run.status is Status.PREVIEWED and not previews_count]
    latest = max(previewed, key=lambda run: (run.created, run.run_id), default=None)
    return [run for run in known if run not in previewed], latest.run_id if latest else ""


def _reads(run: PastRun, changed: datetime, now: datetime) -> bool:
    """Whether the run has read the change, will read it, or was cancelled by a person who could know it."""
    match run.status:
        case Status.CRASHED | Status.OUT_OF_SCOPE:
            return False
        case Status.WAITS:
            return True
        case Status.CANCELLED:
            return run.since >= changed
    if run.begun is None:
        return run.status in (Status.UNDER_WAY, Status.STARTING) and not _is_stuck(run, now)
    return run.begun >= changed + WHOLE_SECONDS
