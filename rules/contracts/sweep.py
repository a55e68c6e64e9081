"""What a sweep over the ending contracts starts, and what it leaves alone (PUB-4, PUB-5)."""

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
    """How far a run has come."""

    UNDER_WAY = "under way"
    WAITS = "waits"
    DONE = "done"
    BROKE_OFF = "broke off"
    CALLED_OFF = "called off"
    BESIDE = "found another one at work"


@dataclass(frozen=True)
class PreviousRun:
    """A run that looked after an account's end of service.

    Attributes:
        run_id: Prefect's.
        account_id: 18 characters.
        created: when (UTC).
        status: how far it has come.
        stage_key: where the service stood when it was done; "" when it does not tell.
        term_key: `<contract>:<last day>` of the end it was started for; "" when people started it.
        outcome: its last word, for people.
    """

    run_id: str
    account_id: str
    created: datetime
    status: RunStatus
    stage_key: str
    term_key: str
    outcome: str = ""


class SweepAction(StrEnum):
    """What the sweep does about a client."""

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
        contract: the contract's number; "" when none is known.
        last_day: of service; None when not known.
        stage: where its service stands.
        why: what does not fit, in a sentence or more; "" when nothing.
        action: what the sweep does.
        key: of the run to be started.
        run_id: of the run that looks after it, if there is one.
        run_status: about that run.
        is_new: this sweep would be the first to end this service, or to bring it back.
        run_outcome: the last word of the run that looks after it.
        returns: it would be served again, or asked about, though its CS Status is Deactivated.
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
    """Where a service stands, in a word that changes whenever something else is to be done."""
    if service.faults:
        return "faulty"
    if is_deactivated(service, cs_status):
        return f"{term_key(service)}:deactivated"
    return f"{term_key(service)}:{service.stage}" if service.ends else str(Phase.RUNS)


def is_deactivated(service: ServiceTerm, cs_status: str | None) -> bool:
    """Whether a client counts as deactivated, though a contract of it is in force (PUB-5)."""
    return service.agreement is not None and service.phase is not Phase.ENDED and cs_status == DEACTIVATED


def term_key(service: ServiceTerm) -> str:
    """The end that a run is about: contract and last day."""
    return f"{service.agreement.id}:{service.last_day}" if service.agreement else ""


def by_account(earlier: Iterable[PreviousRun]) -> dict[str, list[PreviousRun]]:
    """The runs of each account."""
    runs: defaultdict[str, list[PreviousRun]] = defaultdict(list)
    for run in earlier:
        runs[run.account_id].append(run)
    return runs


def accounts_with_pending_end(earlier: Iterable[PreviousRun], accounts: Iterable[str]) -> list[str]:
    """Accounts whose end was set or announced, though no contract of theirs ends in the days that are looked at.

    Its end was moved, or it was renewed, and the word of that may have been lost (PUB-5). A run that waits or broke off
    does not tell how far it came.
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
    """The run that counts; one that found another at work looked after nothing."""
    acting = (run for run in runs if run.status is not RunStatus.BESIDE)
    return max(acting, key=lambda run: (run.created, run.run_id), default=None)


def sweep_item(client: Client, service: ServiceTerm, earlier: Sequence[PreviousRun], today: date) -> SweepItem:
    """What the sweep does about a client.

    Args:
        client: as Salesforce has it.
        service: how its service stands today.
        earlier: every run of its account, in any order.
        today: in the org's time zone.
    """
    latest = _latest(earlier)
    action, said = _action(service, stage_key(service, client.cs_status), latest)
    first = service.ends and not any(run.term_key == term_key(service) for run in earlier)
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
        run_status=said,
        is_new=(first or returns) and not problems,
        returns=returns,
        run_outcome=latest.outcome if latest and action is not SweepAction.START else "",
    )


def _key(client: Client, service: ServiceTerm, earlier: Sequence[PreviousRun], today: date) -> str:
    """Of a run: the end that it is about, and the run that it follows, so that the same end later is a new request."""
    before = max(earlier, key=lambda run: (run.created, run.run_id), default=None)
    known = before is not None and any(run.term_key == term_key(service) for run in earlier)
    return f"deactivation:{term_key(service) or client.id}:{before.run_id if before and known else today}"


_OF_A_RUN = {
    RunStatus.UNDER_WAY: SweepAction.LEAVE,
    # A word of Salesforce may have been lost: it looks for itself.
    RunStatus.WAITS: SweepAction.WAKE,
    RunStatus.BROKE_OFF: SweepAction.RETRY,
}


def _action(service: ServiceTerm, stands: str, latest: PreviousRun | None) -> tuple[SweepAction, str]:
    if latest is None:
        # Also of a client that was renewed: an end may have been set that nobody here remembers.
        known = service.agreement is not None or bool(service.faults)
        return (SweepAction.START if known else SweepAction.LEAVE), ""
    if latest.status in _OF_A_RUN:
        return _OF_A_RUN[latest.status], str(latest.status)
    # A run that people started does not tell which end it was about.
    if latest.status is RunStatus.CALLED_OFF and latest.term_key in ("", term_key(service)):
        return SweepAction.LEAVE, "called off by people: nothing more is done about this end"
    if latest.stage_key == stands:
        return SweepAction.LEAVE, str(RunStatus.DONE)
    return SweepAction.START, ""
