"""What the end of a contract, or a renewal, changes in the LMS and in Salesforce (PUB-3 to PUB-5, PUB-7)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rules.clients import Client
from rules.problems import Problem, Who
from rules.records import INACTIVE, Change, Company, Publication, Subscription
from rules.service import DAY, Phase, Service

LAST_DAY = "Last Day of Service"
STATUS = "Status"
CS_STATUS = "CS Status"
ACTIVE = "active"
DEACTIVATED = "Deactivated"
_OVER = ("expired", "failed")
"""The states of a subscription that nobody pays for any more."""
OURS = "End of contract"
"""How the reason begins that we give for an end; whoever else set one wrote something else."""


@dataclass(frozen=True)
class End:
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
        asks: people are asked about it now; otherwise there is time.
        news: what CSM and sales are told: `ends soon`, `last day`, `ended`, `stays`; "" when nothing.
        remarks: what is worth knowing but stops nothing, a sentence each.
    """

    ends: tuple[End, ...] = ()
    status: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    asks: bool = False
    news: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every change, in the order in which it is made."""
        return (*(change for end in self.ends for change in end.changes), *self.status)


STAYS = "stays"


def deactivation(
    client: Client,
    service: Service,
    company: Company | None,
    publications: Sequence[Publication],
    subscriptions: Sequence[Subscription],
) -> Deactivation:
    """What is to be done for a client whose service stands so.

    Args:
        client: as Salesforce has it.
        service: how its service stands today.
        company: the client in the LMS; None when it has none.
        publications: of the company.
        subscriptions: of the client in Recurly.
    """
    problems = (*service.faults, *_unknown(client, company))
    if not problems and service.ends:
        problems = service.conflicts
        if not _is_over(client, service, company):
            problems = (*service.doubts, *_other_end(client, service, company), *_billed(service, subscriptions))
    if problems:
        held = tuple(_withdrawn(client, company, publications, planned_only=True))
        asks = bool(service.faults) or service.phase is not Phase.AHEAD or any(p.who is Who.CS_OPS for p in problems)
        return Deactivation(held, problems=problems, asks=asks)
    if service.agreement is None:
        return Deactivation(remarks=("No signed contract has begun: nothing is to be done.",))
    if service.ends:
        return _ending(client, service, company, publications)
    return _staying(client, service, company, publications)


def _ending(
    client: Client, service: Service, company: Company | None, publications: Sequence[Publication]
) -> Deactivation:
    ended = service.phase is Phase.ENDED
    ends = tuple(_set_ends(client, service, company, publications, ended=ended))
    if ended:
        status = tuple(_status(client, DEACTIVATED, "PUB-4"))
        news = str(service.phase) if status or ends else ""
    else:
        status = tuple(_back(client))
        news = str(service.phase) if service.phase is not Phase.AHEAD else STAYS if status else ""
    return Deactivation(ends, status, news=news, remarks=tuple(_remarks(client, service, company)))


def _staying(
    client: Client, service: Service, company: Company | None, publications: Sequence[Publication]
) -> Deactivation:
    ends = tuple(_withdrawn(client, company, publications, planned_only=False))
    status = tuple(_back(client))
    news = STAYS if ends or status else ""
    return Deactivation(ends, status, news=news, remarks=tuple(_remarks(client, service, company)))


def _set_ends(
    client: Client, service: Service, company: Company | None, publications: Sequence[Publication], *, ended: bool
) -> Iterator[End]:
    """Publications first: the company is last, so that whoever sees it ended finds everything ended.

    What ended with an earlier end, and is to live until this one, is active again.
    """
    agreement, last_day = service.agreement, service.last_day
    assert agreement is not None
    assert last_day is not None
    reason = f"{OURS} {agreement.number} on {last_day}"
    for one in publications:
        earlier = one.last_day is not None and one.last_day < last_day and not _is_ours(client, one)
        if one.status != INACTIVE and not earlier:
            yield from _to(one, last_day, INACTIVE if ended else None, reason)
        elif one.status == INACTIVE and not ended and _is_ours(client, one):
            yield from _to(one, last_day, ACTIVE, reason)
    if company and company.status != INACTIVE:
        yield from _to(company, last_day, INACTIVE if ended else None, reason)
    elif company and not ended and _is_ours(client, company):
        yield from _to(company, last_day, ACTIVE, reason)


def _withdrawn(
    client: Client, company: Company | None, publications: Sequence[Publication], *, planned_only: bool
) -> Iterator[End]:
    """The ends that a contract's end brought about, taken back; those that somebody else set stand."""
    if company and _is_to_withdraw(client, company, planned_only=planned_only):
        status = ACTIVE if company.status == INACTIVE else None
        yield from _to(company, None, status, "")
    for one in publications:
        if _is_to_withdraw(client, one, planned_only=planned_only):
            status = ACTIVE if one.status == INACTIVE else None
            yield from _to(one, None, status, "")


