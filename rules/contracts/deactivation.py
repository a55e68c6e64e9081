"""What the end of a contract, or a renewal, changes in the LMS and in Salesforce (PUB-3 to PUB-5, PUB-7)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rules.common.problems import Problem, Responsible
from rules.common.records import INACTIVE, Change, Company, Publication, Subscription
from rules.contracts.ambiguities import LAST_DAY, billed_beyond, is_over, other_end, unknown_company
from rules.contracts.clients import Client
from rules.contracts.reactivation import (
    CS_STATUS,
    DEACTIVATED,
    OURS,
    STAYS_OFF,
    comes_back,
    ended_by_contract,
    publication_comes_back,
    return_problems,
)
from rules.contracts.service_term import Phase, ServiceTerm

STATUS = "Status"
ACTIVE = "active"


@dataclass(frozen=True)
class EndDateChange:
    """What is to stand on the company or on a publication.

    Attributes:
        kind: `company` or `publication`.
        id: the LMS's.
        name: for people.
        last_day: the last day of service; None to withdraw it.
        status: `inactive` from now on, `active` again, or None where the LMS sees to it.
        reason: why; "" when the end is withdrawn.
        changes: the same, field by field.
    """

    kind: str
    id: str
    name: str
    last_day: date | None
    status: str | None
    reason: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Deactivation:
    """What is to be done about a client's end of service.

    Attributes:
        ends: in the LMS, in the order in which it is done.
        status: of the account in Salesforce; empty when it is right.
        problems: what does not fit; nothing ends until it is settled.
        ask_now: people are asked about it now; otherwise there is time.
        notification: what CSM and sales are told: `ends soon`, `last day`, `ended`, `stays`; "" when nothing.
        remarks: what is worth knowing but stops nothing, a sentence each.
        is_off: the service is off, be it that it never began: nothing of it can end.
    """

    ends: tuple[EndDateChange, ...] = ()
    status: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    ask_now: bool = False
    notification: str = ""
    remarks: tuple[str, ...] = ()
    is_off: bool = False

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every change, in the order in which it is made."""
        return (*(change for end in self.ends for change in end.changes), *self.status)

    def status_after(self, client: Client) -> str | None:
        """The account's CS Status once all is done."""
        return self.status[0].after if self.status else client.cs_status


STAYS = "stays"


@dataclass(frozen=True)
class _Served:
    """A client in every system, and what sales decided about its return; "" for nothing."""

    client: Client
    service: ServiceTerm
    company: Company | None
    publications: Sequence[Publication]
    choice: str

    @property
    def is_on(self) -> bool:
        """Whether there is a service that may end: one that is off already, or never began, is not told to end."""
        return self.company is not None and (self.company.status != INACTIVE or self.returns(self.company))

    @property
    def ended_with_contract(self) -> bool:
        """Whether the service has ended on the contract's last day, be it that the LMS did that by itself."""
        company, last_day = self.company, self.service.last_day
        return company is not None and (company.status != INACTIVE or company.last_day == last_day)

    def returns(self, record: Company | Publication) -> bool:
        """Whether what has ended is in service again."""
        if record.status != INACTIVE:
            return False
        if isinstance(record, Company):
            return comes_back(self.client, self.service, record, self.choice)
        off = self.company is not None and self.company.status == INACTIVE and not self.returns(self.company)
        return not off and publication_comes_back(self.client, self.service, record, self.company)


def deactivation(
    client: Client,
    service: ServiceTerm,
    company: Company | None,
    publications: Sequence[Publication],
    subscriptions: Sequence[Subscription],
    *,
    choice: str = "",
) -> Deactivation:
    """What is to be done for a client whose service stands so.

    Args:
        client: as Salesforce has it.
        service: how its service stands today.
        company: the client in the LMS; None when it has none.
        publications: of the company.
        subscriptions: of the client in Recurly.
        choice: what sales decided about a client that people deactivated; "" for nothing.
    """
    problems = (*service.faults, *unknown_company(client, company))
    if not problems and service.ends:
        problems = service.conflicts
        if not is_over(client, service, company):
            problems = (
                *service.ambiguities,
                *other_end(client, service, company),
                *billed_beyond(service, subscriptions),
            )
    asks = (
        bool(service.faults) or service.phase is not Phase.AHEAD or any(p.who is Responsible.CS_OPS for p in problems)
    )
    is_off = company is None or company.status == INACTIVE
    if problems:
        held = tuple(_withdrawn(client, company, publications))
        return Deactivation(held, problems=problems, ask_now=asks, is_off=is_off)
    if problems := return_problems(client, service, company, choice):
        return Deactivation(problems=problems, ask_now=True, is_off=is_off)
    if service.agreement is None:
        return Deactivation(remarks=("No signed contract has begun: nothing is to be done.",))
    served = _Served(client, service, company, publications, choice)
    return _ending(served) if service.ends else _staying(served)


