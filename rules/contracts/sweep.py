"""Decide for each client of a sweep which run is started, retried or woken (PUB-4, PUB-5)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from rules.contracts.clients import Client
from rules.contracts.reactivation import DEACTIVATED
from rules.contracts.service_term import Phase, ServiceTerm


class RunStatus(StrEnum):
    """The status of a run."""

    UNDER_WAY = "under way"
    WAITS = "waits"
    DONE = "done"
    BROKE_OFF = "broke off"
    CALLED_OFF = "called off"
    BESIDE = "found another one at work"
    PREVIEWED = "only previewed, in shadow mode"


@dataclass(frozen=True)
class PreviousRun:
    """An earlier run about the end of an account's service.

    Attributes:
        run_id: Prefect's.
        account_id: 18 characters.
        created: when (UTC).
        stage_key: the `stage_key` of the service when the run was done; "" when unknown.
        term_key: `<contract>:<last day>` of the end that it was started for; "" when people started it.
        outcome: the run's final message.
    """

    run_id: str
    account_id: str
    created: datetime
    status: RunStatus
    stage_key: str
    term_key: str
    outcome: str = ""


class SweepAction(StrEnum):
    """The action of the sweep for a client."""

    START = "to be started"
    RETRY = "to be tried again"
    WAKE = "to be woken"
    LEAVE = ""


@dataclass(frozen=True)
class SweepItem:
    """One client of a sweep.

    Attributes:
        client_id: the account, 18 characters.
        name: of the account.
        mrr: per month.
        contract: the contract's number; "" when unknown.
        last_day: of service; None when unknown.
        stage: of its service.
        why: the problems, a sentence or more; "" for none.
        key: the idempotency key of the run to be started.
        run_id: of the latest run; "" for none, or when a new run is started.
        run_status: the status of that run, for people.
        is_new: whether this sweep would be the first to end this service, or to bring it back.
        run_outcome: the final message of that run.
        returns: whether the client would be served again, or asked about, although its CS Status is Deactivated.
    """

    client_id: str
    name: str
    mrr: Decimal | None
    contract: str
    last_day: date | None
    stage: str
    why: str
    action: SweepAction
    key: str
    run_id: str
    run_status: str
    is_new: bool
    returns: bool = False
    run_outcome: str = ""


def stage_key(service: ServiceTerm, cs_status: str | None = None) -> str:
    """Return a key of the service's stage; it changes whenever another action is due."""
    if service.faults:
        return "faulty"
    if is_deactivated(service, cs_status):
        return f"{term_key(service)}:deactivated"
    return f"{term_key(service)}:{service.stage}" if service.ends else str(Phase.RUNS)


def is_deactivated(service: ServiceTerm, cs_status: str | None) -> bool:
    """Whether a client is marked as deactivated although its contract is in force (PUB-5)."""
    return service.agreement is not None and service.phase is not Phase.ENDED and cs_status == DEACTIVATED


def term_key(service: ServiceTerm) -> str:
    """Return the key of an end of service: contract and last day; "" without a contract."""
    return f"{service.agreement.id}:{service.last_day}" if service.agreement else ""


def by_account(earlier: Iterable[PreviousRun]) -> dict[str, list[PreviousRun]]:
    """Group runs by account."""
    runs: defaultdict[str, list[PreviousRun]] = defaultdict(list)
    for run in earlier:
        runs[run.account_id].append(run)
    return runs


def accounts_with_pending_end(earlier: Iterable[PreviousRun], accounts: Iterable[str]) -> list[str]:
    """Return accounts with an end that was set or announced, beside the given accounts.

    Their contracts were extended or renewed, and the event may have been lost (PUB-5). The progress of a run that waits
    or broke off is unknown, so its account is included.

    Args:
        earlier: every run.
        accounts: the accounts whose contracts end in the period of the sweep.
    """
    latest = {account: _latest(runs) for account, runs in by_account(earlier).items()}
    unfinished = (RunStatus.WAITS, RunStatus.BROKE_OFF)
    ending = (
        account
        for account, run in latest.items()
        if run and (run.status in unfinished or run.stage_key.partition(":")[2])
    )
    return sorted(set(ending) - set(accounts))


def _latest(runs: Iterable[PreviousRun]) -> PreviousRun | None:
    """Return the latest run, without runs that stopped because another run was active, or only previewed."""
    acting = (run for run in runs if run.status not in (RunStatus.BESIDE, RunStatus.PREVIEWED))
    return max(acting, key=lambda run: (run.created, run.run_id), default=None)


def sweep_item(client: Client, service: ServiceTerm, earlier: Sequence[PreviousRun], today: date) -> SweepItem:
    """Decide the action of the sweep for a client.

    Args:
        client: from Salesforce.
        service: the term of its service today.
        earlier: every run of its account, in any order.
        today: in the org's time zone.
    """
    latest = _latest(earlier)
    action, run_status = _action(service, stage_key(service, client.cs_status), latest)
    acted = (run for run in earlier if run.status is not RunStatus.PREVIEWED)
    first = service.ends and not any(run.term_key == term_key(service) for run in acted)
    returns = is_deactivated(service, client.cs_status)
    problems = (*service.faults, *service.ambiguities)
    return SweepItem(
        client_id=client.id,
        name=client.name,
        mrr=client.mrr,
        contract=service.agreement.number if service.agreement else "",
        last_day=service.last_day,
        stage="dates at fault" if service.faults else service.stage,
        why=" ".join(str(problem) for problem in problems),
        action=action,
        key=_key(client, service, earlier, today),
        run_id=latest.run_id if latest and action is not SweepAction.START else "",
        run_status=run_status,
        is_new=(first or returns) and not problems,
        returns=returns,
        run_outcome=latest.outcome if latest and action is not SweepAction.START else "",
    )


def _key(client: Client, service: ServiceTerm, earlier: Sequence[PreviousRun], today: date) -> str:
    """Return the idempotency key of a run; the same end at a later time has another key."""
    before = max(earlier, key=lambda run: (run.created, run.run_id), default=None)
    known = before is not None and any(run.term_key == term_key(service) for run in earlier)
    return f"deactivation:{term_key(service) or client.id}:{before.run_id if before and known else today}"


_OF_A_RUN = {
    RunStatus.UNDER_WAY: SweepAction.LEAVE,
    # An event of Salesforce may have been lost: the run reads the records again.
    RunStatus.WAITS: SweepAction.WAKE,
    RunStatus.BROKE_OFF: SweepAction.RETRY,
}


def _action(service: ServiceTerm, stage: str, latest: PreviousRun | None) -> tuple[SweepAction, str]:
    if latest is None:
        # Also for a client that was renewed: an end may have been set before the runs that are known.
        known = service.agreement is not None or bool(service.faults)
        return (SweepAction.START if known else SweepAction.LEAVE), ""
    if latest.status in _OF_A_RUN:
        return _OF_A_RUN[latest.status], str(latest.status)
    # The end of a run that people started is unknown.
    if latest.status is RunStatus.CALLED_OFF and latest.term_key in ("", term_key(service)):
        return SweepAction.LEAVE, "called off by people: nothing more is done about this end"
    if latest.stage_key == stage:
        return SweepAction.LEAVE, str(RunStatus.DONE)
    return SweepAction.START, ""