def _is_to_withdraw(client: Client, record: Company | Publication, *, planned_only: bool) -> bool:
    over = record.status == INACTIVE
    if over and planned_only:
        return False
    return (over or record.last_day is not None) and _is_ours(client, record)


def _is_ours(client: Client, record: Company | Publication) -> bool:
    """Whether the end of it was that of a contract."""
    if record.reason:
        return record.reason.startswith(OURS)
    by_date = record.last_day is not None and record.last_day in {one.end for one in client.agreements}
    return by_date or (record.status == INACTIVE and client.cs_status == DEACTIVATED)


def _to(record: Company | Publication, last_day: date | None, status: str | None, reason: str) -> Iterator[End]:
    """The difference between what stands on a record and what is to stand."""
    kind = "company" if isinstance(record, Company) else "publication"
    where, rule = f"{kind.capitalize()} {record.id}", "PUB-4" if last_day else "PUB-5"
    changes = []
    if record.last_day != last_day:
        changes.append(Change("LMS", where, LAST_DAY, _text(record.last_day), _text(last_day), rule))
    if status is not None and record.status != status:
        changes.append(Change("LMS", where, STATUS, record.status, status, rule))
    if changes:
        yield End(kind, record.id, record.name, last_day, status, reason, tuple(changes))


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""


def _back(client: Client) -> Iterator[Change]:
    """Who was deactivated is served again; any other status is what people made it."""
    if client.cs_status == DEACTIVATED:
        yield from _status(client, "Active", "PUB-5")


def _status(client: Client, wanted: str, rule: str) -> Iterator[Change]:
    if client.cs_status != wanted:
        yield Change("Salesforce", f"Account {client.id}", CS_STATUS, client.cs_status or "", wanted, rule)


def _is_over(client: Client, service: Service, company: Company | None) -> bool:
    """Whether the service has ended already: what is still open is a renewal's business."""
    over = company.status == INACTIVE if company else client.cs_status == DEACTIVATED
    return over and service.phase is Phase.ENDED


def _unknown(client: Client, company: Company | None) -> Iterator[Problem]:
    """The account names a company that the LMS does not have."""
    if client.lms_company_id and (company is None or company.id != client.lms_company_id):
        has = f"the LMS has {company.id} for this account" if company else "the LMS has no such company"
        yield Problem(
            *(Who.CS_OPS, "Account", client.id, "LMS Company Id", f"{client.lms_company_id}, but {has}"),
            "Enter the right company's id on the account, or nothing if the client was never set up.",
            "PUB-3",
        )


def _other_end(client: Client, service: Service, company: Company | None) -> Iterator[Problem]:
    """Somebody set another last day in the LMS (PUB-7)."""
    if company is None or company.last_day in (None, service.last_day) or company.status == INACTIVE:
        return
    if not _is_ours(client, company):
        yield Problem(
            *(Who.SALES, "LMS company", company.id, LAST_DAY),
            f"{company.last_day} ({company.reason or 'no reason given'}), but the contract ends on {service.last_day}",
            "Correct the end of the contract in Salesforce, or have CS Operations correct the company in the LMS.",
            "PUB-7",
        )


def _billed(service: Service, subscriptions: Sequence[Subscription]) -> Iterator[Problem]:
    """Subscriptions that live beyond the last day of service (PUB-7)."""
    assert service.last_day is not None
    for one in subscriptions:
        beyond = one.until is not None and one.until > service.last_day + DAY
        live = one.state not in _OVER
        if one.state == "future" or (live and (one.renews or beyond)):
            until = f" until {one.until}" if one.until else ""
            renews = ", renews by itself" if one.renews else ""
            yield Problem(
                *(Who.SALES, "Recurly subscription", one.id, "State"),
                f"{one.plan}: {one.state}{until}{renews}, but the contract ends on {service.last_day}",
                "Cancel the subscription if the client leaves, or enter the renewal in Salesforce if it stays.",
                "PUB-7",
            )


def _remarks(client: Client, service: Service, company: Company | None) -> Iterator[str]:
    if company is None:
        yield "The client has no company in the LMS."
    elif company.status == INACTIVE and service.phase is not Phase.ENDED and not _is_ours(client, company):
        told = company.reason or "no reason is given"
        yield f"The company {company.id} is inactive in the LMS ({told}); that was not done for a contract's end."
