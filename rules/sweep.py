"""What a sweep over the ending contracts starts, and what it leaves alone (PUB-4, PUB-5)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from rules.clients import Client
from rules.problems import Choice, Problem, Who
from rules.service import Phase, Service

GUARD_TOPIC = "end of contract"


class Standing(StrEnum):
    """How far a run has come."""

    UNDER_WAY = "under way"
    WAITS = "waits"
    DONE = "done"
    BROKE_OFF = "broke off"
    CALLED_OFF = "called off"
    BESIDE = "found another one at work"


@dataclass(frozen=True)
class Earlier:
    """A run that looked after an account's end of service.

    Attributes:
        run_id: Prefect's.
        account_id: 18 characters.
        created: when (UTC).
        standing: how far it has come.
        mark: where the service stood when it was done; "" when it does not tell.
        about: `<contract>:<last day>` of the end it was started for; "" when people started it.
    """

    run_id: str
    account_id: str
    created: datetime
    standing: Standing
    mark: str
    about: str


class Action(StrEnum):
    """What the sweep does about a client."""

    START = "to be started"
    RETRY = "to be tried again"
    WAKE = "to be woken"
    LEAVE = ""


@dataclass(frozen=True)
class Line:
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
        said: about that run.
        newly: this sweep would be the first to end this service.
    """

    client_id: str
    name: str
    mrr: Decimal | None
    contract: str
    last_day: date | None
    stage: str
    why: str
    action: Action
    key: str
    run_id: str
    said: str
    newly: bool


def mark(service: Service) -> str:
    """Where a service stands, in a word that changes whenever something else is to be done."""
    if service.faults:
        return "faulty"
    return f"{about(service)}:{service.stage}" if service.ends else str(Phase.RUNS)


def about(service: Service) -> str:
    """The end that a run is about: contract and last day."""
    return f"{service.agreement.id}:{service.last_day}" if service.agreement else ""


def by_account(earlier: Iterable[Earlier]) -> dict[str, list[Earlier]]:
    """The runs of each account."""
    runs: defaultdict[str, list[Earlier]] = defaultdict(list)
    for run in earlier:
        runs[run.account_id].append(run)
    return runs


def promised(earlier: Iterable[Earlier], accounts: Iterable[str]) -> list[str]:
    """Accounts whose end was set or announced, though no contract of theirs ends in the days that are looked at.

    Its end was moved, or it was renewed, and the word of that may have been lost (PUB-5). A run that waits or broke off
    does not tell how far it came.
    """
    latest = {account: _latest(runs) for account, runs in by_account(earlier).items()}
    unfinished = (Standing.WAITS, Standing.BROKE_OFF)
    ending = (
        account for account, run in latest.items() if run and (run.standing in unfinished or run.mark.partition(":")[2])
    )
    return sorted(set(ending) - set(accounts))


def _latest(runs: Iterable[Earlier]) -> Earlier | None:
    """The run that counts; one that found another at work looked after nothing."""
    acting = (run for run in runs if run.standing is not Standing.BESIDE)
    return max(acting, key=lambda run: (run.created, run.run_id), default=None)


def line(client: Client, service: Service, earlier: Sequence[Earlier], today: date) -> Line:
    """What the sweep does about a client.

    Args:
        client: as Salesforce has it.
        service: how its service stands today.
        earlier: every run of its account, in any order.
        today: in the org's time zone.
    """
    latest = _latest(earlier)
    action, said = _action(service, latest)
    bare = f"deactivation:{about(service)}" if about(service) else f"deactivation:{client.id}:{today}"
    first = service.ends and not any(run.about == about(service) for run in earlier)
    problems = (*service.faults, *service.doubts)
    return Line(
        client_id=client.id,
        name=client.name,
        mrr=client.mrr,
        contract=service.agreement.number if service.agreement else "",
        last_day=service.last_day,
        stage="dates at fault" if service.faults else service.stage,
        why=" ".join(str(problem) for problem in problems),
        action=action,
        key=bare if first or not about(service) else f"{bare}:{today}",
        run_id=latest.run_id if latest and action is not Action.START else "",
        said=said,
        newly=first and not problems,
    )


_OF_A_RUN = {
    Standing.UNDER_WAY: Action.LEAVE,
    # A word of Salesforce may have been lost: it looks for itself.
    Standing.WAITS: Action.WAKE,
    Standing.BROKE_OFF: Action.RETRY,
}


def _action(service: Service, latest: Earlier | None) -> tuple[Action, str]:
    if latest is None:
        # Also of a client that was renewed: an end may have been set that nobody here remembers.
        known = service.agreement is not None or bool(service.faults)
        return (Action.START if known else Action.LEAVE), ""
    if latest.standing in _OF_A_RUN:
        return _OF_A_RUN[latest.standing], str(latest.standing)
    # A run that people started does not tell which end it was about.
    if latest.standing is Standing.CALLED_OFF and latest.about in ("", about(service)):
        return Action.LEAVE, "called off by people: nothing more is done about this end"
    if latest.mark == mark(service):
        return Action.LEAVE, str(Standing.DONE)
    return Action.START, ""


@dataclass(frozen=True)
class Guard:
    """How much a sweep may end without being asked.

    Attributes:
        most: clients.
        share: of all clients, in percent.
        few: up to so many clients the share says nothing.
    """

    most: int
    share: Decimal
    few: int


def too_many(lines: Iterable[Line], clients: int, guard: Guard, approved: str) -> Problem | None:
    """What CS Operations are asked before so many services are ended at once; None when there is no need.

    Args:
        lines: of the sweep.
        clients: how many there are in all.
        guard: how much a sweep may end.
        approved: up to how many CS Operations said yes to; "" when they were not asked.
    """
    days = Counter(one.last_day for one in lines if one.newly and one.action is Action.START)
    ending = days.total()
    over = ending > guard.most or (ending > guard.few and ending * 100 > guard.share * clients)
    if not over or (approved and ending <= int(approved)):
        return None
    (most_on, at_once), *_ = days.most_common(1)
    return Problem(
        *(Who.CS_OPS, "Sweep", "", "Services that would end"),
        f"{ending} of {clients} clients, {at_once} of them on {most_on}",
        f"More than {guard.most}, or {guard.share.normalize():f} %, end only if CS Operations say so. Look at the "
        "table: were end dates changed by mistake? Correct them in Salesforce and check again, or let them end.",
        "PUB-4",
        topic=GUARD_TOPIC,
        choices=(Choice(str(ending), f"Let up to {ending} end"),),
    )
