"""Plan the end of a client's service, or its return, in LMS and Salesforce (PUB-3 to PUB-5, PUB-7)."""

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
    """The new last day and status of a company or publication.

    Attributes:
        kind: `company` or `publication`.
        id: in the LMS.
        last_day: the last day of service; None to cancel a planned end.
        status: `inactive` or `active`; None when the LMS sets it by itself.
        reason: for the LMS; "" when a planned end is cancelled.
        changes: the same change, field by field.
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
    """The plan for the end of a client's service.

    Attributes:
        ends: the changes in the LMS, in this order.
        status: the change of the account's CS Status; empty for none.
        problems: nothing ends until people have settled them.
        ask_now: whether people are asked about the problems now; otherwise later.
        notification: for CSM and sales: `ends soon`, `last day`, `ended` or `stays`; "" for none.
        remarks: notes that stop nothing, a sentence each.
        is_off: whether the service is off, or never began.
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
        """Every change, in the order of execution."""
        return (*(change for end in self.ends for change in end.changes), *self.status)

    def status_after(self, client: Client) -> str | None:
        """Return the account's CS Status after the plan."""
        return self.status[0].after if self.status else client.cs_status


STAYS = "stays"


@dataclass(frozen=True)
class _Served:
    """A client in every system; `choice` is the decision of sales about its return, "" for none."""

    client: Client
    service: ServiceTerm
    company: Company | None
    publications: Sequence[Publication]
    choice: str

    @property
    def is_on(self) -> bool:
        """Whether the client has a service that can end."""
        return self.company is not None and (self.company.status != INACTIVE or self.returns(self.company))

    @property
    def ended_with_contract(self) -> bool:
        """Whether the service ended on the contract's last day, also when the LMS ended it by itself."""
        company, last_day = self.company, self.service.last_day
        return company is not None and (company.status != INACTIVE or company.last_day == last_day)

    def returns(self, record: Company | Publication) -> bool:
        """Whether an inactive record is in service again."""
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
    """Plan the end, the return or nothing, for a client on a day.

    Args:
        client: from Salesforce.
        service: the term of its service today.
        company: the client in the LMS; None when the LMS has none.
        publications: of the company.
        subscriptions: of the client in Recurly.
        choice: the decision of sales about a client that people deactivated; "" for none.
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
    for_cs_ops = any(problem.who is Responsible.CS_OPS for problem in problems)
    ask_now = bool(service.faults) or service.phase is not Phase.AHEAD or for_cs_ops
    is_off = company is None or company.status == INACTIVE
    if problems:
        cancelled = tuple(_cancelled_ends(client, company, publications))
        return Deactivation(cancelled, problems=problems, ask_now=ask_now, is_off=is_off)
    if problems := return_problems(client, service, company, choice):
        return Deactivation(problems=problems, ask_now=True, is_off=is_off)
    if service.agreement is None:
        return Deactivation(remarks=("No signed contract has begun: nothing to do.",))
    served = _Served(client, service, company, publications, choice)
    return _ending(served) if service.ends else _staying(served)


def _ending(served: _Served) -> Deactivation:
    service, ended = served.service, served.service.phase is Phase.ENDED
    ends = tuple(_set_ends(served, ended=ended))
    if ended:
        status = tuple(_status(served.client, DEACTIVATED, "PUB-4"))
        notification = str(service.phase) if (status or ends) and served.ended_with_contract else ""
    else:
        status = tuple(_active_again(served))
        notification = str(service.phase) if service.phase is not Phase.AHEAD else STAYS if status else ""
        notification = notification if served.is_on else ""
    return Deactivation(
        ends, status, notification=notification, remarks=tuple(_remarks(served)), is_off=not served.is_on
    )


def _staying(served: _Served) -> Deactivation:
    ends = (*_cancelled_ends(served.client, served.company, served.publications), *_returns(served))
    status = tuple(_active_again(served))
    notification = STAYS if ends or status else ""
    return Deactivation(
        ends, status, notification=notification, remarks=tuple(_remarks(served)), is_off=not served.is_on
    )


def _set_ends(served: _Served, *, ended: bool) -> Iterator[EndDateChange]:
    """Yield the end of every publication, then of the company: when the company has ended, everything has.

    A record that an earlier end made inactive is active again until this end.
    """
    agreement, last_day = served.service.agreement, served.service.last_day
    assert agreement is not None
    assert last_day is not None
    reason = f"{OURS} {agreement.number} on {last_day}"
    for one in served.publications:
        earlier = one.last_day is not None and one.last_day < last_day and not ended_by_contract(served.client, one)
        if one.status != INACTIVE and not earlier:
            yield from _end_change(one, last_day, INACTIVE if ended else None, reason)
        elif not ended and served.returns(one):
            yield from _end_change(one, last_day, ACTIVE, reason)
    if served.company and served.company.status != INACTIVE:
        yield from _end_change(served.company, last_day, INACTIVE if ended else None, reason)
    elif served.company and not ended and served.returns(served.company):
        yield from _end_change(served.company, last_day, ACTIVE, reason)


def _cancelled_ends(
    client: Client, company: Company | None, publications: Sequence[Publication]
) -> Iterator[EndDateChange]:
    """Yield the cancellation of every end that a contract set; ends that somebody else set are kept."""
    for one in (*((company,) if company else ()), *publications):
        if one.status != INACTIVE and one.last_day is not None and ended_by_contract(client, one):
            yield from _end_change(one, None, None, "")


def _returns(served: _Served) -> Iterator[EndDateChange]:
    """Yield every inactive record that is in service again."""
    for one in (*((served.company,) if served.company else ()), *served.publications):
        if served.returns(one):
            yield from _end_change(one, None, ACTIVE, "")


def _end_change(
    record: Company | Publication, last_day: date | None, status: str | None, reason: str
) -> Iterator[EndDateChange]:
    """Yield the change of a record's last day and status, if there is any."""
    kind = "company" if isinstance(record, Company) else "publication"
    where, rule = f"{kind.capitalize()} {record.id}", "PUB-4" if last_day else "PUB-5"
    changes = []
    if record.last_day != last_day:
        changes.append(Change("LMS", where, LAST_DAY, _iso(record.last_day), _iso(last_day), rule))
    if status is not None and record.status != status:
        changes.append(Change("LMS", where, STATUS, record.status, status, rule))
    if changes:
        yield EndDateChange(kind, record.id, record.name, last_day, status, reason, tuple(changes))


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _active_again(served: _Served) -> Iterator[Change]:
    """Yield the change from Deactivated to Active; people maintain every other status."""
    if served.client.cs_status == DEACTIVATED and served.choice != STAYS_OFF:
        yield from _status(served.client, "Active", "PUB-5")


def _status(client: Client, cs_status: str, rule: str) -> Iterator[Change]:
    if client.cs_status != cs_status:
        yield Change("Salesforce", f"Account {client.id}", CS_STATUS, client.cs_status or "", cs_status, rule)


def _remarks(served: _Served) -> Iterator[str]:
    company = served.company
    if company is None:
        yield "The client has no company in the LMS."
    elif company.status == INACTIVE and served.service.phase is not Phase.ENDED and not served.returns(company):
        found = f"is inactive in the LMS ({company.reason or 'no reason given'})"
        yield f"The company {company.id} {found}. No end of a contract did that: nothing changes."