def _ending(served: _Served) -> Deactivation:
    service, ended = served.service, served.service.phase is Phase.ENDED
    ends = tuple(_set_ends(served, ended=ended))
    if ended:
        status = tuple(_status(served.client, DEACTIVATED, "PUB-4"))
        news = str(service.phase) if (status or ends) and served.ended_with_contract else ""
    else:
        status = tuple(_back(served))
        news = str(service.phase) if service.phase is not Phase.AHEAD else STAYS if status else ""
        news = news if served.is_on else ""
    return Deactivation(ends, status, notification=news, remarks=tuple(_remarks(served)), is_off=not served.is_on)


def _staying(served: _Served) -> Deactivation:
    ends = (*_withdrawn(served.client, served.company, served.publications), *_returned(served))
    status = tuple(_back(served))
    news = STAYS if ends or status else ""
    return Deactivation(ends, status, notification=news, remarks=tuple(_remarks(served)), is_off=not served.is_on)


def _set_ends(served: _Served, *, ended: bool) -> Iterator[EndDateChange]:
    """Publications first: the company is last, so that whoever sees it ended finds everything ended.

    What ended with an earlier end, and is to live until this one, is active again.
    """
    agreement, last_day = served.service.agreement, served.service.last_day
    assert agreement is not None
    assert last_day is not None
    reason = f"{OURS} {agreement.number} on {last_day}"
    for one in served.publications:
        earlier = one.last_day is not None and one.last_day < last_day and not ended_by_contract(served.client, one)
        if one.status != INACTIVE and not earlier:
            yield from _to(one, last_day, INACTIVE if ended else None, reason)
        elif not ended and served.returns(one):
            yield from _to(one, last_day, ACTIVE, reason)
    if served.company and served.company.status != INACTIVE:
        yield from _to(served.company, last_day, INACTIVE if ended else None, reason)
    elif served.company and not ended and served.returns(served.company):
        yield from _to(served.company, last_day, ACTIVE, reason)


def _withdrawn(client: Client, company: Company | None, publications: Sequence[Publication]) -> Iterator[EndDateChange]:
    """The ends that were set for a contract's end, taken back; those that somebody else set stand."""
    for one in (*((company,) if company else ()), *publications):
        if one.status != INACTIVE and one.last_day is not None and ended_by_contract(client, one):
            yield from _to(one, None, None, "")


def _returned(served: _Served) -> Iterator[EndDateChange]:
    """What ended and is in service again."""
    for one in (*((served.company,) if served.company else ()), *served.publications):
        if served.returns(one):
            yield from _to(one, None, ACTIVE, "")


def _to(
    record: Company | Publication, last_day: date | None, status: str | None, reason: str
) -> Iterator[EndDateChange]:
    """The difference between what stands on a record and what is to stand."""
    kind = "company" if isinstance(record, Company) else "publication"
    where, rule = f"{kind.capitalize()} {record.id}", "PUB-4" if last_day else "PUB-5"
    changes = []
    if record.last_day != last_day:
        changes.append(Change("LMS", where, LAST_DAY, _text(record.last_day), _text(last_day), rule))
    if status is not None and record.status != status:
        changes.append(Change("LMS", where, STATUS, record.status, status, rule))
    if changes:
        yield EndDateChange(kind, record.id, record.name, last_day, status, reason, tuple(changes))


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""


def _back(served: _Served) -> Iterator[Change]:
    """Who was deactivated and is served again; any other status is what people made it."""
    if served.client.cs_status == DEACTIVATED and served.choice != STAYS_OFF:
        yield from _status(served.client, "Active", "PUB-5")


def _status(client: Client, wanted: str, rule: str) -> Iterator[Change]:
    if client.cs_status != wanted:
        yield Change("Salesforce", f"Account {client.id}", CS_STATUS, client.cs_status or "", wanted, rule)


def _remarks(served: _Served) -> Iterator[str]:
    company = served.company
    if company is None:
        yield "The client has no company in the LMS."
    elif company.status == INACTIVE and served.service.phase is not Phase.ENDED and not served.returns(company):
        why = company.reason or "no reason is given"
        yield f"The company {company.id} is inactive in the LMS ({why}). No end of a contract did that: it stays so."
